"""What surrounds an answer, as sections with drawings: quality over cost, ways to pay over use, latency over load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.chart_svg import NARROW, chart_svg
from sizewise.report.cost_chart import cost_chart
from sizewise.report.curve_chart import curve_charts, flat_cost
from sizewise.report.document import Drawing, Paragraph, Section, Table
from sizewise.report.figures import UNKNOWN_MARK, marked, seconds
from sizewise.report.load_chart import tpot_chart, ttft_chart
from sizewise.report.text_cost import (
    amount_range,
    likely_amount,
    lowest_of_all,
    plain_amount,
    turn_cells,
)
from sizewise.report.text_option import brief
from sizewise.report.words import LEGEND, WAYS
from sizewise.units import format_seconds, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.answers import QualityCurve
    from sizewise.domain.capacity import LoadCurve
    from sizewise.domain.cost import CostAnswer
    from sizewise.report.chart import Chart
    from sizewise.report.document import Block
    from sizewise.report.language import Say

MILLISECONDS = 1000.0
TABLE_LOADS = 8
"""Loads of the table below the drawing of latency. [count]"""


def quality_section(curve: QualityCurve, say: Say) -> Section:
    """Real models that no smaller or no cheaper one beats, the bar, the knee, and the choice among them."""
    note = T(
        "Each model in 4 bits on the cheapest hardware that runs it as asked; vertical lines are 80 % ranges."
    )
    flat, rows = flat_cost(curve), tuple(_curve_rows(curve, say))
    header = (
        say(T("model")), say(T("hardware")), say(T("{currency} a month", currency=say.money_word)), say(T("quality")),
        say(T("remark")),
    )  # fmt: skip
    return Section(
        heading=say(T("Quality against cost")),
        blocks=(
            *_drawings(curve_charts(curve, say), "quality"),
            *((Paragraph(text=say(flat)),) if flat is not None else ()),
            Paragraph(text=say(note)),
            Table(header=header, rows=rows, numeric=(2, 3), repeats_drawing=True),
        ),
        opens=True,
    )


def _curve_rows(curve: QualityCurve, say: Say) -> Iterator[tuple[str, ...]]:
    """Models by cost, then those that are only known by size, the choice with its remark."""
    by_cost = {point.model for point in curve.by_cost}
    points = [*curve.by_cost, *(point for point in curve.by_size if point.model not in by_cost)]
    for point in (*points, *((curve.chosen,) if curve.chosen else ())):
        remark = T("the choice") if point is curve.chosen else T("knee") if point.is_knee else ""
        yield (
            point.model.rsplit("/", 1)[-1],
            brief(point.hardware),
            say.amount(point.monthly_usd),
            marked(point.quality) if isinstance(point.quality, Estimate) else UNKNOWN_MARK,
            say(remark),
        )


def cost_section(answer: CostAnswer, say: Say) -> Section:
    """Every way to pay over use, where they cross, and the asked use."""
    say = say.in_money(answer.currency, answer.cny_per_usd)
    chart = cost_chart(answer, say)
    rows = tuple(
        (
            say(WAYS[way.way]), say(way.what), likely_amount(way.monthly_usd, say), amount_range(way.monthly_usd, say),
            plain_amount(way.once_usd, say),
        )
        for way in answer.ways
    )  # fmt: skip
    header = (
        say(T("way to pay")), say(T("what")), say(T("{currency} a month", currency=say.money_word)), say(T("range")),
        say(T("paid once")),
    )  # fmt: skip
    turns = tuple(turn_cells(item, say) for item in answer.crossings)
    return Section(
        heading=say(T("Ways to pay, and where they cross")),
        blocks=(
            Paragraph(text=say(T("As a new decision, with hardware, people and space paid for:"))),
            Paragraph(text=say(answer.verdict)),
            *_drawings((chart,) if chart else (), "cost"),
            *((Paragraph(text=say(lowest_of_all(answer, say))),) if answer.lowest else ()),
            Table(header=header, rows=rows, numeric=(2, 3, 4)),
            Table(
                header=(say(T("where it turns")), say(T("likely")), say(T("at best")), say(T("at worst"))),
                rows=turns,
                numeric=(),
            ),
            Paragraph(text=say(LEGEND)),
        ),
        opens=True,
    )


def load_section(curve: LoadCurve, say: Say) -> Section:
    """What the users of one machine wait, as they become more."""
    most = T(
        "One machine carries {n} users ({low}-{high}) with 95 % of the first tokens within {ttft} and of the further "
        "ones within {tpot} each.",
        n=f"{curve.num_users.likely:,.0f}", low=f"{curve.num_users.low:,.0f}", high=f"{curve.num_users.high:,.0f}",
        ttft=format_seconds(curve.max_ttft_s), tpot=format_seconds(curve.max_tpot_s),
    )  # fmt: skip
    header = tuple(
        say(word)
        for word in (
            T("users"), T("TTFT half, s"), T("TTFT 95 %, s"), T("TPOT half, ms"), T("TPOT 95 %, ms"), T("tok/s in all"),
        )
    )  # fmt: skip
    return Section(
        heading=say(T("Latency under load")),
        blocks=(
            Paragraph(text=say(most)),
            *_drawings((ttft_chart(curve, say), tpot_chart(curve, say)), "load"),
            Table(
                header=header, rows=tuple(_load_rows(curve)), numeric=(0, 1, 2, 3, 4, 5), repeats_drawing=True
            ),
        ),
        opens=True,
    )


def _load_rows(curve: LoadCurve) -> Iterator[tuple[str, ...]]:
    for load in curve.points[:: max(len(curve.points) // TABLE_LOADS, 1)]:
        each = [load.tpot.p50_s * MILLISECONDS, load.tpot.p95_s * MILLISECONDS]
        yield (
            f"{load.num_users:,.0f}", seconds(load.ttft.p50_s), seconds(load.ttft.p95_s),
            *(significant(value, 2) for value in each), significant(load.output_tokens_per_s),
        )  # fmt: skip


def _drawings(charts: tuple[Chart, ...], name: str) -> Iterator[Block]:
    for position, chart in enumerate(charts):
        yield Drawing(
            svg=chart_svg(chart, name=f"{name}-{position}"),
            narrow=chart_svg(chart, name=f"{name}-{position}-narrow", layout=NARROW),
            caption="",  # the drawing has its title
        )
