"""Shares of answers that are right, one system or two on the same items: intervals, tests and sizes of samples.

b counts items that only the first gets right, c items that only the second gets right, n all items; the difference is
(b - c) / n, positive where the first is better.
"""

from __future__ import annotations

import math
from functools import cache, lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Array

POWER = 0.8
"""Probability of finding a difference that is there, in sizes of samples. [ratio]"""
PSEUDO_COUNT = 0.5
"""Added to each of the four cells of a pair table, so that no difference among few items is not read as certainty."""
NUM_NUISANCE = 24
"""Grid of the unknown share of items that the two answer differently, in the exact test."""
MAX_EXACT_ITEMS = 400
"""Beyond, the score test stands for the exact one. [items]"""
FAR_FROM_SEEN = 1.0
"""Below so many standard errors nothing is significant by any test, and the approximation is given."""
MAX_ITEMS = 100_000
"""Longest sample that is proposed. [items]"""
TINY = 1e-12


def normal_quantile(probability: float) -> float:
    """Quantile z of the normal distribution, with this probability below it."""
    return NormalDist().inv_cdf(probability)


def wilson_interval(num_right: float, num_items: float, level: float = 0.95) -> tuple[float, float]:
    """Interval of a share. [ratio]

    centre (p + z²/2n) / (1 + z²/n), half width z √(p(1-p)/n + z²/4n²) / (1 + z²/n); the whole range for no items.
    Valid for: independent items. Source: Wilson 1927.

    >>> tuple(round(x, 4) for x in wilson_interval(46, 50))
    (0.8116, 0.9685)
    """
    if not num_items:
        return 0.0, 1.0
    z, p = normal_quantile(0.5 + level / 2), num_right / num_items
    scale = 1 + z * z / num_items
    centre = (p + z * z / (2 * num_items)) / scale
    half = z * math.sqrt(p * (1 - p) / num_items + z * z / (4 * num_items**2)) / scale
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return (0.0 if num_right == 0 else low), (1.0 if num_right == num_items else high)


def mcnemar_p(b: int, c: int) -> float:
    """Exact two-sided probability of so uneven a split of the items that differ, if neither is better.

    min(1, 2 P(Bin(b + c, 1/2) <= min(b, c))). Source: McNemar 1947, exact form.

    >>> round(mcnemar_p(1, 8), 4)
    0.0391
    """
    total = b + c
    ways = sum(math.comb(total, k) for k in range(min(b, c) + 1))
    return float(min(1.0, 2 * ways / 2**total))


def paired_difference(b: float, c: float, n: float) -> float:
    """Share right of the first less that of the second. [ratio]"""
    return (b - c) / n if n else 0.0


def paired_interval(b: float, c: float, n: float, level: float = 0.90) -> tuple[float, float]:
    """Interval of the difference; its ends are one-sided bounds at half of what is left. [ratio]

    With PSEUDO_COUNT in each cell: d = (b - c) / (n + 2), se = √(b + c + 1 - (b - c)² / (n + 2)) / (n + 2).
    Source: Agresti and Min 2005.

    >>> round(paired_interval(2, 4, 50)[0], 4)
    -0.1217
    """
    size = n + 4 * PSEUDO_COUNT
    d = (b - c) / size
    spread = math.sqrt(b + c + 2 * PSEUDO_COUNT - (b - c) ** 2 / size) / size
    z = normal_quantile(0.5 + level / 2)
    return max(-1.0, d - z * spread), min(1.0, d + z * spread)


def score_statistic(b: float, c: float, n: float, difference: float) -> float:
    """How far the difference lies above a supposed one, in standard errors under that supposition.

    (b - c - n δ) / √(n (2 q + δ - δ²)), q the most likely share of c under that supposition. Source: Tango 1998.
    """
    return float(_score(np.array([b], float), np.array([c], float), n, difference)[0])


def _score(b: Array, c: Array, n: float, difference: float) -> Array:
    """The same for arrays. With δ = P(b) - P(c): q = P(c) solves 2n q² + B q + C = 0 of the likelihood."""
    delta = difference
    second = -b - c + (2 * n - b + c) * delta
    third = -c * delta * (1 - delta)
    q = (np.sqrt(np.maximum(second**2 - 8 * n * third, 0.0)) - second) / (4 * n)
    variance = n * (2 * q + delta - delta * delta)
    above = b - c - n * delta
    return np.where(
        variance > TINY, above / np.sqrt(np.maximum(variance, TINY)), np.where(above > TINY, np.inf, 0.0)
    )


