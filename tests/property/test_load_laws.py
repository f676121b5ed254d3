"""Laws of load: how many requests may run, and how many users that carries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.estimate.load import busy_ratio, capacity_sequences, users_per_replica
from sizewise.estimate.speed import StepTerms, step_s
from sizewise.estimate.steady import Replica, latencies, steady_poisson, steady_users, top_requests_per_s

seconds = st.floats(1e-6, 0.05)


@st.composite
def replicas(draw: st.DrawFn) -> Replica:
    """A dense or sparse model, one place to 300, prompts of a moment to a second, answers of at least a few tokens."""
    launch_s = draw(st.floats(1e-5, 5e-3))
    is_sparse = draw(st.booleans())
    terms = StepTerms(
        fixed_s=np.float64(launch_s + draw(seconds)),
        dense_s=np.float64(draw(seconds)),
        expert_s=np.float64(draw(seconds) if is_sparse else 0.0),
        expert_ratio=np.float64(draw(st.floats(0.01, 0.5)) if is_sparse else 1.0),
        sequence_s=np.float64(draw(st.floats(1e-7, 2e-3))),
        compute_s=np.float64(draw(st.floats(1e-8, 2e-3))),
        ingest_s=0.0156,
    )
    return Replica(
        terms=terms,
        prompt_s=draw(st.floats(1e-4, 1.0)),
        launch_s=launch_s,
        output_tokens=draw(st.floats(4.0, 2000.0)),
        max_sequences=float(draw(st.integers(1, 300))),
    )


@given(replicas(), st.floats(0.005, 0.5), st.floats(0.05, 5.0))
def test_capacity_equals_a_look_at_every_count(replica: Replica, max_tpot: float, max_ttft: float) -> None:
    found = float(capacity_sequences(replica, max_tpot_s=max_tpot, max_ttft_s=max_ttft))
    counts = np.arange(1.0, float(replica.max_sequences) + 1.0)
    ttft, tpot = latencies(replica, counts)
    expected = float(counts[(tpot <= max_tpot) & (ttft <= max_ttft)].max(initial=0.0))
    if found != expected:  # a count that meets its target to the last bit may be rounded either way
        edge = latencies(replica, max(found, expected))
        assert np.isclose(edge.tpot_s, max_tpot, rtol=1e-9) or np.isclose(edge.ttft_s, max_ttft, rtol=1e-9)


@given(replicas(), st.floats(1.0, 500.0), st.floats(1.0, 500.0))
def test_latencies_never_fall_with_more_sequences(replica: Replica, one: float, other: float) -> None:
    few, many = (latencies(replica, count) for count in sorted((one, other)))
    assert few.ttft_s <= many.ttft_s * (1 + 1e-12)
    assert few.tpot_s <= many.tpot_s * (1 + 1e-12)


@given(replicas(), st.integers(1, 200), st.integers(1, 200))
def test_a_larger_batch_never_lowers_the_step_and_never_lowers_its_tokens_per_second(
    replica: Replica, one: int, other: int
) -> None:
    few, many = sorted((float(one), float(other)))
    steps = float(step_s(replica.terms, few)), float(step_s(replica.terms, many))
    assert steps[0] <= steps[1] * (1 + 1e-12)
    assert few / steps[0] <= many / steps[1] * (1 + 1e-9)


@given(replicas(), st.floats(0.01, 0.95))
def test_an_open_loop_obeys_littles_law_below_its_maximum(replica: Replica, share: float) -> None:
    rate = share * float(top_requests_per_s(replica))
    state = steady_poisson(replica, rate)
    queued_s = state.queueing_ratio * state.queued_s
    held = rate * (state.ttft_s - queued_s + replica.output_tokens * state.tpot_s)
    assert state.is_stable
    assert state.num_running == pytest.approx(min(held, replica.max_sequences), rel=2e-3, abs=1e-6)


@given(replicas())
def test_without_load_a_request_sees_a_single_stream(replica: Replica) -> None:
    state = steady_poisson(replica, 1e-9)
    alone = float(replica.prefill_s) + 0.0156
    assert state.tpot_s == pytest.approx(float(step_s(replica.terms, 1.0)), rel=1e-5)
    assert state.ttft_s == pytest.approx(alone, rel=1e-5)


@given(replicas(), st.integers(1, 256), st.floats(0.0, 300.0))
def test_planned_users_keep_nine_tenths_of_the_moments_within_the_sequences(
    replica: Replica, count: int, think_time: float
) -> None:
    users = float(users_per_replica(replica, num_sequences=count, think_time_s=think_time))
    state = steady_users(replace(replica, max_sequences=float(count)), users, think_time)
    more = float(users_per_replica(replica, num_sequences=count + 1, think_time_s=think_time))
    assert users >= count
    assert state.num_running <= count * (1 + 1e-12)
    assert more >= users * (1 - 1e-12)


def test_no_sequences_carry_nobody() -> None:
    terms = StepTerms(
        fixed_s=0.001, dense_s=0.01, expert_s=0.0, expert_ratio=1.0, sequence_s=1e-4, compute_s=1e-5, ingest_s=0.0
    )  # fmt: skip
    replica = Replica(terms=terms, prompt_s=0.1, launch_s=0.0, output_tokens=100.0, max_sequences=8.0)
    assert users_per_replica(replica, num_sequences=0.0, think_time_s=5.0) == 0.0
    assert busy_ratio(1.0, 0.0) == 0.0


@given(st.floats(0.0, 1.0), st.integers(1, 12))
def test_a_replica_works_while_anybody_waits_for_an_answer(active: float, num_users: int) -> None:
    nobody = 1.0
    for _ in range(num_users):
        nobody *= 1.0 - active
    assert float(busy_ratio(active, num_users)) == pytest.approx(1.0 - nobody, abs=1e-12)


@given(replicas(), st.lists(st.integers(1, 200), min_size=1, max_size=6))
def test_an_array_of_limits_gives_what_each_limit_gives(replica: Replica, limits: list[int]) -> None:
    def counted(max_sequences: object) -> list[float]:
        limited = replace(replica, max_sequences=np.asarray(max_sequences, dtype=np.float64))
        found = capacity_sequences(limited, max_tpot_s=0.1, max_ttft_s=2.0)
        return [float(count) for count in np.atleast_1d(found)]

    assert counted(limits) == [counted(limit)[0] for limit in limits]
