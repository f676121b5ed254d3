"""Speed of the simulator and of the closed forms, as one JSON object. Run in a process of its own by bench.py.

    python scripts/bench_load.py simulate ROWS REQUESTS_EACH
    python scripts/bench_load.py capacity NUM_LOADS

simulate: ROWS replicas side by side, 64 places, answers of 256 tokens on average, at 90 % of what a replica carries.
capacity: percentiles of so many loads in one call.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from sizewise.estimate.lengths import lognormal_lengths
from sizewise.estimate.percentiles import felt_poisson
from sizewise.estimate.simulate import simulate
from sizewise.estimate.simulate_arrivals import GivenTimes, poisson_times
from sizewise.estimate.simulate_state import simulated_engine
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica, top_requests_per_s

NUM_RUNS = 3
PLACES, INPUT_TOKENS, OUTPUT_TOKENS, OUTPUT_VARIATION = 64, 512.0, 256.0, 0.7
BUSY_RATIO = 0.9
LAUNCH_S = 2.3e-3
TERMS = StepTerms(
    fixed_s=LAUNCH_S, dense_s=5e-3, expert_s=0.0, expert_ratio=1.0, sequence_s=2e-5, compute_s=2e-6,
    ingest_s=0.0156,
)  # fmt: skip
"""An 8B model in bf16 on a data-centre card."""
PREFILL_S, CACHE_TOKEN_S = 0.0145, 2.9e-8


def main() -> None:
    """Measure what is asked and print it."""
    what, *counts = sys.argv[1:]
    first, *rest = (int(count) for count in counts)
    print(json.dumps(simulation(first, *rest) if what == "simulate" else closed_form(first)))


def simulation(num_rows: int, num_each: int) -> dict[str, float]:
    """Requests that are followed, and the fastest of NUM_RUNS times. [count, s]"""
    engine = simulated_engine(
        TERMS,
        held_tokens=INPUT_TOKENS + OUTPUT_TOKENS / 2,
        cache_token_s=CACHE_TOKEN_S,
        input_tokens=INPUT_TOKENS,
        prompt_s=PREFILL_S - LAUNCH_S,
        double_prompt_s=2 * (PREFILL_S - LAUNCH_S),
        launch_s=LAUNCH_S,
        max_running=PLACES,
        token_budget=8192,
        pool_tokens=np.inf,
        block_tokens=16,
        stalls_answers=False,
    )
    rate = BUSY_RATIO * float(top_requests_per_s(replica()))
    walls = []
    for seed in range(NUM_RUNS):
        generator = np.random.default_rng(seed)
        shape = (num_rows, num_each)
        times = poisson_times(generator, requests_per_s=rate, num_rows=num_rows, num_each=num_each)
        answers = lognormal_lengths(OUTPUT_TOKENS, OUTPUT_VARIATION).sample_tokens(generator, shape)
        start = time.perf_counter()
        simulate(engine, GivenTimes(times), input_tokens=np.full(shape, INPUT_TOKENS), output_tokens=answers)
        walls.append(time.perf_counter() - start)
    return {"count": num_rows * num_each, "wall_s": min(walls)}


def closed_form(num_loads: int) -> dict[str, float]:
    """Loads whose 95th percentiles are computed, and the fastest of NUM_RUNS times. [count, s]"""
    rates = float(top_requests_per_s(replica())) * np.linspace(0.01, 0.99, num_loads)
    walls = []
    for _ in range(NUM_RUNS):
        start = time.perf_counter()
        felt = felt_poisson(replica(), rates)
        felt.ttft_s(0.95)
        felt.tpot_s(0.95)
        walls.append(time.perf_counter() - start)
    return {"count": num_loads, "wall_s": min(walls)}


def replica() -> Replica:
    """The replica of both."""
    return Replica(
        terms=TERMS,
        prompt_s=PREFILL_S - LAUNCH_S,
        launch_s=LAUNCH_S,
        output_tokens=OUTPUT_TOKENS,
        input_variation=0.0,
        output_variation=OUTPUT_VARIATION,
        max_sequences=float(PLACES),
    )


if __name__ == "__main__":
    main()
