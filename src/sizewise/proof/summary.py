"""Errors, bias, coverage and verdicts of one group of predictions.

Ratios, not percent: an error of 0.1 means 10 %. An error is signed, (predicted - measured) / measured; a
prediction without a likely value is unknown and counts as not answered, never as an error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEAR, NEARER = 0.25, 0.10
"""Errors whose share is reported."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One measured value and its prediction; None: not predicted."""

    measured: float
    low: float | None
    likely: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Did it fit, and what was predicted; None: not predicted."""

    fitted: bool
    predicted: bool | None


@dataclass(frozen=True, kw_only=True)
class ErrorSummary:
    """Errors of one group. NaN: nothing to compute it from."""

    num_rows: int
    num_answered: int
    median_error_ratio: float
    """Median of |error|."""
    p90_error_ratio: float
    """90th percentile of |error|, interpolated between order statistics."""
    mean_error_ratio: float
    """Mean of |error| (MAPE)."""
    bias_ratio: float
    """Median of the signed error."""
    within_10_ratio: float
    """Share of the answered rows with |error| <= 0.10."""
    within_25_ratio: float
    """Share of the answered rows with |error| <= 0.25."""
    num_intervals: int
    coverage_ratio: float
    """Share of the measured values inside low..high, ends included."""
    width_ratio: float
    """Median of high / low; inf where the low end is zero."""


@dataclass(frozen=True, kw_only=True)
class FitSummary:
    """Fit verdicts of one group. NaN: nothing to compute it from."""

    num_rows: int
    num_answered: int
    num_not_fitting: int
    """Rows that did not fit when measured, answered or not."""
    accuracy_ratio: float
    false_fit_ratio: float
    """Share predicted to fit among the answered rows that did not fit."""
    false_refusal_ratio: float
    """Share predicted not to fit among the answered rows that did fit."""


def error_summary(outcomes: Sequence[Outcome]) -> ErrorSummary:
    """Errors of these predictions.

    >>> error_summary([Outcome(measured=100.0, low=90.0, likely=110.0, high=120.0)]).median_error_ratio
    0.1
    """
    signed = sorted((o.likely - o.measured) / o.measured for o in outcomes if o.likely is not None)
    sizes = sorted(abs(error) for error in signed)
    intervals = [
        (o.measured, o.low, o.high)
        for o in outcomes
        if o.likely is not None and o.low is not None and o.high is not None
    ]
    return ErrorSummary(
        num_rows=len(outcomes),
        num_answered=len(signed),
        median_error_ratio=quantile(sizes, 0.5),
        p90_error_ratio=quantile(sizes, 0.9),
        mean_error_ratio=_mean(sizes),
        bias_ratio=quantile(signed, 0.5),
        within_10_ratio=_mean(size <= NEARER for size in sizes),
        within_25_ratio=_mean(size <= NEAR for size in sizes),
        num_intervals=len(intervals),
        coverage_ratio=_mean(low <= measured <= high for measured, low, high in intervals),
        width_ratio=quantile(sorted(high / low if low > 0 else math.inf for _, low, high in intervals), 0.5),
    )


def fit_summary(verdicts: Sequence[Verdict]) -> FitSummary:
    """Right and wrong verdicts, false hopes and false refusals apart."""
    answered = [(v.fitted, v.predicted) for v in verdicts if v.predicted is not None]
    return FitSummary(
        num_rows=len(verdicts),
        num_answered=len(answered),
        num_not_fitting=sum(not v.fitted for v in verdicts),
        accuracy_ratio=_mean(fitted == predicted for fitted, predicted in answered),
        false_fit_ratio=_mean(predicted for fitted, predicted in answered if not fitted),
        false_refusal_ratio=_mean(not predicted for fitted, predicted in answered if fitted),
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share lies, linear between order statistics; NaN of nothing.

    >>> quantile([0.0, 10.0, 50.0], 0.9)
    42.0
    """
    if not ordered:
        return math.nan
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    if ordered[below] == ordered[above]:
        return ordered[below]
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else math.nan
