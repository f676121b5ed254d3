"""The search: every block in chunks that stay in the cache; of every row the cheapest machine that passes the gates.

A chunk holds about 16,000 candidates. Rows are sorted by weight, machines by memory, so that machines too small for
even the lightest row of a chunk are left out by a slice, without touching a candidate.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.decide.evaluate import Block, Evaluated, cheapest_path, evaluate
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.domain.request import Request
    from sizewise.estimate.cost import MachineCosts

CHUNK_CANDIDATES = 16_384
"""Candidates evaluated together: their columns stay in the second-level cache."""


@dataclass(frozen=True, kw_only=True)
class Survivors(Columns):
    """The cheapest machine of each row that has one, and everything evaluated about it."""

    row_ids: Array
    machine_ids: Array
    block_ids: Array
    values: Evaluated

    def take(self, index: Array | slice) -> Survivors:
        """The entries at these positions."""
        return Survivors(
            row_ids=self.row_ids[index],
            machine_ids=self.machine_ids[index],
            block_ids=self.block_ids[index],
            values=self.values.take(index),
        )


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many candidates were looked at, and how many were left after each gate."""

    evaluated: int
    fit: int
    fast_enough: int
    within_budget: int

    def plus(self, other: Counts) -> Counts:
        """Sum of two searches."""
        return Counts(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


NOTHING = Counts(evaluated=0, fit=0, fast_enough=0, within_budget=0)


@dataclass(frozen=True, kw_only=True)
class Gates:
    """Which candidates pass, one after another. [n, m]"""

    fits: Array
    is_fast_enough: Array
    is_within_budget: Array


def gates(values: Evaluated, request: Request) -> Gates:
    """Memory, then latency targets at the load, then budget; unknown passes nothing."""
    limits = request.limits
    fits = values.shortfall_bytes <= 0
    is_fast_enough = fits & np.isfinite(values.replicas)
    is_priced = values.monthly_usd < np.inf
    return Gates(
        fits=fits,
        is_fast_enough=is_fast_enough,
        is_within_budget=is_fast_enough & is_priced & (values.monthly_usd <= limits.monthly_budget_usd),
    )


def chunks(block: Block) -> Iterator[Block]:
    """The block in pieces of bounded size, without machines that are too small for every row of the piece."""
    least_bytes = least_resident_bytes(block)
    by_weight = np.argsort(least_bytes, kind="stable")
    total_memory = block.machines.num_devices * block.machines.memory_bytes
    by_memory = np.argsort(total_memory, kind="stable")
    sorted_memory = total_memory[by_memory]
    start = 0
    while start < len(by_weight):
        first = int(np.searchsorted(sorted_memory, least_bytes[by_weight[start]]))
        num_machines = len(by_memory) - first
        if num_machines == 0:
            return
        stop = start + max(CHUNK_CANDIDATES // num_machines, 1)
        yield part(block, by_weight[start:stop], by_memory[first:])
        start = stop


def least_resident_bytes(block: Block) -> Array:
    """Weights of each row that every memory rule counts: llama.cpp leaves embeddings and vision on the host. [bytes]"""
    weights = block.weights
    return np.asarray(np.minimum(weights.device_bytes, weights.dense_read_bytes + weights.expert_bytes))


def part(block: Block, rows: Array, machines: Array) -> Block:
    """Some rows against some machines."""
    return replace(
        block,
        row_ids=block.row_ids[rows],
        models=block.models.take(rows),
        weights=block.weights.take(rows),
        machine_ids=block.machine_ids[machines],
        machines=block.machines.take(machines),
        coefficients=taken(block.coefficients, machines),
        costs=taken(block.costs, machines),
        max_replicas=block.max_replicas[machines],
    )


def taken(columns: Any, index: Array) -> Any:  # noqa: ANN401 - coefficients and costs: dataclasses of arrays and numbers
    """The entries of those fields that are arrays."""
    values = {f.name: getattr(columns, f.name) for f in fields(columns)}
    return type(columns)(
        **{n: v[index] if isinstance(v, np.ndarray) and v.ndim else v for n, v in values.items()}
    )


def as_grid(block: Block) -> Block:
    """Rows shaped [n, 1], so that they meet every machine."""
    return replace(block, models=block.models.as_rows(), weights=block.weights.as_rows())


def passing(block: Block, block_id: int, request: Request) -> list[Survivors]:
    """Every candidate that fits and is fast enough, whatever it costs."""
    found = []
    for chunk in chunks(block):
        values = evaluate(as_grid(chunk), request)
        row, machine = np.nonzero(gates(values, request).is_fast_enough)
        found.append(_at(chunk, block_id, values, row, machine))
    return found


def cheapest_again(
    candidates: Survivors, costs: MachineCosts, request: Request, most_over: Callable[[float], float]
) -> Survivors:
    """Of every row of a block the cheapest machine at other prices, as far as it costs hardly more than the cheapest.

    Arguments: `costs` of the candidates; `most_over` the highest cost of interest for the lowest one. [USD/month]
    """
    values = candidates.values
    usd, path, upfront_usd = cheapest_path(costs, request, values.replicas, values.busy_ratio)
    is_paid = (usd < np.inf) & (usd <= request.limits.monthly_budget_usd)
    least = float(np.min(usd[is_paid], initial=np.inf))
    near = np.flatnonzero(is_paid & (usd <= most_over(least)))
    by_row = near[np.lexsort((usd[near], candidates.row_ids[near], candidates.block_ids[near]))]
    pairs = np.stack([candidates.block_ids[by_row], candidates.row_ids[by_row]])
    is_first = np.ones(len(by_row), dtype=bool)
    is_first[1:] = (pairs[:, 1:] != pairs[:, :-1]).any(axis=0)
    again = replace(values, monthly_usd=usd, path=path, upfront_usd=upfront_usd)
    return replace(candidates, values=again).take(by_row[is_first])


def search(block: Block, block_id: int, request: Request) -> tuple[list[Survivors], Counts]:
    """The cheapest passing machine of each row, chunk by chunk."""
    found, counts = [], NOTHING
    for chunk in chunks(block):
        values = evaluate(as_grid(chunk), request)
        passed = gates(values, request)
        counts = counts.plus(
            Counts(
                evaluated=chunk.num_candidates,
                fit=int(passed.fits.sum()),
                fast_enough=int(passed.is_fast_enough.sum()),
                within_budget=int(passed.is_within_budget.sum()),
            )
        )
        found.append(_cheapest(chunk, block_id, values, passed.is_within_budget))
    return found, counts


def _cheapest(chunk: Block, block_id: int, values: Evaluated, passes: Array) -> Survivors:
    cost = np.where(passes, values.monthly_usd, np.inf)
    best = np.argmin(cost, axis=1)
    rows = np.flatnonzero(passes.any(axis=1))
    return _at(chunk, block_id, values, rows, best[rows])


def _at(chunk: Block, block_id: int, values: Evaluated, row: Array, machine: Array) -> Survivors:
    """The candidates at these places of a chunk."""
    shape = len(chunk.row_ids), len(chunk.machine_ids)
    flat = {f.name: np.broadcast_to(getattr(values, f.name), shape)[row, machine] for f in fields(values)}
    return Survivors(
        row_ids=chunk.row_ids[row],
        machine_ids=chunk.machine_ids[machine],
        block_ids=np.full(len(row), block_id),
        values=Evaluated(**flat),
    )


def joined(found: list[Survivors]) -> Survivors:
    """All survivors in one table."""
    return Survivors(
        row_ids=np.concatenate([s.row_ids for s in found]),
        machine_ids=np.concatenate([s.machine_ids for s in found]),
        block_ids=np.concatenate([s.block_ids for s in found]),
        values=joined_values([s.values for s in found]),
    )


def joined_values(values: list[Evaluated]) -> Evaluated:
    """Evaluated tables one after another."""
    return Evaluated(
        **{f.name: np.concatenate([getattr(v, f.name) for v in values]) for f in fields(Evaluated)}
    )
