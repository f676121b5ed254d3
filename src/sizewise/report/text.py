"""The answer of `recommend` on one screen: verdict, choice, neighbours, why not, what flips it, commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, gib, marked
from sizewise.report.page import FAINT, STRONG, command_line, grid, heading, paragraph, point
from sizewise.report.text_api import api_blocks
from sizewise.report.text_confidence import confidence_blocks
from sizewise.report.text_option import brief, hardware_name, option_blocks
from sizewise.report.words import CONSTRAINTS, ROLES, SET_BY
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.domain.decision import Decision, Option, Rejection
    from sizewise.domain.estimate import Unknown
    from sizewise.report.language import Say

YES, NO, HELPS = "✓", "✗", "→"
MOST_FORMATS = 1
"""Other quantizations of the answer on the page without `--explain`."""
SAME_AS_USE = "api_utilisation"
"""A threshold of use as a share of what was asked for."""


def decision_blocks(
    decision: Decision, say: Say, *, shows_list: bool, explains: bool
) -> Iterator[RenderableType]:
    """The page, from the sentence to the commands."""
    yield Line(say(decision.verdict), style=STRONG)
    if decision.api and decision.is_api_best:
        yield from api_blocks(decision.api, say)
    if decision.answer:
        yield from option_blocks(decision.answer, say)
    if decision.api and not decision.is_api_best:
        yield from api_blocks(decision.api, say)
    yield from _alternatives(decision, say)
    yield from rejection_blocks(
        decision.rejected,
        say,
        has_answer=decision.answer is not None,
        most_formats=None if explains else MOST_FORMATS,
    )
    if decision.confidence:
        yield from confidence_blocks(decision.confidence, say, explains=explains)
    yield from _flips(decision, say, explains=explains)
    if shows_list:
        yield from option_list(decision.options, say)
    if explains:
        yield from _flow(decision, say)
        yield from _assumptions(decision, say)
    yield from _commands(decision, say)


def _alternatives(decision: Decision, say: Say) -> Iterator[RenderableType]:
    if decision.alternatives:
        yield heading(say(T("Neighbours")))
        for item in decision.alternatives:
            neighbour = T("{title}; {difference}", title=item.title, difference=item.difference)
            role = ROLES.get(item.role, item.role)
            yield point("+", Line(brief(say(T("{role}: {text}", role=role, text=neighbour)))))


def rejection_blocks(
    rejected: Sequence[Rejection], say: Say, *, has_answer: bool, most_formats: int | None = None
) -> Iterator[RenderableType]:
    """Which constraint stops each option, by how much, and what would lift it.

    Arguments: `most_formats` other quantizations of the answer that are shown; None: all of them.
    """
    if not rejected:
        return
    yield heading(say(T("Why not")) if has_answer else say(T("What comes nearest")))
    formats = [item for item in rejected if item.role == "quantization"]
    shown_formats = formats[:most_formats]
    listed = [item for item in rejected if item.role != "quantization" or item in shown_formats]
    for item in listed:
        yield _rejection(item, say)
    if len(shown_formats) < len(formats):
        more = T("{n} more quantizations: --explain", n=str(len(formats) - len(shown_formats)))
        yield paragraph(say(more), FAINT)


def _rejection(item: Rejection, say: Say) -> RenderableType:
    title = T("{role}: {text}", role=ROLES.get(item.role, item.role), text=item.option)
    reason = T("{constraint}: {shortfall}", constraint=CONSTRAINTS[item.constraint], shortfall=item.shortfall)
    lift = say(item.lift)
    lines = brief(f"{say(title)}\n{say(reason)}")
    return point(NO, Line(f"{lines}  {HELPS} {lift}" if lift else lines))


def _flips(decision: Decision, say: Say, *, explains: bool) -> Iterator[RenderableType]:
    """Every threshold; that of use as a share, which says the same in other words, with the explanations."""
    if decision.flips:
        yield heading(say(T("What would change this answer")))
        for flip in decision.flips:
            if flip.name == SAME_AS_USE and not explains:
                continue
            change = T(
                "{input} {threshold}: {then}", input=flip.input, threshold=flip.threshold, then=flip.then
            )
            yield point("·", Line(brief(say(change))))


def option_list(options: Sequence[Option], say: Say) -> Iterator[RenderableType]:
    """The best options, one a line."""
    if options:
        yield heading(say(T("The best options, first to last")))
        header = (
            "", say(T("model")), say(T("engine, hardware")), say(T("GiB")), say(T("tok/s")), say(T("quality")),
            say(T("{currency} a month", currency=say.money_word)),
        )  # fmt: skip
        rows = (_list_row(position, option, say) for position, option in enumerate(options, 1))
        yield grid(rows, header=header, right=(0, 3, 4, 5, 6))


def _list_row(position: int, option: Option, say: Say) -> tuple[str, ...]:
    deployment = option.deployment
    return (
        str(position),
        f"{deployment.model.rsplit('/', 1)[-1]} {deployment.quantization}",
        f"{deployment.engine}, {brief(hardware_name(deployment))}",
        marked(option.memory_bytes, gib),
        _likely(option.decode_tokens_per_s, significant),
        _likely(option.quality, significant),
        _likely(option.monthly_usd, say.amount),
    )


def _likely(figure: Estimate | Unknown, show: Callable[[float], str]) -> str:
    return marked(figure, show) if isinstance(figure, Estimate) else UNKNOWN_MARK


def _flow(decision: Decision, say: Say) -> Iterator[RenderableType]:
    yield heading(
        say(T("The way through the questions ({n} options were evaluated)", n=f"{decision.num_candidates:,}"))
    )
    for step in decision.flow:
        limit = T(
            "{threshold}, set by {who}", threshold=step.threshold, who=SET_BY.get(step.set_by, step.set_by)
        )
        lines = Line(f"{say(step.question)} {say(step.value)}") + Line(f"  [{say(limit)}]", FAINT)
        if say(step.not_taken):
            lines += Line("\n" + say(T("the other branch: {there}", there=step.not_taken)), FAINT)
        yield point(YES if step.passes else NO, lines)


def _assumptions(decision: Decision, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("What was asked and assumed")))
    sources: dict[str, str] = {}
    rows = []
    for item in decision.assumptions:
        number = sources.setdefault(item.source, f"[{len(sources) + 1}]") if item.source else ""
        rows.append((say(item.name), say(item.value), say(SET_BY.get(item.set_by, item.set_by)), number))
    yield grid(rows, header=(say(T("input")), say(T("value")), say(T("set by")), say(T("source"))))
    for source, number in sources.items():
        yield point(number, Line(source, FAINT))


def _commands(decision: Decision, say: Say) -> Iterator[RenderableType]:
    if decision.command:
        yield heading(say(T("Start it")))
        for line in (*decision.prepare, decision.command):
            yield command_line(line)
    footer = T(
        "Facts of {date}, sizewise {version}. --explain shows every assumption; --json gives all of it to programs.",
        date=decision.facts_date,
        version=decision.version,
    )
    yield paragraph(say(footer), FAINT)
