"""How wrong the quality table is: scores hidden from the fit, predicted by it, beside simple rules."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from fit_quality_model import build_design, fit_skills
from fit_quality_rows import link_of
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NUM_FOLDS = 5
MIN_MODELS_RANKED = 5
"""A rank correlation is taken within tests with at least so many hidden models."""
Z_80 = 1.2816
VALIDATION_ITERATIONS = 25


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """One hidden score and what was predicted for it, on the unbounded scale."""

    item: Observation
    likely: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """Figures of one way of hiding, for one predictor."""

    split: str
    predictor: str
    num_scores: int
    num_tests: int
    spearman: float
    mean_error_points: float
    """Mean absolute error of scores in percent. [points]"""
    mean_error_elo: float
    coverage: float
    """Share of scores inside the 80 % range."""


def predict_hidden(fit: Fit, hidden: Sequence[Observation]) -> list[Hidden]:
    """Predictions by a fit that never saw these scores. A test unseen in the fit is known by its benchmark."""
    design = fit.design
    model_at = {name: i for i, name in enumerate(design.models)}
    test_at = {test: i for i, test in enumerate(design.tests)}
    bench_at = {name: i for i, name in enumerate(design.benchmarks)}
    found = []
    for item in hidden:
        if item.test in test_at:
            t = test_at[item.test]
            link, link_cov, error = (fit.intercept[t], fit.slope[t]), fit.link_cov[t], fit.error_sd[t]
            load = design.weights[t]
        elif item.benchmark in bench_at:
            b = bench_at[item.benchmark]
            link, link_cov, error = (fit.bench_intercept[b], fit.bench_slope[b]), np.diag([0.3, 0.06]), 0.3
            load = _loading(item)
        else:
            continue
        m = model_at[item.model]
        skill = load @ (fit.mean[m] + float(item.thinks) * fit.mode_shift)
        likely = link[0] + link[1] * skill + fit.self_bias * item.is_self_reported
        at = np.array([1.0, skill])
        family = load @ fit.family_cov[design.family[m]] @ load
        var = link[1] ** 2 * (load @ fit.cov[m] @ load) + at @ link_cov @ at + error**2 + item.item_variance
        has_rows = bool((design.model == m).any())
        found.append(Hidden(item=item, likely=float(likely), sd=float(np.sqrt(var + (not has_rows) * family))))
    return found


def _loading(item: Observation) -> Array:
    from fit_quality_skills import SKILLS  # noqa: PLC0415

    load = np.zeros(len(SKILLS))
    for skill, share in item.weights:
        load[SKILLS.index(skill)] = share
    return load


def hidden_sources(items: Sequence[Observation], seed: int = 1) -> Iterator[tuple[list[bool], str]]:
    """Of every source a fifth of its models loses all its rows, a different fifth each time."""
    rng = np.random.default_rng(seed)
    fold = {key: int(rng.integers(NUM_FOLDS)) for key in sorted({(i.model, i.test[0]) for i in items})}
    for number in range(NUM_FOLDS):
        yield [fold[item.model, item.test[0]] == number for item in items], f"fold {number + 1}"


def hidden_families(
    items: Sequence[Observation], facts: Mapping[str, Facts], seed: int = 2
) -> Iterator[tuple[list[bool], str]]:
    """A fifth of the families loses everything."""
    rng = np.random.default_rng(seed)
    fold = {name: int(rng.integers(NUM_FOLDS)) for name in sorted({f.family for f in facts.values()})}
    for number in range(NUM_FOLDS):
        yield [fold[facts[item.model].family] == number for item in items], f"fold {number + 1}"
