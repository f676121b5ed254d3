"""Speed constants of one computer, corrected by what was measured on it.

A few constants are multiplied by factors exp(theta). Prior: theta is normal around 0, as wide as devices of a class
differ. Likelihood: logarithms of measured rates with Student's t noise, so that an outlier pulls little. The most
likely theta is found by repeated weighted least squares; its covariance gives the band of what was not measured.
The noise is that of each phase: a formula of prompts is less exact than one of decoding, and must not be heard as
loudly.
A constant about which nothing was measured keeps its prior: factor 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sizewise.domain.number import Array
    from sizewise.estimate.speed import SpeedCoefficients

SLOWER, FASTER = 1.0, -1.0
PRIOR_SD, FORMAT_SD = 0.7, 0.4
"""Spread of a constant between computers of one class, and of a format's own part in it, in logarithms: the former is
a factor of two either way in two of three cases. Assumed; wider than the bands of the classes, as bandwidth and rate
of a processor are assumed themselves."""
NOISE_SD = 0.05
"""Spread of repeated measurements of the same thing, in logarithms. Source: repeated runs in the measured facts."""
LEAST_SPREADS = {"prefill": 0.2, "ttft": 0.2}
"""Spread below which agreement is chance: shapes of one format differ so much from the formula of prompts, in
logarithms. Source: the 80 % range of prefill in the fit of many devices (speed.toml)."""
DEGREES_OF_FREEDOM = 4.0
"""Of Student's t: an error of ten spreads weighs a twentieth."""
NUM_ITERATIONS, STEP = 12, 1e-4
LARGEST_STEP = 0.7
QUANTILE_80 = 1.2816
"""Half width of the 80 % range of a normal distribution. [standard deviations]"""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A correction; theta > 0 always means slower."""

    constants: tuple[tuple[str, float], ...]
    """Constants that it multiplies by exp(sign x theta)."""
    speed_class: str = ""
    """It is about the weight formats whose class begins so: q4 is about q4 and q4k, the empty one about all."""

    @property
    def prior_sd(self) -> float:
        """Standard deviation of theta before anything was measured."""
        return FORMAT_SD if self.speed_class else PRIOR_SD


UNPACK = (("vector_flop_per_byte", SLOWER),)
PROMPT = (("prefill_utilisation", FASTER),)
COMMON = (
    Parameter(constants=(("read_efficiency", FASTER),)),
    Parameter(constants=UNPACK),
    Parameter(constants=(("cache_efficiency", FASTER),)),
    Parameter(constants=(("step_s", SLOWER), ("layer_s", SLOWER))),
    Parameter(constants=(("expert_efficiency", FASTER),)),
    Parameter(constants=PROMPT),
    Parameter(constants=(("attention_utilisation", FASTER),)),
    Parameter(constants=(("prefill_layer_s", SLOWER),)),
    Parameter(constants=(("expert_utilisation", FASTER),)),
    Parameter(constants=(("sequence_s", SLOWER),)),
    Parameter(constants=(("decode_utilisation", FASTER),)),
)
"""What is corrected for all formats; the last two show under load only. Unpacking also has a part for each width that
was measured, prompts one for each width and one for its blocks of 256 weights, which have kernels of their own."""


def parameters_of(speed_classes: Iterable[str]) -> tuple[Parameter, ...]:
    """The parameters that measurements of these formats can tell something about."""
    measured = set(speed_classes)
    bases = {name.removesuffix("k") for name in measured}
    unpack = tuple(Parameter(constants=UNPACK, speed_class=name) for name in sorted(bases))
    prompt = tuple(Parameter(constants=PROMPT, speed_class=name) for name in sorted(bases | measured))
    return (*COMMON, *unpack, *prompt)


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What the measurements say about the parameters."""

    theta: Array
    """Most likely corrections, in the order of the parameters. [parameters]"""
    covariance: Array
    residuals: Array
    """Measured - predicted, in logarithms of rates. [rows]"""
    weights: Array
    """1: as good as its fellows; near 0: an outlier. [rows]"""
    voices: Array
    """How much a row was heard: 0 for one that follows from others. [rows]"""
    jacobian: Array
    """Change of the logarithm of each rate with each parameter. [rows, parameters]"""
    spread: Array
    """Robust standard deviation of the residuals of the same phase. [rows]"""

    def prediction_sd(self, rows: Array, num_shapes: int | None = None) -> float:
        """Standard deviation of the logarithm of a rate like these that was not measured.

        Of the parameters, and of what the formula does not know: the spread of the residuals of the same rows, which
        is too small by what the fit took out of them. With e parameters in effect, n shapes show (n - e) / (n + e) of
        the variance that a further one has. Rows of one shape share its deviation, so they count once; without
        `num_shapes` every row is a shape of its own.
        """
        jacobian, count = self.jacobian[rows], num_shapes or int(np.sum(rows))
        variance = np.einsum("ij,jk,ik->i", jacobian, self.covariance, jacobian)
        heard = self.weights[rows] * self.voices[rows]
        num_effective = float(np.sum(heard * variance / np.square(self.spread[rows])))
        growth = (count + num_effective) / max(count - num_effective, 1.0)
        return float(np.sqrt(np.mean(variance) + growth * _sd_80(self.residuals[rows]) ** 2))


