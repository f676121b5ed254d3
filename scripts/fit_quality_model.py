"""Latent skills of models from their scores: a hierarchical factor model, fitted by expectation maximisation.

value = intercept_t + slope_t (weights_t . (skills_m + think x mode_shift)) + self_bias x own vendor + error_t
skills_m ~ Normal(covariates_m x coefficients + family_m, Sigma);  family ~ Normal(0, Sigma_family)
intercept_t, slope_t ~ Normal(those of the same benchmark under other harnesses); error: Student t, own size per test.
A missing score adds nothing: it is neither zero nor average. Pooling over tasks comes from Sigma alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Array = NDArray[Any]
    Index = NDArray[np.intp]

K = len(SKILLS)
STUDENT_DEGREES = 4.0
PRIOR_INTERCEPT_SD = 0.5
"""Spread of a benchmark's difficulty between harnesses. [log odds]"""
PRIOR_SLOPE_SD = 0.25
PRIOR_ERROR_SD, PRIOR_ERROR_COUNT = 0.25, 6.0
"""Typical error of a test, worth so many observations. [log odds]"""
COEFFICIENT_PENALTY = 1.0
SIGMA_PRIOR_COUNT, SIGMA_PRIOR_VARIANCE, SIGMA_PRIOR_CORRELATION = 25.0, 0.20, 0.6
FAMILY_PRIOR_COUNT, FAMILY_PRIOR_VARIANCE = 20.0, 0.20
DEPENDENCE = 0.25
"""Correlation of the errors of one model in one source. [ratio]"""
NUM_ITERATIONS = 120


@dataclass
class Design:
    """Observations as arrays."""

    models: list[str]
    tests: list[tuple[str, str, str]]
    benchmarks: list[str]
    families: list[str]
    covariates: Array
    """[models, covariates]"""
    family: Index
    model: Index
    test: Index
    benchmark_of_test: Index
    weights: Array
    """[tests, skills]"""
    value: Array
    item_variance: Array
    thinks: Array
    is_self: Array
    loadings: Array
    """The different rows of `weights`. [loadings, skills]"""
    loading_of_test: Index
    crowding: Array
    """1 / (1 + dependence (n - 1)) for n scores of one model in one source: they share what is odd about the pair."""


@dataclass
class Fit:
    """Everything fitted."""

    design: Design
    coefficients: Array
    family_mean: Array
    family_cov: Array
    sigma: Array
    sigma_family: Array
    mean: Array
    """[models, skills]"""
    cov: Array
    """[models, skills, skills]"""
    intercept: Array
    slope: Array
    link_cov: Array
    """[tests, 2, 2]"""
    bench_intercept: Array
    bench_slope: Array
    error_sd: Array
    mode_shift: Array
    self_bias: float
    t_weight: Array = field(default_factory=lambda: np.ones(0))

    def prior_mean(self) -> Array:
        """Skills expected from covariates and family alone. [models, skills]"""
        return self.design.covariates @ self.coefficients + self.family_mean[self.design.family]


def covariates(facts: Facts) -> list[float]:
    """Size, age and kind as numbers; what is unknown is at the usual value with a mark beside it."""
    no_size, no_year = np.isnan(facts.log10_params), np.isnan(facts.year)
    size = 0.0 if no_size else facts.log10_params - 10.0
    active = size if np.isnan(facts.log10_active_params) else facts.log10_active_params - 10.0
    year = 0.0 if no_year else facts.year - 1.5
    return [
        1.0, size, active, size * abs(size), year, year * abs(year), float(no_size), float(no_year),
        float(facts.is_closed), float(facts.is_instruct), float(facts.is_reasoning), float(facts.is_coder),
        float(facts.is_math), float(facts.is_vision), float(facts.is_derivative), facts.tier, facts.effort,
        float(facts.is_closed) * year,
    ]  # fmt: skip


def build_design(items: Sequence[Observation], facts: Mapping[str, Facts]) -> Design:
    """Arrays of the observations; every model of `facts` gets a row, seen or not."""
    models = sorted(facts)
    tests = sorted({item.test for item in items})
    benchmarks = sorted({test[1] for test in tests})
    families = sorted({facts[m].family for m in models})
    model_at, test_at = _positions(models), _positions(tests)
    weights = np.zeros((len(tests), K))
    for item in items:
        for skill, share in item.weights:
            weights[test_at[item.test], SKILLS.index(skill)] = share
    loadings, loading_of_test = np.unique(weights, axis=0, return_inverse=True)
    return Design(
        models=models,
        tests=tests,
        benchmarks=benchmarks,
        families=families,
        covariates=np.array([covariates(facts[m]) for m in models]),
        family=np.array([families.index(facts[m].family) for m in models]),
        model=np.array([model_at[item.model] for item in items]),
        test=np.array([test_at[item.test] for item in items]),
        benchmark_of_test=np.array([benchmarks.index(test[1]) for test in tests]),
        weights=weights,
        value=np.array([item.value for item in items]),
        item_variance=np.array([item.item_variance for item in items]),
        thinks=np.array([float(item.thinks and not facts[item.model].is_reasoning) for item in items]),
        is_self=np.array([float(item.is_self_reported) for item in items]),
        loadings=loadings,
        loading_of_test=loading_of_test.reshape(-1),
        crowding=_crowding(items),
    )


