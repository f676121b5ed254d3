"""The simulator against queues with known answers.

With one place and answers of one token a replica is a single server whose service is the prompt. Mean wait
(Pollaczek-Khinchine): rate E[S^2] / (2 (1 - rate E[S])); M/D/1: S^2, M/M/1: 2 E[S]^2 for E[S^2].
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.simulated import single_server

from sizewise.estimate.simulate import simulate
from sizewise.estimate.simulate_arrivals import GivenTimes, closed_loop, poisson_times
from sizewise.estimate.simulate_figures import experience

NUM_ROWS, NUM_EACH = 96, 2500
PROMPT_TOKEN_S = 1e-3


def mean_wait_s(prompts: np.ndarray, rate: float, seed: int = 5) -> float:
    generator = np.random.default_rng(seed)
    times = poisson_times(generator, requests_per_s=rate, num_rows=NUM_ROWS, num_each=NUM_EACH)
    answers = np.ones_like(prompts)
    result = simulate(
        single_server(PROMPT_TOKEN_S), GivenTimes(times), input_tokens=prompts, output_tokens=answers
    )
    return float(experience(result).waited_s.mean())


@pytest.mark.parametrize(("busy", "expected_s"), [(0.3, 0.0214), (0.5, 0.05), (0.7, 0.1167)])
def test_m_d_1_mean_wait(busy: float, expected_s: float) -> None:
    """Service 0.1 s: 0.3 x 0.1 / (2 x 0.7) = 0.0214 s, 0.5 x 0.1 / (2 x 0.5) = 0.05 s, 0.7 x 0.1 / 0.6 = 0.1167 s."""
    prompts = np.full((NUM_ROWS, NUM_EACH), 100.0)
    assert mean_wait_s(prompts, busy / 0.1) == pytest.approx(expected_s, rel=0.04)


def test_m_g_1_mean_wait_with_two_lengths() -> None:
    """Prompts of 20 and 380 tokens, half each: E[S] 0.2 s, E[S^2] (0.02^2 + 0.38^2) / 2 = 0.0724 s^2; at 2.5/s the
    server is busy 0.5 of the time and the wait is 2.5 x 0.0724 / (2 x 0.5) = 0.181 s."""
    chosen = np.random.default_rng(8).integers(2, size=(NUM_ROWS, NUM_EACH))
    assert mean_wait_s(np.where(chosen, 380.0, 20.0), 2.5) == pytest.approx(0.181, rel=0.05)


def test_m_m_1_mean_wait_with_exponential_lengths() -> None:
    """Exponential prompts of 1,000 tokens on average, 1 s: at 0.6/s the wait is 0.6 / (1 - 0.6) x 1 s = 1.5 s."""
    generator = np.random.default_rng(9)
    prompts = np.maximum(np.rint(generator.standard_exponential((NUM_ROWS, NUM_EACH)) * 1000), 1.0)
    assert mean_wait_s(prompts, 0.6) == pytest.approx(1.5, rel=0.06)


def test_machine_repairmen_throughput() -> None:
    """Two users who pause 1 s (exponential) and one server of 0.5 s, deterministic.

    After a service of D = 0.5 s the other user waits already with 1 - e^-0.5 = 0.3935 (his pause ended meanwhile).
    Otherwise both pause, and the server idles for min of two exponentials, 0.5 s on average. A cycle is therefore
    0.5 + 0.6065 x 0.5 = 0.8033 s: 1.2449 requests/s.
    """
    generator = np.random.default_rng(3)
    arrivals = closed_loop(
        generator, num_users=2, think_time_s=1.0, num_rows=NUM_ROWS, num_each=NUM_EACH, spread_s=1.0
    )
    prompts = np.full((NUM_ROWS, NUM_EACH), 500.0)
    result = simulate(
        single_server(PROMPT_TOKEN_S), arrivals, input_tokens=prompts, output_tokens=np.ones_like(prompts)
    )
    assert experience(result).requests_per_s == pytest.approx(1.2449, rel=0.01)


def test_one_request_by_hand() -> None:
    """A prompt of 100 tokens at 1 ms, then 3 steps of 10 ms for tokens 2 to 4: 0.1 and 0.13 s after arriving at 5 s."""
    result = simulate(
        single_server(PROMPT_TOKEN_S, step_s=0.01), GivenTimes(np.array([[5.0]])),
        input_tokens=np.array([[100.0]]), output_tokens=np.array([[4.0]]),
    )  # fmt: skip
    assert result.first_token_s[0, 0] == pytest.approx(5.1)
    assert result.finished_s[0, 0] == pytest.approx(5.13)


def test_two_requests_by_hand() -> None:
    """The second arrives at 5.105 s, during the step that ends at 5.11 s.

    The first has its token 2 at 5.11; the next step takes the prompt along: 0.01 + 0.1 s, so both have a token at
    5.22: the first its third, the second its first. One step more and both end, at 5.23.
    """
    result = simulate(
        single_server(PROMPT_TOKEN_S, max_running=2, step_s=0.01), GivenTimes(np.array([[5.0, 5.105]])),
        input_tokens=np.array([[100.0, 100.0]]), output_tokens=np.array([[4.0, 2.0]]),
    )  # fmt: skip
    assert result.first_token_s[0].tolist() == pytest.approx([5.1, 5.22])
    assert result.finished_s[0].tolist() == pytest.approx([5.23, 5.23])


def test_answers_stall_while_a_prompt_is_read_where_the_engine_does_so() -> None:
    """As above, but the prompt is read alone: 0.1 s until 5.21; token 3 of the first comes at 5.22, token 4 at 5.23."""
    result = simulate(
        single_server(PROMPT_TOKEN_S, max_running=2, step_s=0.01, stalls_answers=True),
        GivenTimes(np.array([[5.0, 5.105]])),
        input_tokens=np.array([[100.0, 100.0]]), output_tokens=np.array([[4.0, 2.0]]),
    )  # fmt: skip
    assert result.first_token_s[0].tolist() == pytest.approx([5.1, 5.21])
    assert result.finished_s[0].tolist() == pytest.approx([5.23, 5.22])
