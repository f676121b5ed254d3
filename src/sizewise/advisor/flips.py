"""What would flip the answer: the value of one input at which another option takes over.

A threshold is looked for on a small frontier of options by doubling and halving, and stated only if the whole search,
run again just below and just above it, really gives the answer below and something else above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.finding import run
from sizewise.advisor.grading import grade
from sizewise.advisor.space import build_space
from sizewise.decide import wording
from sizewise.decide.search import part
from sizewise.domain.decision import Flip
from sizewise.domain.text import T
from sizewise.units import format_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.advisor.finding import Found
    from sizewise.advisor.space import Row, Space
    from sizewise.catalog import Catalog
    from sizewise.decide.search import Survivors
    from sizewise.domain.decision import Option
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text

MAX_FRONTIER_ROWS = 24
"""Rows that may take over: the best ranked ones and the best larger ones."""
MAX_FRONTIER_MACHINES = 60
CONTEXT_STEP_TOKENS = 256
BAR_STEP = 0.5
"""[points]"""
MOST_USERS, MOST_CONTEXT, MOST_POINTS = 10**6, 2**20, 100.0
"""How far inputs are moved. [users, tokens, points]"""


class Field:
    """Options that compete under changed requests."""

    def __init__(self, found: Found, space: Space, searched: Survivors | None = None) -> None:
        self._found, self._space, self._searched = found, space, searched
        self._longest = np.array([row.model.max_context_tokens for row in space.rows])

    def winner(self, request: Request) -> tuple[str, Text | None]:
        """Name of the best option under a changed request, and its description; empty where nothing passes."""
        space = self._space
        survivors = self._survivors(request)
        grades = grade(space.rows, request)
        is_long_enough = self._longest >= request.workload.context_tokens
        found = replace(
            self._found, request=request, machines=space.machines, space=space, survivors=survivors,
            grades=replace(grades, probability=np.where(is_long_enough, grades.probability, np.nan)),
        )  # fmt: skip
        best = found.ranked(1)
        if survivors is None or not len(best):
            return "", None
        row = space.rows[int(survivors.row_ids[best[0]])]
        machine = space.machines[int(survivors.machine_ids[best[0]])]
        replicas = int(survivors.values.replicas[best[0]])
        return option_name(row, machine, replicas), described_option(row, machine, replicas)

    def _survivors(self, request: Request) -> Survivors | None:
        """The cheapest machine of each row. Where only bar or budget differ, the search that was made is filtered."""
        if self._searched is None or request.workload != self._found.request.workload:
            return run(self._space, request)[0]
        is_paid = self._searched.values.monthly_usd <= request.limits.monthly_budget_usd
        return self._searched.take(np.flatnonzero(is_paid)) if is_paid.any() else None


def frontier(catalog: Catalog, found: Found) -> Field:
    """A small part of the space, in which thresholds are looked for: the best options and the larger ones."""
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
    return Field(found, build_space(catalog, found.request, models, machines))


def everything(found: Found) -> Field:
    """The whole space of the search, on which thresholds are verified.

    Rows that do not reach the bar are left out: no change that is tried here lets them reach it, so the answer is that
    of the full search.
    """
    enough = found.grades.probability >= found.request.limits.min_pass_probability
    parts = []
    for block in found.space.blocks:
        rows = np.flatnonzero(enough[block.row_ids])
        if len(rows):
            parts.append(part(block, rows, np.arange(len(block.machine_ids))))
    return Field(found, replace(found.space, blocks=tuple(parts)), found.survivors)


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
    """Thresholds of the inputs at which the answer changes: found on the frontier, verified on everything."""
    near, full = frontier(catalog, found), everything(found)
    now = option_name(found.space.rows[row_id], found.space.machines[machine_id], answer.deployment.replicas)
    checked = []
    for change in changes(found.request, answer):
        step = change.last_step(near, now)
        if step is None:
            continue
        stays, turns = change.value(step), change.value(step + 1)
        if full.winner(change.request(stays))[0] != now:
            continue
        after, then = full.winner(change.request(turns))
        if after != now:
            checked.append(
                Flip(
                    input=change.input, threshold=change.words(stays, turns), then=then or T("nothing passes"),
                    name=change.name, stays=stays, turns=turns,
                )
            )  # fmt: skip
    return tuple(checked)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One input that moves away from its value in whole steps."""

    name: str
    input: Text
    value: Callable[[int], float]
    """Steps from the asked value to a value; step 0 is the asked one."""
    request: Callable[[float], Request]
    words: Callable[[float, float], Text]
    """Threshold between the last value that stays and the first that turns."""
    most_steps: int

    def last_step(self, field: Field, now: str) -> int | None:
        """The last step at which the answer stays, by doubling and halving; None where it never turns.

        Between the last doubling that stays and the first that turns, one crossing is found; it is verified by the
        caller.
        """
        if self.most_steps < 1:
            return None
        low, high = 0, 1
        while high <= self.most_steps and self._stays(field, now, high):
            low, high = high, high * 2
        if high > self.most_steps:
            high = self.most_steps
            if low >= high or self._stays(field, now, high):
                return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._stays(field, now, middle) else (low, middle)
        return low

    def _stays(self, field: Field, now: str, step: int) -> bool:
        return field.winner(self.request(self.value(step)))[0] == now


