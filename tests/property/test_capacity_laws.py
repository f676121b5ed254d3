"""Laws of the steady state, its percentiles and the largest load."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sizewise.estimate.largest_load import largest_num_users, largest_requests_per_s
from sizewise.estimate.lengths import lognormal_lengths, observed_lengths
from sizewise.estimate.percentiles import felt_by_users, felt_poisson, lognormal_percentile, lognormal_share
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica, latencies, steady_users, top_requests_per_s

SHARES = (0.5, 0.9, 0.95, 0.99)


@st.composite
def replicas(draw: st.DrawFn) -> Replica:
    """Dense or sparse, from one place to hundreds."""
    launch_s = draw(st.floats(1e-5, 5e-3))
    is_sparse = draw(st.booleans())
    terms = StepTerms(
        fixed_s=launch_s + draw(st.floats(1e-6, 0.01)),
        dense_s=draw(st.floats(1e-5, 0.05)),
        expert_s=draw(st.floats(1e-5, 0.05)) if is_sparse else 0.0,
        expert_ratio=draw(st.floats(0.01, 0.5)) if is_sparse else 1.0,
        sequence_s=draw(st.floats(1e-7, 2e-3)),
        compute_s=draw(st.floats(1e-8, 2e-3)),
        ingest_s=0.0156,
    )
    return Replica(
        terms=terms,
        prompt_s=draw(st.floats(1e-3, 1.0)),
        launch_s=launch_s,
        output_tokens=draw(st.floats(2.0, 2000.0)),
        input_variation=draw(st.sampled_from((0.0, 0.5, 1.5))),
        output_variation=draw(st.sampled_from((0.0, 0.75))),
        max_sequences=float(draw(st.integers(1, 300))),
    )


@given(replicas(), st.floats(0.01, 0.99))
def test_higher_percentiles_are_never_shorter(replica: Replica, load: float) -> None:
    felt = felt_poisson(replica, load * float(top_requests_per_s(replica)))
    for latency in (felt.ttft_s, felt.tpot_s):
        values = [float(latency(share)) for share in SHARES]
        assert all(a <= b * (1 + 1e-6) for a, b in pairwise(values))


@given(replicas(), st.floats(0.01, 0.9), st.floats(1.01, 1.09))
def test_more_requests_never_run_faster(replica: Replica, load: float, factor: float) -> None:
    top = float(top_requests_per_s(replica))
    light, heavy = felt_poisson(replica, load * top), felt_poisson(replica, load * factor * top)
    assert float(heavy.load.tpot_s) >= float(light.load.tpot_s) * (1 - 1e-9)
    assert float(heavy.mean_ttft_s) >= float(light.mean_ttft_s) * (1 - 1e-9)


@given(replicas(), st.floats(1.001, 5.0))
def test_a_load_beyond_the_limit_is_unknown_and_not_stable(replica: Replica, factor: float) -> None:
    felt = felt_poisson(replica, factor * float(top_requests_per_s(replica)))
    assert not felt.load.is_stable
    assert np.isnan(felt.ttft_s(0.95))
    assert np.isnan(felt.tpot_s(0.95))


@given(replicas(), st.integers(1, 300))
def test_users_who_never_pause_run_all_the_time(replica: Replica, num_users: int) -> None:
    """Each feels the step of all who have a place, and the prompts of the others."""
    state = steady_users(replica, float(num_users), 0.0)
    running = min(num_users, replica.max_sequences)
    assert np.isclose(float(state.num_running), running)
    assert np.isclose(float(state.tpot_s), float(latencies(replica, running).tpot_s), rtol=1e-9)


@given(replicas(), st.integers(1, 500), st.floats(0.0, 60.0))
def test_users_are_running_waiting_or_pausing(replica: Replica, num_users: int, think_time_s: float) -> None:
    """Little's law: N = rate x (TTFT + output x TPOT + pause)."""
    state = steady_users(replica, float(num_users), think_time_s)
    cycle_s = state.ttft_s + replica.output_tokens * state.tpot_s + think_time_s
    assert np.isclose(float(state.requests_per_s * cycle_s), num_users, rtol=1e-6)


