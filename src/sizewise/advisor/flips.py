"""What would flip the answer: the value of one input at which another option takes over.

A threshold follows from the answer's own figures (capacity, room for context, cost, quality); it is stated only if the
search, run again just below and just above it, really gives the answer below and something else above.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.finding import run
from sizewise.advisor.grading import grade
from sizewise.advisor.space import build_space
from sizewise.decide import wording
from sizewise.decide.evaluate import HEADROOM_RATIO, evaluate, physics
from sizewise.domain.decision import Flip
from sizewise.domain.text import T
from sizewise.estimate.memory import max_sequences
from sizewise.estimate.quality import PASS_Z
from sizewise.units import format_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.finding import Found
    from sizewise.advisor.space import Row
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text, Value

MAX_FRONTIER_ROWS = 24
"""Rows that may take over: the best ranked ones and the best larger ones."""
MAX_FRONTIER_MACHINES = 60
CONTEXT_STEP_TOKENS = 256


class Frontier:
    """A small part of the space that holds every option worth switching to."""

    def __init__(self, catalog: Catalog, found: Found) -> None:
        self._found = found
        survivors = found.survivors
        if survivors is None:
            raise ValueError("a frontier needs an answer")
        ranked = found.ranked(MAX_FRONTIER_ROWS)
        better = np.argsort(-np.nan_to_num(found.grades.mean[survivors.row_ids], nan=-1.0), kind="stable")
        chosen = sorted({*ranked.tolist(), *better[:MAX_FRONTIER_ROWS].tolist()})
        rows = [found.space.rows[i] for i in survivors.row_ids[chosen].tolist()]
        models = tuple({row.model.name: row.model for row in rows}.values())
        owned = [m for m in found.machines if m.is_owned]
        used = {int(i) for i in survivors.machine_ids[ranked]}
        by_cost = np.argsort(survivors.values.monthly_usd, kind="stable")
        used |= {int(i) for i in survivors.machine_ids[by_cost][: MAX_FRONTIER_MACHINES // 2]}
        market = [found.machines[i] for i in sorted(used) if not found.machines[i].is_owned]
        machines = [*owned, *market[:MAX_FRONTIER_MACHINES]]
        self._space = build_space(catalog, found.request, models, machines)
        self._longest = np.array([row.model.max_context_tokens for row in self._space.rows])

    def winner(self, request: Request) -> tuple[str, Text | None]:
        """Name of the best option under a changed request, and its description; empty where nothing passes."""
        space = self._space
        survivors, counts = run(space, request)
        grades = grade(space.rows, request)
        is_long_enough = self._longest >= request.workload.context_tokens
        found = replace(
            self._found, request=request, machines=space.machines, space=space, survivors=survivors, counts=counts,
            grades=replace(grades, probability=np.where(is_long_enough, grades.probability, np.nan)),
        )  # fmt: skip
        best = found.ranked(1)
        if survivors is None or not len(best):
            return "", None
        row = space.rows[int(survivors.row_ids[best[0]])]
        machine = space.machines[int(survivors.machine_ids[best[0]])]
        replicas = int(survivors.values.replicas[best[0]])
        name = option_name(row, machine, replicas)
        described = described_option(row, machine, replicas)
        return name, described


def described_option(row: Row, machine: Machine, replicas: int) -> Text:
    """An option in one phrase; a single machine without its count."""
    names = {
        "model": row.model.name, "quantization": row.quantization.name, "engine": row.engine.name,
        "machine": wording.machine_name(machine),
    }  # fmt: skip
    if replicas == 1:
        return T("{model} in {quantization} with {engine} on {machine}", **names)
    return T(
        "{model} in {quantization} with {engine} on {replicas} x {machine}", replicas=str(replicas), **names
    )


def option_name(row: Row, machine: Machine, replicas: int) -> str:
    """What makes an option another one: model, format, engine, hardware, replicas."""
    return "|".join(
        [row.model.name, row.quantization.name, row.engine.name, wording.machine_name(machine), str(replicas)]
    )


def flips(catalog: Catalog, found: Found, answer: Option, row_id: int, machine_id: int) -> tuple[Flip, ...]:
    """Thresholds of the inputs at which the answer changes, each verified on both sides."""
    frontier = Frontier(catalog, found)
    now = option_name(found.space.rows[row_id], found.space.machines[machine_id], answer.deployment.replicas)
    checked = []
    for name, threshold, below, above in thresholds(found, answer, row_id, machine_id):
        before, _ = frontier.winner(below)
        after, then = frontier.winner(above)
        if before == now and after != now:
            checked.append(Flip(input=name, threshold=threshold, then=then or T("nothing passes")))
    return tuple(checked)


def thresholds(
    found: Found, answer: Option, row_id: int, machine_id: int
) -> Iterator[tuple[Value, Value, Request, Request]]:
    """Input, threshold in words, the request just below and just above."""
    yield from _users(found, answer, row_id, machine_id)
    yield from _context(found, answer, row_id, machine_id)
    yield from _bar(found, row_id)
    yield from _budget(found, answer)


def _users(
    found: Found, answer: Option, row_id: int, machine_id: int
) -> Iterator[tuple[Value, Value, Request, Request]]:
    request = found.request
    crowd = replace(request, workload=replace(request.workload, num_users=1e6))
    block = found.space.pair(row_id, machine_id)
    each = float(evaluate(block, crowd).num_users[0])
    replicas = answer.deployment.replicas
    most = math.floor(each) if replicas == 1 else math.floor(each * HEADROOM_RATIO * replicas)
    if most < request.workload.num_users or most > 10**6:
        return
    below = replace(request, workload=replace(request.workload, num_users=float(most)))
    above = replace(request, workload=replace(request.workload, num_users=float(most + 1)))
    yield T("people at the same time"), T("above {n}", n=f"{most:,}"), below, above


def _context(
    found: Found, answer: Option, row_id: int, machine_id: int
) -> Iterator[tuple[Value, Value, Request, Request]]:
    request, block = found.request, found.space.pair(row_id, machine_id)
    native = found.space.rows[row_id].model.max_context_tokens
    low, high = request.workload.context_tokens // CONTEXT_STEP_TOKENS, native // CONTEXT_STEP_TOKENS

    def holds(steps: int) -> bool:
        longer = replace(
            request, workload=replace(request.workload, context_tokens=steps * CONTEXT_STEP_TOKENS)
        )
        room: Array = np.asarray(max_sequences(physics(block, longer).memory)).reshape(-1)
        return bool(room[0] >= answer.deployment.num_sequences)

    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    most = low * CONTEXT_STEP_TOKENS
    if most <= request.workload.context_tokens:
        return
    below = replace(request, workload=replace(request.workload, context_tokens=most))
    above = replace(
        request, workload=replace(request.workload, context_tokens=most + 2 * CONTEXT_STEP_TOKENS)
    )
    yield T("context"), T("above {n} tokens", n=format_tokens(most)), below, above


def _bar(found: Found, row_id: int) -> Iterator[tuple[Value, Value, Request, Request]]:
    request = found.request
    mean, sd = float(found.grades.mean[row_id]), float(found.grades.sd[row_id])
    highest = mean - PASS_Z * sd
    if not request.bar.value < highest:
        return
    plain = replace(request.bar, reference="", kind="number", margin=0.0)
    below = replace(request, bar=replace(plain, value=highest - 0.5))
    above = replace(request, bar=replace(plain, value=highest + 0.5))
    yield T("quality bar"), T("above {n} points", n=wording.points(highest)), below, above


def _budget(found: Found, answer: Option) -> Iterator[tuple[Value, Value, Request, Request]]:
    request = found.request
    cost = getattr(answer.monthly_usd, "likely", 0.0)
    if answer.deployment.path == "owned" or not cost > 0:
        return
    enough = replace(request, limits=replace(request.limits, monthly_budget_usd=cost * 1.01))
    short = replace(request, limits=replace(request.limits, monthly_budget_usd=cost * 0.99))
    yield T("monthly budget"), T("below {amount}", amount=wording.money(cost)), enough, short
