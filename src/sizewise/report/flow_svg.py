"""The decision flow as inline SVG: the computed way down the left, its other branches beside it, the guide below.

On a narrow screen the other branches stand under their questions, so that nothing is scaled down.

Drawn without a library, a script or a font of its own; text takes the colour of the page around it. Yes and no are
words and arrows, so that nothing depends on colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from sizewise.report.flow_view import wrapped

if TYPE_CHECKING:
    from sizewise.report.flow_view import Diamond, FlowView

LINE, PAD, GAP, CUT = 17, 10, 26, 14
"""Height of a line, space inside and between boxes, cut corners of a question. [px]"""
LEFT, INDENT = 10, 22
"""Where boxes begin; how far a branch under its question is moved in. [px]"""
CELL, BOLD_CELL = 7.0, 7.7
"""Width of one cell of text at 12 px, plain and bold; a Chinese character takes two. [px]"""
BOLD = "font-weight='600'"


@dataclass(frozen=True, kw_only=True)
class FlowLayout:
    """Widths of a drawing. [px]"""

    width: int
    box: int
    """Of questions and boxes."""
    branch_x: int
    """Where the other branches begin; 0: under their questions."""

    @property
    def branch(self) -> int:
        """Room for a branch."""
        return self.width - self.branch_x - LEFT if self.branch_x else self.box - INDENT

    @property
    def arrow_x(self) -> int:
        """Where arrows go down: in the middle of the boxes, or left of the branches under them."""
        return LEFT + (self.box // 2 if self.branch_x else INDENT // 2)


WIDE = FlowLayout(width=720, box=330, branch_x=385)
NARROW = FlowLayout(width=340, box=320, branch_x=0)


def flow_svg(view: FlowView, *, name: str = "flow", layout: FlowLayout = WIDE) -> str:
    """The drawing as one `<svg>` element.

    Arguments: `name` makes the ids unique where a page holds several drawings.
    """
    pen = _Pen(layout)
    height = _guide(view, pen, _main(view, pen)) + PAD
    asked = " ".join(diamond.question for diamond in view.diamonds)
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {layout.width} {height}' role='img' "
        f"aria-labelledby='{name}-title {name}-desc' font-family='system-ui, sans-serif' font-size='12' "
        "fill='currentColor' class='decision-flow'>"
    )
    described = f"<desc id='{name}-desc'>{escape(f'{asked} {view.end}')}</desc>"
    title = f"<title id='{name}-title'>{escape(view.title)}</title>"
    return "\n".join([head, title, described, *pen.parts, "</svg>"])


class _Pen:
    """Draws boxes, arrows and text, and keeps what was drawn."""

    def __init__(self, layout: FlowLayout) -> None:
        self.layout = layout
        self.parts: list[str] = []

    def text(self, x: int, y: int, lines: list[str], style: str = "") -> None:
        """Lines under each other, the first on the base line y."""
        self.parts += [
            f"<text x='{x}' y='{y + LINE * i}' {style}>{escape(line)}</text>" for i, line in enumerate(lines)
        ]

    def box(self, y: int, text: str, *, is_strong: bool = False) -> int:
        """A box around text; its lower edge."""
        lines = _fitted(text, self.layout.box - 2 * PAD, is_bold=is_strong)
        height = LINE * len(lines) + 2 * PAD
        self.parts.append(
            f"<rect x='{LEFT}' y='{y}' width='{self.layout.box}' height='{height}' rx='8' fill='none' "
            f"stroke='currentColor' stroke-width='{2 if is_strong else 1}'/>"
        )
        self.text(LEFT + PAD, y + PAD + 12, lines, BOLD if is_strong else "")
        return y + height

    def arrow(self, y: int, word: str) -> int:
        """An arrow down with a word beside it; its end."""
        x = self.layout.arrow_x
        self.parts += [
            f"<path d='M{x} {y}v{GAP - 2}' stroke='currentColor'/>",
            f"<path d='M{x - 4} {y + GAP - 8}h8l-4 7z' fill='currentColor'/>",
        ]
        if word:
            self.text(x + 6, y + GAP - 9, [word])
        return y + GAP


def _fitted(text: str, width: float, *, is_bold: bool = False) -> list[str]:
    """Lines that fit into so many pixels."""
    return wrapped(text, int(width / (BOLD_CELL if is_bold else CELL)))


def _main(view: FlowView, pen: _Pen) -> int:
    y = pen.box(10, view.start)
    for i, diamond in enumerate(view.diamonds):
        y = _question(pen, pen.arrow(y, "" if i == 0 else view.yes), diamond, view.no)
    if view.quiet:
        lines = _fitted(view.quiet, pen.layout.box)
        pen.text(LEFT, y + 18, lines)
        y += 8 + LINE * len(lines)
    return pen.box(pen.arrow(y, view.yes if view.diamonds else ""), view.end, is_strong=True)


def _question(pen: _Pen, y: int, diamond: Diamond, no: str) -> int:
    """A question with its threshold and value, and the branch that was not taken; the lower edge of both."""
    layout = pen.layout
    room = layout.box - 2 * (PAD + CUT)
    bold = _fitted(diamond.question, room, is_bold=True)
    lines = [*_fitted(diamond.threshold, room), *_fitted(diamond.value, room)]
    there = [text for text in (diamond.branch, diamond.leads_to) if text]
    other = [line for text in there for line in _fitted(text, layout.branch)]
    beside = len(other) if layout.branch_x else 0
    height = LINE * max(len(bold) + len(lines), beside) + 2 * PAD
    right, bottom, middle = LEFT + layout.box, y + height, y + height // 2
    pen.parts.append(
        f"<path d='M{LEFT + CUT} {y}H{right - CUT}L{right} {middle}L{right - CUT} {bottom}H{LEFT + CUT}"
        f"L{LEFT} {middle}z' fill='none' stroke='currentColor' stroke-width='{1 if diamond.passes else 2}'/>"
    )
    left = LEFT + PAD + CUT
    pen.text(left, y + PAD + 12, bold, BOLD)
    pen.text(left, y + PAD + 12 + LINE * len(bold), lines)
    return _beside(pen, middle, bottom, other, no) if layout.branch_x else _under(pen, bottom, other, no)


def _beside(pen: _Pen, middle: int, bottom: int, other: list[str], no: str) -> int:
    """The branch at the right of its question."""
    right, x = LEFT + pen.layout.box, pen.layout.branch_x
    pen.parts += [
        f"<path d='M{right} {middle}H{x - 8}' stroke='currentColor' stroke-dasharray='4 3'/>",
        f"<path d='M{x - 13} {middle - 4}v8l7 -4z' fill='currentColor'/>",
    ]
    pen.text(right + 6, middle - 5, [no])
    pen.text(x, middle - LINE * len(other) // 2 + 12, other)
    return bottom


def _under(pen: _Pen, bottom: int, other: list[str], no: str) -> int:
    """The branch under its question, beside the way that goes on."""
    end = bottom + 6 + LINE * (1 + len(other))
    pen.parts.append(f"<path d='M{pen.layout.arrow_x} {bottom}V{end}' stroke='currentColor'/>")
    pen.text(LEFT + INDENT, bottom + 16, [f"{no} →"])
    pen.text(LEFT + INDENT, bottom + 16 + LINE, other, "opacity='0.8'")
    return end


def _guide(view: FlowView, pen: _Pen, top: int) -> int:
    """The original questions below the computed way, and where the ways part."""
    if not view.guide:
        return top
    pen.text(LEFT, top + 40, [view.guide_title], BOLD)
    y = top + 52
    for position, (question, reply) in enumerate(view.guide):
        y = pen.arrow(pen.box(y, question, is_strong=position == view.parts_at), reply)
    y = pen.box(y, view.guide_end)
    sign = "=" if view.parts_at < 0 else "≠"
    lines = _fitted(f"{sign} {view.parting}", pen.layout.box)
    pen.text(LEFT, y + 22, lines)
    return y + 22 + LINE * len(lines)
