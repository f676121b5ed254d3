"""Replicas for the tests of the simulator: a worked example, and one whose queue has a known answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.simulate_state import SimulatedEngine, simulated_engine
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica

if TYPE_CHECKING:
    from sizewise.domain.number import Array

BANDWIDTH = 3350e9
INPUT_TOKENS, OUTPUT_TOKENS, HELD_TOKENS, PREFILL_S, INGEST_S = 1024.0, 256.0, 1152.0, 0.0269, 0.0156
"""Llama 3 8B in bf16 on an H100 SXM with the constants of the published vLLM fit, as in test_speed_golden.py."""
LAUNCH_S = 32 * 70e-6
TERMS = StepTerms(
    fixed_s=32 * 70e-6,
    dense_s=1.05 * 16.06e9 / BANDWIDTH,
    expert_s=0.0,
    expert_ratio=1.0,
    sequence_s=0.74 * HELD_TOKENS * 131072 / BANDWIDTH,
    compute_s=0.0,
    ingest_s=INGEST_S,
)
CACHE_TOKEN_S = 0.74 * 131072 / BANDWIDTH


def worked_example(*, max_running: int = 256, pool_tokens: float = np.inf) -> SimulatedEngine:
    """The replica of the worked example; prompts cost the same for every token."""
    return simulated_engine(
        TERMS,
        held_tokens=HELD_TOKENS,
        cache_token_s=CACHE_TOKEN_S,
        input_tokens=INPUT_TOKENS,
        prompt_s=PREFILL_S - LAUNCH_S,
        double_prompt_s=2 * (PREFILL_S - LAUNCH_S),
        launch_s=LAUNCH_S,
        max_running=max_running,
        token_budget=8192,
        pool_tokens=pool_tokens,
        block_tokens=16,
        stalls_answers=False,
    )


def replica(*, input_variation: float = 0.0, output_variation: float = 0.0) -> Replica:
    """The same for the closed forms."""
    return Replica(
        terms=TERMS,
        prompt_s=PREFILL_S - LAUNCH_S,
        launch_s=LAUNCH_S,
        output_tokens=OUTPUT_TOKENS,
        input_variation=input_variation,
        output_variation=output_variation,
        max_sequences=256.0,
    )


def single_server(
    prompt_token_s: float, *, max_running: int = 1, step_s: float = 0.0, stalls_answers: bool = False
) -> SimulatedEngine:
    """One place, answers of one token: every request is a prompt that is read, so the replica is an M/G/1 queue."""
    table: Array = np.full(max_running + 1, step_s)
    table[0] = 0.0
    return SimulatedEngine(
        step_table_s=table,
        cache_token_s=0.0,
        prompt_token_s=prompt_token_s,
        prompt_square_s=0.0,
        ingest_s=0.0,
        max_running=max_running,
        token_budget=1_000_000,
        pool_tokens=np.inf,
        block_tokens=16,
        stalls_answers=stalls_answers,
    )
