"""Quality against size and against cost as charts: a line of real models, the bar, the knee."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.chart import Chart, Mark, Series, known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.domain.decision import Option
    from sizewise.report.language import Say


def curve_charts(curve: QualityCurve, say: Say, *, chosen: Option | None = None) -> tuple[Chart, ...]:
    """Quality by size and quality by cost; a curve of fewer than two known points is left out.

    Arguments: `chosen` is drawn by its cost, in whatever format and on whatever hardware it was chosen.
    """
    sides = (
        (
            curve.by_size,
            lambda point: point.num_params,
            T("Quality at {task} by size", task=curve.task),
            T("parameters"),
        ),
        (
            curve.by_cost,
            lambda point: say.exchanged(point.monthly_usd),
            T("Quality at {task} by cost, in 4 bits", task=curve.task),
            T("{currency} a month", currency=say.currency),
        ),
    )
    charts = [
        _chart(points, effort_of, curve.bar_points, (say(title), say(x_name)), say)
        for points, effort_of, title, x_name in sides
    ]
    if chosen is not None:
        charts[1] = _with_choice(charts[1], chosen, say)
    return tuple(chart for chart in charts if len(known(chart.series[0].points)) > 1)


def _with_choice(chart: Chart, chosen: Option, say: Say) -> Chart:
    """The chart of cost with the chosen option in it."""
    cost, quality = chosen.monthly_usd, chosen.quality
    if not isinstance(cost, Estimate) or not isinstance(quality, Estimate) or cost.likely <= 0:
        return chart
    at = say.exchanged(cost.likely)
    point = Series(
        name="", points=((at, quality.likely),), labels=("",), ranges=((quality.low, quality.high),)
    )
    name = T("the choice: {model}", model=chosen.deployment.model.rsplit("/", 1)[-1])
    marks = (*chart.marks, Mark(x=at, name=say(name)))
    return replace(chart, series=(*chart.series, point), marks=tuple(sorted(marks, key=lambda mark: mark.x)))


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
