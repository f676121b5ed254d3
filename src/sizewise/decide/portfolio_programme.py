"""The programme of `portfolio.py` as a matrix, for a solver.

Two further rows follow from the programme and make its bound tight: a class alone needs ceil(load[k, j]) replicas, and
the machines that hold them; a class is served once, so these machines are summed over the deployments of a pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.portfolio import machines_for, whole
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.decide.portfolio import Problem


@dataclass(frozen=True, kw_only=True)
class Programme:
    """minimise cost . v  subject to  lower <= matrix v <= upper,  0 <= v <= most, v whole.

    The matrix is given by its entries: row, column, value.
    """

    cost: Array
    rows: Array
    columns: Array
    values: Array
    lower: Array
    upper: Array
    most: Array
    pair_class: Array
    """Class of each of the first variables, x. [pairs]"""
    pair_deployment: Array
    """Deployment of each of the first variables, x. [pairs]"""
    num_pools: int
    """Number of the last variables, z."""

    def route(self, solution: Array) -> Array:
        """The deployment of each class that a solution stands for. [classes]"""
        chosen = np.flatnonzero(solution[: len(self.pair_class)] > 0.5)  # noqa: PLR2004 - whole up to tolerance
        route = np.empty(len(chosen), dtype=np.intp)
        route[self.pair_class[chosen]] = self.pair_deployment[chosen]
        return route


def programme(problem: Problem) -> Programme:
    """The integer programme: variables are the pairs x, the replicas y, the machines z."""
    pair_class, pair_deployment = np.nonzero(np.isfinite(problem.load))
    num_pairs, num_deployments = len(pair_class), problem.num_deployments
    pools = problem.pools
    load = problem.load[pair_class, pair_deployment]
    y, z = num_pairs, num_pairs + num_deployments
    runs = problem.is_hardware[pair_deployment]
    pairs, on = np.flatnonzero(runs), pair_deployment[runs]
    pool = problem.pool[on]
    alone = np.maximum(whole(load[runs]), 1.0)
    machines = np.ceil(alone * problem.slots[on] / pools.slots[pool])
    hardware = np.flatnonzero(problem.is_hardware)
    groups, group_of_pair = np.unique(np.stack([pair_class[runs], pool]), axis=1, return_inverse=True)
    pool_ids, every = np.arange(len(pools.slots)), np.arange(len(pairs))
    rows = _Rows()
    rows.add(problem.num_classes, [(pair_class, np.arange(num_pairs), 1.0)], lower=1.0, upper=1.0)
    rows.add(num_deployments, [(on, pairs, load[runs]), (hardware, y + hardware, -1.0)])
    rows.add(len(pairs), [(every, pairs, alone), (every, y + on, -1.0)])
    rows.add(len(pools.slots), [(problem.pool[hardware], y + hardware, problem.slots[hardware]),
                                (pool_ids, z + pool_ids, -pools.slots)])  # fmt: skip
    rows.add(groups.shape[1], [(group_of_pair.reshape(-1), pairs, machines),
                               (np.arange(groups.shape[1]), z + groups[1], -1.0)])  # fmt: skip
    if np.isfinite(problem.upfront_budget_usd):
        zeros = np.zeros(len(pool_ids), dtype=np.intp)
        rows.add(1, [(zeros, z + pool_ids, pools.upfront_usd)], upper=problem.upfront_budget_usd)
    replicas_all = np.where(problem.is_hardware, np.maximum(whole(np.nansum(problem.load, axis=0)), 1.0), 0.0)
    return Programme(
        cost=np.concatenate([
            problem.usage_usd[pair_class, pair_deployment], np.zeros(num_deployments), pools.standing_usd,
        ]),
        most=np.concatenate([
            np.ones(num_pairs), replicas_all, np.minimum(pools.max_machines, machines_for(problem, replicas_all)),
        ]),
        pair_class=pair_class, pair_deployment=pair_deployment, num_pools=len(pools.slots), **rows.joined(),
    )  # fmt: skip


class _Rows:
    """Rows of a matrix in the making."""

    def __init__(self) -> None:
        self._entries: list[tuple[Array, Array, Array]] = []
        self._bounds: list[tuple[Array, Array]] = []
        self._num_rows = 0

    def add(
        self,
        count: int,
        entries: Sequence[tuple[Array, Array, Array | float]],
        *,
        lower: float = -np.inf,
        upper: float = 0.0,
    ) -> None:
        """So many rows with the same bounds; entries are row, column, value, rows counted from 0."""
        for row, column, value in entries:
            self._entries.append((row + self._num_rows, column, np.broadcast_to(value, np.shape(row))))
        self._bounds.append((np.full(count, lower), np.full(count, upper)))
        self._num_rows += count

    def joined(self) -> dict[str, Array]:
        """Entries and bounds of all rows."""
        rows, columns, values = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        lower, upper = (np.concatenate(part) for part in zip(*self._bounds, strict=True))
        return {"rows": rows, "columns": columns, "values": values, "lower": lower, "upper": upper}
