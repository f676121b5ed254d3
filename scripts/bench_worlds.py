"""One timing of the sampled worlds: python scripts/bench_worlds.py WORLDS FINALISTS, printed as JSON."""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from sizewise.decide.worlds import Conditions, Finalists, contest, sampled

RUNS = 3
ASKED = Conditions(
    num_users=40.0, users_low=0.7, users_high=1.4, tariff_low=0.7, tariff_high=2.0, hours_low=0.7, hours_high=2.8,
    utilisation_low=0.05, utilisation_high=1.0, bar=60.0, monthly_budget_usd=2_000.0, headroom_ratio=0.9,
)  # fmt: skip


def finalists(count: int) -> Finalists:
    """Options that differ in everything, so that nothing is shared and every stream is drawn."""
    index = np.arange(count, dtype=np.float64)
    speeds = 2.0 ** np.linspace(-3.0, 3.0, 13)
    return Finalists(
        speed_factors=speeds, users_each=(5.0 + index[:, None]) * speeds, active_ratio=np.full(count, 0.2),
        max_replicas=np.full(count, 64.0), planned_replicas=np.full(count, 4.0),
        fixed_usd=50.0 + 7.0 * index, idle_energy_usd=4.0 + 0.0 * index, load_energy_usd=20.0 + index,
        quality=65.0 + index % 9, quality_sd=np.full(count, 3.0), preference=index[::-1].copy(),
        speed_group=tuple(f"engine {i}" for i in range(count)), speed_low=np.full(count, 0.6),
        speed_high=np.full(count, 1.8), price_group=tuple(f"device {i}" for i in range(count)),
        price_low=np.full(count, 0.7), price_high=np.full(count, 1.6), model=tuple(f"model {i}" for i in range(count)),
    )  # fmt: skip


def main() -> None:
    """The fastest of some runs."""
    worlds, count = int(sys.argv[1]), int(sys.argv[2])
    options, times = finalists(count), []
    for _ in range(RUNS):
        start = time.perf_counter()
        contest(sampled(options, ASKED, worlds))
        times.append(time.perf_counter() - start)
    print(json.dumps({"count": worlds, "wall_s": min(times)}))


if __name__ == "__main__":
    main()
