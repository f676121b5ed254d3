"""Time the portfolio's solver on random problems of full size and print one line of JSON.

    python scripts/bench_portfolio.py [NUM_PROBLEMS]

From the arrays of a problem to a plan that is proved optimal, in one process.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from sizewise.advisor.portfolio_solver import solve
from sizewise.decide.portfolio import Pools, Problem, load_of

NUM_PROBLEMS = 30
NUM_POOLS = 300
MOST_REPLICAS = 64


def main() -> None:
    """Solve the problems one after another."""
    num_problems = int(sys.argv[1]) if len(sys.argv) > 1 else NUM_PROBLEMS
    walls, gaps = [], []
    for seed in range(num_problems):
        problem = large_problem(seed)
        start = time.perf_counter()
        gaps.append(solve(problem).gap_ratio)
        walls.append(time.perf_counter() - start)
    result = {
        "count": num_problems,
        "median_s": float(np.median(walls)),
        "worst_s": max(walls),
        "worst_gap": max(gaps),
    }
    print(json.dumps(result))


def large_problem(seed: int, *, num_classes: int = 20, num_deployments: int = 2000) -> Problem:
    """Models of 1B to 100B on 300 kinds of machines: the larger, the better and the slower, with noise."""
    rng = np.random.default_rng(seed)
    standing_usd = np.exp(rng.uniform(np.log(20), np.log(8000), NUM_POOLS))
    pools = Pools(
        standing_usd=standing_usd, upfront_usd=20 * standing_usd, slots=np.full(NUM_POOLS, 2.0),
        max_machines=np.full(NUM_POOLS, np.inf),
    )  # fmt: skip
    pool = rng.integers(0, NUM_POOLS, num_deployments)
    slots = rng.choice([1.0, 2.0], num_deployments, p=[0.3, 0.7])
    size = np.exp(rng.uniform(0, np.log(100), num_deployments))
    quality = 30 * np.log10(size) + rng.normal(40, 10, num_deployments)
    bar, users = rng.uniform(30, 85, num_classes), np.exp(rng.uniform(0, np.log(500), num_classes))
    speed = standing_usd[pool] ** 0.8 * slots / 2 / size * np.exp(rng.normal(0, 0.4, num_deployments))
    shape = (num_classes, num_deployments)
    share = users[:, None] / (speed * np.exp(rng.normal(0, 0.3, shape)))
    is_able = (quality + rng.normal(0, 5, shape) > bar[:, None]) & (share < MOST_REPLICAS)
    load = np.where(is_able, load_of(share), np.nan)
    usage = np.where(is_able, share * standing_usd[pool] * 0.1 * slots / 2, np.nan)
    return Problem(pools=pools, pool=pool, slots=slots, load=load, usage_usd=usage)


if __name__ == "__main__":
    main()
