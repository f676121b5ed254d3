"""The shortlisted deployment under simulated load: many loads and seeds side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.poisson_capacity import SHARE
from sizewise.decide.evaluate import mean_held_tokens, num_replicas
from sizewise.domain.capacity import LoadFigures, Percentiles, SimulationResult
from sizewise.estimate.simulate import simulate
from sizewise.estimate.simulate_arrivals import GivenTimes, closed_loop, gamma_times
from sizewise.estimate.simulate_figures import experience

if TYPE_CHECKING:
    from numpy.random import Generator

    from sizewise.advisor.capacity_case import Case
    from sizewise.domain.number import Array
    from sizewise.estimate.lengths import Lengths
    from sizewise.estimate.simulate import Simulated
    from sizewise.estimate.simulate_arrivals import ClosedLoop
    from sizewise.sources.trace import Trace

STEPS = np.array([0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5])
"""Simulated loads over the limit of the closed form. [ratio]"""
REQUEST_BUDGET = 72_000
"""Requests that are followed in all, unless that leaves a row too short. [count]"""
FEWEST_EACH, MOST_EACH = 400, 4000
"""Requests of a row. [count]"""
LIVES = 10
"""A row is long enough when it sends so many times the requests that run at once, or users that take part."""
MOST_SEEDS = 8
MOST_ROUNDS = 6
"""While the heaviest load still meets the targets, heavier ones are simulated: up to 1.5^6 times the closed form."""
LIGHT_LOAD = 0.02
"""Load that is simulated where the closed form carries none: requests/s."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What is simulated, and how it arrives."""

    case: Case
    inputs: Lengths
    outputs: Lengths
    trace: Trace | None
    bursts: float
    seed: int

    def result(
        self, requests_per_s: float, num_users: float, asked_rate: float | None, asked_users: float | None
    ) -> SimulationResult:
        """Loads around the limits that the closed form found; users where users were asked for."""
        by_users = asked_users is not None
        limit = num_users if by_users else requests_per_s
        generator, count = np.random.default_rng(self.seed), 0
        for _ in range(MOST_ROUNDS):
            loads = self._loads(limit, by_users=by_users)
            shown, num_requests = self._shown(generator, loads, by_users=by_users)
            count += num_requests
            largest = self._largest(loads, shown)
            if largest < loads[-1] or limit <= 0:
                break
            limit = largest
        asked = asked_users if by_users else asked_rate
        has_answer = asked is not None and largest > 0
        return SimulationResult(
            arrivals=self._arrivals(by_users=by_users),
            seed=self.seed,
            num_requests=count,
            loads=shown,
            largest=largest,
            num_machines=int(num_replicas(asked or 0.0, np.array([largest]))[0]) if has_answer else 0,
        )

    def _shown(
        self, generator: Generator, loads: Array, *, by_users: bool
    ) -> tuple[tuple[LoadFigures, ...], int]:
        """Figures of every load, from several seeds side by side; how many requests that took."""
        seeds, num_each = self._size(loads, by_users=by_users)
        rows = np.repeat(loads, seeds)
        simulated = self._run(generator, rows, num_each, by_users=by_users)
        shown = tuple(
            self._figures(simulated, slice(i * seeds, (i + 1) * seeds), load if by_users else math.nan)
            for i, load in enumerate(loads.tolist())
        )
        return shown, len(rows) * num_each

    def _arrivals(self, *, by_users: bool) -> str:
        if by_users:
            return "users"
        if self.trace is not None:
            return "trace"
        return "poisson" if self.bursts == 1.0 else "bursts"

    def _loads(self, limit: float, *, by_users: bool) -> Array:
        """Loads around the limit; one light load where there is none."""
        if limit <= 0:
            return np.array([1.0 if by_users else LIGHT_LOAD])
        if not by_users:
            return limit * STEPS
        users: Array = np.unique(np.maximum(np.rint(limit * STEPS), 1.0))
        return users

    def _size(self, loads: Array, *, by_users: bool) -> tuple[int, int]:
        """Seeds of each load, and requests of each row."""
        at_once = loads[-1] if by_users else self._room()
        num_each = int(np.clip(LIVES * at_once, FEWEST_EACH, MOST_EACH))
        seeds = int(np.clip(REQUEST_BUDGET // (num_each * len(loads)), 1, MOST_SEEDS))
        return seeds, num_each

    def _room(self) -> float:
        """Requests that run at once at most: places, or what the pool holds of mean length. [count]"""
        engine, workload = self.case.simulated(), self.case.request.workload
        return min(engine.max_running, engine.pool_tokens / mean_held_tokens(workload))

    def _run(self, generator: Generator, rows: Array, num_each: int, *, by_users: bool) -> Simulated:
        shape = (len(rows), num_each)
        if self.trace is not None:
            times, prompts, answers = self._replayed(generator, self.trace, rows, num_each)
        else:
            prompts = self.inputs.sample_tokens(generator, shape)
            answers = self.outputs.sample_tokens(generator, shape)
            times = gamma_times(
                generator, requests_per_s=1.0 if by_users else rows, variation=self.bursts,
                num_rows=len(rows), num_each=num_each,
            )  # fmt: skip
        context = float(self.case.request.workload.context_tokens)
        answers = np.minimum(answers, context - 1)
        prompts = np.minimum(prompts, context - answers)
        arrivals = self._users(generator, rows, num_each) if by_users else GivenTimes(times)
        return simulate(self.case.simulated(), arrivals, input_tokens=prompts, output_tokens=answers)

    def _users(self, generator: Generator, rows: Array, num_each: int) -> ClosedLoop:
        """Another number of users in each row."""
        pause_s = self.case.request.workload.think_time_s
        return closed_loop(
            generator,
            num_users=rows,
            think_time_s=pause_s,
            num_rows=len(rows),
            num_each=num_each,
            spread_s=max(pause_s, 1.0),
        )

    def _replayed(
        self, generator: Generator, trace: Trace, rows: Array, num_each: int
    ) -> tuple[Array, Array, Array]:
        """The trace from a random place on, again from its beginning after its end, at the rate of each row."""
        times = np.array(trace.arrival_s)
        gaps = np.diff(times, append=times[-1] + times[-1] / (len(times) - 1))
        here = generator.integers(len(times), size=(len(rows), 1)) + np.arange(num_each)
        here %= len(times)
        scale = trace.requests_per_s / rows[:, None]
        arrival_s = np.cumsum(gaps[here], axis=1) * scale
        return arrival_s, np.array(trace.input_tokens)[here], np.array(trace.output_tokens)[here]

    def _figures(self, simulated: Simulated, rows: slice, num_users: float) -> LoadFigures:
        workload = self.case.request.workload
        felt = experience(simulated).rows(rows)
        is_met = felt.meets(max_ttft_s=workload.max_ttft_s, max_tpot_s=workload.max_tpot_s)
        rate, attained = felt.requests_per_s, float(is_met.mean())
        lives_s = (felt.finished_s - felt.arrival_s - felt.waited_s).mean()
        return LoadFigures(
            num_users=num_users,
            requests_per_s=rate,
            output_tokens_per_s=rate * float(felt.output_tokens.mean()),
            num_running=rate * float(lives_s),
            ttft=_percentiles(felt.ttft_s),
            tpot=_percentiles(felt.tpot_s),
            attained_ratio=attained,
            goodput_requests_per_s=rate * attained,
            preempted_ratio=float(simulated.num_preemptions[rows].sum() / simulated.input_tokens[rows].size),
            wait_growth=felt.wait_growth,
        )

    def _largest(self, loads: Array, shown: tuple[LoadFigures, ...]) -> float:
        """Largest load before the first whose 95th percentiles miss a target; 0 where the lightest misses."""
        workload = self.case.request.workload
        largest = 0.0
        for load, figures in zip(loads.tolist(), shown, strict=True):
            if figures.ttft.p95_s > workload.max_ttft_s or figures.tpot.p95_s > workload.max_tpot_s:
                break
            largest = load
        return largest


def _percentiles(values_s: Array) -> Percentiles:
    p50, p95, p99 = np.quantile(values_s, (0.5, SHARE, 0.99)).tolist()
    return Percentiles(mean_s=float(values_s.mean()), p50_s=p50, p95_s=p95, p99_s=p99)
