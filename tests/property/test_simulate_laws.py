"""Laws of the simulator: what must hold for any replica and any arrivals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.estimate.simulate import Simulated, simulate
from sizewise.estimate.simulate_arrivals import GivenTimes, closed_loop, gamma_times
from sizewise.estimate.simulate_state import SimulatedEngine

ROUNDING = 1e-9
LONGEST_PROMPT, LONGEST_ANSWER = 200, 60


@dataclass(frozen=True)
class Setting:
    """A replica and its requests."""

    engine: SimulatedEngine
    times: np.ndarray
    prompts: np.ndarray
    answers: np.ndarray

    def run(self) -> Simulated:
        return simulate(
            self.engine, GivenTimes(self.times), input_tokens=self.prompts, output_tokens=self.answers
        )


@st.composite
def engines(draw: st.DrawFn) -> SimulatedEngine:
    """Few places, pools down to the longest request, chunks down to a few tokens."""
    places = draw(st.integers(1, 6))
    table = draw(st.floats(1e-4, 0.01)) + draw(st.floats(0, 1e-3)) * np.arange(places + 1.0)
    table[0] = draw(st.floats(0.0, 1e-4))
    smallest = LONGEST_PROMPT + LONGEST_ANSWER + 16.0
    return SimulatedEngine(
        step_table_s=table,
        cache_token_s=draw(st.floats(0.0, 1e-6)),
        prompt_token_s=draw(st.floats(1e-6, 1e-4)),
        prompt_square_s=draw(st.floats(0.0, 1e-8)),
        ingest_s=draw(st.floats(0.0, 0.02)),
        max_running=places,
        token_budget=draw(st.sampled_from((16, 64, 8192))),
        pool_tokens=draw(st.sampled_from((np.inf, smallest, 1.5 * smallest))),
        block_tokens=16,
        stalls_answers=draw(st.booleans()),
    )


@st.composite
def settings(draw: st.DrawFn) -> Setting:
    """Any load from idle to hopeless."""
    seed, rows, count = draw(st.integers(0, 2**20)), draw(st.integers(1, 3)), draw(st.integers(1, 25))
    generator = np.random.default_rng(seed)
    return Setting(
        engine=draw(engines()),
        times=gamma_times(
            generator, requests_per_s=draw(st.floats(0.5, 500.0)), variation=draw(st.sampled_from((0.5, 1.0, 3.0))),
            num_rows=rows, num_each=count,
        ),
        prompts=generator.integers(1, LONGEST_PROMPT + 1, (rows, count)).astype(float),
        answers=generator.integers(1, LONGEST_ANSWER + 1, (rows, count)).astype(float),
    )  # fmt: skip


@given(settings())
def test_every_request_ends_and_in_its_order(setting: Setting) -> None:
    result = setting.run()
    assert np.isfinite(result.finished_s).all()
    assert (result.admitted_s >= result.arrival_s + setting.engine.ingest_s - ROUNDING).all()
    assert (result.first_token_s >= result.admitted_s).all()
    assert (result.finished_s >= result.first_token_s).all()


@given(settings())
def test_who_comes_first_is_admitted_first(setting: Setting) -> None:
    assert (np.diff(setting.run().admitted_s, axis=1) >= 0).all()


@given(settings())
def test_no_more_run_than_there_are_places(setting: Setting) -> None:
    result = setting.run()
    for admitted, finished in zip(result.admitted_s, result.finished_s, strict=True):
        running = (admitted[:, None] <= admitted[None, :]) & (
            finished[:, None] > admitted[None, :] + ROUNDING
        )
        assert running.sum(axis=0).max() <= setting.engine.max_running


@given(settings())
def test_work_is_conserved(setting: Setting) -> None:
    """A replica is never idle while somebody waits: it works whenever between arrival and end of any request."""
    result = setting.run()
    for row in range(len(result.arrival_s)):
        starts, ends = result.arrival_s[row] + setting.engine.ingest_s, result.finished_s[row]
        covered, reached = 0.0, -np.inf
        for start, end in sorted(zip(starts.tolist(), ends.tolist(), strict=True)):
            covered += max(end - max(start, reached), 0.0)
            reached = max(reached, end)
        assert abs(result.busy_s[row] - covered) < 1e-6 + 1e-9 * reached


@given(settings())
def test_reading_every_prompt_is_part_of_the_busy_time(setting: Setting) -> None:
    result = setting.run()
    reading_s = setting.engine.reading_s(setting.prompts).sum(axis=1)
    assert (result.busy_s >= reading_s - ROUNDING).all()


@given(settings())
def test_the_same_input_gives_the_same_answer(setting: Setting) -> None:
    first, again = setting.run(), setting.run()
    assert np.array_equal(first.finished_s, again.finished_s)
    assert np.array_equal(first.first_token_s, again.first_token_s)


@given(settings())
def test_rows_do_not_see_one_another(setting: Setting) -> None:
    together = setting.run()
    last = len(setting.times) - 1
    alone = replace(
        setting, times=setting.times[last:], prompts=setting.prompts[last:], answers=setting.answers[last:]
    ).run()
    assert np.allclose(alone.finished_s[0], together.finished_s[last], rtol=1e-12, atol=1e-12)


@given(settings(), st.floats(1.0, 3.0))
def test_a_slower_replica_never_finishes_a_lone_request_earlier(setting: Setting, factor: float) -> None:
    lone = replace(
        setting, times=setting.times[:1, :1], prompts=setting.prompts[:1, :1], answers=setting.answers[:1, :1]
    )
    slow = replace(lone, engine=replace(lone.engine, step_table_s=lone.engine.step_table_s * factor))
    assert slow.run().finished_s[0, 0] >= lone.run().finished_s[0, 0] - ROUNDING


@given(settings())
def test_an_endless_pool_sends_nobody_back(setting: Setting) -> None:
    endless = replace(setting, engine=replace(setting.engine, pool_tokens=np.inf))
    assert endless.run().num_preemptions.sum() == 0


@pytest.mark.slow
@given(engines(), st.integers(0, 2**20), st.integers(1, 8), st.floats(0.0, 0.5))
def test_users_of_a_closed_loop_never_have_two_requests(
    engine: SimulatedEngine, seed: int, num_users: int, pause_s: float
) -> None:
    generator, shape = np.random.default_rng(seed), (2, 30)
    arrivals = closed_loop(
        generator, num_users=num_users, think_time_s=pause_s, num_rows=2, num_each=30, spread_s=1.0
    )
    result = simulate(
        engine, arrivals, input_tokens=generator.integers(1, LONGEST_PROMPT + 1, shape).astype(float),
        output_tokens=generator.integers(1, LONGEST_ANSWER + 1, shape).astype(float),
    )  # fmt: skip
    for arrival, finished in zip(result.arrival_s, result.finished_s, strict=True):
        inside = (arrival[:, None] <= arrival[None, :]) & (finished[:, None] > arrival[None, :] + ROUNDING)
        assert inside.sum(axis=0).max() <= num_users
