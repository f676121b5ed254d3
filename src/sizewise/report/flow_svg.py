"""The decision flow as a drawing: the way taken from top to bottom, the branches not taken at its side."""

from __future__ import annotations

import unicodedata
from html import escape
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.words import SET_BY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.domain.decision import FlowStep
    from sizewise.report.language import Say

WIDTH, NODE_WIDTH, SIDE_LEFT = 760, 430, 500
STEP_HEIGHT, NODE_HEIGHT, TOP = 92, 68, 6
LINE_HEIGHT, TEXT_SIZE = 18, 13
NODE_COLUMNS, SIDE_COLUMNS = 56, 34
"""Characters of a line; a Chinese one counts as two."""
TAKEN, STOPPED = "#2f7d5b", "#b3413a"


def flow_svg(steps: Sequence[FlowStep], say: Say) -> str:
    """One box for each question with its threshold and value, readable without colour; empty without questions."""
    if not steps:
        return ""
    height = TOP + STEP_HEIGHT * len(steps)
    pieces = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="inherit" font-size="{TEXT_SIZE}" class="decision-flow">'
        ),
        f"<title>{escape(say(T('The way through the questions')))}</title>",
    ]
    for position, step in enumerate(steps):
        pieces += _step(step, position, say, is_last=position == len(steps) - 1)
    return "".join((*pieces, "</svg>"))


def _step(step: FlowStep, position: int, say: Say, *, is_last: bool) -> Iterator[str]:
    top = TOP + STEP_HEIGHT * position
    colour = TAKEN if step.passes else STOPPED
    yield (
        f'<rect x="1" y="{top}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="8" fill="none" '
        f'stroke="{colour}" stroke-width="1.5"/>'
    )
    limit = T("{threshold}, set by {who}", threshold=step.threshold, who=SET_BY.get(step.set_by, step.set_by))
    lines = (say(step.question), say(step.value), say(limit))
    for row, (line, weight) in enumerate(zip(lines, (600, 400, 400), strict=True)):
        cut = wrapped(line, NODE_COLUMNS)[0] if line else ""
        yield _text(14, top + 20 + LINE_HEIGHT * row, cut, weight=weight)
    middle = top + NODE_HEIGHT / 2
    answer = say(T("yes")) if step.passes else say(T("no"))
    if not is_last:
        yield _arrow((40, top + NODE_HEIGHT), (40, top + STEP_HEIGHT), colour)
        yield _text(50, top + NODE_HEIGHT + 17, f"{'✓' if step.passes else '✗'} {answer}")
    there = say(step.not_taken)
    if there:
        yield _arrow((NODE_WIDTH + 1, middle), (SIDE_LEFT - 8, middle), "currentColor", dashes="4 4")
        beside = wrapped(there, SIDE_COLUMNS)[:3]
        first = middle + 5 - LINE_HEIGHT * (len(beside) - 1) / 2
        for row, line in enumerate(beside):
            yield _text(SIDE_LEFT, first + LINE_HEIGHT * row, line, opacity=0.75)


def _arrow(start: tuple[float, float], end: tuple[float, float], colour: str, dashes: str = "") -> str:
    (left, top), (right, bottom) = start, end
    line = f'<line x1="{left}" y1="{top:.0f}" x2="{right}" y2="{bottom:.0f}" stroke-width="1.5"'
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'{line} stroke="{colour}"{dash}/>'


def _text(left: float, top: float, text: str, *, weight: int = 400, opacity: float = 1.0) -> str:
    return (
        f'<text x="{left}" y="{top:.0f}" fill="currentColor" font-weight="{weight}" '
        f'fill-opacity="{opacity}">{escape(text)}</text>'
    )


def wrapped(text: str, columns: int) -> list[str]:
    """Lines of at most so many columns; a wide (Chinese) character takes two. Words stay whole where they can.

    >>> wrapped("a fairly long line", 8)
    ['a fairly', 'long', 'line']
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line.strip() and _columns(line) + _columns(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the space after them; every wide character by itself."""
    word = ""
    for character in text:
        if _columns(character) > 1:
            if word:
                yield word
            yield character
            word = ""
        else:
            word += character
            if character == " ":
                yield word
                word = ""
    if word:
        yield word


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