def _crowding(items: Sequence[Observation]) -> Array:
    count = Counter((item.model, item.test[0]) for item in items)
    return np.array([1.0 / (1.0 + DEPENDENCE * (count[item.model, item.test[0]] - 1)) for item in items])


def _positions(names: Sequence[object]) -> dict[object, int]:
    return {name: index for index, name in enumerate(names)}


def initial_fit(design: Design) -> Fit:
    """A start: every test at its mean with slope one."""
    num_models, num_tests = len(design.models), len(design.tests)
    prior = SIGMA_PRIOR_VARIANCE * (SIGMA_PRIOR_CORRELATION + (1 - SIGMA_PRIOR_CORRELATION) * np.eye(K))
    count = np.bincount(design.test, minlength=num_tests)
    return Fit(
        design=design,
        coefficients=np.zeros((design.covariates.shape[1], K)),
        family_mean=np.zeros((len(design.families), K)),
        family_cov=np.zeros((len(design.families), K, K)),
        sigma=prior * 3,
        sigma_family=prior,
        mean=np.zeros((num_models, K)),
        cov=np.tile(prior, (num_models, 1, 1)),
        intercept=np.bincount(design.test, design.value, num_tests) / np.maximum(count, 1),
        slope=np.ones(num_tests),
        link_cov=np.zeros((num_tests, 2, 2)),
        bench_intercept=np.zeros(len(design.benchmarks)),
        bench_slope=np.ones(len(design.benchmarks)),
        error_sd=np.full(num_tests, PRIOR_ERROR_SD),
        mode_shift=np.zeros(K),
        self_bias=0.0,
    )


def fit_skills(design: Design, num_iterations: int = NUM_ITERATIONS) -> Fit:
    """Posterior skills of every model."""
    fit = initial_fit(design)
    for _ in range(num_iterations):
        _update_weights(fit)
        _update_skills(fit)
        _update_population(fit)
        _update_links(fit)
        _update_shifts(fit)
    _update_weights(fit)
    _update_skills(fit)
    return fit


def _moments(fit: Fit) -> tuple[Array, Array]:
    """Mean and variance of weights . skills for every observation."""
    d = fit.design
    loading = d.loading_of_test[d.test]
    means, shift = fit.mean @ d.loadings.T, d.loadings @ fit.mode_shift
    variances: Array = np.einsum("mul,ul->mu", d.loadings @ fit.cov, d.loadings)
    mean: Array = means[d.model, loading] + d.thinks * shift[loading]
    return mean, variances[d.model, loading]


def _residual(fit: Fit, mean: Array) -> Array:
    d = fit.design
    left: Array = d.value - fit.intercept[d.test] - fit.slope[d.test] * mean - fit.self_bias * d.is_self
    return left


def _variance(fit: Fit) -> Array:
    return fit.error_sd[fit.design.test] ** 2 + fit.design.item_variance


def _update_weights(fit: Fit) -> None:
    mean, var = _moments(fit)
    square = _residual(fit, mean) ** 2 + fit.slope[fit.design.test] ** 2 * var
    fit.t_weight = (STUDENT_DEGREES + 1) / (STUDENT_DEGREES + square / _variance(fit))


def _update_skills(fit: Fit) -> None:
    d = fit.design
    slope = fit.slope[d.test]
    precision = d.crowding * fit.t_weight / _variance(fit)
    shifted = d.value - fit.intercept[d.test] - fit.self_bias * d.is_self
    shifted = shifted - d.thinks * slope * (d.loadings @ fit.mode_shift)[d.loading_of_test[d.test]]
    squares = d.loadings[:, :, None] * d.loadings[:, None, :]
    information = np.tensordot(_sums(d, precision * slope**2), squares, axes=1)
    pull = _sums(d, precision * slope * shifted) @ d.loadings
    inverse = np.linalg.inv(fit.sigma)
    fit.cov = np.linalg.inv(inverse + information)
    fit.mean = np.einsum("mkl,ml->mk", fit.cov, pull + fit.prior_mean() @ inverse)


def _sums(design: Design, values: Array) -> Array:
    """Sums of the observations' values by model and loading. [models, loadings]"""
    shape = (len(design.models), len(design.loadings))
    cell = design.model * shape[1] + design.loading_of_test[design.test]
    return np.bincount(cell, values, shape[0] * shape[1]).reshape(shape)


