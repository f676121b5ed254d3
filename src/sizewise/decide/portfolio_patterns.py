"""Everything that one pool may be used for in a cheap plan: sets of classes, each on a deployment of the pool.

Serving a class is worth some amount; the excess of a pattern is its cost less the worth of its classes. Every plan is
one pattern or none for each pool, and single classes that go to APIs. So where no API takes less than what its class is
worth,

    cost of a plan = sum worth + sum excess >= sum worth + sum over pools of min(0, least excess) = bound,

and a plan that costs at most bound + e uses only patterns with an excess of at most e. This is the bound of Dantzig and
Wolfe (1960) with the pools as subproblems; whole machines are inside the subproblems, which makes it tight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.portfolio import NO_POOL, whole
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time

if TYPE_CHECKING:
    from sizewise.decide.portfolio import Problem

MOST_PATTERNS = 200_000
"""Patterns that are held at the same time; more take longer than they save. [count]"""


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Uses of pools."""

    pool: Array
    """[patterns]"""
    route: Array
    """Deployment of each class; -1: the pattern does not serve it. [patterns, classes]"""
    cost_usd: Array
    """Machines and usage. [patterns, USD/month]"""
    excess_usd: Array
    """Cost less the worth of the classes. [patterns, USD/month]"""

    @property
    def serves(self) -> Array:
        """Which classes each pattern serves. [patterns, classes]"""
        return np.asarray(self.route >= 0)

    def least_excess_usd(self, num_pools: int) -> Array:
        """The least excess of each pool, at most zero: a pool may stay unused. [pools, USD/month]"""
        least = np.zeros(num_pools)
        np.minimum.at(least, self.pool, self.excess_usd)
        return least

    def best(self, per_pool: int) -> Patterns:
        """So many patterns of each pool, those of the least excess."""
        order = np.lexsort((self.excess_usd, self.pool))
        pool = self.pool[order]
        return self.take(order[np.arange(len(order)) - np.searchsorted(pool, pool) < per_pool])

    def take(self, index: Array) -> Patterns:
        """These patterns alone."""
        return Patterns(
            pool=self.pool[index], route=self.route[index], cost_usd=self.cost_usd[index],
            excess_usd=self.excess_usd[index],
        )  # fmt: skip


def patterns(problem: Problem, worth_usd: Array, most_excess_usd: float) -> Patterns | None:
    """Every pattern with at most this excess; None: there are too many.

    Classes are added one after another. A beginning is given up when no continuation can stay below the limit: each
    later class saves at most its worth less its usage and its share of a machine, or less its usage alone where
    machines that are paid for have room.
    """
    table = _Table(problem, worth_usd)
    begun = table.nothing()
    for k in range(problem.num_classes):
        begun = table.with_class(begun, k, most_excess_usd)
        if len(begun.pool) > MOST_PATTERNS:
            return None
    excess = table.excess_usd(begun)
    used = np.flatnonzero((begun.place >= 0).any(axis=1) & (excess <= most_excess_usd))
    place = begun.place[used]
    route = np.where(place >= 0, table.deployment[begun.pool[used][:, None], place], -1)
    worth = np.where(place >= 0, worth_usd, 0.0).sum(axis=1)
    return Patterns(
        pool=table.pool_id[begun.pool[used]],
        route=route,
        cost_usd=excess[used] + worth,
        excess_usd=excess[used],
    )


def pairs_in_use(problem: Problem, found: Patterns, worth_usd: Array, most_excess_usd: float) -> Array:
    """Pairs that a plan of at most bound + excess can use: those of the patterns, and APIs. [classes, deployments]"""
    is_used = np.zeros(problem.load.shape, dtype=bool)
    pattern, k = np.nonzero(found.serves)
    is_used[k, found.route[pattern, k]] = True
    excess = problem.usage_usd - worth_usd[:, None]
    return is_used | (~problem.is_hardware & np.isfinite(problem.load) & (excess <= most_excess_usd))


@dataclass(frozen=True, kw_only=True)
class _Begun:
    """Patterns in the making."""

    pool: Array
    """Row of the table. [patterns]"""
    place: Array
    """Place in its pool of the deployment of each class; -1: none. [patterns, classes]"""
    load: Array
    """Replicas kept busy of each deployment of the pool. [patterns, places]"""
    usage_usd: Array
    """Usage less worth. [patterns]"""
    shared_usd: Array
    """Usage and shares of machines less worth. [patterns]"""

    def take(self, index: Array) -> _Begun:
        return _Begun(
            pool=self.pool[index], place=self.place[index], load=self.load[index], usage_usd=self.usage_usd[index],
            shared_usd=self.shared_usd[index],
        )  # fmt: skip


