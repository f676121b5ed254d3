"""A chart as SVG, drawn here so that a page or a report carries it inside, without a library, a script or a font.

Lines differ by dash and by the name at their end, so that the chart is read without colour too. Colours follow the
text of the page where it sets `color`; the drawing has a title and a description for those who listen to it.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from rich.cells import cell_len

from sizewise.report.chart import known, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.report.chart import Axis, Chart, Mark, Series

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 44, 48
"""Margins: labels of the axes, names of the lines, title. [px]"""
COLOURS = ("#0b6bcb", "#c4511c", "#1f7a3d", "#8a3ffc", "#a56a00", "#5c6670")
DASHES = ("", "7 4", "2 3", "10 3 2 3", "4 2", "1 4")
CELL_WIDTH, LINE_HEIGHT = 6.8, 14
"""Of a letter and of a line of names. [px]"""
NAME_GAP = 16
"""Names at the ends of lines keep so much distance. [px]"""
FONT = "font-family='system-ui, sans-serif' font-size='12'"


def chart_svg(chart: Chart, *, name: str = "chart") -> str:
    """The drawing as one `<svg>` element.

    Arguments: `name` makes the ids unique where a page holds several drawings.
    """
    frame = _Frame(chart.x_axis, chart.y_axis)
    described = "; ".join(line.name for line in chart.series if line.name)
    opening = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' "
        f"aria-labelledby='{name}-title {name}-desc' {FONT} fill='currentColor'>"
    )
    parts = [
        opening,
        f"<title id='{name}-title'>{escape(chart.title)}</title>",
        f"<desc id='{name}-desc'>{escape(f'{chart.y_name} / {chart.x_name}: {described}')}</desc>",
        f"<text x='{LEFT}' y='18' font-size='14' font-weight='600'>{escape(chart.title)}</text>",
        *_axes(chart, frame),
        *(_mark(mark, frame, i) for i, mark in enumerate(chart.marks)),
        *_lines(chart.series, frame),
        "</svg>",
    ]
    return "\n".join(parts)


def stacked_svg(charts: Sequence[Chart]) -> str:
    """Several charts, one below the other, as one `<svg>` element."""
    opening = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT * len(charts)}'>"
    parts = [
        f"<svg y='{HEIGHT * i}' width='{WIDTH}' height='{HEIGHT}'>\n{chart_svg(chart, name=f'chart-{i}')}\n</svg>"
        for i, chart in enumerate(charts)
    ]
    return "\n".join([opening, *parts, "</svg>"])


class _Frame:
    """Where values lie on the drawing."""

    def __init__(self, x_axis: Axis, y_axis: Axis) -> None:
        self.x_axis, self.y_axis = x_axis, y_axis

    def x(self, value: float) -> float:
        return LEFT + self.x_axis.at(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.y_axis.at(value) * (HEIGHT - TOP - BOTTOM)


def _axes(chart: Chart, frame: _Frame) -> Iterator[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    for tick in frame.y_axis.ticks:
        y = frame.y(tick)
        yield f"<path d='M{LEFT} {y:.1f}H{right}' stroke='currentColor' stroke-opacity='0.15'/>"
        yield f"<text x='{LEFT - 6}' y='{y + 4:.1f}' text-anchor='end'>{short(tick)}</text>"
    for tick in frame.x_axis.ticks:
        x = frame.x(tick)
        yield f"<path d='M{x:.1f} {floor}v5' stroke='currentColor'/>"
        yield f"<text x='{x:.1f}' y='{floor + 18}' text-anchor='middle'>{short(tick)}</text>"
    yield f"<path d='M{LEFT} {TOP}V{floor}H{right}' fill='none' stroke='currentColor'/>"
    yield f"<text x='{LEFT}' y='{TOP - 8}' opacity='0.75'>{escape(chart.y_name)}</text>"
    yield f"<text x='{right}' y='{HEIGHT - 8}' text-anchor='end' opacity='0.75'>{escape(chart.x_name)}</text>"


def _mark(mark: Mark, frame: _Frame, position: int) -> str:
    x, y = frame.x(mark.x), TOP + 12 + 14 * position
    is_right = x > (LEFT + WIDTH - RIGHT) / 2
    anchor, gap = ("end", -4) if is_right else ("start", 4)
    return (
        f"<path d='M{x:.1f} {TOP}V{HEIGHT - BOTTOM}' stroke='currentColor' stroke-dasharray='3 3' opacity='0.6'/>"
        f"<text x='{x + gap:.1f}' y='{y}' text-anchor='{anchor}' opacity='0.85'>{escape(mark.name)}</text>"
    )


def _lines(series: Sequence[Series], frame: _Frame) -> Iterator[str]:
    names: list[tuple[float, str, str]] = []
    for i, line in enumerate(series):
        points = known(line.points)
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]
        if line.labels:
            yield from _points(line, frame, colour)
        elif points:
            path = "L".join(f"{frame.x(x):.1f} {frame.y(y):.1f}" for x, y in points)
            yield (
                f"<path d='M{path}' fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dash}' "
                "stroke-linejoin='round'/>"
            )
            names.append((frame.y(points[-1][1]), line.name, colour))
    yield from _names(names)


def _points(line: Series, frame: _Frame, colour: str) -> Iterator[str]:
    """Dots with their ranges and names; a name that finds no free place is heard and hovered only."""
    taken: list[tuple[float, float, float]] = []
    ranges = line.ranges or ((math.nan, math.nan),) * len(line.points)
    for (x, y), label, (low, high) in zip(line.points, line.labels, ranges, strict=True):
        if not known([(x, y)]):
            continue
        at_x, at_y = frame.x(x), frame.y(y)
        if known([(low, high)]):
            reach = f"M{at_x:.1f} {frame.y(low):.1f}V{frame.y(high):.1f}"
            yield f"<path d='{reach}' stroke='{colour}' stroke-opacity='0.5' stroke-width='2'/>"
        title = f"<title>{escape(label)}: {short(y)}</title>"
        yield f"<circle cx='{at_x:.1f}' cy='{at_y:.1f}' r='4' fill='{colour}'>{title}</circle>"
        place = _free_place(at_x, at_y, cell_len(label) * CELL_WIDTH, taken)
        if place:
            left, base, width = place
            taken.append(place)
            anchor = "end" if left < at_x else "start"
            edge = left + width if left < at_x else left
            yield f"<text x='{edge:.1f}' y='{base:.1f}' text-anchor='{anchor}'>{escape(label)}</text>"


def _free_place(
    x: float, y: float, width: float, taken: Sequence[tuple[float, float, float]]
) -> tuple[float, float, float] | None:
    """Left end, base line and width of a name beside a dot, where no other name is; None: nowhere."""
    for left in (x - 7 - width, x + 7):
        for base in (y - 6, y + 14):
            is_inside = left >= LEFT and left + width <= WIDTH
            if is_inside and not any(_covers((left, base, width), other) for other in taken):
                return left, base, width
    return None


def _covers(a: tuple[float, float, float], b: tuple[float, float, float]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and abs(a[1] - b[1]) < LINE_HEIGHT


def _names(names: list[tuple[float, str, str]]) -> Iterator[str]:
    """Names at the right end of their lines, moved apart where they would cover each other."""
    lowest = float(TOP)
    for y, name, colour in sorted(item for item in names if item[1]):
        lowest = max(y, lowest)
        yield f"<text x='{WIDTH - RIGHT + 8}' y='{lowest + 4:.1f}' fill='{colour}'>{escape(name)}</text>"
        lowest += NAME_GAP
