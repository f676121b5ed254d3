"""The original guide's three questions for the same request, and where its way and the computed one part."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.decide import wording
from sizewise.decide.baseline import TIERS, baseline_policy
from sizewise.domain.decision import GuideBeside
from sizewise.domain.text import T
from sizewise.units import format_bytes, significant

if TYPE_CHECKING:
    from sizewise.advisor.asking import Asked
    from sizewise.advisor.question import Question
    from sizewise.decide.baseline import BaselineAnswer
    from sizewise.domain.decision import Option
    from sizewise.domain.text import Text

BUDGET, COMPLEXITY, HARDWARE = 0, 1, 2
"""Positions of the guide's questions."""
SAME = -1
BILLION = 1e9


def guide_answer(
    question: Question,
    asked: Asked,
    *,
    budget_limited: bool | None = None,
    enterprise_hardware: bool | None = None,
) -> BaselineAnswer:
    """The guide's questions, answered from the request where they are not answered outright.

    A budget was named: it is limited. A data-centre device was named: enterprise hardware is there.
    """
    limits = asked.request.limits
    is_limited = min(limits.monthly_budget_usd, limits.upfront_budget_usd) < math.inf
    has_enterprise = any(m.device.kind == "datacenter" for m in asked.named_machines)
    return baseline_policy(
        is_budget_limited=is_limited if budget_limited is None else budget_limited,
        complexity=question.complexity or asked.request.task.complexity,
        has_enterprise_hardware=has_enterprise if enterprise_hardware is None else enterprise_hardware,
    )


def guide_beside(question: Question, asked: Asked, answer: Option | None) -> GuideBeside:
    """The guide's way beside the computed one."""
    said = guide_answer(question, asked)
    parts_at, why = _parting(said, asked, answer)
    return GuideBeside(
        questions=said.questions, tiers=said.tiers, optimises_quantization=said.optimises_quantization,
        parts_at=parts_at, why=why,
    )  # fmt: skip


def _parting(said: BaselineAnswer, asked: Asked, answer: Option | None) -> tuple[int, Text]:
    """The question at which the ways part, and why."""
    last = len(said.questions) - 1
    if answer is None:
        return last, T("the guide names a size without asking whether it fits, is fast enough or is good enough; "
                       "here nothing passes")  # fmt: skip
    size = load_catalog().models[answer.deployment.model].num_params / BILLION
    tiers = [tier for tier in TIERS if tier.name in said.tiers]
    low, high = min(t.params_billion[0] for t in tiers), max(t.params_billion[1] for t in tiers)
    if low <= size <= high:
        return SAME, T("both lead to this size; the guide asks for no text length, load, speed or price")
    facts = {
        "model": answer.deployment.model, "size": f"{significant(size)}B", "tiers": " / ".join(said.tiers),
        "quantization": answer.deployment.quantization, "hardware": _hardware(answer),
        "memory": format_bytes(answer.memory_bytes.likely), "bar": wording.points(asked.request.bar.value),
    }  # fmt: skip
    if size < low:
        position = COMPLEXITY if last >= COMPLEXITY else BUDGET
        return position, T(
            "the guide takes {tiers}; today {model} with {size} parameters reaches the bar of {bar} points, "
            "so more parameters would be paid for nothing", **facts,
        )  # fmt: skip
    return _larger(said, facts)


def _larger(said: BaselineAnswer, facts: dict[str, str]) -> tuple[int, Text]:
    """The computed answer is larger than the guide's."""
    if len(said.questions) == 1:
        return BUDGET, T(
            "a limited budget means {tiers} to the guide, whatever the task; {model} with {size} parameters is within "
            "the budget: in {quantization} it takes {memory} on {hardware}", **facts,
        )  # fmt: skip
    if len(said.questions) == HARDWARE + 1:
        return HARDWARE, T(
            "without enterprise hardware the guide stops at {tiers}; {model} with {size} parameters takes {memory} in "
            "{quantization} and runs on {hardware}", **facts,
        )  # fmt: skip
    return COMPLEXITY, T(
        "the guide takes {tiers} for such tasks; the bar of {bar} points or the cost leads to {model} with {size} "
        "parameters on {hardware}", **facts,
    )  # fmt: skip


def _hardware(answer: Option) -> str:
    return wording.hardware(answer.deployment.device, answer.deployment.num_devices)
