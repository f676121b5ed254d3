"""Cost over use as a chart: one line for each way, marks where they cross and where the asked use lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.chart import Chart, Mark, Series
from sizewise.report.words import WAYS

if TYPE_CHECKING:
    from sizewise.domain.cost import CostAnswer
    from sizewise.report.language import Say

MARKED = {
    "rent-api": T("renting is cheaper than the API"),
    "buy-api": T("buying is cheaper than the API"),
}
"""Crossings drawn as lines."""


def cost_chart(answer: CostAnswer, say: Say) -> Chart | None:
    """The chart; None where no way has a known cost over use."""
    if not answer.curves:
        return None
    say = say.in_money(answer.currency, answer.cny_per_usd)
    series = tuple(
        Series(name=say(WAYS[curve.way]), points=tuple((x, say.exchanged(usd)) for x, usd in curve.points))
        for curve in answer.curves
    )
    ends = [x for curve in answer.curves for x, _ in curve.points]
    marks = [
        Mark(x=crossing.likely.at, name=say(MARKED[crossing.code]))
        for crossing in answer.crossings
        if crossing.code in MARKED
        and crossing.likely.answer == "reached"
        and min(ends) < crossing.likely.at < max(ends)
    ]
    marks.append(Mark(x=answer.demand.tokens_per_month, name=say(T("asked"))))
    return Chart(
        title=say(T("Cost over use")),
        x_name=say(T("tokens a month")),
        y_name=say(T("{currency} a month", currency=say.money_word)),
        series=series,
        marks=tuple(sorted(marks, key=lambda mark: mark.x)),
        x_label=say.count,
        y_label=say.count,
    )
