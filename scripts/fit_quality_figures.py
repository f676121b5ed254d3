"""Figures of held-out predictions: rank correlations, errors, coverage, and how sure they are."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr  # type: ignore[import-untyped] # scipy ships no types

from fit_quality_rows import link_of
from fit_quality_skills import TASKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fit_quality_predict import Predicted

    Group = tuple[str, ...]
    Ranks = Mapping[Group, float]

MIN_MODELS = 8
"""A rank correlation is taken within tests with at least so many hidden models."""
LARGE_MODELS = 20
"""Within fewer, the sampling error of a rank correlation is above 0.2 wherever it is not near one."""
NUM_RESAMPLES = 1000
Z_80 = 1.2816


def of_test(found: Predicted) -> Group:
    """The test of a score: source, benchmark and protocol."""
    return found.item.test


def of_benchmark(found: Predicted) -> Group:
    """The benchmark of a score with its unit, whoever measured it."""
    return found.item.benchmark, found.item.printed["unit"]


def task_of(found: Predicted) -> str:
    """The task of a score: that of the skill which its benchmark measures most."""
    return TASKS[max(found.item.weights, key=lambda pair: pair[1])[0]]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures of one predictor on some tests."""

    ranks: Ranks
    error_points: float
    coverage: float
    num_scores: int

    @property
    def spearman(self) -> float:
        """Median over groups."""
        return float(np.median(list(self.ranks.values()))) if self.ranks else math.nan


def figures(
    predictions: Sequence[Predicted],
    min_models: int = MIN_MODELS,
    group_of: Callable[[Predicted], Group] = of_test,
) -> Figures:
    """Rank correlations within groups, mean absolute error of percentages, share inside the 80 % range.

    One correlation a group, over the predictions of all folds: every score of the group is hidden once.
    """
    by_group: dict[Group, list[Predicted]] = defaultdict(list)
    for found in predictions:
        by_group[group_of(found)].append(found)
    ranks = {name: _rank(group) for name, group in by_group.items() if _can_rank(group, min_models)}
    errors = [e for found in predictions if not math.isnan(e := _error(found))]
    inside = [abs(p.item.value - p.likely) <= Z_80 * p.sd for p in predictions]
    return Figures(
        ranks=ranks,
        error_points=float(np.mean(errors)) if errors else math.nan,
        coverage=float(np.mean(inside)) if inside else math.nan,
        num_scores=len(predictions),
    )


def _can_rank(group: Sequence[Predicted], min_models: int) -> bool:
    return len({p.item.model for p in group}) >= min_models and np.ptp([p.item.value for p in group]) > 0


def _rank(group: Sequence[Predicted]) -> float:
    likely = [p.likely for p in group]
    return float(spearmanr([p.item.value for p in group], likely)[0]) if np.ptp(likely) > 0 else 0.0


def _error(found: Predicted) -> float:
    link = link_of(found.item.benchmark, found.item.printed["unit"])
    if link.kind not in {"share", "error"}:
        return math.nan
    return abs(float(link.printed(found.likely)) - float(found.item.printed["score"]))


def bootstrap(ours: Ranks, other: Ranks | None = None) -> tuple[float, float]:
    """95 % interval, by resampling tests, of a median rank correlation or of the difference of two."""
    tests = sorted(ours if other is None else ours.keys() & other.keys())
    if not tests:
        return math.nan, math.nan
    picks = np.random.default_rng(0).integers(len(tests), size=(NUM_RESAMPLES, len(tests)))
    value = np.median(np.array([ours[test] for test in tests])[picks], axis=1)
    if other is not None:
        value = value - np.median(np.array([other[test] for test in tests])[picks], axis=1)
    low, high = np.quantile(value, (0.025, 0.975))
    return float(low), float(high)
