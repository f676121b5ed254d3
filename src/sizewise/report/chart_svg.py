"""A chart as SVG, drawn here so that a page or a report carries it inside, without a library, a script or a font.

Lines differ by dash and by the name at their end, so that the chart is read without colour too. Colours follow the
text of the page where it sets `color`; the drawing has a title and a description for those who listen to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len

from sizewise.report.chart import known

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.report.chart import Chart, Series

COLOURS = ("#2b7cd3", "#c9622b", "#38905a", "#9a64e0", "#a8782a", "#77828c")
"""At least 3:1 against a light and against a dark page."""
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 4")
CELL_WIDTH, LINE_HEIGHT = 6.8, 14
"""Of a letter and of a line of names. [px]"""
NAME_GAP = 16
"""Names at the ends of lines keep so much distance. [px]"""
TITLE_X = 8
"""Where title and names begin on a narrow drawing. [px]"""
SAMPLE = 18
"""Length of the piece of line before a name. [px]"""
FONT = "font-family='system-ui, sans-serif' font-size='12'"


@dataclass(frozen=True, kw_only=True)
class ChartLayout:
    """Size and margins of a drawing. [px]"""

    width: int
    height: int
    left: int
    right: int
    top: int = 44
    bottom: int = 48
    has_names_below: bool = False
    """Are names of lines under the axis, not at the ends of the lines?"""


WIDE = ChartLayout(width=720, height=400, left=64, right=150)
NARROW = ChartLayout(width=340, height=290, left=46, right=12, has_names_below=True)


def chart_svg(chart: Chart, *, name: str = "chart", layout: ChartLayout = WIDE) -> str:
    """The drawing as one `<svg>` element.

    Arguments: `name` makes the ids unique where a page holds several drawings.
    """
    frame = _Frame(chart, layout)
    marks, places = _marks(chart, frame)
    below = (len(_named(chart)) + len(chart.marks)) * NAME_GAP if layout.has_names_below else 0
    opening = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {layout.width} {layout.height + below}' role='img' "
        f"aria-labelledby='{name}-title {name}-desc' {FONT} fill='currentColor'>"
    )
    parts = [
        opening,
        f"<title id='{name}-title'>{escape(chart.title)}</title>",
        f"<desc id='{name}-desc'>{escape(_described(chart))}</desc>",
        f"<text x='{frame.title_x}' y='16' font-size='14' font-weight='600'>{escape(chart.title)}</text>",
        *_axes(chart, frame),
        *marks,
        *_lines(chart.series, frame, places),
        *_names(chart, frame),
        "</svg>",
    ]
    return "\n".join(parts)


def _described(chart: Chart) -> str:
    """What the drawing shows, for those who listen to it: axes, lines, and where the marks are."""
    lines = [line.name for line in chart.series if line.name]
    marks = [f"{mark.name}: {chart.x_label(mark.x)}" for mark in chart.marks]
    return f"{chart.y_name} / {chart.x_name}: {'; '.join([*lines, *marks])}"


def _named(chart: Chart) -> list[tuple[int, Series]]:
    """Lines that are drawn and have a name, with their positions."""
    return [(i, line) for i, line in enumerate(chart.series) if line.name and known(line.points)]


def stacked_svg(charts: Sequence[Chart]) -> str:
    """Several charts, one below the other, as one `<svg>` element."""
    width, height = WIDE.width, WIDE.height
    opening = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height * len(charts)}'>"
    parts = [
        f"<svg y='{height * i}' width='{width}' height='{height}'>\n{chart_svg(chart, name=f'chart-{i}')}\n</svg>"
        for i, chart in enumerate(charts)
    ]
    return "\n".join([opening, *parts, "</svg>"])


Place: TypeAlias = tuple[float, float, float]
"""Left end, base line and width of a name. [px]"""


class _Frame:
    """Where values lie on the drawing."""

    def __init__(self, chart: Chart, layout: ChartLayout) -> None:
        self.layout, self.x_axis, self.y_axis = layout, chart.x_axis, chart.y_axis
        self.title_x = TITLE_X if layout.has_names_below else layout.left
        self.right, self.floor = layout.width - layout.right, layout.height - layout.bottom

    def x(self, value: float) -> float:
        return self.layout.left + self.x_axis.at(value) * (self.right - self.layout.left)

    def y(self, value: float) -> float:
        return self.floor - self.y_axis.at(value) * (self.floor - self.layout.top)


def _axes(chart: Chart, frame: _Frame) -> Iterator[str]:
    left, top, right, floor = frame.layout.left, frame.layout.top, frame.right, frame.floor
    for tick in frame.y_axis.ticks:
        y = frame.y(tick)
        yield f"<path d='M{left} {y:.1f}H{right}' stroke='currentColor' stroke-opacity='0.15'/>"
        yield f"<text x='{left - 6}' y='{y + 4:.1f}' text-anchor='end'>{escape(chart.y_label(tick))}</text>"
    free = 0.0
    for tick in frame.x_axis.ticks:
        x, label = frame.x(tick), chart.x_label(tick)
        yield f"<path d='M{x:.1f} {floor}v5' stroke='currentColor'/>"
        half = cell_len(label) * CELL_WIDTH / 2
        if x - half >= free:
            yield f"<text x='{x:.1f}' y='{floor + 18}' text-anchor='middle'>{escape(label)}</text>"
            free = x + half + CELL_WIDTH
    yield f"<path d='M{left} {top}V{floor}H{right}' fill='none' stroke='currentColor'/>"
    yield f"<text x='{frame.title_x}' y='{top - 10}' opacity='0.8'>{escape(chart.y_name)}</text>"
    yield f"<text x='{right}' y='{floor + 36}' text-anchor='end' opacity='0.8'>{escape(chart.x_name)}</text>"


def _marks(chart: Chart, frame: _Frame) -> tuple[list[str], list[Place]]:
    """Vertical lines with their names at the top, and where these stand; on a narrow drawing names are below."""
    parts, places = [], []
    for position, mark in enumerate(chart.marks):
        x, y = frame.x(mark.x), float(frame.layout.top + 12 + LINE_HEIGHT * position)
        parts.append(
            f"<path d='M{x:.1f} {frame.layout.top}V{frame.floor}' stroke='currentColor' stroke-dasharray='3 3' "
            "opacity='0.6'/>"
        )
        if not frame.layout.has_names_below:
            width = cell_len(mark.name) * CELL_WIDTH
            has_room = x + 4 + width <= frame.right or x - 4 - width < frame.layout.left
            left = x + 4 if has_room else x - 4 - width
            places.append((left, y, width))
            parts.append(f"<text x='{left:.1f}' y='{y}' opacity='0.85'>{escape(mark.name)}</text>")
    return parts, places


def _lines(series: Sequence[Series], frame: _Frame, taken: Sequence[Place]) -> Iterator[str]:
    for i, line in enumerate(series):
        points = known(line.points)
        if line.labels:
            yield from _points(line, frame, _colour(i), taken)
        elif points:
            path = "L".join(f"{frame.x(x):.1f} {frame.y(y):.1f}" for x, y in points)
            yield (
                f"<path d='M{path}' fill='none' stroke='{_colour(i)}' stroke-width='2' stroke-dasharray='{_dash(i)}' "
                "stroke-linejoin='round'/>"
            )


def _colour(position: int) -> str:
    return COLOURS[position % len(COLOURS)]


def _dash(position: int) -> str:
    return DASHES[position % len(DASHES)]


def _points(line: Series, frame: _Frame, colour: str, names: Sequence[Place]) -> Iterator[str]:
    """Dots with their ranges and names; a name that finds no free place is heard and hovered only."""
    taken = list(names)
    ranges = line.ranges or ((math.nan, math.nan),) * len(line.points)
    for (x, y), label, (low, high) in zip(line.points, line.labels, ranges, strict=True):
        if not known([(x, y)]):
            continue
        at_x, at_y = frame.x(x), frame.y(y)
        if known([(low, high)]):
            reach = f"M{at_x:.1f} {frame.y(low):.1f}V{frame.y(high):.1f}"
            yield f"<path d='{reach}' stroke='{colour}' stroke-opacity='0.5' stroke-width='2'/>"
        title = f"<title>{escape(label or line.name)}: {y:.3g}</title>"
        yield f"<circle cx='{at_x:.1f}' cy='{at_y:.1f}' r='{_radius(line)}' fill='{colour}'>{title}</circle>"
        place = (
            _free_place((at_x, at_y), cell_len(label) * CELL_WIDTH, taken, frame.layout) if label else None
        )
        if place:
            left, base, width = place
            taken.append(place)
            anchor = "end" if left < at_x else "start"
            edge = left + width if left < at_x else left
            yield f"<text x='{edge:.1f}' y='{base:.1f}' text-anchor='{anchor}'>{escape(label)}</text>"


def _free_place(
    dot: tuple[float, float], width: float, taken: Sequence[Place], layout: ChartLayout
) -> Place | None:
    """Left end, base line and width of a name beside a dot, where no other name is; None: nowhere."""
    x, y = dot
    for left in (x - 7 - width, x + 7):
        for base in (y - 6, y + 14):
            is_inside = left >= layout.left and left + width <= layout.width
            if is_inside and not any(_covers((left, base, width), other) for other in taken):
                return left, base, width
    return None


def _covers(a: Place, b: Place) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and abs(a[1] - b[1]) < LINE_HEIGHT


def _names(chart: Chart, frame: _Frame) -> Iterator[str]:
    """Names behind a piece of their line: under the axis, or at the right end, moved apart where they collide."""
    named = _named(chart)
    if frame.layout.has_names_below:
        floor = frame.layout.height + 4
        for row, (i, line) in enumerate(named):
            yield from _name(TITLE_X, floor + row * NAME_GAP, i, line)
        for row, mark in enumerate(chart.marks, len(named)):
            below, at = floor + row * NAME_GAP, chart.x_label(mark.x)
            yield f"<path d='M{TITLE_X + SAMPLE / 2} {below - 7}v14' stroke='currentColor' stroke-dasharray='3 3'/>"
            yield f"<text x='{TITLE_X + SAMPLE + 5}' y='{below + 4}'>{escape(f'{at}: {mark.name}')}</text>"
        return
    lowest = float(frame.layout.top)
    for y, i, line in sorted(
        (frame.y(known(line.points)[-1][1]), i, line) for i, line in named if not line.labels
    ):
        lowest = max(y, lowest)
        yield from _name(frame.right + 8, lowest, i, line)
        lowest += NAME_GAP


def _name(x: float, y: float, position: int, line: Series) -> Iterator[str]:
    if line.labels:
        yield f"<circle cx='{x + SAMPLE / 2:.1f}' cy='{y:.1f}' r='{_radius(line)}' fill='{_colour(position)}'/>"
    else:
        yield (
            f"<path d='M{x} {y:.1f}h{SAMPLE}' stroke='{_colour(position)}' stroke-width='2' "
            f"stroke-dasharray='{_dash(position)}'/>"
        )
    yield f"<text x='{x + SAMPLE + 5}' y='{y + 4:.1f}'>{escape(line.name)}</text>"


def _radius(line: Series) -> int:
    return 6 if line.is_strong else 4
