"""A chart in the terminal: one sign for each line, readable without colour and in any font."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

from sizewise.report.chart import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.report.chart import Chart, Series

COLUMNS, ROWS = 56, 13
SIGNS = ("a", "r", "b", "h", "c", "d")
"""Signs of the lines where the chart names none."""
CROSSED = "*"
"""Several lines in one cell."""
LABEL_WIDTH = 7


def chart_lines(chart: Chart, signs: tuple[str, ...] = SIGNS) -> Iterator[str]:
    """The chart, line by line: title, plot, axis, legend."""
    yield chart.title
    yield f"{chart.y_name}"
    grid = _grid(chart, signs)
    labels = _row_labels(chart)
    for row in range(ROWS):
        label = labels.get(row, "")
        yield f"{' ' * (LABEL_WIDTH - cell_len(label))}{label} ┤{''.join(grid[row]).rstrip()}"
    yield " " * (LABEL_WIDTH + 1) + "└" + "─" * COLUMNS
    yield " " * (LABEL_WIDTH + 2) + _column_labels(chart)
    name = chart.x_name
    yield " " * max(LABEL_WIDTH + 2 + COLUMNS - cell_len(name), 0) + name
    legend = [f"{sign} {line.name}" for sign, line in zip(signs, chart.series, strict=False)]
    yield "  ".join(legend)
    for mark in chart.marks:
        yield f"┊ {chart.x_label(mark.x)}: {mark.name}"


def _grid(chart: Chart, signs: tuple[str, ...]) -> list[list[str]]:
    grid = [[" "] * COLUMNS for _ in range(ROWS)]
    x_axis = chart.x_axis
    for mark in chart.marks:
        column = round(x_axis.at(mark.x) * (COLUMNS - 1))
        for row in range(ROWS):
            grid[row][column] = "┊"
    for sign, line in zip(signs, chart.series, strict=False):
        for column, row in _cells(chart, line):
            free = grid[row][column] in {" ", "┊", sign}
            grid[row][column] = sign if free else CROSSED
    return grid


def _cells(chart: Chart, line: Series) -> Iterator[tuple[int, int]]:
    """Cells of a line: the value at the middle of each column, steps filled in by their own columns."""
    points = known(line.points)
    x_axis, y_axis = chart.x_axis, chart.y_axis
    ahead = [(x_axis.at(x) * (COLUMNS - 1), (1.0 - y_axis.at(y)) * (ROWS - 1)) for x, y in points]
    if line.labels:
        yield from ((round(x), round(y)) for x, y in ahead)
        return
    for column in range(COLUMNS):
        after = next((i for i, (x, _) in enumerate(ahead) if x >= column), None)
        if after is None or (after == 0 and ahead[0][0] > column):
            continue
        (x0, y0), (x1, y1) = ahead[max(after - 1, 0)], ahead[after]
        share = (column - x0) / (x1 - x0) if x1 > x0 else 1.0
        yield column, round(y0 + share * (y1 - y0))


def _row_labels(chart: Chart) -> dict[int, str]:
    axis = chart.y_axis
    return {round((1.0 - axis.at(tick)) * (ROWS - 1)): chart.y_label(tick) for tick in axis.ticks}


def _column_labels(chart: Chart) -> str:
    """Labels under their columns; one that would touch the one before it is left out."""
    line = ""
    for tick in chart.x_axis.ticks:
        label = chart.x_label(tick)
        start = min(round(chart.x_axis.at(tick) * (COLUMNS - 1)), COLUMNS - cell_len(label))
        if not line or start > cell_len(line):
            line += " " * (start - cell_len(line)) + label
    return line
