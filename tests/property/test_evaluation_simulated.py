"""Evaluations of known truth, simulated: do the intervals cover, and are wrong verdicts as rare as stated?"""

from __future__ import annotations

import numpy as np
import pytest

from sizewise.decide.enough import LEVEL, compared, look_level, looks
from sizewise.domain.evaluation import NOT_WORSE, WORSE
from sizewise.estimate.pass_rates import wilson_interval

NUM_TESTED, NUM_SOAKED = 200, 2000
NUM_ITEMS, MARGIN = 120, 0.05
WORST_BY_CHANCE = 2.6
"""Standard errors of the simulation itself that a rate may lie beyond the stated one."""
NO_DRAWS = np.empty((0, 0))


def limit(level: float, num_runs: int) -> float:
    spread: float = (level * (1 - level) / num_runs) ** 0.5
    return level + WORST_BY_CHANCE * spread


def pair(
    rng: np.random.Generator, rate: float, difference: float, agreement: float
) -> tuple[np.ndarray, np.ndarray]:
    """Grades of candidate and reference: the reference right at `rate`, the candidate at rate + difference."""
    candidate_only = (1 - agreement) * rate * (1 - rate) + max(difference, 0.0)
    reference_only = candidate_only - difference
    kinds = rng.choice(4, NUM_ITEMS, p=[
        candidate_only, reference_only, rate - reference_only, 1 - rate - candidate_only,
    ])  # fmt: skip
    return np.isin(kinds, (0, 2)).astype(float), np.isin(kinds, (1, 2)).astype(float)


def outcome(rng: np.random.Generator, difference: float, *, stops_early: bool) -> str:
    """The verdict of one evaluation; the first look that settles it counts."""
    own, other = pair(rng, rng.uniform(0.7, 0.9), difference, rng.uniform(0.5, 0.9))
    at = looks(NUM_ITEMS, stops_early=stops_early)
    for number, size in enumerate(at):
        level = look_level(number, len(at))
        found = compared(
            "a", "b", own[:size], other[:size], margin=MARGIN, level=level, draws=NO_DRAWS
        ).outcome
        if found in {NOT_WORSE, WORSE}:
            return found
    return ""


def check(num_runs: int) -> None:
    rng = np.random.default_rng(20261124)
    for stops_early in (True, False):
        at_margin = [outcome(rng, -MARGIN, stops_early=stops_early) for _ in range(num_runs)]
        assert at_margin.count(NOT_WORSE) / num_runs <= limit(LEVEL, num_runs)
        assert at_margin.count(WORSE) / num_runs <= limit(LEVEL, num_runs)
    equal = [outcome(rng, 0.0, stops_early=True) for _ in range(num_runs)]
    far = [outcome(rng, -0.25, stops_early=True) for _ in range(num_runs)]
    assert equal.count(WORSE) / num_runs <= LEVEL
    assert far.count(NOT_WORSE) == 0
    assert far.count(WORSE) / num_runs >= 0.9


def check_coverage(num_runs: int) -> None:
    rng = np.random.default_rng(7)
    rate_hits = difference_hits = 0
    for _ in range(num_runs):
        rate, difference = rng.uniform(0.3, 0.9), rng.uniform(-0.15, 0.05)
        own, other = pair(rng, rate, difference, rng.uniform(0.3, 0.9))
        low, high = wilson_interval(float(other.sum()), NUM_ITEMS)
        rate_hits += low <= rate <= high
        found = compared("a", "b", own, other, margin=MARGIN, level=LEVEL, draws=NO_DRAWS)
        difference_hits += found.low <= difference <= found.high
    noise = 0.0 if num_runs >= NUM_SOAKED else 0.025
    assert rate_hits / num_runs >= 0.95 - 0.015 - noise
    assert difference_hits / num_runs >= 0.90 - 0.015 - noise


@pytest.mark.slow
def test_wrong_verdicts_are_as_rare_as_stated() -> None:
    check(NUM_TESTED)


@pytest.mark.slow
def test_intervals_cover_the_truth() -> None:
    check_coverage(NUM_TESTED)


@pytest.mark.soak
def test_wrong_verdicts_are_as_rare_as_stated_in_many_evaluations(soak_scale: float) -> None:
    check(round(NUM_SOAKED * max(soak_scale, 0.1)))


@pytest.mark.soak
def test_intervals_cover_the_truth_in_many_evaluations() -> None:
    check_coverage(NUM_SOAKED)
