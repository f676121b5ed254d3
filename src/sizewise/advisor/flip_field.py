"""Options that compete under changed requests: a small frontier, the whole space, and the answer by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.finding import run
from sizewise.advisor.grading import grade, judged_again
from sizewise.advisor.space import build_space
from sizewise.decide import wording
from sizewise.decide.evaluate import evaluate
from sizewise.decide.rank import tie_limit_usd
from sizewise.decide.search import cheapest_again, gates, joined, part, passing
from sizewise.domain.request import Prices, Request
from sizewise.domain.text import T
from sizewise.estimate.cost import monthly_usd

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.advisor.grading import Grades
    from sizewise.advisor.space import Row, Space
    from sizewise.catalog import Catalog
    from sizewise.decide.evaluate import Block
    from sizewise.decide.search import Survivors
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.domain.text import Text
    from sizewise.domain.workload import Workload

Money = tuple[float, Prices]
"""Hours of the whole load and prices."""
MAX_FRONTIER_ROWS = 24
"""Rows that may take over: the best ranked ones and the best larger ones."""
MAX_FRONTIER_MACHINES = 60


@dataclass(frozen=True, kw_only=True)
class Winner:
    """The best option under a changed request; an empty name where nothing passes."""

    name: str = ""
    text: Text | None = None
    monthly_usd: float = math.inf
    row_id: int = -1
    machine_id: int = -1
    """Its places in the space of the field."""


NOBODY = Winner()


class Field:
    """Options that compete under changed requests."""

    def __init__(self, found: Found, space: Space, searched: Survivors | None = None) -> None:
        self._found, self._space, self._searched = found, space, searched
        self._longest = np.array([row.model.max_context_tokens for row in space.rows])
        self._priced = {_money(found.request): space}
        self._least_usd = {_money(found.request): _least_of(space, found.request)}
        self._candidates: Survivors | None = None
        """Those that pass every gate but the budget."""
        self._known: dict[tuple[Request, float], Winner] = {}
        is_same = space.rows is found.space.rows
        self._graded = {found.request.bar: found.grades if is_same else grade(space.rows, found.request)}

    @property
    def num_candidates(self) -> int:
        """Rows times machines of all blocks. [count]"""
        return sum(block.num_candidates for block in self._space.blocks)

    def winner(self, request: Request, most_usd: float = math.inf) -> Winner:
        """The best option.

        Arguments: `most_usd` a cost that is certainly enough for it; machines that cost more alone are left out.
        """
        asked = (request, most_usd)
        if asked not in self._known:
            self._known[asked] = self._best(request, most_usd)
        return self._known[asked]

    def duel(self, one: Winner, other: Winner) -> Field:
        """Only these two options."""
        blocks = tuple(self._space.pair(option.row_id, option.machine_id) for option in (one, other))
        return Field(self._found, replace(self._space, blocks=blocks))

    def _best(self, request: Request, most_usd: float) -> Winner:
        space = self._space
        survivors = self._survivors(request, most_usd)
        if survivors is None:
            return NOBODY
        found = replace(
            self._found, request=request, machines=space.machines, space=space, survivors=survivors,
            grades=self._grades(request),
        )  # fmt: skip
        usd, passes = survivors.values.monthly_usd, found.passes_quality
        least = np.min(usd[passes], initial=math.inf)
        best = found.ranked(1, among=passes & (usd <= tie_limit_usd(float(least))))
        if not len(best):
            return NOBODY
        row_id, machine_id = int(survivors.row_ids[best[0]]), int(survivors.machine_ids[best[0]])
        row, machine = space.rows[row_id], space.machines[machine_id]
        replicas = int(survivors.values.replicas[best[0]])
        path = request.filters.paths[int(survivors.values.path[best[0]])]
        return Winner(
            name=option_name(row, machine, replicas, path),
            text=described_option(row, machine, replicas, path),
            monthly_usd=float(survivors.values.monthly_usd[best[0]]),
            row_id=row_id,
            machine_id=machine_id,
        )

    def _grades(self, request: Request) -> Grades:
        """Quality against the bar; a context that a model does not have passes nothing."""
        if request.bar not in self._graded:
            known = self._graded[self._found.request.bar]
            self._graded[request.bar] = judged_again(known, self._space.rows, request)
        graded = self._graded[request.bar]
        is_long_enough = self._longest >= request.workload.context_tokens
        return replace(graded, probability=np.where(is_long_enough, graded.probability, np.nan))

    def _survivors(self, request: Request, most_usd: float) -> Survivors | None:
        """The cheapest machine of each row. Where only bar or budget differ, the search that was made is filtered."""
        asked = self._found.request
        if _physics(request) == _physics(asked) and _money(request) != _money(asked) and math.isinf(most_usd):
            return self._at_other_prices(request)
        if request.workload != asked.workload or request.prices != asked.prices:
            return run(self._within(request, most_usd), request)[0]
        if self._searched is None:
            self._searched = run(self._space, self._found.request)[0]
        if self._searched is None:
            return None
        is_paid = self._searched.values.monthly_usd <= request.limits.monthly_budget_usd
        return self._searched.take(np.flatnonzero(is_paid)) if is_paid.any() else None

    def _at_other_prices(self, request: Request) -> Survivors | None:
        """The same search with nothing but the money worked out again."""
        if self._candidates is None:
            asked = self._found.request
            every = joined([one for i, b in enumerate(self._space.blocks) for one in passing(b, i, asked)])
            enough = self._grades(asked).probability[every.row_ids] >= asked.limits.min_pass_probability
            self._candidates = every.take(np.flatnonzero(enough))
        costs = self._space.costs_at(request)(self._candidates.machine_ids)
        found = cheapest_again(self._candidates, costs, request, tie_limit_usd)
        return found if len(found.row_ids) else None

    def _space_at(self, request: Request) -> Space:
        """The space at the prices and hours of a request."""
        money = _money(request)
        if money not in self._priced:
            self._priced[money] = self._space.priced_again(request)
        return self._priced[money]

    def _within(self, request: Request, most_usd: float) -> Space:
        """The space without the machines whose least cost is above a limit."""
        space, money = self._space_at(request), _money(request)
        if math.isinf(most_usd):
            return space
        if money not in self._least_usd:
            self._least_usd[money] = _least_of(space, request)
        parts = []
        for block, least in zip(space.blocks, self._least_usd[money], strict=True):
            machines = np.flatnonzero(least <= most_usd)
            if len(machines):
                parts.append(part(block, np.arange(len(block.row_ids)), machines))
        return replace(space, blocks=tuple(parts))


def _physics(request: Request) -> tuple[Workload, str]:
    """What speed and memory depend on."""
    return replace(request.workload, active_hours_per_month=0.0, utilisation_ratio=1.0), request.kv_type


def _money(request: Request) -> Money:
    """What the cost of a machine depends on."""
    return request.workload.full_hours_per_month, request.prices


def _least_of(space: Space, request: Request) -> list[Array]:
    return [least_usd(block, request) for block in space.blocks]


def least_usd(block: Block, request: Request) -> Array:
    """What each machine of a block costs at least: one replica without load, paid for in the cheapest way. [USD/month]

    Array shapes: [m].
    """
    ways = [
        np.broadcast_to(monthly_usd(block.costs, path, replicas=1.0, busy_ratio=0.0), len(block.machine_ids))
        for path in request.filters.paths
    ]
    least: Array = np.nanmin(np.array(ways), axis=0, initial=np.inf)
    return least


class Answer:
    """The chosen option by itself: does it still pass, on the same machine with as many replicas?"""

    def __init__(self, found: Found, row_id: int, machine_id: int, replicas: int) -> None:
        self._row, self._replicas, self._asked = found.space.rows[row_id], replicas, found.request
        self._space = found.space.only(row_id, machine_id)

    def passes(self, request: Request) -> bool:
        """Its own gates under a changed request; where it fails, something else is the answer."""
        if self._row.model.max_context_tokens < request.workload.context_tokens:
            return False
        if request.bar != self._asked.bar and not self._is_enough(request):
            return False
        is_priced = _money(request) == _money(self._asked)
        space = self._space if is_priced else self._space.priced_again(request)
        values = evaluate(space.blocks[0], request)
        return bool(gates(values, request).is_within_budget[0] and values.replicas[0] == self._replicas)

    def _is_enough(self, request: Request) -> bool:
        return bool(grade([self._row], request).probability[0] >= request.limits.min_pass_probability)


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


def described_option(row: Row, machine: Machine, replicas: int, path: str) -> Text:
    """An option in one phrase with the way to pay; a single machine without its count."""
    name = wording.machine_name(machine)
    ways = {"rent": T("{hardware}, rented", hardware=name), "buy": T("{hardware}, bought", hardware=name)}
    names = {
        "model": row.model.name, "quantization": row.quantization.name, "engine": row.engine.name,
        "machine": ways.get(path, name),
    }  # fmt: skip
    if replicas == 1:
        return T("{model} in {quantization} with {engine} on {machine}", **names)
    return T(
        "{model} in {quantization} with {engine} on {replicas} x {machine}", replicas=str(replicas), **names
    )


def option_name(row: Row, machine: Machine, replicas: int, path: str) -> str:
    """What makes an option another one: model, format, engine, hardware, replicas, the way to pay."""
    hardware = wording.machine_name(machine)
    return "|".join([row.model.name, row.quantization.name, row.engine.name, hardware, str(replicas), path])
