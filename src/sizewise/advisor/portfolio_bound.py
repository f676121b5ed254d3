"""What serving each class of requests is worth: the values that make the bound of `portfolio_patterns` high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.decide.portfolio_patterns import Patterns, patterns
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time

if TYPE_CHECKING:
    from sizewise.decide.portfolio import Problem

MOST_ROUNDS = 60
NEAR_RATIO = 3e-4
"""A bound that can rise by no more than this share of the known cost is good enough."""
FIRST_STEP_RATIO = 0.25
"""How far worth moves in the first round. [ratio]"""
LEAST_STEP_RATIO = 1e-4
PER_POOL = 4
"""Patterns of a pool that are kept from each round."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """No plan costs less than `usd`."""

    usd: float
    """[USD/month]"""
    worth_usd: Array
    """[classes, USD/month]"""


def bounded(problem: Problem, known_usd: float) -> Bound:
    """The bound after a few rounds of the box step method.

    Every round asks which patterns are the best ones at the present worth, which gives a bound, and then for the worth
    that is best for the patterns known so far, no further than a step away from the best worth. The step doubles when
    the bound rises and halves when it does not.
    Source: Marsten, Hogan and Blankenship 1975, boxstep.
    Arguments: `known_usd` cost of a plan that is known. [USD/month]
    """
    ceiling = _api_usd(problem)
    worth = np.minimum(_least_usd(problem), ceiling)
    best = Bound(usd=-np.inf, worth_usd=worth)
    known: list[Patterns] = []
    step_ratio = FIRST_STEP_RATIO
    for _ in range(MOST_ROUNDS):
        found = patterns(problem, worth, 0.0)
        usd = -np.inf
        if found is not None:
            usd = float(worth.sum() + found.least_excess_usd(len(problem.pools.slots)).sum())
            known.append(found.best(PER_POOL))
        is_better = usd > best.usd
        best = Bound(usd=usd, worth_usd=worth) if is_better else best
        step_ratio *= 2.0 if is_better else 0.5
        promised_usd, worth = _next_worth(problem, known, best.worth_usd, step_ratio, ceiling)
        promised_usd = min(promised_usd, known_usd)
        if promised_usd <= best.usd + NEAR_RATIO * known_usd or step_ratio < LEAST_STEP_RATIO:
            break
    return best


def _api_usd(problem: Problem) -> Array:
    """What the cheapest API takes for each class; infinite without one. [classes, USD/month]"""
    is_api = ~problem.is_hardware & np.isfinite(problem.load)
    return np.asarray(np.where(is_api, problem.usage_usd, np.inf).min(axis=1))


def _least_usd(problem: Problem) -> Array:
    """Usage and share of machines where both together are least. [classes, USD/month]"""
    share_usd = np.zeros(problem.num_deployments)
    here, pools = problem.is_hardware, problem.pools
    share_usd[here] = problem.slots[here] * (pools.standing_usd / pools.slots)[problem.pool[here]]
    return np.asarray(np.nanmin(problem.load * share_usd + problem.usage_usd, axis=1))


def _next_worth(
    problem: Problem, known: list[Patterns], centre: Array, step_ratio: float, ceiling: Array
) -> tuple[float, Array]:
    """The bound that the known patterns promise within a step, and the worth at which they do. [USD/month]

    A linear programme: shares of patterns, at most one a pool in all, serve every class once; what is served too little
    or too often is paid for at the ends of the step. Minus infinity where the solver gives up: no more rounds then.
    """
    from scipy.optimize import linprog  # type: ignore[import-untyped] # scipy ships no types

    num_classes, num_pools = problem.num_classes, len(problem.pools.slots)
    pool = np.concatenate([np.zeros(0, dtype=np.intp), *(one.pool for one in known)])
    serves = np.concatenate([np.zeros((0, num_classes), dtype=bool), *(one.serves for one in known)])
    cost = np.concatenate([np.zeros(0), *(one.cost_usd for one in known)])
    step = step_ratio * np.maximum(centre, centre.mean() / num_classes)
    identity = np.eye(num_classes)
    found = linprog(
        np.concatenate([cost, np.minimum(centre + step, ceiling), step - centre]),
        A_eq=_sparse(np.concatenate([serves, identity, -identity]).T), b_eq=np.ones(num_classes),
        A_ub=_one_a_pool(pool, num_pools, 2 * num_classes), b_ub=np.ones(num_pools), method="highs",
    )  # fmt: skip
    if found.x is None:
        return -np.inf, centre
    return float(found.fun), np.minimum(found.eqlin.marginals, ceiling)


def _sparse(matrix: Array) -> Any:  # noqa: ANN401 - SciPy has no types
    from scipy.sparse import csr_array  # type: ignore[import-untyped] # scipy ships no types

    return csr_array(matrix.astype(float))


def _one_a_pool(pool: Array, num_pools: int, num_others: int) -> Any:  # noqa: ANN401 - SciPy has no types
    from scipy.sparse import csr_array

    shape = (num_pools, len(pool) + num_others)
    return csr_array((np.ones(len(pool)), (pool, np.arange(len(pool)))), shape=shape)
