"""Quality of a model at a task, what quantization takes away, and whether that is enough.

Points are on the 0-100 scale of the task's axis: 100 x logistic(skill - skill of the anchor model), so the anchor
stands at 50 on every axis and no candidate moves another's score. Unknown is NaN: it never passes a comparison.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.domain.number import Array, Number

Z_80 = 1.2816
"""Half width of an 80 % range in standard deviations of a normal distribution."""
SD_PER_RANGE = 1.0 / (2.0 * Z_80)
"""Standard deviation of an 80 % range of width one."""
LOSSLESS_CLASS = "16"
"""Loss class of formats that keep the published weights."""
LARGEST_SCORE = 100.0
PASS_Z = 0.8416
"""Normal quantile of PROBABLY_ENOUGH: so many standard deviations above a bar is probably above it."""
PROBABLY_ENOUGH, NOT_ENOUGH = 0.8, 0.2
"""Pass probabilities from which, and up to which, public results decide. Assumed."""
VERDICTS = ("probably enough", "borderline", "not enough", "unknown")


@dataclass(frozen=True, kw_only=True)
class LossTable:
    """Points that a number format costs, by loss class and model size."""

    num_params: tuple[float, ...]
    """Sizes of the columns, rising. [count]"""
    points: Mapping[str, tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]]
    """Per loss class: low, likely and high for each size. [points]"""
    axis_factors: Mapping[str, tuple[float, float, float]]
    """How much more a task loses than knowledge questions: low, likely and high. [ratio]"""
    kv_points: Mapping[str, tuple[float, float, float]]
    """Per cache type: low, likely and high. [points]"""
    kv_factors: Mapping[str, tuple[float, float, float]]
    """How much more than usual a task loses by its cache: low, likely and high; tasks without scores of a quantized
    cache are missing and lose the usual points. [ratio]"""


def quant_loss(
    *, loss_class: str, num_params: Number, axis: str, table: LossTable, is_native: Number = False
) -> tuple[Number, Number, Number]:
    """Points lost by the weights' format: low, likely, high. [points]

    Straight lines over log10(parameters) between the sizes of the table, its end values outside, times the axis
    factor. A native format loses nothing: the published score was made with it.
    Raises: KeyError for a loss class that the table does not have (our own error).
    Valid for: total parameters; mixtures of experts count all of them.
    """
    if loss_class == LOSSLESS_CLASS:
        nothing = np.zeros(np.shape(num_params))[()]
        return nothing, nothing, nothing
    size, sizes = np.log10(num_params), np.log10(table.num_params)
    kept = np.where(is_native, 0.0, 1.0)
    factors = table.axis_factors.get(axis, (1.0, 1.0, 1.0))
    low, likely, high = (
        np.interp(size, sizes, line) * factor * kept
        for line, factor in zip(table.points[loss_class], factors, strict=True)
    )
    return low[()], likely[()], high[()]


def kv_loss(*, kv_type: str, axis: str, table: LossTable) -> tuple[float, float, float]:
    """Points lost by the type of the KV cache: low, likely, high. [points]

    The points of the type times the factor of the task, end by end.
    Raises: KeyError for a type that the table does not have (our own error).
    """
    factors = table.kv_factors.get(axis, (1.0, 1.0, 1.0))
    low, likely, high = (a * b for a, b in zip(table.kv_points[kv_type], factors, strict=True))
    return low, likely, high


def quality_after_loss(
    *, mean: Number, sd: Number, loss_low: Number, loss_likely: Number, loss_high: Number
) -> tuple[Number, Number]:
    """Mean and standard deviation of the score of a quantized model. [points]

    mean - likely loss, not below 0; variances add, the loss's from its 80 % range. NaN stays NaN.

    >>> mean, sd = quality_after_loss(mean=50.0, sd=3.0, loss_low=0.5, loss_likely=2.0, loss_high=4.0)
    >>> f"{mean:.1f} {sd:.2f}"
    '48.0 3.30'
    """
    loss_sd = (np.asarray(loss_high) - loss_low) * SD_PER_RANGE
    return np.maximum(mean - np.asarray(loss_likely), 0.0)[()], np.sqrt(np.square(sd) + np.square(loss_sd))[
        ()
    ]


def quality_range(*, mean: Number, sd: Number) -> tuple[Number, Number]:
    """80 % range of a score, within the scale. [points]"""
    spread = Z_80 * np.asarray(sd)
    return np.maximum(mean - spread, 0.0)[()], np.minimum(mean + spread, LARGEST_SCORE)[()]


def pass_probability(*, mean: Number, sd: Number, bar: Number) -> Number:
    """Probability that the score reaches the bar. [ratio]  Normal: Phi((mean - bar) / sd).

    NaN for an unknown score or bar, which fails every gate of the form `value >= limit`.

    >>> f"{pass_probability(mean=50.0, sd=4.0, bar=46.63):.2f}"
    '0.80'
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.asarray((np.asarray(mean, dtype=np.float64) - bar) / sd)
    z = np.where(np.isnan(z) & (np.asarray(sd) == 0) & np.isfinite(mean) & np.isfinite(bar), 0.0, z)
    return normal_cdf(np.clip(z, -40.0, 40.0))


def normal_cdf(z: Number) -> Number:
    """Distribution function of the standard normal, error below 7.5e-8.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, formula 26.2.17.
    """
    x = np.abs(z)
    t = 1.0 / (1.0 + 0.2316419 * x)
    series = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    upper = np.exp(-0.5 * np.square(x)) / np.sqrt(2.0 * np.pi) * series
    return np.asarray(np.where(np.asarray(z) >= 0, 1.0 - upper, upper))[()]


def verdict(probability: float) -> str:
    """One of VERDICTS for a pass probability; NaN is unknown.

    >>> verdict(0.8), verdict(0.5), verdict(0.2), verdict(float("nan"))
    ('probably enough', 'borderline', 'not enough', 'unknown')
    """
    if probability >= PROBABLY_ENOUGH:
        return VERDICTS[0]
    if probability <= NOT_ENOUGH:
        return VERDICTS[2]
    return VERDICTS[1] if np.isfinite(probability) else VERDICTS[3]


def bar_as_good_as(*, mean: float, margin: float) -> float:
    """A bar stated by a reference model: its score minus the accepted loss. [points]  NaN for an unknown model."""
    return mean - margin


def best_of_size(
    *, mean: Array, num_params: Array, is_eligible: Array, smallest: float, largest: float
) -> int:
    """Position of the best score among eligible models of a size range; -1 where none has a score."""
    in_range = is_eligible & (num_params >= smallest) & (num_params <= largest) & np.isfinite(mean)
    if not in_range.any():
        return -1
    return int(np.argmax(np.where(in_range, mean, -np.inf)))
