"""The decision flow: the constraints in fixed order, each with its threshold, the choice's value, the other branch.

The same counts that the search keeps are drawn, so the drawing is the path that was taken.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.decide import wording
from sizewise.domain.decision import FlowStep
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T, Text
from sizewise.units import format_bytes, format_seconds, format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sizewise.decide.search import Counts
    from sizewise.domain.decision import Alternative, Option, Rejection
    from sizewise.domain.request import Request
    from sizewise.domain.text import Value

BASIS_FIELDS = {
    "memory": "memory_bytes", "speed": "loaded_tokens_per_s", "budget": "monthly_usd", "quality": "quality",
}  # fmt: skip
"""The figure of the answer that a question compares."""
MODEL_GATES = ("generator", "licence", "language", "capability", "context")


def ranged(
    value: Estimate | Unknown, figure: Callable[[float], Value], end: Callable[[float], Value] = significant
) -> Value:
    """Likely value with its unit, and the ends of its range."""
    if isinstance(value, Unknown):
        return T("unknown")
    low, likely, high = end(value.low), figure(value.likely), end(value.high)
    return T("{likely} ({low} to {high})", likely=likely, low=low, high=high) if low != high else likely


def flow(  # noqa: PLR0913 - the request, the answer and what the search counted
    request: Request,
    answer: Option | None,
    *,
    num_models: int,
    refused: Mapping[str, str],
    counts: Counts,
    num_enough: int,
) -> tuple[FlowStep, ...]:
    """One step for each question that the search asked, in its order."""
    return (
        *_model_steps(request, num_models, refused),
        *_candidate_steps(request, answer, counts, num_enough),
    )


def _model_steps(request: Request, num_models: int, refused: Mapping[str, str]) -> list[FlowStep]:
    limits, load = request.limits, request.workload
    questions: dict[str, tuple[Value, Value, bool]] = {
        "generator": (T("Does it write text?"), T("a generating model"), False),
        "licence": (T("Does its licence allow the use?"), limits.licence, limits.licence != "any"),
        "language": (
            T("Does it speak the language?"), ", ".join(limits.languages) or T("any"), bool(limits.languages)
        ),
        "capability": (T("Is it made for the task?"), Text(request.task.title), True),
        "context": (T("Is its context long enough?"), T("{n} tokens", n=format_tokens(load.context_tokens)), False),
    }  # fmt: skip
    steps, left = [], num_models
    for gate in MODEL_GATES:
        question, threshold, is_asked = questions[gate]
        lost = sum(1 for g in refused.values() if g == gate)
        left -= lost
        steps.append(
            FlowStep(
                constraint=gate, question=question, threshold=threshold, set_by="you" if is_asked else "default",
                value=T("{n} models left", n=f"{left:,}"), passes=left > 0, num_left=left,
                not_taken=T("{n} models", n=f"{lost:,}"), num_lost=lost,
            )
        )  # fmt: skip
    return steps


def _candidate_steps(
    request: Request, answer: Option | None, counts: Counts, num_enough: int
) -> list[FlowStep]:
    limits, load = request.limits, request.workload
    has_budget = min(limits.monthly_budget_usd, limits.upfront_budget_usd) < float("inf")
    budget: Value = (
        wording.money(limits.monthly_budget_usd)
        if limits.monthly_budget_usd < float("inf")
        else T("no limit")
    )
    figures = _figures(answer)
    rows: list[tuple[str, Value, Value, bool, int, int]] = [
        (
            "memory", T("Does it fit into memory?"),
            format_bytes(answer.usable_bytes) if answer else T("usable memory"), False, counts.fit, counts.evaluated,
        ),
        (
            "speed", T("Is it fast enough for {users}?", users=wording.people(load.num_users)),
            T("first token within {ttft}, {rate} tokens/s", ttft=format_seconds(load.max_ttft_s),
              rate=significant(1 / load.max_tpot_s)),
            False, counts.fast_enough, counts.fit,
        ),
        ("budget", T("Is it within the budget?"), budget, has_budget, counts.within_budget, counts.fast_enough),
        (
            "quality", T("Is it good enough?"), T("{bar} points", bar=wording.points(request.bar.value)),
            request.bar.kind != "default", num_enough, -1,
        ),
    ]  # fmt: skip
    return [
        FlowStep(
            constraint=constraint, question=question, threshold=threshold, set_by="you" if is_asked else "default",
            value=figures.get(constraint, T("none")), passes=left > 0, num_left=left,
            not_taken=T("{n} candidates", n=f"{before - left:,}") if before >= 0 else T("models below the bar"),
            num_lost=before - left if before >= 0 else -1, basis=_basis(answer, constraint),
        )
        for constraint, question, threshold, is_asked, left, before in rows
    ]  # fmt: skip


def _figures(answer: Option | None) -> dict[str, Value]:
    """What the answer has, by the constraint that asks for it."""
    if answer is None:
        return {}
    return {
        "memory": ranged(answer.memory_bytes, format_bytes, format_bytes),
        "speed": ranged(
            answer.loaded_tokens_per_s, lambda rate: T("{rate} tokens/s", rate=significant(rate))
        ),
        "budget": ranged(answer.monthly_usd, wording.money, wording.money),
        "quality": ranged(answer.quality, lambda value: T("{bar} points", bar=significant(value))),
    }


def _basis(answer: Option | None, constraint: str) -> str:
    """Where the compared figure comes from."""
    return getattr(getattr(answer, BASIS_FIELDS[constraint], None), "basis", "")


def with_branches(
    steps: tuple[FlowStep, ...], rejected: Sequence[Rejection], alternatives: Sequence[Alternative]
) -> tuple[FlowStep, ...]:
    """The steps with the nearest option on each branch that was not taken."""
    leads: dict[str, Value] = {}
    for item in alternatives:
        if item.role == "next-cheaper":
            leads["quality"] = T("{option}: {why}", option=item.title, why=item.difference)
    for refused in rejected:
        why = T("{option}: {why}", option=refused.option, why=refused.shortfall)
        leads.setdefault(refused.constraint, why)
    return tuple(replace(step, leads_to=leads.get(step.constraint, "")) for step in steps)
