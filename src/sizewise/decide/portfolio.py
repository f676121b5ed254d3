"""Which deployments carry which classes of requests at the lowest total cost: an integer programme.

Given are classes of requests k, pools p of equal machines, and deployments j: a model on a part of a machine of its
pool. Chosen are, all whole numbers,

    x[k, j]  1 where class k is sent to deployment j,
    y[j]     replicas of deployment j,
    z[p]     machines of pool p,

so that the cost is lowest:   sum standing[p] z[p] + sum usage[k, j] x[k, j]

    every class goes somewhere:       sum_j x[k, j] = 1
    replicas carry what they get:     sum_k load[k, j] x[k, j] <= y[j]
    machines hold their replicas:     sum over j of p of slots[j] y[j] <= slots[p] z[p]
    there are so many machines:       z[p] <= machines[p]
    money at once:                    sum upfront[p] z[p] <= budget

`load[k, j]` is the share of a replica that class k keeps busy, headroom included. Loads of classes that share a
replica add up: shares of time. Slots of a machine and of its replicas are powers of two, or the machine is one of a
kind, so that replicas that fit by their sum also fit one by one. A deployment without a pool is an API: it has no
machines, and its bill is its usage. `portfolio_programme.py` writes this down as a matrix, `portfolio_reduce.py` makes
it smaller.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sizewise.decide.evaluate import HEADROOM_RATIO
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time

NO_POOL = -1
"""Pool of an API."""
SAME_LOAD = 1e-6
"""A load that exceeds whole replicas by less is equal to them: the solver's own tolerance. [replicas]"""


@dataclass(frozen=True, kw_only=True)
class Pools:
    """Equal machines that can be had. [pools]"""

    standing_usd: Array
    """Cost of one machine whatever it does. [USD/month]"""
    upfront_usd: Array
    """What one machine costs at once. [USD]"""
    slots: Array
    """Parts into which one machine can be divided. [count]"""
    max_machines: Array
    """Machines that there are; infinite on the market. [count]"""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Classes, deployments and pools."""

    pools: Pools
    pool: Array
    """Pool of each deployment; NO_POOL: an API. [deployments]"""
    slots: Array
    """Slots of one replica; 0 for an API. [deployments]"""
    load: Array
    """Replicas that a class keeps busy; NaN where the deployment cannot serve it. [classes, deployments]"""
    usage_usd: Array
    """Cost that comes with the class: electricity of work, or the bill of an API. [classes, deployments, USD/month]"""
    upfront_budget_usd: float = float("inf")

    @property
    def num_classes(self) -> int:
        """Classes of requests."""
        return int(self.load.shape[0])

    @property
    def num_deployments(self) -> int:
        """Deployments to choose from."""
        return int(self.load.shape[1])

    @property
    def is_hardware(self) -> Array:
        """Which deployments run on machines."""
        return np.asarray(self.pool != NO_POOL)

    def only(self, index: Array) -> Problem:
        """The same question with these deployments alone."""
        return replace(
            self, pool=self.pool[index], slots=self.slots[index], load=self.load[:, index],
            usage_usd=self.usage_usd[:, index],
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A routing and what it needs."""

    route: Array
    """Deployment of each class. [classes]"""
    replicas: Array
    """[deployments]"""
    machines: Array
    """[pools]"""
    monthly_usd: float
    upfront_usd: float


def load_of(share: Array) -> Array:
    """Replicas that a class keeps busy, headroom included, from its share of what a replica carries. [replicas]

    share / 0.9; a class that fills one replica to between nine tenths and the whole takes it whole. The same replicas
    as those of `evaluate.num_replicas` for a class alone.

    >>> load_of(np.array([0.45, 0.95, 1.8]))
    array([0.5, 1. , 2. ])
    """
    planned = share / HEADROOM_RATIO
    return np.where(share <= 1.0, np.minimum(planned, 1.0), planned)


def whole(load: Array) -> Array:
    """Whole replicas for so much load."""
    return np.ceil(load - SAME_LOAD)


