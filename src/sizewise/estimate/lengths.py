"""How long prompts and answers are: not one number, but values that are equally likely."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from sizewise.domain.number import Array

NUM_VALUES = 64
"""Values by which a smooth distribution is represented. [count]"""


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """A distribution of lengths as equally likely values, shortest first."""

    values_tokens: tuple[float, ...]

    @property
    def mean_tokens(self) -> float:
        """Mean length. [tokens]"""
        return float(np.mean(self.values_tokens))

    @property
    def variation(self) -> float:
        """Standard deviation / mean. [ratio]"""
        return float(np.std(self.values_tokens) / np.mean(self.values_tokens))

    def sample_tokens(self, generator: Generator, shape: tuple[int, ...]) -> Array:
        """Independent whole lengths of at least one token. [tokens]"""
        chosen = generator.integers(len(self.values_tokens), size=shape)
        whole: Array = np.maximum(np.rint(np.asarray(self.values_tokens)[chosen]), 1.0)
        return whole


def constant_lengths(mean_tokens: float) -> Lengths:
    """Every length the same.

    >>> constant_lengths(256).variation
    0.0
    """
    return Lengths(values_tokens=(float(mean_tokens),))


def lognormal_lengths(mean_tokens: float, variation: float) -> Lengths:
    """Lengths whose logarithm is normal, by their mean and variation (standard deviation / mean).

    sigma^2 = ln(1 + variation^2); values are the quantiles of equal slices, scaled so that the mean holds exactly.
    Valid for: token counts of chat and code traffic, whose mean lies above the median.

    >>> round(lognormal_lengths(200, 0.8).mean_tokens, 6)
    200.0
    """
    if variation <= 0:
        return constant_lengths(mean_tokens)
    sigma = float(np.sqrt(np.log1p(variation**2)))
    normal = NormalDist()
    slices = [normal.inv_cdf((i + 0.5) / NUM_VALUES) for i in range(NUM_VALUES)]
    values = np.exp(sigma * np.array(slices))
    return Lengths(values_tokens=tuple((values * (mean_tokens / values.mean())).tolist()))


def observed_lengths(tokens: Array) -> Lengths:
    """Lengths as they were seen, each as likely as often."""
    return Lengths(values_tokens=tuple(np.sort(np.asarray(tokens, dtype=np.float64)).tolist()))
