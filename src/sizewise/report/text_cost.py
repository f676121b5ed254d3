"""`cost` on the page: the sentence, every way in a line, its parts, crossings, the chart, the constants."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.decide.wording import percent
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import Count, T
from sizewise.report.chart_text import chart_lines
from sizewise.report.cost_chart import cost_chart
from sizewise.report.figures import UNKNOWN_MARK, marked
from sizewise.report.language import listed
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph, point
from sizewise.report.text_option import brief, deployment_title
from sizewise.report.words import COST_PARTS, LEGEND, SET_BY, WAYS
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.cost import CostAnswer, Crossed, Crossing, WayCost
    from sizewise.domain.estimate import Unknown
    from sizewise.domain.text import Text, Value
    from sizewise.report.language import Say

FEW_MONTHS = 100
STRETCHES_SHOWN = 6
"""Stretches of use of which each has another cheapest way."""
CHEAPEST_SHOWN = 3
"""Ways whose parts are shown without `--explain`."""


def likely_amount(value: Estimate | Unknown, say: Say) -> str:
    """The likely amount with the mark of its basis."""
    return marked(value, say.amount) if isinstance(value, Estimate) else UNKNOWN_MARK


def plain_amount(value: Estimate | Unknown, say: Say) -> str:
    """The likely amount."""
    return say.amount(value.likely) if isinstance(value, Estimate) else UNKNOWN_MARK


def amount_range(value: Estimate | Unknown, say: Say) -> str:
    """The range of an amount; empty where there is none."""
    if not isinstance(value, Estimate):
        return ""
    return f"{say.amount(value.low)}-{say.amount(value.high)}" if value.low < value.high else ""


def _per_mtok(usd: float, say: Say) -> str:
    """The price of a million tokens."""
    return significant(say.exchanged(usd), 2) if math.isfinite(usd) else UNKNOWN_MARK


def cost_blocks(answer: CostAnswer, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    """The page, from the sentence to the constants; money in the currency of the answer."""
    say = say.in_money(answer.currency, answer.cny_per_usd)
    yield Line(brief(say(answer.verdict)), style=STRONG)
    if answer.deployment is not None:
        yield paragraph(brief(deployment_title(answer.deployment, say)), FAINT)
    yield paragraph(say(_demand(answer)), FAINT)
    yield from _ways(answer, say)
    yield from _parts(answer, say, explains=explains)
    yield from _crossings(answer, say)
    chart = cost_chart(answer, say)
    if chart is not None:
        for line in chart_lines(chart):
            yield Line("  " + line, no_wrap=True, overflow="ignore")
    yield from _left_out(answer, say)
    yield from _terms(answer, say, explains=explains)


def _demand(answer: CostAnswer) -> Text:
    demand = answer.demand
    return T(
        "{requests} requests a month of {input} tokens in and {output} out; {hours} hours of use, peak {peak} x the "
        "mean; one machine carries {rate} requests/s",
        requests=f"{demand.requests_per_month:,.0f}", input=f"{demand.input_tokens:,.0f}",
        output=f"{demand.written_tokens:,.0f}", hours=f"{demand.active_hours:,.0f}",
        peak=significant(demand.peak_ratio, 2),
        rate=marked(answer.requests_per_s) if isinstance(answer.requests_per_s, Estimate) else UNKNOWN_MARK,
    )  # fmt: skip


def _ways(answer: CostAnswer, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("What it costs, {currency} a month", currency=say.money_word)))
    header = (
        "", say(T("a month")), say(T("range")), say(T("if paid for")), say(T("paid once")), say(T("1M in")),
        say(T("1M out")),
    )  # fmt: skip
    rows = [
        (
            say(WAYS[way.way]), likely_amount(way.monthly_usd, say), amount_range(way.monthly_usd, say),
            likely_amount(way.marginal_usd, say), plain_amount(way.once_usd, say),
            _per_mtok(way.input_usd_per_mtok, say), _per_mtok(way.output_usd_per_mtok, say),
        )
        for way in answer.ways
    ]  # fmt: skip
    yield grid(rows, header=header, right=(1, 2, 3, 4, 5, 6))
    yield paragraph(
        say(
            T(
                "if paid for: machines bought or committed to and people there anyway; per 1M tokens at this use"
            )
        ),
        FAINT,
    )
    yield paragraph(say(LEGEND), FAINT)


def _parts(answer: CostAnswer, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    """What each line stands for and consists of."""
    yield heading(say(T("What is in it")))
    shown = answer.ways if explains else answer.ways[:CHEAPEST_SHOWN]
    listed = [*shown, *(way for way in answer.ways if way.way == "buy" and way not in shown)]
    for way in answer.ways:
        if way in listed or not isinstance(way.monthly_usd, Estimate):
            yield point("·", Line(brief(_about(way, answer, say))))


def _about(way: WayCost, answer: CostAnswer, say: Say) -> str:
    if not isinstance(way.monthly_usd, Estimate):
        why = T(
            "{way}, {what}: unknown, {reason}",
            way=WAYS[way.way],
            what=way.what,
            reason=say(way.monthly_usd.reason),
        )
        return say(why)
    parts = listed((f"{say(COST_PARTS[name])} {say.amount(usd)}" for name, usd in way.parts_usd), say)
    about = T("{way}, {what}: {parts}", way=WAYS[way.way], what=way.what, parts=parts)
    horizon = T(
        "{amount} in {months} months",
        amount=say.amount(way.horizon_usd),
        months=f"{answer.horizon_months:.0f}",
    )
    return say(T("; ")).join([say(about), say(horizon), *(say(note) for note in way.notes)])


def _crossings(answer: CostAnswer, say: Say) -> Iterator[RenderableType]:
    if answer.crossings:
        yield heading(say(T("Where it turns")))
        if answer.lowest:
            yield point("·", Line(say(lowest_of_all(answer, say))))
        for item in answer.crossings:
            yield point("·", Line(say(turn(item, say))))


def lowest_of_all(answer: CostAnswer, say: Say) -> Text:
    """Which way is the cheapest of all, from nothing to as far as was searched."""
    shown, last = answer.lowest[:STRETCHES_SHOWN], answer.lowest[-1]
    ends = [
        say(T("{way} up to {limit}", way=WAYS[stretch.way], limit=Count(stretch.to_tokens)))
        for stretch in shown
        if stretch is not last
    ]
    words: dict[str, Value] = {
        "stretches": "; ".join(ends),
        "limit": Count(last.to_tokens),
        "way": WAYS[last.way],
    }
    if not ends:
        return T("the cheapest of all up to {limit} tokens a month: {way}", **words)
    if len(answer.lowest) > STRETCHES_SHOWN + 1:
        more = str(len(answer.lowest) - STRETCHES_SHOWN - 1)
        return T(
            "the cheapest of all, by tokens a month: {stretches}; {n} further changes with whole machines, then {way} "
            "(searched up to {limit})", n=more, **words,
        )  # fmt: skip
    return T(
        "the cheapest of all, by tokens a month: {stretches}; beyond that {way} (searched up to {limit})",
        **words,
    )


def turn(item: Crossing, say: Say) -> Text:
    """Where one way becomes the cheaper one, in one sentence."""
    _, likely, low, high = turn_cells(item, say)
    if likely == low == high:
        return T("{question}: {likely}", question=item.question, likely=likely)
    return T(
        "{question}: {likely} (at best {low}, at worst {high})",
        question=item.question,
        likely=likely,
        low=low,
        high=high,
    )


def turn_cells(item: Crossing, say: Say) -> tuple[str, str, str, str]:
    """The same as cells: the question, the likely answer, at best and at worst."""
    likely, low, high = (_crossed(end, item.unit, say) for end in (item.likely, item.low, item.high))
    return say(item.question), likely, low, high


def _crossed(end: Crossed, unit: str, say: Say) -> str:
    if end.answer == "not-verified":
        return say(T("unknown, {reason}", reason=end.reason))
    if end.answer == "reached":
        return _at(end.at, unit, say)
    if unit == "ratio":
        return say(T("not even when it is full"))
    return say(T("not up to {limit}", limit=_at(end.at, unit, say)))


def _at(value: float, unit: str, say: Say) -> str:
    if unit == "tokens":
        return say(T("{n} tokens a month", n=Count(value)))
    if unit == "months":
        return say(T("{n} months", n=f"{value:.1f}" if value < FEW_MONTHS else f"{value:.0f}"))
    return percent(value)


def _left_out(answer: CostAnswer, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("In no figure")))
    for text in answer.left_out:
        yield point("·", Line(say(text)))


def _terms(answer: CostAnswer, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    yield heading(say(T("Constants, each changeable by its option or a profile")))
    shown = [term for term in answer.terms if explains or term.set_by != "default"]
    sources: dict[str, str] = {}
    rows = []
    for term in shown:
        origin = f"{term.source}, {term.as_of}" if term.source else ""
        number = sources.setdefault(origin, f"[{len(sources) + 1}]") if origin else ""
        value = significant(term.value.likely)
        if term.value.low < term.value.high:
            value += f" ({significant(term.value.low)}-{significant(term.value.high)})"
        rows.append(
            (f"--{term.name}", say(term.what), f"{value} {term.unit}", say(SET_BY[term.set_by]), number)
        )
    if rows:
        yield grid(rows)
    for origin, number in sources.items():
        yield point(number, Line(origin, FAINT))
    if not explains:
        more = T("{n} more with their sources and dates: --explain", n=str(len(answer.terms) - len(shown)))
        yield paragraph(say(more), FAINT)
    yield paragraph(say(T("Facts of {date}.", date=answer.facts_date)), FAINT)