def plan_of(problem: Problem, route: Array) -> Plan | None:
    """The replicas, machines and money of a routing; None where there are not so many, or the money is not there."""
    at = np.arange(problem.num_classes), route
    if not np.isfinite(problem.load[at]).all():
        return None
    load = np.bincount(route, weights=problem.load[at], minlength=problem.num_deployments)
    replicas = np.where(problem.is_hardware, whole(load), 0.0)
    machines = machines_for(problem, replicas)
    upfront_usd = float(machines @ problem.pools.upfront_usd)
    if (machines > problem.pools.max_machines).any() or upfront_usd > problem.upfront_budget_usd:
        return None
    return Plan(
        route=route,
        replicas=replicas,
        machines=machines,
        monthly_usd=float(machines @ problem.pools.standing_usd + problem.usage_usd[at].sum()),
        upfront_usd=upfront_usd,
    )


def machines_for(problem: Problem, replicas: Array) -> Array:
    """Machines of each pool that hold so many replicas. [pools]"""
    here, num_pools = problem.is_hardware, len(problem.pools.slots)
    slots = np.bincount(problem.pool[here], weights=(replicas * problem.slots)[here], minlength=num_pools)
    return np.ceil(slots / problem.pools.slots)


def one_for_all(problem: Problem) -> Plan | None:
    """The cheapest deployment that carries every class; None: there is none."""
    replicas = np.where(problem.is_hardware, whole(problem.load.sum(axis=0)), 0.0)
    here, pools = problem.is_hardware, problem.pools
    pool = problem.pool[here]
    machines = np.ceil(replicas[here] * problem.slots[here] / pools.slots[pool])
    is_affordable = machines * pools.upfront_usd[pool] <= problem.upfront_budget_usd
    is_there = is_affordable & (machines <= pools.max_machines[pool])
    cost = problem.usage_usd.sum(axis=0) + 0.0 * problem.load.sum(axis=0)
    cost[here] += np.where(is_there, machines * pools.standing_usd[pool], np.nan)
    if not np.isfinite(cost).any():
        return None
    return plan_of(problem, np.full(problem.num_classes, np.nanargmin(cost)))


def one_for_each(problem: Problem) -> tuple[Plan | None, ...]:
    """The cheapest deployment of every class as if it were the only one: nothing is shared."""
    return tuple(
        one_for_all(replace(problem, load=problem.load[k : k + 1], usage_usd=problem.usage_usd[k : k + 1]))
        for k in range(problem.num_classes)
    )


def joined(problem: Problem, each: tuple[Plan | None, ...]) -> Plan | None:
    """The plans of single classes together; None where one is missing, or where together there is too little of it."""
    routes = [int(plan.route[0]) for plan in each if plan is not None]
    return plan_of(problem, np.array(routes)) if len(routes) == problem.num_classes else None


def cheaper(first: Plan | None, second: Plan | None) -> Plan | None:
    """The cheaper of two plans, the first of equal ones."""
    if first is None or second is None:
        return first or second
    return second if second.monthly_usd < first.monthly_usd else first


def good_plan(problem: Problem) -> Plan | None:
    """A plan that is good, not proved best: classes move to deployments in use as long as that saves money."""
    plan = cheaper(one_for_all(problem), joined(problem, one_for_each(problem)))
    better = plan and _best_move(problem, plan)
    while better is not None:
        plan, better = better, _best_move(problem, better)
    return plan


def _best_move(problem: Problem, plan: Plan) -> Plan | None:
    """The cheapest plan that differs by one class sent to another deployment in use; None: none is cheaper."""
    moves = []
    for k in range(problem.num_classes):
        for j in np.unique(plan.route).tolist():
            route = plan.route.copy()
            route[k] = j
            moves.append(plan_of(problem, route))
    best = min((p for p in moves if p), key=lambda p: p.monthly_usd)
    return best if best.monthly_usd < plan.monthly_usd else None
