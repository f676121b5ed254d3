"""Users who share a few places: who waits for one, and for how long.

N users pause for Z on average, then hold a place for H; with a = H / Z the number k of them that run or wait has the
weights of the machine-repair queue M/M/c//N:

    C(N, k) a^k                            up to the places c
    C(N, k) k! / (c! c^(k - c)) a^k        beyond them

By the arrival theorem a request meets the others as N - 1 users leave them: weights x (N - k).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Array

POINTS = 129
"""Values of k that are summed over; all of them where fewer matter. [count]"""
DEVIATIONS = 8.0
"""Values further from the most likely one than so many standard deviations do not matter."""


class FiniteQueue(NamedTuple):
    """Who waits, one entry for each number of users; waits in units of H / c, after which the next place is free."""

    waiting_ratio: Array
    """Share of the requests that find every place taken."""
    wait: Array
    """Their mean wait: one more than those who wait already."""
    wait_variance: Array


def finite_queue(num_users: Array, places: Array, activity: Array) -> FiniteQueue:
    """The queue of so many users with `activity` = time a place is held / pause. [count, count, ratio]

    Valid for: times that vary like an exponential; the mean is right for any where few wait.

    >>> two = finite_queue(np.array([2.0]), np.array([1.0]), np.array([1.0]))  # one other: weights 1, 1
    >>> [round(float(value[0]), 3) for value in two]
    [0.5, 1.0, 1.0]
    """
    count, log_weight = _weights(num_users, places, activity)
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    met = weight * np.maximum(num_users[:, None] - count, 0.0)
    waits = met * (count >= places[:, None])
    behind = np.where(waits > 0, count - places[:, None] + 1.0, 0.0)
    all_waits = np.maximum(waits.sum(axis=-1), np.finfo(float).tiny)
    mean = (waits * behind).sum(axis=-1) / all_waits
    spread = (waits * behind**2).sum(axis=-1) / all_waits - mean**2
    return FiniteQueue(
        waiting_ratio=waits.sum(axis=-1) / np.maximum(met.sum(axis=-1), np.finfo(float).tiny),
        wait=mean,
        wait_variance=np.maximum(spread, 0.0) + mean,
    )


def _weights(num_users: Array, places: Array, activity: Array) -> tuple[Array, Array]:
    """Values of k that matter, and the logarithms of their weights; shape [users, points]."""
    free = num_users * activity / (1.0 + activity)
    most_likely = np.where(free <= places, free, np.maximum(places, num_users - places / activity))
    spread = np.sqrt(np.maximum(free / (1.0 + activity), np.minimum(places / activity, num_users))) + 1.0
    first = np.floor(np.maximum(most_likely - DEVIATIONS * spread, 0.0))
    last = np.minimum(most_likely + DEVIATIONS * spread, num_users)
    gap = np.maximum((last - first) / (POINTS - 1), 1.0)
    count = first[:, None] + gap[:, None] * np.arange(POINTS)
    users, most = num_users[:, None], places[:, None]
    inside = np.minimum(count, users)
    log_weight = (
        inside * np.log(activity[:, None])
        - _log_factorial(users - inside)
        - _log_factorial(np.minimum(inside, most))
        - np.maximum(inside - most, 0.0) * np.log(most)
    )
    return count, np.where(count <= users, log_weight, -np.inf)


def _log_factorial(count: Array) -> Array:
    """Logarithm of n!, by Nemes' form of Stirling's series; off by less than 2e-4 for every n >= 0."""
    n = count + 1.0
    stirling: Array = (np.log(2.0 * np.pi / n)) / 2.0 + n * (np.log(n + 1.0 / (12.0 * n - 0.1 / n)) - 1.0)
    return stirling
