"""Points on a scale that a refit does not stretch: expected log odds on a fixed panel of benchmarks of each skill.

A skill is known up to units, so points are not made of it. For each skill a panel of benchmarks is fixed, each with a
weight; a model's level is the weighted mean of its expected log odds on them (own scores where it has some, what its
skills say elsewhere), and points compare that level with the anchor's. Log odds of a score have no free unit.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fit_quality_predict import skill_cov
from fit_quality_rows import link_of
from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fit_quality_model import Fit
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]

MAX_PANEL, MIN_PANEL_MODELS = 12, 8
"""At most so many benchmarks a skill, each with scores of at least so many models."""
SATURATED_RATIO = 0.95
"""A benchmark whose ninth best score in ten is above this share of what can be gained no longer tells models apart."""
SATURATED_WEIGHT = 0.5
CONTAMINATED = re.compile(
    r"^(?:mmlu|gsm8k|humaneval|mbpp|arc-challenge|hellaswag|winogrande|boolq|triviaqa|math)$"
)
"""Public for years, with answers, before the newer models were trained."""
CONTAMINATED_WEIGHT = 0.5


def panels(fit: Fit, items: Sequence[Observation]) -> dict[str, list[tuple[int, float]]]:
    """Benchmarks of each skill with their weights (sum 1).

    A weight is the root of the number of models scored, less where saturated or contaminated.
    """
    scored: dict[str, set[str]] = defaultdict(set)
    gained: dict[str, list[float]] = defaultdict(list)
    for item in items:
        scored[item.benchmark].add(item.model)
        link = link_of(item.benchmark, item.printed["unit"])
        gained[item.benchmark].append(
            float(link.gained_ratio(float(item.printed["score"]))) if link.kind != "elo" else 0.5
        )
    found: dict[str, list[tuple[int, float]]] = {}
    for k, skill in enumerate(SKILLS):
        weights = {
            b: np.sqrt(len(scored[name])) * discount(name, gained[name])
            for b, name in enumerate(fit.design.benchmarks)
            if fit.design.weights[b].argmax() == k and len(scored[name]) >= MIN_PANEL_MODELS
        }
        chosen = Counter(weights).most_common(MAX_PANEL)
        total = sum(weight for _, weight in chosen)
        found[skill] = [(b, float(weight / total)) for b, weight in chosen]
    return found


def discount(benchmark: str, gained: Sequence[float]) -> float:
    """What the weight of a benchmark is multiplied by."""
    is_saturated = float(np.quantile(gained, 0.9)) > SATURATED_RATIO
    saturated = SATURATED_WEIGHT if is_saturated else 1.0
    return saturated * (CONTAMINATED_WEIGHT if CONTAMINATED.match(benchmark) else 1.0)


class PanelScores:
    """Levels of all models on the panel of each skill. [log odds]"""

    def __init__(self, fit: Fit, items: Sequence[Observation]) -> None:
        self.fit = fit
        num = len(fit.design.models)
        self.level = np.zeros((num, len(SKILLS)))
        self.load = np.zeros((num, len(SKILLS), len(SKILLS)))
        """How the level follows from the skills where own scores do not fix it."""
        self.left = np.zeros((num, len(SKILLS)))
        """Variance of oddities."""
        for k, skill in enumerate(SKILLS):
            for benchmark, weight in panels(fit, items)[skill]:
                self._add(k, benchmark, weight)

    def _add(self, k: int, benchmark: int, weight: float) -> None:
        fit, d = self.fit, self.fit.design
        worth = weight * float(fit.bench_slope[benchmark])
        mine = np.flatnonzero(d.benchmark_of_group == benchmark)
        level = fit.mean @ fit.loadings[benchmark]
        share, left = np.zeros(len(level)), np.full(len(level), fit.oddity_variance[benchmark])
        level[d.model_of_group[mine]] = fit.z_mean[mine]
        share[d.model_of_group[mine]], left[d.model_of_group[mine]] = fit.own_share[mine], fit.own_left[mine]
        self.level[:, k] += worth * level
        self.load[:, k] += worth * (1.0 - share)[:, None] * fit.loadings[benchmark]
        self.left[:, k] += worth**2 * left

    def points(self, model: int, anchor: int, shares: Array) -> tuple[float, float]:
        """Mean and standard deviation on the 0-100 scale of an axis. [points]"""
        gap = float(shares @ (self.level[model] - self.level[anchor]))
        load = shares @ self.load[model]
        sd = float(np.sqrt(load @ skill_cov(self.fit, model) @ load + np.square(shares) @ self.left[model]))
        low, high = _points(gap - sd), _points(gap + sd)
        return _points(gap), (high - low) / 2.0


def _points(gap: float) -> float:
    return float(100.0 / (1.0 + np.exp(-gap)))


def panel_rows(fit: Fit, items: Sequence[Observation]) -> list[dict[str, str]]:
    """The panels as a table."""
    return [
        {"skill": skill, "benchmark": fit.design.benchmarks[b], "weight": f"{weight:.3f}"}
        for skill, chosen in panels(fit, items).items()
        for b, weight in chosen
    ]
