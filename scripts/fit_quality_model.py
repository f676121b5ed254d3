"""Latent skills of models from their scores: a hierarchical factor model, fitted by expectation maximisation.

value = intercept_t + slope_t (weights_t . (skills_m + think x mode_shift)) + self_bias x own vendor + error_t
skills_m ~ Normal(expected_m, Sigma);  expected ~ Gaussian process over what is known of the models (fit_quality_kernel)
intercept_t, slope_t ~ Normal(those of the same benchmark under other harnesses); error: Student t, own size per test.
A missing score adds nothing: it is neither zero nor average. Pooling over tasks comes from Sigma alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array  # type: ignore[import-untyped] # scipy ships no types

from fit_quality_design import MODES, K
from fit_quality_kernel import prior_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fit_quality_design import Design
    from fit_quality_kernel import Prior

    Array = NDArray[Any]

STUDENT_DEGREES = 8.0
PRIOR_INTERCEPT_SD = 0.5
"""Spread of a benchmark's difficulty between harnesses. [log odds]"""
PRIOR_SLOPE_SD = 0.25
PRIOR_ERROR_SD, PRIOR_ERROR_COUNT = 0.15, 6.0
"""Typical error of a test, worth so many observations. [log odds]"""
SIGMA_PRIOR_COUNT, SIGMA_PRIOR_VARIANCE, SIGMA_PRIOR_CORRELATION = 25.0, 0.20, 0.6
ODDITY_PRIOR_COUNT, ODDITY_PRIOR_VARIANCE = 200.0, 0.05
"""How far a model's score on a benchmark is from what its skills say, whoever measures it. [log odds^2]"""
ODDITY_BENCHMARK_COUNT = 15.0
"""Models of a benchmark from which its own spread of oddities counts as much as the usual one."""
MODE_PENALTY = 10.0
PRIOR_LOADING_SD = 0.2
"""How far a benchmark's shares of skills are from what it is meant to measure. [ratio]"""
NUM_ITERATIONS, NUM_POSTERIOR_ITERATIONS = 100, 6
SMALLEST_SLOPE = 0.1


@dataclass
class Fit:
    """Everything fitted."""

    design: Design
    expected: Array
    """Skills expected of each model from what is known of it and the skills of the others. [models, skills]"""
    expected_variance: Array
    """Of what is expected, in units of sigma. [models]"""
    sigma: Array
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
    """[MODES, skills]"""
    loadings: Array
    """How much each skill counts in each benchmark: as meant, moved by the scores. [benchmarks, skills]"""
    self_bias: float
    oddity_variance: Array
    """Of what is odd about a model on each benchmark. [benchmarks], [log odds^2]"""
    oddity_square: Array = field(default_factory=lambda: np.ones(0))
    """Expected square of each group's oddity. [groups]"""
    z_mean: Array = field(default_factory=lambda: np.ones(0))
    """Skill on its benchmark, oddity included, of each group."""
    z_var: Array = field(default_factory=lambda: np.ones(0))
    own_share: Array = field(default_factory=lambda: np.ones(0))
    """How much the group's own scores count against what all skills say. [groups]"""
    own_left: Array = field(default_factory=lambda: np.ones(0))
    """Variance of the oddity that its own scores leave open. [groups]"""
    t_weight: Array = field(default_factory=lambda: np.ones(0))


def initial_fit(design: Design) -> Fit:
    """A start: every test at its mean with slope one."""
    num_models, num_tests = len(design.models), len(design.tests)
    prior = SIGMA_PRIOR_VARIANCE * (SIGMA_PRIOR_CORRELATION + (1 - SIGMA_PRIOR_CORRELATION) * np.eye(K))
    count = np.bincount(design.test, minlength=num_tests)
    return Fit(
        design=design,
        expected=np.zeros((num_models, K)),
        expected_variance=np.ones(num_models),
        sigma=prior * 3,
        mean=np.zeros((num_models, K)),
        cov=np.tile(prior, (num_models, 1, 1)),
        intercept=np.bincount(design.test, design.value, num_tests) / np.maximum(count, 1),
        slope=np.ones(num_tests),
        link_cov=np.zeros((num_tests, 2, 2)),
        bench_intercept=np.zeros(len(design.benchmarks)),
        bench_slope=np.ones(len(design.benchmarks)),
        error_sd=np.full(num_tests, PRIOR_ERROR_SD),
        mode_shift=np.zeros((len(MODES), K)),
        loadings=design.weights.copy(),
        self_bias=0.0,
        oddity_variance=np.full(len(design.benchmarks), ODDITY_PRIOR_VARIANCE),
    )