def _update_population(fit: Fit) -> None:
    """Coefficients of the covariates, family effects and the two covariances, from models that have scores."""
    d = fit.design
    seen = np.bincount(d.model, minlength=len(d.models)) > 0
    x, family = d.covariates[seen], d.family[seen]
    target = fit.mean[seen] - fit.family_mean[family]
    penalty = COEFFICIENT_PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-3
    fit.coefficients = np.linalg.solve(x.T @ x + penalty, x.T @ target)
    left = fit.mean[seen] - x @ fit.coefficients
    sums = np.zeros((len(d.families), K))
    np.add.at(sums, family, left)
    count = np.bincount(family, minlength=len(d.families))
    inverse, inverse_family = np.linalg.inv(fit.sigma), np.linalg.inv(fit.sigma_family)
    fit.family_cov = np.linalg.inv(inverse_family + count[:, None, None] * inverse)
    fit.family_mean = np.einsum("fkl,fl->fk", fit.family_cov, sums @ inverse)
    left = left - fit.family_mean[family]
    scatter = left.T @ left + (fit.cov[seen] + fit.family_cov[family]).sum(axis=0)
    fit.sigma = _shrunk(scatter, seen.sum(), SIGMA_PRIOR_COUNT, SIGMA_PRIOR_VARIANCE)
    with_models = count > 0
    scatter = fit.family_mean[with_models].T @ fit.family_mean[with_models] + fit.family_cov[with_models].sum(
        axis=0
    )
    fit.sigma_family = _shrunk(scatter, with_models.sum(), FAMILY_PRIOR_COUNT, FAMILY_PRIOR_VARIANCE)


def _shrunk(scatter: Array, count: int, prior_count: float, prior_variance: float) -> Array:
    prior = prior_variance * (SIGMA_PRIOR_CORRELATION + (1 - SIGMA_PRIOR_CORRELATION) * np.eye(K))
    return (scatter + prior_count * prior) / (count + prior_count)


def _update_links(fit: Fit) -> None:
    """Intercept, slope and error of every test, drawn towards the same benchmark under other harnesses."""
    d, num_tests = fit.design, len(fit.design.tests)
    mean, var = _moments(fit)
    precision = fit.t_weight / _variance(fit)
    value = d.value - fit.self_bias * d.is_self

    def total(weights: Array) -> Array:
        return np.bincount(d.test, weights, num_tests)

    normal = np.zeros((num_tests, 2, 2))
    normal[:, 0, 0] = total(precision) + PRIOR_INTERCEPT_SD**-2
    normal[:, 0, 1] = normal[:, 1, 0] = total(precision * mean)
    normal[:, 1, 1] = total(precision * (mean**2 + var)) + PRIOR_SLOPE_SD**-2
    right = np.stack([total(precision * value), total(precision * value * mean)], axis=1)
    right[:, 0] += fit.bench_intercept[d.benchmark_of_test] * PRIOR_INTERCEPT_SD**-2
    right[:, 1] += fit.bench_slope[d.benchmark_of_test] * PRIOR_SLOPE_SD**-2
    fit.link_cov = np.linalg.inv(normal)
    solution = np.einsum("tij,tj->ti", fit.link_cov, right)
    fit.intercept, fit.slope = solution[:, 0], np.maximum(solution[:, 1], 0.1)
    _update_benchmarks(fit)
    square = _residual(fit, mean) ** 2 + fit.slope[d.test] ** 2 * var
    excess = np.maximum(fit.t_weight * square - d.item_variance, 0.0)
    sizes = total(np.ones_like(mean))
    fit.error_sd = np.sqrt(
        (total(excess) + PRIOR_ERROR_COUNT * PRIOR_ERROR_SD**2) / (sizes + PRIOR_ERROR_COUNT)
    )


def _update_benchmarks(fit: Fit) -> None:
    """A benchmark's own intercept and slope: precision-weighted mean of its tests, slopes drawn to one."""
    d, num = fit.design, len(fit.design.benchmarks)
    weight = 1.0 / (PRIOR_INTERCEPT_SD**2 + fit.link_cov[:, 0, 0])
    top: Array = np.bincount(d.benchmark_of_test, weight * fit.intercept, num)
    fit.bench_intercept = top / (np.bincount(d.benchmark_of_test, weight, num) + 0.05)
    weight = 1.0 / (PRIOR_SLOPE_SD**2 + fit.link_cov[:, 1, 1])
    top = np.bincount(d.benchmark_of_test, weight * fit.slope, num) + 1.0 * PRIOR_SLOPE_SD**-2 / 2
    fit.bench_slope = top / (np.bincount(d.benchmark_of_test, weight, num) + PRIOR_SLOPE_SD**-2 / 2)


def _update_shifts(fit: Fit) -> None:
    """What thinking adds to each skill, and what vendors add to their own models."""
    d = fit.design
    mean, _ = _moments(fit)
    precision = fit.t_weight / _variance(fit)
    load = d.weights[d.test] * (fit.slope[d.test] * d.thinks)[:, None]
    target = _residual(fit, mean) + load @ fit.mode_shift
    normal = (load * precision[:, None]).T @ load + 10.0 * np.eye(K)
    fit.mode_shift = np.linalg.solve(normal, load.T @ (precision * target))
    mean, _ = _moments(fit)
    residual = _residual(fit, mean) + fit.self_bias * d.is_self
    fit.self_bias = float((precision * d.is_self * residual).sum() / ((precision * d.is_self).sum() + 10.0))