def changes(request: Request, answer: Option) -> Iterator[Change]:
    """Every input that is moved."""
    yield _more_users(request)
    yield _fewer_users(request)
    yield _context(request)
    yield _bar(request)
    yield from _budget(request, answer)


def _with_users(request: Request, users: float) -> Request:
    return replace(request, workload=replace(request.workload, num_users=users))


def _more_users(request: Request) -> Change:
    asked = round(request.workload.num_users)
    return Change(
        name="users",
        input=T("people at the same time"),
        value=lambda step: float(asked + step),
        request=lambda users: _with_users(request, users),
        words=lambda stays, _: T("above {n}", n=f"{stays:,.0f}"),
        most_steps=MOST_USERS - asked,
    )


def _fewer_users(request: Request) -> Change:
    asked = round(request.workload.num_users)
    return Change(
        name="users",
        input=T("people at the same time"),
        value=lambda step: float(asked - step),
        request=lambda users: _with_users(request, users),
        words=lambda stays, _: T("below {n}", n=f"{stays:,.0f}"),
        most_steps=asked - 1,
    )


def _context(request: Request) -> Change:
    asked = request.workload.context_tokens
    return Change(
        name="context",
        input=T("context"),
        value=lambda step: float(asked + step * CONTEXT_STEP_TOKENS),
        request=lambda tokens: replace(
            request, workload=replace(request.workload, context_tokens=int(tokens))
        ),
        words=lambda stays, _: T("above {n} tokens", n=format_tokens(stays)),
        most_steps=(MOST_CONTEXT - asked) // CONTEXT_STEP_TOKENS,
    )


def _bar(request: Request) -> Change:
    plain = replace(request.bar, reference="", kind="number", margin=0.0)
    start = math.ceil(request.bar.value / BAR_STEP) * BAR_STEP
    return Change(
        name="min_quality",
        input=T("quality bar"),
        value=lambda step: start + step * BAR_STEP,
        request=lambda points: replace(request, bar=replace(plain, value=points)),
        words=lambda stays, _: T("above {n} points", n=f"{stays:g}"),
        most_steps=int((MOST_POINTS - start) / BAR_STEP) if math.isfinite(start) else 0,
    )


def _budget(request: Request, answer: Option) -> Iterator[Change]:
    """Below its own cost the answer is out; an answer on hardware at hand costs too little to ask."""
    cost = getattr(answer.monthly_usd, "likely", 0.0)
    if answer.deployment.path == "owned" or not cost > 0:
        return
    values = (round(cost * 1.02, 2), round(cost * 1.01, 2), round(cost * 0.99, 2))
    yield Change(
        name="monthly_budget",
        input=T("monthly budget"),
        value=lambda step: values[step],
        request=lambda usd: replace(request, limits=replace(request.limits, monthly_budget_usd=usd)),
        words=lambda stays, turns: T("below {amount}", amount=wording.money((stays + turns) / 2)),
        most_steps=2,
    )
