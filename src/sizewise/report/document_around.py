"""What surrounds an answer, as sections with drawings: quality over cost, ways to pay over use, latency over load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.chart_svg import chart_svg
from sizewise.report.cost_chart import cost_chart
from sizewise.report.curve_chart import curve_charts
from sizewise.report.document import Drawing, Paragraph, Section, Table
from sizewise.report.figures import marked, seconds
from sizewise.report.load_chart import tpot_chart, ttft_chart
from sizewise.report.text_cost import Amounts, turn
from sizewise.report.words import LEGEND, WAYS
from sizewise.units import format_seconds, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.answers import QualityCurve
    from sizewise.domain.capacity import LoadCurve
    from sizewise.domain.cost import CostAnswer
    from sizewise.domain.decision import Option
    from sizewise.report.chart import Chart
    from sizewise.report.document import Block
    from sizewise.report.language import Say

MILLISECONDS = 1000.0
TABLE_LOADS = 8
"""Loads of the table below the drawing of latency. [count]"""


def quality_section(curve: QualityCurve, answer: Option, say: Say) -> Section:
    """Real models that no smaller or no cheaper one beats, the bar, the knee, and the choice among them."""
    charts = curve_charts(curve, say, chosen=answer)
    note = T(
        "Each model in 4 bits on the cheapest hardware that runs it as asked; vertical lines are 80 % ranges."
    )
    rows = tuple(
        (
            point.model.rsplit("/", 1)[-1], point.hardware, say.amount(point.monthly_usd),
            marked(point.quality) if isinstance(point.quality, Estimate) else "",
            say(T("knee")) if point.is_knee else "",
        )
        for point in curve.by_cost
    )  # fmt: skip
    header = (
        say(T("model")), say(T("hardware")), say(T("{currency} a month", currency=say.currency)), say(T("quality")), "",
    )  # fmt: skip
    return Section(
        heading=say(T("Quality against cost")),
        blocks=(
            *_drawings(charts, "quality"),
            Paragraph(text=say(note)),
            Table(header=header, rows=rows, numeric=(2, 3), repeats_drawing=True),
        ),
        opens=True,
    )


def cost_section(answer: CostAnswer, say: Say) -> Section:
    """Every way to pay over use, where they cross, and the asked use."""
    chart, amounts = cost_chart(answer, say), Amounts(answer)
    rows = tuple(
        (say(WAYS[way.way]), say(way.what), amounts.likely(way.monthly_usd), amounts.ends(way.monthly_usd),
         amounts.plain(way.once_usd))
        for way in answer.ways
    )  # fmt: skip
    header = (
        "", "", say(T("{currency} a month", currency=answer.currency)), say(T("range")), say(T("at once")),
    )  # fmt: skip
    return Section(
        heading=say(T("Ways to pay, and where they cross")),
        blocks=(
            Paragraph(text=say(answer.verdict)),
            *_drawings((chart,) if chart else (), "cost"),
            *(Paragraph(text=say(turn(item, say))) for item in answer.crossings),
            Table(header=header, rows=rows, numeric=(2, 3, 4)),
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
        yield Drawing(svg=chart_svg(chart, name=f"{name}-{position}"), caption=chart.title)