@lru_cache(4096)
def better_than_p(b: int, c: int, n: int, difference: float) -> float:
    """Probability of what was seen, or of more in favour of the first, if the true difference were at most this.

    Exact over all tables of n items, the largest over the unknown share of items that differ (a grid of NUM_NUISANCE,
    refined around its worst); beyond MAX_EXACT_ITEMS items, and below FAR_FROM_SEEN standard errors, the normal
    approximation of the score statistic.
    Valid for: independent items, -1 < difference < 1. Source: ordering by Tango's score, maximised as in Barnard 1945.
    """
    if n == 0:
        return 1.0
    seen = score_statistic(b, c, n, difference)
    if n > MAX_EXACT_ITEMS or seen < FAR_FROM_SEEN:
        return 1 - NormalDist().cdf(seen)
    return min(1.0, _largest_tail(_tail_region(n, difference, seen), n, difference))


def _tail_region(n: int, difference: float, seen: float) -> list[tuple[int, int]]:
    """For each c the smallest b that speaks as much for the first as what was seen. [(c, b)]"""
    found = []
    for c in range(n + 1):
        b = np.arange(0, n - c + 1, dtype=float)
        reached = np.flatnonzero(_score(b, np.full_like(b, c), n, difference) >= seen - 1e-9)
        if reached.size:
            found.append((c, int(reached[0])))
    return found


def _largest_tail(region: list[tuple[int, int]], n: int, difference: float) -> float:
    """The largest probability of a region over the share of c, given the difference."""
    first, last = max(0.0, -difference), (1 - difference) / 2
    grid = first + (last - first) * np.linspace(0.0, 1.0, NUM_NUISANCE) ** 2
    tails = [_tail(region, n, float(q), difference) for q in grid]
    at = int(np.argmax(tails))
    near = np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, NUM_NUISANCE - 1)], 9)
    return max(*tails, *(_tail(region, n, float(q), difference) for q in near))


def _tail(region: list[tuple[int, int]], n: int, share_c: float, difference: float) -> float:
    """P(c = i) x P(b >= its limit | c = i), summed. b given c is binomial."""
    share_b = min(max(share_c + difference, 0.0), 1.0)
    probability_c = binomial(n, share_c)
    given = min(share_b / (1 - share_c), 1.0) if share_c < 1 else 0.0
    return float(sum(
        probability_c[c] * binomial_tail(n - c, given, b) for c, b in region if probability_c[c] > TINY
    ))  # fmt: skip


@cache
def _log_factorials(n: int) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))]) if n else np.zeros(1)


def binomial(n: int, share: float) -> Array:
    """Probabilities of 0 to n."""
    if share <= 0 or share >= 1:
        found = np.zeros(n + 1)
        found[0 if share <= 0 else n] = 1.0
        return found
    k, logs = np.arange(n + 1), _log_factorials(n)
    return np.asarray(
        np.exp(logs[n] - logs - logs[::-1] + k * math.log(share) + (n - k) * math.log1p(-share))
    )


def binomial_tail(n: int, share: float, at_least: int) -> float:
    """P(Bin(n, share) >= at_least)."""
    return float(binomial(n, share)[at_least:].sum()) if at_least > 0 else 1.0


def items_needed(*, differing: float, margin: float, difference: float = 0.0, level: float = 0.95) -> float:
    """Items after which "not worse by more than the margin" is settled with POWER. [items]

    (z of level + z of power)² (w - d²) / (m + d)²; infinite where the difference is the margin itself.
    `differing` is w, the share of items that the two answer differently.

    >>> math.ceil(items_needed(differing=0.1, margin=0.05))
    248
    """
    distance = margin + difference
    z = normal_quantile(level) + normal_quantile(POWER)
    return z * z * max(differing - difference * difference, 0.0) / distance**2 if distance else math.inf


def smallest_difference(*, differing: float, num_items: float, level: float = 0.95) -> float:
    """The difference that so many pairs find with POWER, two-sided. [ratio]

    (z of (1 + level) / 2 + z of power) √(w / n).

    >>> round(smallest_difference(differing=0.2, num_items=100), 3)
    0.125
    """
    z = normal_quantile(0.5 + level / 2) + normal_quantile(POWER)
    return min(1.0, z * math.sqrt(differing / num_items)) if num_items else 1.0


def bootstrap_interval(differences: Array, draws: Array, level: float = 0.90) -> tuple[float, float]:
    """Interval of the mean of graded differences, each from -1 to 1. [ratio]

    Percentiles over resampled items; `draws` are uniform numbers [resamples, items + 2] of the caller. Two pseudo-items
    (half weights of +1 and -1, and one 0) keep a few equal grades from being read as certainty.
    """
    size = len(differences) + 2
    values = np.concatenate([differences, [0.0], [1.0, -1.0]])
    weights = np.concatenate([np.ones(len(differences) + 1), [0.5, 0.5]]) / size
    picked = np.searchsorted(np.cumsum(weights), draws, side="right").clip(max=len(values) - 1)
    means = values[picked].mean(axis=1)
    low, high = np.quantile(means, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)