class _Table:
    """Deployments of each pool side by side: places. Array shapes: [pools, places, classes]."""

    def __init__(self, problem: Problem, worth_usd: Array) -> None:
        is_able = np.isfinite(problem.load).any(axis=0) & (problem.pool != NO_POOL)
        self.pool_id = np.unique(problem.pool[is_able])
        members = [np.flatnonzero(is_able & (problem.pool == p)) for p in self.pool_id]
        width = max((len(m) for m in members), default=1)
        self.deployment = np.stack([np.pad(m, (0, width - len(m)), constant_values=-1) for m in members]) \
            if members else np.zeros((0, width), dtype=np.intp)  # fmt: skip
        is_there = (self.deployment >= 0)[:, :, None]
        self.load = np.where(is_there, problem.load.T[self.deployment], np.nan)
        usage = np.where(is_there, problem.usage_usd.T[self.deployment], np.nan) - worth_usd
        self.usage_usd = usage
        self.slots = np.where(is_there[:, :, 0], problem.slots[self.deployment], 0.0)
        pools = problem.pools
        self.pool_slots, self.most = pools.slots[self.pool_id], pools.max_machines[self.pool_id]
        self.standing_usd = pools.standing_usd[self.pool_id]
        per_replica_usd = self.slots * (self.standing_usd / self.pool_slots)[:, None]
        self.shared_usd = self.load * per_replica_usd[:, :, None] + usage
        self._usage_left, self._shared_left = (_saved_later(saved) for saved in (usage, self.shared_usd))

    def nothing(self) -> _Begun:
        """Every pool unused."""
        count, width, num_classes = self.load.shape
        return _Begun(
            pool=np.arange(count), place=np.full((count, num_classes), -1, dtype=np.int16),
            load=np.zeros((count, width)), usage_usd=np.zeros(count), shared_usd=np.zeros(count),
        )  # fmt: skip

    def with_class(self, begun: _Begun, k: int, most_excess_usd: float) -> _Begun:
        """Each beginning without and with class k in every place, as far as they are hopeful."""
        options = [begun, *(self._placed(begun, k, place) for place in range(self.load.shape[1]))]
        kept = [one.take(self._hopeful(one, k + 1, most_excess_usd)) for one in options]
        return _Begun(
            pool=np.concatenate([one.pool for one in kept]), place=np.concatenate([one.place for one in kept]),
            load=np.concatenate([one.load for one in kept]),
            usage_usd=np.concatenate([one.usage_usd for one in kept]),
            shared_usd=np.concatenate([one.shared_usd for one in kept]),
        )  # fmt: skip

    def excess_usd(self, begun: _Begun) -> Array:
        """Whole machines and usage less worth. [patterns, USD/month]"""
        return np.asarray(self._machines(begun) * self.standing_usd[begun.pool] + begun.usage_usd)

    def _placed(self, begun: _Begun, k: int, place: int) -> _Begun:
        added = self.load[begun.pool, place, k]
        index = np.flatnonzero(np.isfinite(added))
        there = begun.take(index)
        there.place[:, k] = place
        there.load[:, place] += added[index]
        return _Begun(
            pool=there.pool, place=there.place, load=there.load,
            usage_usd=there.usage_usd + self.usage_usd[there.pool, place, k],
            shared_usd=there.shared_usd + self.shared_usd[there.pool, place, k],
        )  # fmt: skip

    def _machines(self, begun: _Begun) -> Array:
        slots = (whole(begun.load) * self.slots[begun.pool]).sum(axis=1)
        return np.asarray(np.ceil(slots / self.pool_slots[begun.pool]))

    def _hopeful(self, begun: _Begun, k: int, most_excess_usd: float) -> Array:
        machines, pool = self._machines(begun), begun.pool
        least = np.maximum(
            begun.shared_usd + self._shared_left[pool, k],
            machines * self.standing_usd[pool] + begun.usage_usd + self._usage_left[pool, k],
        )
        return np.flatnonzero((least <= most_excess_usd) & (machines <= self.most[pool]))


def _saved_later(cost_usd: Array) -> Array:
    """At most zero: what the classes from k on can save together. [pools, classes + 1]"""
    best = np.nan_to_num(np.fmin.reduce(cost_usd, axis=1, initial=0.0))
    later = np.cumsum(best[:, ::-1], axis=1)[:, ::-1]
    return np.concatenate([later, np.zeros((len(best), 1))], axis=1)
