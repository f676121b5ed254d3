"""The decision flow as inline SVG: the computed way at the left, its other branches beside it, the guide at the right.

Drawn without a library, a script or a font of its own; text takes the colour of the page around it. Yes and no are
words and arrows, so that nothing depends on colour.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sizewise.report.flow_view import wrapped

if TYPE_CHECKING:
    from sizewise.report.flow_view import Diamond, FlowView

WIDTH = 960
MAIN_X, MAIN_WIDTH, BRANCH_X, BRANCH_WIDTH, GUIDE_X, GUIDE_WIDTH = 10, 330, 380, 270, 690, 260
LINE, PAD, GAP, CUT = 17, 10, 26, 14
"""Height of a line, space inside and between boxes, cut corners of a question. [px]"""
CELL = 7.0
"""Width of one cell of text at 12 px; a Chinese character takes two. [px]"""
BOLD = "font-weight='600'"


def flow_svg(view: FlowView, *, name: str = "flow") -> str:
    """The drawing as one `<svg>` element.

    Arguments: `name` makes the ids unique where a page holds several drawings.
    """
    pen = _Pen()
    height = max(_main(view, pen), _guide(view, pen)) + PAD
    asked = " ".join(diamond.question for diamond in view.diamonds)
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height}' role='img' "
        f"aria-labelledby='{name}-title {name}-desc' font-family='system-ui, sans-serif' font-size='12' "
        "fill='currentColor'>"
    )
    described = f"<desc id='{name}-desc'>{escape(f'{asked} {view.end}')}</desc>"
    title = f"<title id='{name}-title'>{escape(view.title)}</title>"
    return "\n".join([head, title, described, *pen.parts, "</svg>"])


class _Pen:
    """Draws boxes, arrows and text, and keeps what was drawn."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def text(self, x: int, y: int, lines: list[str], style: str = "") -> None:
        """Lines under each other, the first on the base line y."""
        self.parts += [
            f"<text x='{x}' y='{y + LINE * i}' {style}>{escape(line)}</text>" for i, line in enumerate(lines)
        ]

    def box(self, left_top: tuple[int, int], width: int, lines: list[str], *, is_strong: bool = False) -> int:
        """A box around text; its lower edge."""
        x, y = left_top
        height = LINE * len(lines) + 2 * PAD
        self.parts.append(
            f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='8' fill='none' "
            f"stroke='currentColor' stroke-width='{2 if is_strong else 1}'/>"
        )
        self.text(x + PAD, y + PAD + 12, lines, BOLD if is_strong else "")
        return y + height

    def arrow(self, x: int, y: int, word: str) -> int:
        """An arrow down with a word beside it; its end."""
        self.parts += [
            f"<path d='M{x} {y}v{GAP - 2}' stroke='currentColor'/>",
            f"<path d='M{x - 4} {y + GAP - 8}h8l-4 7z' fill='currentColor'/>",
        ]
        if word:
            self.text(x + 6, y + GAP - 9, [word])
        return y + GAP


def _fitted(text: str, width: float) -> list[str]:
    """Lines that fit into so many pixels."""
    return wrapped(text, int(width / CELL))


def _main(view: FlowView, pen: _Pen) -> int:
    middle = MAIN_X + MAIN_WIDTH // 2
    y = pen.box((MAIN_X, 10), MAIN_WIDTH, [view.start])
    for i, diamond in enumerate(view.diamonds):
        y = _question(pen, pen.arrow(middle, y, "" if i == 0 else view.yes), diamond, view.no)
    if view.quiet:
        lines = _fitted(view.quiet, MAIN_WIDTH)
        pen.text(MAIN_X, y + 18, lines)
        y += 8 + LINE * len(lines)
    y = pen.arrow(middle, y, view.yes if view.diamonds else "")
    return pen.box((MAIN_X, y), MAIN_WIDTH, _fitted(view.end, MAIN_WIDTH - 2 * PAD), is_strong=True)


def _question(pen: _Pen, y: int, diamond: Diamond, no: str) -> int:
    """A question with its threshold and value, and the branch that was not taken beside it; its lower edge."""
    room = MAIN_WIDTH - 2 * (PAD + CUT)
    bold = _fitted(diamond.question, room)
    lines = [*_fitted(diamond.threshold, room), *_fitted(diamond.value, room)]
    there = [text for text in (diamond.branch, diamond.leads_to) if text]
    other = [line for text in there for line in _fitted(text, BRANCH_WIDTH)]
    height = LINE * max(len(bold) + len(lines), len(other)) + 2 * PAD
    right, bottom, middle = MAIN_X + MAIN_WIDTH, y + height, y + height // 2
    pen.parts.append(
        f"<path d='M{MAIN_X + CUT} {y}H{right - CUT}L{right} {middle}L{right - CUT} {bottom}H{MAIN_X + CUT}"
        f"L{MAIN_X} {middle}z' fill='none' stroke='currentColor' stroke-width='{1 if diamond.passes else 2}'/>"
    )
    left = MAIN_X + PAD + CUT
    pen.text(left, y + PAD + 12, bold, BOLD)
    pen.text(left, y + PAD + 12 + LINE * len(bold), lines)
    pen.parts += [
        f"<path d='M{right} {middle}H{BRANCH_X - 8}' stroke='currentColor' stroke-dasharray='4 3'/>",
        f"<path d='M{BRANCH_X - 13} {middle - 4}v8l7 -4z' fill='currentColor'/>",
    ]
    pen.text(right + 6, middle - 5, [no])
    pen.text(BRANCH_X, middle - LINE * len(other) // 2 + 12, other)
    return bottom


def _guide(view: FlowView, pen: _Pen) -> int:
    """The original three questions, and where the ways part."""
    if not view.guide:
        return 0
    pen.text(GUIDE_X, 26, [view.guide_title], BOLD)
    y = 38
    for position, (question, reply) in enumerate(view.guide):
        lines = _fitted(question, GUIDE_WIDTH - 2 * PAD)
        y = pen.box((GUIDE_X, y), GUIDE_WIDTH, lines, is_strong=position == view.parts_at)
        y = pen.arrow(GUIDE_X + GUIDE_WIDTH // 2, y, reply)
    y = pen.box((GUIDE_X, y), GUIDE_WIDTH, _fitted(view.guide_end, GUIDE_WIDTH - 2 * PAD))
    sign = "=" if view.parts_at < 0 else "≠"
    lines = _fitted(f"{sign} {view.parting}", GUIDE_WIDTH)
    pen.text(GUIDE_X, y + 22, lines)
    return y + 22 + LINE * len(lines)
