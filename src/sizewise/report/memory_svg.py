"""The memory bar as a drawing: the parts of the fullest device against what is usable."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.figures import gib, marked
from sizewise.report.words import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.decision import MemoryPart
    from sizewise.report.language import Say

WIDTH, NARROW_WIDTH, BAR_TOP, BAR_HEIGHT, LINE_HEIGHT = 720, 340, 8, 34, 20
COLOURS = ("#2f6f8f", "#6aa6a0", "#d0a35c", "#9b8aa8", "#7d8790")
"""Weights, cache, work space, engine, others: apart in grey as well."""
LIMIT_COLOUR, TEXT_SIZE = "#b3413a", 13


def memory_svg(parts: Sequence[MemoryPart], usable_bytes: float, say: Say, *, width: int = WIDTH) -> str:
    """A stacked bar with its key; a red line marks what is usable. Empty where nothing is known."""
    here = [part for part in parts if part.placement == "device" and part.size.likely > 0]
    if not here or usable_bytes <= 0:
        return ""
    used = sum(part.size.likely for part in here)
    scale = width / max(used, usable_bytes)
    title = T("{used} of {usable} GiB usable", used=gib(used), usable=gib(usable_bytes))
    height = BAR_TOP + BAR_HEIGHT + LINE_HEIGHT * (len(here) + 2)
    return "".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
                f'font-family="inherit" font-size="{TEXT_SIZE}" class="memory-bar">'
            ),
            f"<title>{escape(say(title))}</title>",
            f"<desc>{escape('; '.join(_key_texts(here, say)))}</desc>",
            (
                f'<rect x="0" y="{BAR_TOP}" width="{usable_bytes * scale:.1f}" height="{BAR_HEIGHT}" rx="4" '
                'fill="currentColor" fill-opacity="0.08"/>'
            ),
            *_segments(here, scale),
            *_limit(min(usable_bytes * scale, width - 1)),
            *_key(here, say),
            _line(len(here), "none", say(title)),
            "</svg>",
        )
    )


def _segments(parts: Sequence[MemoryPart], scale: float) -> list[str]:
    drawn, left = [], 0.0
    for part, colour in zip(parts, COLOURS, strict=False):
        width = part.size.likely * scale
        drawn.append(
            f'<rect x="{left:.1f}" y="{BAR_TOP}" width="{width:.1f}" height="{BAR_HEIGHT}" fill="{colour}"/>'
        )
        left += width
    return drawn


def _limit(x: float) -> list[str]:
    bottom = BAR_TOP + BAR_HEIGHT + 4
    return [
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{BAR_TOP - 4}" y2="{bottom}" stroke="{LIMIT_COLOUR}" stroke-width="2"/>'
    ]


def _key(parts: Sequence[MemoryPart], say: Say) -> list[str]:
    return [
        _line(position, colour, text)
        for position, (text, colour) in enumerate(zip(_key_texts(parts, say), COLOURS, strict=False))
    ]


def _key_texts(parts: Sequence[MemoryPart], say: Say) -> list[str]:
    return [f"{say(PARTS.get(part.name, part.name))} {marked(part.size, gib)} GiB" for part in parts]


def _line(position: int, colour: str, text: str) -> str:
    y = BAR_TOP + BAR_HEIGHT + LINE_HEIGHT * (position + 1)
    box = (
        ""
        if colour == "none"
        else f'<rect x="0" y="{y - 11}" width="12" height="12" rx="2" fill="{colour}"/>'
    )
    return f'{box}<text x="20" y="{y}" fill="currentColor">{escape(text)}</text>'
