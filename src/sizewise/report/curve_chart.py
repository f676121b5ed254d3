"""Quality against size and against cost as charts: a line of real models, the bar, the knee, the choice."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import Money, T
from sizewise.report.chart import Chart, Mark, Series, known
from sizewise.report.task_title import task_title
from sizewise.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.domain.text import Text
    from sizewise.report.language import Say


def curve_charts(curve: QualityCurve, say: Say) -> tuple[Chart, ...]:
    """Quality by size and quality by cost; a curve of fewer than two known points is left out.

    What was chosen is a point of its own in both: in whatever format and on whatever hardware it was chosen.
    """
    task = task_title(curve.task)
    size = _Side(
        points=curve.by_size,
        effort_of=lambda point: point.num_params,
        title=T("Quality by size: {task}", task=task),
        x_name=T("parameters"),
        x_label=format_count,  # sizes are named in B in every language
    )
    cost = _Side(
        points=curve.by_cost,
        effort_of=lambda point: say.exchanged(point.monthly_usd),
        title=T("Quality by cost, in 4 bits: {task}", task=task),
        x_name=T("{currency} a month", currency=say.money_word),
        x_label=say.count,
    )
    charts = (_chart(side, curve, say) for side in (size, cost))
    return tuple(chart for chart in charts if len(known(chart.series[0].points)) > 1)


def flat_cost(curve: QualityCurve) -> Text | None:
    """Why there is no curve over cost, in one sentence; None where there is one."""
    known_costs = [point for point in curve.by_cost if isinstance(point.quality, Estimate)]
    if len(known_costs) > 1:
        return None
    if not known_costs:
        return T("There is no curve over cost: of no model are both the quality and the cost known here.")
    only = known_costs[0]
    return T(
        "There is no curve over cost: at the lowest cost, {amount} a month, {model} is already the best in 4 bits of "
        "all that run here; more money buys no more quality.",
        amount=Money(only.monthly_usd), model=only.model.rsplit("/", 1)[-1],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One of the two curves: its points, what they are drawn over, its words."""

    points: Sequence[CurvePoint]
    effort_of: Callable[[CurvePoint], float]
    title: Text
    x_name: Text
    x_label: Callable[[float], str]

    def at(self, point: CurvePoint) -> tuple[float, Estimate] | None:
        """Effort and quality; None where one of them is not known."""
        effort, quality = self.effort_of(point), point.quality
        return (effort, quality) if isinstance(quality, Estimate) and effort > 0 else None


def _chart(side: _Side, curve: QualityCurve, say: Say) -> Chart:
    """The staircase of the best so far, each step a model with its 80 % range; the bar as a line; the choice."""
    drawn = [(*place, point) for point in side.points if (place := side.at(point)) is not None]
    at = tuple((effort, quality.likely) for effort, quality, _ in drawn)
    chosen = None if curve.chosen is None else side.at(curve.chosen)
    marks = [Mark(x=x, name=say(T("knee"))) for x, _, point in drawn if point.is_knee]
    series = [
        Series(
            name=say(T("models")),
            points=at,
            labels=tuple(point.model.rsplit("/", 1)[-1] for _, _, point in drawn),
            ranges=tuple((quality.low, quality.high) for _, quality, _ in drawn),
        ),
        Series(name="", points=_staircase(at)),
    ]
    ends = [x for x, _ in at] + ([chosen[0]] if chosen else [])
    if ends:
        bar = tuple((x, curve.bar_points) for x in (min(ends), max(ends)))
        series.append(Series(name=say(T("enough")), points=bar))
    if curve.chosen is not None and chosen is not None:
        effort, quality = chosen
        marks.append(Mark(x=effort, name=say(chosen_name(curve.chosen))))
        series.append(
            Series(
                name=say(T("the choice")), points=((effort, quality.likely),), labels=("",),
                ranges=((quality.low, quality.high),), is_strong=True,
            )
        )  # fmt: skip
    return Chart(
        title=say(side.title),
        x_name=say(side.x_name),
        y_name=say(T("points of 100")),
        has_log_x=True,
        series=tuple(series),
        marks=tuple(sorted(marks, key=lambda mark: mark.x)),
        x_label=side.x_label,
    )


def chosen_name(chosen: CurvePoint) -> Text:
    """The choice by its model."""
    return T("the choice: {model}", model=chosen.model.rsplit("/", 1)[-1])


def _staircase(at: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Corners of the steps: quality stays until the next model is reached."""
    corners = [at[0]] if at else []
    for (_, before), (x, y) in pairwise(at):
        corners += [(x, before), (x, y)]
    return tuple(corners)