def fit_skills(design: Design, num_iterations: int = NUM_ITERATIONS) -> Fit:
    """Posterior skills of every model."""
    fit = initial_fit(design)
    prior = prior_of(design.facts, np.bincount(design.model, minlength=len(design.models)) > 0)
    fit.expected_variance = prior.variance
    for _ in range(num_iterations):
        _update_weights(fit)
        _update_skills(fit)
        _update_population(fit, prior)
        _update_links(fit)
        _update_shifts(fit)
        _update_loadings(fit)
    _update_weights(fit)
    _update_skills(fit)
    return fit


def posterior(fit: Fit, design: Design, named: Sequence[str]) -> Fit:
    """Skills of the models of a design by the parameters of a fit; `named` says who each is in the fit.

    Every test of the design must be one of the fit.
    """
    test_at, bench_at = _positions(fit.design.tests), _positions(fit.design.benchmarks)
    model_at = _positions(fit.design.models)
    tests = [test_at[name] for name in design.tests]
    benchmarks = [bench_at[name] for name in design.benchmarks]
    models = [model_at[name] for name in named]
    found = initial_fit(design)
    found.sigma, found.mode_shift, found.self_bias = fit.sigma, fit.mode_shift, fit.self_bias
    for name in ("intercept", "slope", "error_sd", "link_cov"):
        setattr(found, name, getattr(fit, name)[tests])
    found.loadings, found.oddity_variance = fit.loadings[benchmarks], fit.oddity_variance[benchmarks]
    found.expected, found.expected_variance = fit.expected[models], fit.expected_variance[models]
    found.t_weight = np.ones(len(design.value))
    for _ in range(NUM_POSTERIOR_ITERATIONS):
        _update_skills(found)
        _update_weights(found)
    _update_skills(found)
    return found


def _positions(names: Sequence[object]) -> dict[object, int]:
    return {name: index for index, name in enumerate(names)}


def _moments(fit: Fit) -> tuple[Array, Array]:
    """Mean and variance of the skill behind every observation, mode and oddity included."""
    d = fit.design
    if not fit.z_mean.size:
        _update_oddities(fit, np.zeros(len(d.model_of_group)), np.zeros(len(d.model_of_group)))
    return fit.z_mean[d.group] + _shift(fit), fit.z_var[d.group]


def _shift(fit: Fit) -> Array:
    """What its mode adds to the skill behind every observation."""
    d = fit.design
    by_benchmark = fit.mode_shift @ fit.loadings.T
    added: Array = (d.modes * by_benchmark.T[d.benchmark_of_test[d.test]]).sum(axis=1)
    return added


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
    """Posterior of skills with the oddities integrated out, then of the oddities."""
    d = fit.design
    slope = fit.slope[d.test]
    precision = fit.t_weight / _variance(fit)
    shifted = d.value - fit.intercept[d.test] - fit.self_bias * d.is_self
    shifted = shifted - slope * _shift(fit)
    known = np.bincount(d.group, precision * slope**2)
    middle = np.bincount(d.group, precision * slope * shifted) / known
    worth = d.crowding * known / (1.0 + fit.oddity_variance[d.benchmark_of_group] * known)
    load = fit.loadings
    products = (load[:, :, None] * load[:, None, :]).reshape(len(load), -1)
    information = (_by_pair(d, worth) @ products).reshape(-1, K, K)
    pull = _by_pair(d, worth * middle) @ load
    inverse = np.linalg.inv(fit.sigma)
    fit.cov = np.linalg.inv(inverse + information)
    fit.mean = np.einsum("mkl,ml->mk", fit.cov, pull + fit.expected @ inverse)
    _update_oddities(fit, known, middle)


