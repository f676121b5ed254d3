"""Quality against size and against cost as charts: a line of real models, the bar, the knee."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.chart import Chart, Mark, Series, known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.report.language import Say


def curve_charts(curve: QualityCurve, say: Say) -> tuple[Chart, ...]:
    """Quality by size and quality by cost; a curve of fewer than two known points is left out."""
    sides = (
        (curve.by_size, _size, T("Quality at {task} by size", task=curve.task), T("parameters")),
        (curve.by_cost, _cost, T("Quality at {task} by cost, in 4 bits", task=curve.task), T("USD a month")),
    )
    charts = (
        _chart(points, effort_of, curve.bar_points, (say(title), say(x_name)), say)
        for points, effort_of, title, x_name in sides
    )
    return tuple(chart for chart in charts if len(known(chart.series[0].points)) > 1)


def _size(point: CurvePoint) -> float:
    return point.num_params


def _cost(point: CurvePoint) -> float:
    return point.monthly_usd


def _chart(
    points: Sequence[CurvePoint], effort_of: Callable[[CurvePoint], float], bar: float, words: tuple[str, str], say: Say
) -> Chart:  # fmt: skip
    """The staircase of the best so far, each step a model with its 80 % range; the bar as a line of its own."""
    drawn = [
        (effort_of(point), point.quality, point)
        for point in points
        if isinstance(point.quality, Estimate) and effort_of(point) > 0
    ]
    at = tuple((effort, quality.likely) for effort, quality, _ in drawn)
    ends = (at[0][0], at[-1][0]) if at else ()
    return Chart(
        title=words[0],
        x_name=words[1],
        y_name=say(T("points of 100")),
        has_log_x=True,
        series=(
            Series(
                name=say(T("models")),
                points=at,
                labels=tuple(point.model.rsplit("/", 1)[-1] for _, _, point in drawn),
                ranges=tuple((quality.low, quality.high) for _, quality, _ in drawn),
            ),
            Series(name="", points=_staircase(at)),
            Series(name=say(T("enough")), points=tuple((x, bar) for x in ends)),
        ),
        marks=tuple(Mark(x=x, name=say(T("knee"))) for x, _, point in drawn if point.is_knee),
    )


def _staircase(at: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Corners of the steps: quality stays until the next model is reached."""
    corners = [at[0]] if at else []
    for (_, before), (x, y) in pairwise(at):
        corners += [(x, before), (x, y)]
    return tuple(corners)
