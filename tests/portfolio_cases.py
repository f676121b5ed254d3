"""Portfolio problems small enough for exhaustive search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.portfolio import NO_POOL, Pools, Problem, load_of

if TYPE_CHECKING:
    from numpy.random import Generator


def small_problem(rng: Generator) -> Problem:
    """1 to 4 classes, 2 to 5 deployments, 1 to 3 pools: shared machines, machines at hand, APIs, budgets."""
    num_classes, num_pools = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    num_deployments = int(rng.integers(2, 6))
    is_owned = rng.random(num_pools) < 0.3
    pools = Pools(
        standing_usd=rng.integers(0, 60, num_pools).astype(float),
        upfront_usd=rng.integers(0, 50, num_pools).astype(float),
        slots=rng.choice([1.0, 2.0, 4.0], num_pools),
        max_machines=np.where(is_owned, 1.0, np.inf),
    )
    pool = rng.integers(NO_POOL, num_pools, num_deployments)
    sizes = 2.0 ** np.floor(rng.random(num_deployments) * (1 + np.log2(pools.slots[np.maximum(pool, 0)])))
    load = load_of(rng.choice([0.2, 0.45, 0.9, 0.95, 1.3, 2.0], (num_classes, num_deployments)))
    is_able = rng.random((num_classes, num_deployments)) < 0.75
    load = np.where(is_able, np.where(pool == NO_POOL, 0.0, load), np.nan)
    bill = rng.integers(5, 80, (num_classes, num_deployments)).astype(float)
    usage = np.where(pool == NO_POOL, bill, rng.integers(0, 4, (num_classes, num_deployments)))
    budget = float(rng.integers(20, 120)) if rng.random() < 0.3 else np.inf
    return Problem(
        pools=pools, pool=pool, slots=np.where(pool == NO_POOL, 0.0, sizes), load=load,
        usage_usd=np.where(is_able, usage, np.nan), upfront_budget_usd=budget,
    )  # fmt: skip
