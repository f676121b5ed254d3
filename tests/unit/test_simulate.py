"""The simulator's pieces: preemption, arrivals, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulated import (
    CACHE_TOKEN_S,
    INPUT_TOKENS,
    LAUNCH_S,
    PREFILL_S,
    TERMS,
    single_server,
    worked_example,
)

from sizewise.estimate.lengths import lognormal_lengths
from sizewise.estimate.simulate import simulate
from sizewise.estimate.simulate_arrivals import GivenTimes, gamma_times, poisson_times
from sizewise.estimate.simulate_figures import experience


def test_a_full_pool_sends_the_youngest_back_and_it_is_read_again() -> None:
    """Two prompts of 1,000 tokens fill 2,016 of 2,058 tokens: the younger goes back, the elder is not touched."""
    arguments = {"input_tokens": np.full((1, 2), 1000.0), "output_tokens": np.full((1, 2), 30.0)}
    times = np.array([[1.0, 1.0]])
    full = simulate(worked_example(pool_tokens=2058), GivenTimes(times), **arguments)
    free = simulate(worked_example(), GivenTimes(times), **arguments)
    assert full.num_preemptions.tolist() == [1]
    assert full.first_token_s.tolist() == free.first_token_s.tolist()
    assert full.finished_s[0, 0] <= free.finished_s[0, 0]
    assert full.finished_s[0, 1] > free.finished_s[0, 1] + 0.9 * (PREFILL_S - LAUNCH_S)


def test_a_request_that_no_pool_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        simulate(
            worked_example(pool_tokens=500), GivenTimes(np.array([[1.0]])),
            input_tokens=np.array([[600.0]]), output_tokens=np.array([[1.0]]),
        )  # fmt: skip


def test_a_prompt_is_read_in_chunks_that_leave_the_answers_their_tokens() -> None:
    """100 tokens in a budget of 30 take 4 steps of 0 launches and 1 ms a token: the time does not change."""
    engine = single_server(1e-3)
    chunked = engine.__class__(**{**engine.__dict__, "token_budget": 30})
    result = simulate(
        chunked,
        GivenTimes(np.array([[2.0]])),
        input_tokens=np.array([[100.0]]),
        output_tokens=np.array([[1.0]]),
    )
    assert result.finished_s[0, 0] == pytest.approx(2.1)


def test_the_step_is_taken_apart_without_loss() -> None:
    """A step with 32 answers of the mean cache is that of the closed form; a prompt of mean length is its prefill."""
    engine = worked_example()
    step = engine.step_table_s[32] + 32 * 1152 * CACHE_TOKEN_S
    assert step == pytest.approx(float(TERMS.fixed_s + TERMS.dense_s + 32 * TERMS.sequence_s))
    prefill = engine.step_table_s[0] + float(engine.reading_s(np.array([INPUT_TOKENS]))[0])
    assert prefill == pytest.approx(PREFILL_S)


def test_gaps_of_bursts_vary_as_asked() -> None:
    times = gamma_times(
        np.random.default_rng(2), requests_per_s=4.0, variation=3.0, num_rows=50, num_each=4000
    )
    gaps = np.diff(times, axis=1)
    assert gaps.mean() == pytest.approx(0.25, rel=0.05)
    assert gaps.std() / gaps.mean() == pytest.approx(3.0, rel=0.05)


def test_rates_may_differ_by_row() -> None:
    rates = np.array([1.0, 10.0])
    times = poisson_times(np.random.default_rng(2), requests_per_s=rates, num_rows=2, num_each=5000)
    assert (5000 / times[:, -1]).tolist() == pytest.approx(rates.tolist(), rel=0.05)


def test_bursts_make_the_slowest_wait_longer() -> None:
    slowest = {}
    for variation in (1.0, 4.0):
        generator = np.random.default_rng(6)
        times = gamma_times(generator, requests_per_s=15.0, variation=variation, num_rows=8, num_each=500)
        result = simulate(
            worked_example(), GivenTimes(times), input_tokens=np.full(times.shape, INPUT_TOKENS),
            output_tokens=lognormal_lengths(256, 0.5).sample_tokens(generator, times.shape),
        )  # fmt: skip
        slowest[variation] = float(np.quantile(experience(result).ttft_s, 0.95))
    assert slowest[4.0] > 2 * slowest[1.0]


def test_goodput_counts_requests_that_meet_both_targets() -> None:
    times = np.arange(1.0, 41.0)[None, :]
    result = simulate(
        single_server(1e-3, step_s=0.01), GivenTimes(times), input_tokens=np.full((1, 40), 100.0),
        output_tokens=np.full((1, 40), 5.0),
    )  # fmt: skip
    felt = experience(result)
    assert felt.meets(max_ttft_s=0.11, max_tpot_s=0.011).all()
    assert not felt.meets(max_ttft_s=0.09, max_tpot_s=0.011).any()
    assert not felt.meets(max_ttft_s=0.11, max_tpot_s=0.009).any()
    assert felt.requests_per_s == pytest.approx(1.0)
