"""How much wider than the fit says the ranges of a task have to be, learned from held-out scores.

The factor of a task brings eight in ten of the scores hidden there inside their ranges; few scores draw it to the
factor of all tasks. Errors of one family go together, so a task with few families is worth as few draws: the next draw
from n lies below quantile q of them with probability q n / (n + 1), and q is raised by that (split conformal
prediction, families as the draws). A validation widens each fold by the factors of the other folds, so that its
coverage is earned.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fit_quality_figures import Z_80, task_of
from fit_quality_names import family_of
from fit_quality_skills import TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fit_quality_predict import Predicted

COVERAGE = 0.8
PRIOR_COUNT = 20.0
"""Scores of a task from which its own factor counts as much as that of all tasks."""


def widenings(predictions: Sequence[Predicted]) -> dict[str, float]:
    """Factor on the standard deviation of each task. [ratio]"""
    by_task: dict[str, list[Predicted]] = defaultdict(list)
    for found in predictions:
        by_task[task_of(found)].append(found)
    usual = np.log(_factor(predictions))
    found_factors = {}
    for task in TASKS.values():
        group = by_task.get(task, [])
        own = np.log(_factor(group)) if group else usual
        weight = len(group) / (len(group) + PRIOR_COUNT)
        found_factors[task] = float(np.exp(weight * own + (1.0 - weight) * usual))
    return found_factors


def widened(predictions: Sequence[Predicted], factors: Mapping[str, float]) -> list[Predicted]:
    """The predictions with these factors on their standard deviations."""
    return [replace(found, sd=found.sd * factors[task_of(found)]) for found in predictions]


def cross_widened(folds: Sequence[Sequence[Predicted]]) -> list[Predicted]:
    """All predictions, each fold widened by what the others show."""
    found = []
    for number, fold in enumerate(folds):
        others = [p for other, group in enumerate(folds) if other != number for p in group]
        found += widened(fold, widenings(others))
    return found


def _factor(predictions: Sequence[Predicted]) -> float:
    ratios = [abs(found.item.value - found.likely) / found.sd for found in predictions]
    num_families = len({family_of(found.item.model) for found in predictions})
    level = min(COVERAGE * (num_families + 1) / num_families, 1.0)
    return float(np.quantile(ratios, level)) / Z_80
