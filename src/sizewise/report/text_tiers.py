"""The table of the original guide beside computed figures, and its three questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, gib, marked
from sizewise.report.language import listed
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph
from sizewise.report.task_title import task_title
from sizewise.report.text_curve import curve_blocks
from sizewise.report.text_option import brief
from sizewise.report.words import COMPLEXITIES
from sizewise.units import format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.answers import PolicyAnswer, TierLine, TierModel, TiersAnswer
    from sizewise.report.language import Say


def tiers_blocks(answer: TiersAnswer, say: Say) -> Iterator[RenderableType]:
    """The rule's table, then each tier with real models, then what a complexity means."""
    title = T(
        "The sizes of the guide by its rule of thumb, and real models at {context} tokens for {users} at once",
        context=format_tokens(answer.context_tokens),
        users=f"{answer.num_users:,}",
    )
    yield Line(say(title), style=STRONG)
    yield grid((_rule_row(line, say) for line in answer.lines), header=_rule_header(say))
    yield heading(
        say(
            T(
                "Real models of today, computed: memory in GiB, the cheapest hardware for 4 bits, {currency} a month",
                currency=say.money_word,
            )
        )
    )
    header = (
        say(T("size")), say(T("model")), say(T("16 bits")), say(T("4 bits")), say(T("hardware")), say.money_word,
        say(T("quality")),
    )  # fmt: skip
    rows = (_model_row(line.name, model, say) for line in answer.lines for model in line.models)
    yield grid(rows, header=header, right=(2, 3, 5, 6))
    yield from curve_blocks(answer.curve, say)
    for line in answer.lines:
        yield from _tier(line, say)
    yield heading(say(T("What a complexity stands for")))
    yield grid(
        (say(COMPLEXITIES[complexity]), listed((say(task_title(task)) for task in tasks), say), say(bar))
        for complexity, tasks, bar in answer.complexity_table
    )
    yield paragraph(say(T("Facts of {date}.", date=answer.facts_date)), FAINT)


def _rule_header(say: Say) -> tuple[str, ...]:
    return say(T("size")), say(T("FP16, GB")), say(T("INT4, GB")), say(T("hardware")), say(T("tasks"))


def _rule_row(line: TierLine, say: Say) -> tuple[str, ...]:
    ends = "+" if line.is_open_ended else ""
    return (
        line.name, f"~{_range(line.rule_fp16_gb)}{ends}", f"~{_range(line.rule_int4_gb)}", say(line.rule_hardware),
        say(line.rule_tasks),
    )  # fmt: skip


def _range(ends_gb: tuple[float, float]) -> str:
    low, high = ends_gb
    return f"{low:g}" if low == high else f"{low:g}-{high:g}"


def _tier(line: TierLine, say: Say) -> Iterator[RenderableType]:
    yield heading(say(T("{size}: {nickname}", size=line.name, nickname=say(line.nickname))))
    yield grid(
        [
            (say(T("for")), say(line.use)),
            (say(T("strong")), say(line.advantage)),
            (say(T("weak")), say(line.limit)),
            (say(T("evidence")), say(line.evidence)),
        ]
    )


def _model_row(size: str, model: TierModel, say: Say) -> tuple[str, ...]:
    quality = marked(model.quality, significant) if isinstance(model.quality, Estimate) else UNKNOWN_MARK
    return (
        size,
        model.model.rsplit("/", 1)[-1],
        gib(model.fp16_bytes),
        gib(model.int4_bytes),
        brief(model.hardware),
        say.amount(model.monthly_usd),
        quality,
    )


def policy_blocks(answer: PolicyAnswer, say: Say) -> Iterator[RenderableType]:
    """The guide's questions as walked, its answer, and the computed one."""
    yield Line(say(T("The three questions of the original guide")), style=STRONG)
    yield grid((say(question), say(reply)) for question, reply in answer.questions)
    yield heading(say(T("The guide says: {tiers}", tiers=" / ".join(answer.tiers))))
    if answer.optimises_quantization:
        yield paragraph(say(T("and make it smaller by quantization")))
    yield paragraph(say(T("Computed for your request: {answer}", answer=answer.computed)))
