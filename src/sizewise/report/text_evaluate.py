"""The answer of `evaluate` as a page: the verdict, the rates, the comparisons, what a router would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.evaluation import (
    CANNOT_TELL,
    ENOUGH,
    NO_COMPARISON,
    NOBODY,
    NOT_ANSWERED,
    NOT_WORSE,
    REFERENCE_NEEDED,
    UNSETTLED,
    WORSE,
)
from sizewise.domain.failures import FAILURES
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, seconds
from sizewise.report.page import BAD, FAINT, GOOD, STRONG, grid, heading, paragraph
from sizewise.report.task_title import task_title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.evaluation import Comparison, EvaluationAnswer, Judging, Rate, Router
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

PERCENT = 100
STYLES = {ENOUGH: GOOD, REFERENCE_NEEDED: STRONG, NOBODY: BAD, UNSETTLED: STRONG, NO_COMPARISON: STRONG}
OUTCOMES = {
    NOT_WORSE: T("not worse"), WORSE: T("worse"), CANNOT_TELL: T("cannot tell yet"),
    NOT_ANSWERED: T("too many unanswered"),
}  # fmt: skip


def evaluate_blocks(answer: EvaluationAnswer, say: Say) -> Iterator[RenderableType]:
    """The page."""
    yield Line(say(verdict_text(answer)), style=STYLES[answer.verdict])
    yield from (paragraph(say(text)) for text in reasons(answer))
    yield heading(say(T("Share of right answers")))
    yield grid([rate_row(rate, say) for rate in answer.rates], header=rate_header(say), right=range(1, 6))
    for text in failure_texts(answer, say):
        yield paragraph(say(text), BAD)
    if answer.comparisons:
        yield heading(
            say(T("Beside {reference}, on the same prompts", reference=answer.comparisons[0].reference))
        )
        rows = [comparison_row(c, say) for c in answer.comparisons]
        yield grid(rows, header=comparison_header(say), right=range(1, 5))
        yield paragraph(say(T(
            "Difference in percentage points, with the range that holds each end with 95 %. Chance: of so uneven a "
            "split if both were equal (McNemar)."
        )), FAINT)  # fmt: skip
    if answer.judging is not None:
        yield paragraph(say(judging_text(answer.judging)))
    router = shown_router(answer)
    if router is not None:
        yield from router_blocks(router, say)
    for text in closing_texts(answer):
        yield paragraph(say(text), FAINT)


def verdict_text(answer: EvaluationAnswer) -> Text:  # noqa: PLR0911 - one sentence a verdict
    """The answer in one sentence."""
    margin = points(answer.margin)
    if answer.verdict == ENOUGH:
        return T("{name} is enough: not worse than {reference} by more than {margin} points",
                 name=answer.chosen, reference=answer.comparisons[0].reference, margin=margin)  # fmt: skip
    if answer.verdict == REFERENCE_NEEDED:
        return T("{name} is needed: everything smaller is worse by more than {margin} points",
                 name=answer.chosen, margin=margin)  # fmt: skip
    if answer.verdict == NOBODY:
        return T("None of them does this: each gets fewer than half of the prompts right")
    if answer.verdict == NO_COMPARISON:
        return T("One endpoint: nothing to compare it with; give a second --endpoint")
    if answer.judging is not None and not answer.judging.is_fit:
        return T(
            "Cannot tell: the judge changes its verdict with the order of the answers; use another --judge"
        )
    more = [c.more_items for c in answer.comparisons if c.outcome == CANNOT_TELL]
    known = [n for n in more if n is not None]
    if known:
        return T("Cannot tell yet: about {n} more prompts would settle it", n=f"{min(known):,}")
    if more:
        return T(
            "Cannot tell: the difference lies so near the margin that no sensible number of prompts settles it"
        )
    return T("Cannot tell: too many prompts were not answered")


def reasons(answer: EvaluationAnswer) -> Iterator[Text]:
    """What stands behind the verdict, one sentence for each comparison."""
    for c in answer.comparisons:
        values = {
            "name": c.name, "n": str(c.num_items), "ahead": counted(c.only_candidate),
            "behind": counted(c.only_reference),
            "reference": c.reference, "resolution": points(c.smallest_difference),
        }  # fmt: skip
        yield T("{name}: of {n} prompts, {ahead} were right only here and {behind} only with {reference}. So many "
                "prompts can show a difference of {resolution} points.", **values)  # fmt: skip


def rate_header(say: Say) -> tuple[str, ...]:
    """Headings of the rates."""
    return (say(T("endpoint")), say(T("right")), say(T("share")), say(T("95 % range")), say(T("median s")),
            say.money_word)  # fmt: skip


def rate_row(rate: Rate, say: Say) -> tuple[str, ...]:
    """One endpoint."""
    share = UNKNOWN_MARK if rate.share is None else points(rate.share) + " %"
    return (
        rate.name, f"{counted(rate.score)}/{rate.num_items}", share, f"{points(rate.low)}-{points(rate.high)} %",
        UNKNOWN_MARK if rate.median_s is None else seconds(rate.median_s),
        UNKNOWN_MARK if rate.cost_usd is None else say.amount(rate.cost_usd),
    )  # fmt: skip


def comparison_header(say: Say) -> tuple[str, ...]:
    """Headings of the comparisons."""
    return (say(T("endpoint")), say(T("prompts")), say(T("difference")), say(T("range")), say(T("chance")),
            say(T("outcome")))  # fmt: skip


def comparison_row(c: Comparison, say: Say) -> tuple[str, ...]:
    """One comparison."""
    return (
        c.name, str(c.num_items), signed(c.difference),
        say(T("{low} to {high}", low=signed(c.low), high=signed(c.high))),
        UNKNOWN_MARK if c.p_equal is None else chance(c.p_equal), say(OUTCOMES[c.outcome]),
    )  # fmt: skip


def failure_texts(answer: EvaluationAnswer, say: Say) -> Iterator[Text]:
    """What went unanswered and why."""
    for rate in answer.rates:
        if rate.num_unanswered:
            told = say(T(", ")).join(
                say(T("{what} ({n} times)", what=say(FAILURES.get(kind, T("not graded"))), n=str(count)))
                for kind, count in rate.failures
            )
            yield T("{name} left {n} prompts unanswered: {reasons}. They are left out of the comparison.",
                    name=rate.name, n=str(rate.num_unanswered), reasons=told or say(T("not graded")))  # fmt: skip


def judging_text(judging: Judging) -> Text:
    """How the judge behaved."""
    first = judging.num_first / judging.num_verdicts if judging.num_verdicts else 0.5
    return T("Judged by {judge}: {n} pairs, each in both orders; {flipped} verdicts changed with the order and count "
             "as ties; {first} % went to the answer shown first (50 % would be fair); {unread} replies had no verdict.",
             judge=judging.judge, n=str(judging.num_pairs), flipped=str(judging.num_flipped), first=points(first),
             unread=str(judging.num_unread))  # fmt: skip


def shown_router(answer: EvaluationAnswer) -> Router | None:
    """The router, where it says something: between two that both fail there is nothing to choose."""
    return None if answer.verdict == NOBODY else answer.router


def router_blocks(router: Router, say: Say) -> Iterator[RenderableType]:
    """What a router between the two would give."""
    yield heading(say(T("Which prompts need {big}?", big=router.big)))
    yield paragraph(say(router_text(router)))
    rows: list[tuple[str, ...]] = [
        (f"{p.threshold:.2f}", points(p.small_share) + " %", points(p.quality) + " %",
         UNKNOWN_MARK if p.cost_usd_per_1000 is None else say.amount(p.cost_usd_per_1000))
        for p in router.points
    ]  # fmt: skip
    header = (
        say(T("threshold")),
        say(T("to {small}", small=router.small)),
        say(T("right")),
        say(T("{currency} per 1,000", currency=say.money_word)),
    )
    yield grid(_without_repeats(rows), header=header, right=range(4))


def router_text(router: Router) -> Text:
    """The router in one sentence."""
    values = {
        "small": router.small, "big": router.big, "share": points(router.handled_share),
        "low": points(router.handled_low),
        "high": points(router.handled_high), "auc": UNKNOWN_MARK if router.auc is None else f"{router.auc:.2f}",
    }  # fmt: skip
    if router.chosen is None or router.chosen.small_share == 0:
        return T("{small} does {share} % of the prompts ({low}-{high} %) as well as {big}, but the words do not "
                 "show which (order right in {auc} of cases; 0.50 is chance): no threshold saves anything within "
                 "the margin.",
                 **values)  # fmt: skip
    return T("{small} does {share} % of the prompts ({low}-{high} %) as well as {big}. At threshold {threshold} a "
             "router would leave {routed} % to it and get {quality} % right, judged on prompts it was not fitted on.",
             threshold=f"{router.chosen.threshold:.2f}", routed=points(router.chosen.small_share),
             quality=points(router.chosen.quality), **values)  # fmt: skip


def closing_texts(answer: EvaluationAnswer) -> Iterator[Text]:
    """Where everything is, and how it ended."""
    if answer.stopped == "settled":
        yield T("Stopped after {n} of {total} prompts: it was settled; --ask-all asks them all.",
                n=str(answer.num_asked), total=str(answer.num_items))  # fmt: skip
    if answer.stopped == "spent":
        yield T("Stopped after {n} of {total} prompts: the spending limit was reached.",
                n=str(answer.num_asked), total=str(answer.num_items))  # fmt: skip
    if answer.num_reused:
        yield T("{n} answers of the earlier run were used again.", n=str(answer.num_reused))
    yield T("Answers are kept in {folder}.", folder=answer.folder)
    if answer.is_stored:
        yield T("The result is in the local store: recommend uses it for the task {task} on this computer.",
                task=task_title(answer.task))  # fmt: skip


def points(ratio: float) -> str:
    """A share in percent, without the sign: '92', '4.5'."""
    value = ratio * PERCENT
    return f"{value:.0f}" if abs(value - round(value)) < 0.05 or abs(value) >= 10 else f"{value:.1f}"  # noqa: PLR2004


def signed(ratio: float) -> str:
    """A difference in percentage points."""
    return f"{ratio * PERCENT:+.1f}"


def counted(number: float) -> str:
    """A number of items; grades with one decimal."""
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


def chance(p: float) -> str:
    """A probability for people."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"  # noqa: PLR2004 - three decimals


def _without_repeats(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Thresholds that change nothing are shown once."""
    return [row for i, row in enumerate(rows) if i == 0 or row[1:] != rows[i - 1][1:]]