def posterior(
    log_rates: Callable[[Array], Array],
    measured_log_rates: Array,
    parameters: Sequence[Parameter],
    *,
    phases: Sequence[str] | None = None,
    voices: Array | None = None,
) -> Posterior:
    """Most likely corrections. `log_rates` predicts the logarithm of every measured rate for given corrections.

    Gauss-Newton on  sum v w (measured - predicted)^2 / spread^2 + sum theta^2 / prior^2,  w of Student's t, v the
    voices (1 where none are given), the spread of each phase re-estimated from the residuals of its rows that have one.
    """
    count = len(measured_log_rates)
    heard, kinds = np.ones(count) if voices is None else voices, np.array(phases or [""] * count)
    theta = np.zeros(len(parameters))
    spread = _spreads(measured_log_rates - log_rates(theta), kinds, heard)
    prior = np.array([1.0 / one.prior_sd**2 for one in parameters])
    for _ in range(NUM_ITERATIONS):
        predicted = log_rates(theta)
        residuals = measured_log_rates - predicted
        jacobian = _jacobian(log_rates, theta, predicted)
        weights = _weights(residuals, spread)
        trust = weights * heard / np.square(spread)
        precision = (jacobian.T * trust) @ jacobian + np.diag(prior)
        slope = (jacobian.T * trust) @ residuals - theta * prior
        step = np.linalg.solve(precision, slope)
        theta = theta + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        spread = _spreads(measured_log_rates - log_rates(theta), kinds, heard)
        if np.max(np.abs(step)) < STEP:
            break
    return Posterior(
        theta=theta,
        covariance=np.linalg.inv(precision),
        residuals=measured_log_rates - log_rates(theta),
        weights=weights,
        voices=heard,
        jacobian=jacobian,
        spread=spread,
    )


def _jacobian(log_rates: Callable[[Array], Array], theta: Array, at: Array) -> Array:
    columns = []
    for i in range(len(theta)):
        moved = theta.copy()
        moved[i] += STEP
        columns.append((log_rates(moved) - at) / STEP)
    return np.stack(columns, axis=1)


def _spreads(residuals: Array, kinds: Array, heard: Array) -> Array:
    """Of every row the robust deviation of all rows of its phase that have a voice. [rows]"""
    spread = np.empty(len(residuals))
    for kind in np.unique(kinds):
        least = LEAST_SPREADS.get(str(kind), NOISE_SD)
        spread[kinds == kind] = max(robust_sd(residuals[(kinds == kind) & (heard > 0)]), least)
    return spread


def _weights(residuals: Array, spread: Array) -> Array:
    return (DEGREES_OF_FREEDOM + 1.0) / (DEGREES_OF_FREEDOM + np.square(residuals / spread))


def _sd_80(residuals: Array) -> float:
    """Standard deviation of the normal distribution whose 80 % range holds 80 % of these; at least the noise."""
    return float(max(np.quantile(np.abs(residuals), 0.8) / QUANTILE_80, NOISE_SD))


def robust_sd(residuals: Array) -> float:
    """1.4826 x median of |residual|, with the noise of measuring as one more voice of four."""
    voices = np.concatenate([np.abs(residuals), np.full(4, NOISE_SD / 1.4826)])
    return float(max(1.4826 * np.median(voices), NOISE_SD))


def factors_of(
    parameters: Sequence[Parameter], theta: Array, speed_class: str
) -> tuple[tuple[str, float], ...]:
    """Factors of the constants for one weight format; one that was not measured gets the common part. [(name, x)]"""
    factors: dict[str, float] = {}
    for parameter, value in zip(parameters, theta.tolist(), strict=True):
        if speed_class.startswith(parameter.speed_class):
            for name, sign in parameter.constants:
                factors[name] = factors.get(name, 1.0) * float(np.exp(sign * value))
    return tuple(factors.items())


def calibrated(coefficients: SpeedCoefficients, factors: tuple[tuple[str, float], ...]) -> SpeedCoefficients:
    """The constants times the factors of one computer."""
    return replace(coefficients, **{name: getattr(coefficients, name) * factor for name, factor in factors})


def shrunk(residuals: Array, weights: Array, spread: float) -> tuple[float, float]:
    """Mean residual of one model and format, and the standard deviation of a further one, both in logarithms.

    The model's own deviation is normal around 0 with the spread of all; each of its measurements adds noise:
    mean = sum w r / (sum w + noise^2 / spread^2), variance = noise^2 (1 + 1 / (sum w + noise^2 / spread^2)).
    """
    noise = max(NOISE_SD, float(np.std(residuals)))
    voices = float(np.sum(weights)) + noise**2 / spread**2
    return float(np.sum(weights * residuals)) / voices, float(noise * np.sqrt(1.0 + 1.0 / voices))