def _update_oddities(fit: Fit, known: Array, middle: Array) -> None:
    """Skill on its own benchmark of every group: between what all skills say and what its own scores say."""
    d = fit.design
    tau = fit.oddity_variance[d.benchmark_of_group]
    load = fit.loadings[d.benchmark_of_group]
    skill = (load * fit.mean[d.model_of_group]).sum(axis=1)
    spread = np.einsum("gk,gkl,gl->g", load, fit.cov[d.model_of_group], load)
    share, left = tau * known / (1.0 + tau * known), tau / (1.0 + tau * known)
    fit.own_share, fit.own_left = share, left
    fit.z_mean = skill + share * (middle - skill)
    fit.z_var = (1.0 - share) ** 2 * spread + left
    fit.oddity_square = (share * (middle - skill)) ** 2 + share**2 * spread + left


def _by_pair(design: Design, values: Array) -> Any:  # noqa: ANN401 - scipy ships no types
    """The groups' values as a sparse matrix. [models, benchmarks]"""
    shape = len(design.models), len(design.benchmarks)
    return csr_array((values, (design.model_of_group, design.benchmark_of_group)), shape=shape)


def _update_population(fit: Fit, prior: Prior) -> None:
    """What is expected of every model, the spread around it, and the spread of oddities of every benchmark."""
    d, num = fit.design, len(fit.design.benchmarks)
    top = fit.oddity_square.sum() + ODDITY_PRIOR_COUNT * ODDITY_PRIOR_VARIANCE
    usual = top / (len(fit.oddity_square) + ODDITY_PRIOR_COUNT)
    own = np.bincount(d.benchmark_of_group, fit.oddity_square, num) + ODDITY_BENCHMARK_COUNT * usual
    fit.oddity_variance = own / (np.bincount(d.benchmark_of_group, minlength=num) + ODDITY_BENCHMARK_COUNT)
    mean = fit.mean[prior.seen]
    fit.expected = prior.smoother @ mean
    scatter = mean.T @ prior.precision @ mean
    scatter += np.einsum("m,mkl->kl", np.diag(prior.precision), fit.cov[prior.seen])
    fit.sigma = _shrunk(scatter, int(prior.seen.sum()), SIGMA_PRIOR_COUNT, SIGMA_PRIOR_VARIANCE)


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
    fit.intercept, fit.slope = solution[:, 0], np.maximum(solution[:, 1], SMALLEST_SLOPE)
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
    load = fit.slope[d.test][:, None] * fit.loadings[d.benchmark_of_test[d.test]]
    load = (d.modes[:, :, None] * load[:, None, :]).reshape(len(load), -1)
    flat = fit.mode_shift.reshape(-1)
    target = _residual(fit, mean) + load @ flat
    normal = (load * precision[:, None]).T @ load + MODE_PENALTY * np.eye(load.shape[1])
    fit.mode_shift = np.linalg.solve(normal, load.T @ (precision * target)).reshape(fit.mode_shift.shape)
    mean, _ = _moments(fit)
    residual = _residual(fit, mean) + fit.self_bias * d.is_self
    fit.self_bias = float((precision * d.is_self * residual).sum() / ((precision * d.is_self).sum() + 10.0))


def _update_loadings(fit: Fit) -> None:
    """Shares of skills in every benchmark: ridge towards what it is meant to measure.

    The skill behind a group is normal around shares . skills with the variance of the oddity, beside its own.
    """
    d = fit.design
    weight = 1.0 / (fit.oddity_variance[d.benchmark_of_group] + fit.z_var)
    second = (fit.cov + fit.mean[:, :, None] * fit.mean[:, None, :]).reshape(len(fit.mean), -1)
    normal = (_by_pair(d, weight).T @ second).reshape(-1, K, K)
    right = _by_pair(d, weight * fit.z_mean).T @ fit.mean
    prior = PRIOR_LOADING_SD**-2
    fit.loadings = np.linalg.solve(normal + prior * np.eye(K), (right + prior * d.weights)[:, :, None])[
        :, :, 0
    ]
