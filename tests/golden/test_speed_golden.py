"""Hand-worked cases of speed and load, computed independently of the code."""

from __future__ import annotations

import numpy as np
import pytest

from sizewise.estimate.load import capacity_sequences
from sizewise.estimate.offload import offload_step_s
from sizewise.estimate.speed import StepTerms, expert_coverage, step_s
from sizewise.estimate.steady import Replica, steady_poisson, steady_users, top_requests_per_s

# Llama 3 8B in bf16 on an H100 SXM (3,350 GB/s, 989 TFLOP/s), vLLM constants of the published fit: weights 16.06 GB
# read at a factor of 1.05, cache at 0.74, 70 us a layer; prompt 1,024 tokens (26.9 ms, of which 2.24 ms launches),
# 256 output tokens, so a sequence holds 1,152 tokens of 131,072 bytes on average.
BANDWIDTH = 3350e9
TERMS = StepTerms(
    fixed_s=32 * 70e-6,
    dense_s=1.05 * 16.06e9 / BANDWIDTH,
    expert_s=0.0,
    expert_ratio=1.0,
    sequence_s=0.74 * 1152 * 131072 / BANDWIDTH,
    compute_s=0.0,
    ingest_s=0.0156,
)
PREFILL_S, LAUNCH_S = 0.0269, 32 * 70e-6


def replica(max_sequences: float) -> Replica:
    return Replica(
        terms=TERMS,
        prompt_s=PREFILL_S - LAUNCH_S,
        launch_s=LAUNCH_S,
        output_tokens=256.0,
        max_sequences=max_sequences,
    )


@pytest.mark.parametrize(
    ("num_sequences", "step_ms", "tpot_ms", "tokens_per_s"),
    [
        (1, 7.31, 7.31, 134),
        (8, 7.54, 8.21, 949),
        (32, 8.34, 11.33, 2764),
        (64, 9.41, 15.48, 4062),
        (128, 11.54, 23.78, 5311),
    ],
)
def test_closed_loop_of_the_worked_example(
    num_sequences: int, step_ms: float, tpot_ms: float, tokens_per_s: float
) -> None:
    # TPOT = step(b) + (b - 1) x 24.66 / 256 ms: a user's own prompt delays the first token, not the later ones
    state = steady_users(replica(256), num_sequences, 0.0)
    assert step_s(TERMS, num_sequences) * 1e3 == pytest.approx(step_ms, abs=0.006)
    assert state.tpot_s * 1e3 == pytest.approx(tpot_ms, abs=0.012)
    assert state.output_tokens_per_s == pytest.approx(tokens_per_s, rel=0.004)


@pytest.mark.parametrize(
    ("rate", "num_running", "tpot_ms"),
    [(1, 1.98, 7.56), (5, 11.5, 8.77), (10, 28.6, 10.96), (20, 114, 21.93)],
)
def test_poisson_arrivals_of_the_worked_example(rate: float, num_running: float, tpot_ms: float) -> None:
    # by hand: n = rate x (TTFT + 256 TPOT), TPOT = (7.274 + 0.0334 (1 + n)) ms / (1 - rate x 24.66 ms); at 20/s
    # n 114: 11.11 ms / 0.5068 = 21.93 ms, and 20 x (0.08 + 256 x 0.02193) = 114
    state = steady_poisson(replica(1024), rate)
    assert state.num_running == pytest.approx(num_running, rel=0.01)
    assert state.tpot_s * 1e3 == pytest.approx(tpot_ms, rel=0.004)
    assert state.is_stable


def test_a_rate_above_the_maximum_is_unstable_and_has_no_latency() -> None:
    # 1 / (24.66 ms + 256 x 15.8 ms / 256) = 24.7; the example counts the launches again: 23.4
    top = top_requests_per_s(replica(256))
    state = steady_poisson(replica(256), 30.0)
    assert top == pytest.approx(24.7, abs=0.05)
    assert not state.is_stable
    assert np.isnan(state.ttft_s)
    assert state.busy_ratio == pytest.approx(30 / top)


def test_capacity_is_where_the_worked_example_crosses_its_targets() -> None:
    # TPOT(b) = 7.274 ms + b 0.0334 ms + (b - 1) 24.66 / 256 ms stays within 15.6 ms up to b = 64.9
    assert capacity_sequences(replica(256), max_tpot_s=0.0156, max_ttft_s=1.0) == 64
    # TTFT(1) = 15.6 + 26.9 ms is above 40 ms: not even one sequence
    assert capacity_sequences(replica(256), max_tpot_s=0.0156, max_ttft_s=0.04) == 0


@pytest.mark.parametrize(
    ("chosen", "experts", "num_tokens", "share"),
    [
        (8, 128, 1, 0.0625),
        (8, 128, 8, 0.403),
        (8, 128, 32, 0.873),
        (8, 128, 64, 0.984),
        (2, 8, 2, 0.4375),
        (2, 8, 8, 0.900),
    ],
)
def test_expert_coverage(chosen: int, experts: int, num_tokens: int, share: float) -> None:
    assert expert_coverage(expert_ratio=chosen / experts, num_tokens=num_tokens) == pytest.approx(
        share, abs=0.0006
    )


@pytest.mark.parametrize(
    ("efficiency", "bandwidth", "fixed_s", "tokens_per_s"),
    [(0.78, 1008e9, 1.88e-3, 123.0), (0.73, 936e9, 2.54e-3, 102.8)],
)
def test_decode_of_an_8b_at_four_bits(
    efficiency: float, bandwidth: float, fixed_s: float, tokens_per_s: float
) -> None:
    # 4,912,898,048 bytes at a share of the bandwidth and a fixed time (RTX 4090, RTX 3090)
    terms = StepTerms(
        fixed_s=fixed_s, dense_s=4_912_898_048 / (efficiency * bandwidth), expert_s=0.0,
        expert_ratio=1.0, sequence_s=0.0, compute_s=0.0, ingest_s=0.0,
    )  # fmt: skip
    assert 1 / step_s(terms, 1.0) == pytest.approx(tokens_per_s, abs=0.1)


def test_partial_offload_of_a_70b() -> None:
    # 20 GiB of 42.52 GB on an RTX 4090, the rest in DDR5-4800 (76.8 GB/s at 0.7)
    step = offload_step_s(
        device_s=20 * 2**30 / (0.78 * 1008e9) + 1.88e-3,
        host_read_bytes=42.52e9 - 20 * 2**30,
        host_bandwidth_bytes_per_s=76.8e9,
    )
    assert 1 / step == pytest.approx(2.38, abs=0.02)


def test_time_to_the_first_token_without_load_is_ingest_and_the_prompt() -> None:
    assert steady_users(replica(256), 1.0, 0.0).ttft_s == pytest.approx(0.0156 + 0.0269)
