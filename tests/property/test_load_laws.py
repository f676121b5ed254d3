"""Laws of load: what must hold for any replica."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.estimate.load import (
    capacity_sequences,
    load_at,
    max_requests_per_s,
    poisson_at,
    tpot_s,
    ttft_s,
    users_per_replica,
)
from sizewise.estimate.speed import StepTerms, step_s

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number

Replica = tuple[StepTerms, float]
"""Terms of a step, and a prefill. [s]"""
seconds = st.floats(1e-6, 0.05)


@st.composite
def replicas(draw: st.DrawFn) -> Replica:
    """Terms of a dense or sparse model, and a prefill that is at least its launches."""
    launch_s = draw(st.floats(1e-5, 5e-3))
    is_sparse = draw(st.booleans())
    terms = StepTerms(
        fixed_s=np.float64(launch_s + draw(seconds)),
        launch_s=np.float64(launch_s),
        dense_s=np.float64(draw(seconds)),
        expert_s=np.float64(draw(seconds) if is_sparse else 0.0),
        expert_ratio=np.float64(draw(st.floats(0.01, 0.5)) if is_sparse else 1.0),
        sequence_s=np.float64(draw(st.floats(1e-7, 2e-3))),
        compute_s=np.float64(draw(st.floats(1e-8, 2e-3))),
        ingest_s=0.0156,
    )
    return terms, launch_s + draw(st.floats(1e-4, 1.0))


def finest_capacity(
    replica: Replica, output_tokens: float, limit: int, max_tpot: float, max_ttft: float
) -> float:
    """The same by looking at every count."""
    terms, prefill = replica
    counts = np.arange(1, int(limit) + 1, dtype=float)
    within = tpot_s(terms, prefill, num_sequences=counts, output_tokens=output_tokens) <= max_tpot
    within &= ttft_s(terms, prefill, num_sequences=counts, output_tokens=output_tokens) <= max_ttft
    return float(counts[within].max(initial=0.0))


@given(replicas(), st.integers(1, 300), st.floats(0.005, 0.5), st.floats(0.05, 5.0), st.floats(1.0, 2000.0))
def test_capacity_equals_a_look_at_every_count(
    replica: Replica, limit: int, max_tpot: float, max_ttft: float, output_tokens: float
) -> None:
    terms, prefill = replica
    found = float(
        capacity_sequences(
            terms,
            prefill,
            output_tokens=output_tokens,
            max_sequences=limit,
            max_tpot_s=max_tpot,
            max_ttft_s=max_ttft,
        )
    )
    expected = finest_capacity(replica, output_tokens, limit, max_tpot, max_ttft)
    if found != expected:  # a count that meets its target to the last bit may be rounded either way
        edge = max(found, expected)
        tpot = tpot_s(terms, prefill, num_sequences=edge, output_tokens=output_tokens)
        ttft = ttft_s(terms, prefill, num_sequences=edge, output_tokens=output_tokens)
        assert np.isclose(tpot, max_tpot, rtol=1e-9) or np.isclose(ttft, max_ttft, rtol=1e-9)


@given(replicas(), st.floats(1.0, 500.0), st.floats(1.0, 500.0), st.floats(1.0, 2000.0))
def test_latencies_never_fall_with_more_sequences(
    replica: Replica, one: float, other: float, output_tokens: float
) -> None:
    terms, prefill = replica
    few, many = sorted((one, other))
    for latency in (tpot_s, ttft_s):
        low = latency(terms, prefill, num_sequences=few, output_tokens=output_tokens)
        high = latency(terms, prefill, num_sequences=many, output_tokens=output_tokens)
        assert low <= high * (1 + 1e-12)


@given(replicas(), st.floats(1.0, 400.0), st.floats(0.0, 100.0), st.integers(1, 256), st.floats(1.0, 1000.0))
def test_a_closed_loop_obeys_littles_law(
    replica: Replica, num_users: float, think_time: float, limit: int, output_tokens: float
) -> None:
    terms, prefill = replica
    state = load_at(
        terms,
        prefill,
        num_users=num_users,
        think_time_s=think_time,
        output_tokens=output_tokens,
        max_sequences=limit,
    )
    # everybody waits, is served or thinks: N = rate x (TTFT + output tokens x TPOT + think time)
    cycle_s = state.ttft_s + output_tokens * state.tpot_s + think_time
    assert state.requests_per_s * cycle_s == pytest.approx(num_users, rel=2e-3)
    assert state.num_running <= min(limit, num_users) + 1e-9


@given(replicas(), st.floats(0.01, 0.95), st.integers(1, 256), st.floats(1.0, 1000.0))
def test_an_open_loop_obeys_littles_law_below_its_maximum(
    replica: Replica, share: float, limit: int, output_tokens: float
) -> None:
    terms, prefill = replica
    rate = share * max_requests_per_s(terms, prefill, output_tokens=output_tokens, max_sequences=limit)
    state = poisson_at(terms, prefill, requests_per_s=rate, output_tokens=output_tokens, max_sequences=limit)
    assert state.is_stable
    held = rate * (state.ttft_s + output_tokens * state.tpot_s)
    assert state.num_running == pytest.approx(min(held, limit), rel=2e-3, abs=1e-6)


@given(replicas(), st.floats(1.0, 1000.0))
def test_without_load_a_request_sees_a_single_stream(replica: Replica, output_tokens: float) -> None:
    terms, prefill = replica
    state = poisson_at(terms, prefill, requests_per_s=1e-9, output_tokens=output_tokens, max_sequences=64)
    assert state.tpot_s == pytest.approx(float(step_s(terms, 1.0)), rel=1e-6)
    assert state.ttft_s == pytest.approx(terms.ingest_s + prefill + float(step_s(terms, 1.0)) / 2, rel=1e-6)


@given(replicas(), st.integers(1, 256), st.floats(0.0, 300.0), st.floats(1.0, 1000.0))
def test_planned_users_keep_nine_tenths_of_the_moments_within_the_sequences(
    replica: Replica, count: int, think_time: float, output_tokens: float
) -> None:
    terms, prefill = replica
    users = float(
        users_per_replica(
            terms, prefill, num_sequences=count, think_time_s=think_time, output_tokens=output_tokens
        )
    )
    state = load_at(
        terms,
        prefill,
        num_users=users,
        think_time_s=think_time,
        output_tokens=output_tokens,
        max_sequences=count,
    )
    assert users >= count
    assert state.num_running <= count
    more = float(
        users_per_replica(
            terms, prefill, num_sequences=count + 1, think_time_s=think_time, output_tokens=output_tokens
        )
    )
    assert more >= users * (1 - 1e-12)


def test_no_sequences_carry_nobody() -> None:
    terms = StepTerms(
        fixed_s=0.001, launch_s=0.0, dense_s=0.01, expert_s=0.0, expert_ratio=1.0, sequence_s=1e-4, compute_s=1e-5,
        ingest_s=0.0,
    )  # fmt: skip
    assert users_per_replica(terms, 0.1, num_sequences=0.0, think_time_s=5.0, output_tokens=100.0) == 0.0


@given(replicas(), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_an_array_of_limits_gives_what_each_limit_gives(replica: Replica, limits: list[int]) -> None:
    terms, prefill = replica

    def counted(max_sequences: Number) -> Array:
        return np.asarray(
            capacity_sequences(
                terms,
                prefill,
                output_tokens=100.0,
                max_sequences=max_sequences,
                max_tpot_s=0.1,
                max_ttft_s=2.0,
            )
        )

    assert counted(np.array(limits, dtype=float)).tolist() == [float(counted(limit)) for limit in limits]
