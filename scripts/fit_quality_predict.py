"""Scores that follow from a fit: of models and tests that it has seen, or has not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fit_quality_design import modes_of
from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]

UNSEEN_INTERCEPT_SD, UNSEEN_SLOPE_SD, UNSEEN_ERROR_SD = 0.5, 0.25, 0.3
"""How far a harness not seen differs from the benchmark's usual one. [log odds]"""


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """A score and what was predicted for it, on the unbounded scale."""

    item: Observation
    likely: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Link:
    """How a score on a test follows from the skill behind it."""

    intercept: float
    slope: float
    cov: Array
    """Of intercept and slope. [2, 2]"""
    error_sd: float


class Predictor:
    """Links from one fit, skills from it or from a posterior by its parameters."""

    def __init__(self, links: Fit, skills: Fit, facts: Mapping[str, Facts]) -> None:
        self.links, self.skills, self.facts = links, skills, facts
        self.test_at = {test: i for i, test in enumerate(links.design.tests)}
        self.bench_at = {name: i for i, name in enumerate(links.design.benchmarks)}
        d = skills.design
        self.model_at = {name: i for i, name in enumerate(d.models)}
        pairs = zip(d.model_of_group, d.benchmark_of_group, strict=True)
        self.group_at = {(d.models[m], d.benchmarks[b]): g for g, (m, b) in enumerate(pairs)}
        self.seen = np.bincount(d.model, minlength=len(d.models)) > 0

    def predicted(self, item: Observation, known_as: str = "") -> Predicted:
        """Prediction for one score; `known_as` names the row of the skills where it is not the model's own name."""
        load, link = self._load(item), self._link(item)
        mean, variance = self._behind(known_as or item.model, item.benchmark, load)
        mean += float(np.array(modes_of(item, self.facts[item.model])) @ (self.links.mode_shift @ load))
        at = np.array([1.0, mean])
        likely = link.intercept + link.slope * mean + self.links.self_bias * item.is_self_reported
        total = link.slope**2 * variance + at @ link.cov @ at + link.error_sd**2 + item.item_variance
        return Predicted(item=item, likely=likely, sd=float(np.sqrt(total)))

    def _behind(self, name: str, benchmark: str, load: Array) -> tuple[float, float]:
        """Skill behind a score: with the pair's oddity where another score shows it."""
        group = self.group_at.get((name, benchmark))
        if group is not None:
            return float(self.skills.z_mean[group]), float(self.skills.z_var[group])
        model = self.model_at[name]
        cov = skill_cov(self.skills, model)
        return float(load @ self.skills.mean[model]), float(load @ cov @ load) + self._oddity(benchmark)

    def _oddity(self, benchmark: str) -> float:
        """Variance of the oddities of a benchmark, the usual one where it has not been seen. [log odds^2]"""
        found = self.links.oddity_variance
        return float(found[self.bench_at[benchmark]] if benchmark in self.bench_at else np.median(found))

    def _load(self, item: Observation) -> Array:
        if item.benchmark in self.bench_at:
            return np.asarray(self.links.loadings[self.bench_at[item.benchmark]])
        return np.array([dict(item.weights).get(skill, 0.0) for skill in SKILLS])

    def _link(self, item: Observation) -> Link:
        """Link of the test; of the benchmark where the harness is not known; the usual one where nothing is."""
        fit = self.links
        if item.test in self.test_at:
            t = self.test_at[item.test]
            return Link(
                intercept=float(fit.intercept[t]), slope=float(fit.slope[t]), cov=fit.link_cov[t],
                error_sd=float(fit.error_sd[t]),
            )  # fmt: skip
        cov = np.diag([UNSEEN_INTERCEPT_SD**2, UNSEEN_SLOPE_SD**2])
        ends = float(np.median(fit.bench_intercept)), float(np.median(fit.bench_slope))
        if item.benchmark in self.bench_at:
            b = self.bench_at[item.benchmark]
            ends = float(fit.bench_intercept[b]), float(fit.bench_slope[b])
        else:
            cov[0, 0] = float(np.var(fit.bench_intercept))
        return Link(intercept=ends[0], slope=ends[1], cov=cov, error_sd=UNSEEN_ERROR_SD)


def skill_cov(fit: Fit, model: int) -> Array:
    """Covariance of a model's skills, as far as its scores leave open what was expected of it."""
    cov = fit.cov[model]
    kept = cov @ np.linalg.inv(fit.sigma)
    return np.asarray(cov + fit.expected_variance[model] * (kept @ fit.sigma @ kept.T))


def predict_all(predictor: Predictor, items: Sequence[Observation]) -> list[Predicted]:
    """Predictions for many scores."""
    return [predictor.predicted(item) for item in items]
