"""The answer of `portfolio`: the routing, the machines, the other ways, and the proof."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.decide.wording import money, percent
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, marked
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph, point
from sizewise.report.text_option import brief
from sizewise.report.words import LEGEND, PATHS, SET_BY
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.portfolio import (
        ClassRoute,
        Comparison,
        PortfolioAnswer,
        PortfolioMachines,
        PortfolioPart,
    )
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

PROVED_RATIO = 1e-5
"""A smaller gap is rounding. [ratio]"""


def portfolio_blocks(answer: PortfolioAnswer, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    """The page, from the sentence to the proof."""
    yield Line(say(answer.verdict), style=STRONG)
    for name, reason in answer.unserved:
        yield point("✗", Line(brief(f"{name}: {say(reason)}")))
    if answer.monthly_usd is not None:
        yield from _routing(answer, say)
        yield from _machines(answer, say)
    yield from _comparisons(answer, say)
    if answer.monthly_usd is not None:
        yield paragraph(say(proof(answer)))
    if explains:
        yield heading(say(T("What was asked and assumed")))
        rows = [
            (say(a.name), say(a.value), say(SET_BY.get(a.set_by, a.set_by)), a.source)
            for a in answer.assumptions
        ]
        yield grid(rows, header=(say(T("input")), say(T("value")), say(T("set by")), say(T("source"))))
    yield paragraph(say(LEGEND), FAINT)
    footer = T(
        "Facts of {date}, sizewise {version}. --explain shows every assumption; --json gives all of it to programs.",
        date=answer.facts_date,
        version=answer.version,
    )
    yield paragraph(say(footer), FAINT)


def _routing(answer: PortfolioAnswer, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("Which requests go where")))
    for number, part in enumerate(answer.parts):
        lines = Line(brief(say(part.title)))
        for route in answer.routes:
            if route.part == number:
                lines += Line("\n" + say(route_text(route, part, say)), FAINT)
        yield point(f"[{number + 1}]", lines)


def route_text(route: ClassRoute, part: PortfolioPart, say: Say) -> Text:
    """What a class asks of its deployment, and how good that is."""
    quality = marked(route.quality, significant) if isinstance(route.quality, Estimate) else UNKNOWN_MARK
    words = {
        "name": route.name, "n": f"{route.requests_per_month:,.0f}", "quality": quality,
        "chance": percent(route.pass_probability), "bar": say(route.bar),
    }  # fmt: skip
    if not part.replicas:
        return T(
            "{name}: {n} requests a month; quality {quality}, {chance} likely to be enough (asked: {bar})",
            **words,
        )
    return T(
        "{name}: {n} requests a month, {load} of what it carries; quality {quality}, {chance} likely to be enough "
        "(asked: {bar})",
        load=percent(route.load_replicas / part.replicas), **words,
    )  # fmt: skip


def _machines(answer: PortfolioAnswer, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("What to have")))
    rows = [
        *(_machine_row(machines, answer, say) for machines in answer.machines),
        *(_api_row(i, part, say) for i, part in enumerate(answer.parts, 1) if part.deployment is None),
    ]
    if answer.monthly_usd is not None:
        low, high = say.amount(answer.monthly_usd.low), say.amount(answer.monthly_usd.high)
        rows.append(
            (
                say(T("total")),
                "",
                marked(answer.monthly_usd, say.amount),
                f"{low}-{high}",
                say.amount(answer.upfront_usd),
            )
        )
    header = (
        say(T("machines")), say(T("runs")), say(T("{currency} a month", currency=say.money_word)),
        say(T("low to high")), say(T("paid once, {currency}", currency=say.money_word)),
    )  # fmt: skip
    yield grid(rows, header=header, right=(2, 3, 4))


def _machine_row(machines: PortfolioMachines, answer: PortfolioAnswer, say: Say) -> tuple[str, ...]:
    count = f"{machines.count} x " if machines.count > 1 else ""
    runs = ", ".join(_runs(i, answer.parts[i]) for i in machines.parts)
    low, high = say.amount(machines.monthly_usd.low), say.amount(machines.monthly_usd.high)
    name = T("{machine}, {path}", machine=count + brief(machines.machine), path=PATHS[machines.path])
    return (
        say(name),
        runs,
        marked(machines.monthly_usd, say.amount),
        f"{low}-{high}",
        say.amount(machines.upfront_usd),
    )


def _runs(position: int, part: PortfolioPart) -> str:
    number = f"[{position + 1}]"
    several = f"{part.replicas} x {number}" if part.replicas > 1 else number
    return f"{several} {percent(part.share_of_machine)}" if part.share_of_machine < 1 else several


def _api_row(position: int, part: PortfolioPart, say: Say) -> tuple[str, ...]:
    return (say(PATHS["api"]), f"[{position}]", "~ " + say.amount(part.usage_usd), "", "")


def _comparisons(answer: PortfolioAnswer, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("Beside the other ways")))
    for other in answer.comparisons:
        yield point("·", Line(brief(say(comparison_text(other)))))


def comparison_text(other: Comparison) -> Text:
    """Another way to serve everything, in one line."""
    if math.isnan(other.monthly_usd):
        return T("{title}: {what}", title=other.title, what=other.what)
    monthly, upfront = money(other.monthly_usd), money(other.upfront_usd)
    if not other.upfront_usd:
        return T("{title}: {monthly} a month; {what}", title=other.title, monthly=monthly, what=other.what)
    return T(
        "{title}: {monthly} a month, {upfront} at once; {what}",
        title=other.title, monthly=monthly, upfront=upfront, what=other.what,
    )  # fmt: skip


def proof(answer: PortfolioAnswer) -> Text:
    """What is proved about the plan."""
    counts = {"compared": f"{answer.num_compared:,}", "all": f"{answer.num_candidates:,}"}
    if answer.gap_ratio <= PROVED_RATIO:
        return T(
            "Proved: no routing over the {all} deployments looked at costs less ({compared} left after "
            "leaving out what another one replaces).",
            **counts,
        )  # fmt: skip
    return T(
        "Not proved: a cheaper plan may exist, at most {gap} cheaper (bound {bound} a month; {compared} of {all} "
        "deployments left after leaving out what another one replaces).",
        gap=percent(answer.gap_ratio), bound=money(answer.bound_usd), **counts,
    )  # fmt: skip