@given(replicas(), st.floats(0.01, 5.0), st.floats(0.002, 0.5), st.floats(1.1, 3.0))
def test_looser_targets_never_carry_less(replica: Replica, ttft: float, tpot: float, factor: float) -> None:
    tight = largest_requests_per_s(replica, share=0.95, max_ttft_s=ttft, max_tpot_s=tpot)
    loose = largest_requests_per_s(replica, share=0.95, max_ttft_s=ttft * factor, max_tpot_s=tpot * factor)
    assert loose >= tight * (1 - 1e-3)


@given(replicas(), st.floats(0.05, 5.0), st.floats(0.005, 0.5))
def test_the_largest_rate_meets_the_targets_and_a_little_more_does_not(
    replica: Replica, ttft: float, tpot: float
) -> None:
    top = float(top_requests_per_s(replica))
    rate = largest_requests_per_s(replica, share=0.95, max_ttft_s=ttft, max_tpot_s=tpot)
    if rate > 0:
        felt = felt_poisson(replica, rate)
        assert felt.ttft_s(0.95) <= ttft
        assert felt.tpot_s(0.95) <= tpot
    if rate < 0.99 * top:
        more = felt_poisson(replica, rate + 0.001 * top)
        assert more.ttft_s(0.95) > ttft or more.tpot_s(0.95) > tpot


@given(replicas(), st.floats(0.05, 5.0), st.floats(0.005, 0.5), st.floats(0.0, 60.0))
def test_the_most_users_meet_the_targets(replica: Replica, ttft: float, tpot: float, pause_s: float) -> None:
    users = largest_num_users(replica, share=0.95, max_ttft_s=ttft, max_tpot_s=tpot, think_time_s=pause_s)
    assert users == int(users)
    if 0 < users < 1e4:
        felt = felt_by_users(replica, users, pause_s)
        assert felt.ttft_s(0.95) <= ttft * (1 + 1e-9)
        assert felt.tpot_s(0.95) <= tpot * (1 + 1e-9)


@given(replicas(), st.floats(0.05, 0.95))
def test_an_array_of_loads_gives_what_single_loads_give(replica: Replica, load: float) -> None:
    rates = float(top_requests_per_s(replica)) * np.array([load / 2, load])
    both = felt_poisson(replica, rates)
    for i, rate in enumerate(rates.tolist()):
        single = felt_poisson(replica, rate)
        assert np.isclose(float(both.ttft_s(0.95)[i]), float(single.ttft_s(0.95)), rtol=1e-6)
        assert np.isclose(float(both.tpot_s(0.95)[i]), float(single.tpot_s(0.95)), rtol=1e-9)


@given(replicas(), st.floats(0.05, 0.9))
def test_uneven_prompts_never_shorten_the_slowest(replica: Replica, load: float) -> None:
    """To half a percent: two moments stand for the whole distribution, and nothing orders what they leave out."""
    rate = load * float(top_requests_per_s(replica))
    even = felt_poisson(replace(replica, input_variation=0.0), rate)
    uneven = felt_poisson(replace(replica, input_variation=1.0), rate)
    assert uneven.ttft_s(0.95) >= even.ttft_s(0.95) * (1 - 5e-3)


@given(st.floats(1e-3, 1e3), st.floats(1e-4, 2.0), st.sampled_from(SHARES))
def test_percentile_and_share_of_a_log_normal_invert(mean: float, variation: float, share: float) -> None:
    variance = (mean * variation) ** 2
    value = lognormal_percentile(mean, variance, share)
    assert abs(float(lognormal_share(value, mean, variance)) - share) < 1e-3


@given(st.floats(1.0, 1e5), st.floats(0.0, 2.0))
def test_lengths_keep_their_mean_and_are_sorted(mean: float, variation: float) -> None:
    lengths = lognormal_lengths(mean, variation)
    assert np.isclose(lengths.mean_tokens, mean)
    assert list(lengths.values_tokens) == sorted(lengths.values_tokens)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=40), st.integers(0, 2**20))
def test_sampled_lengths_are_among_those_observed(tokens: list[int], seed: int) -> None:
    sampled = observed_lengths(np.array(tokens)).sample_tokens(np.random.default_rng(seed), (3, 7))
    assert set(sampled.reshape(-1).tolist()) <= {float(t) for t in tokens}
