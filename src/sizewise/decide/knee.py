"""The better models of rising size or cost, and the point after which more of it buys little."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.number import Array

MIN_POINTS = 3
"""Fewer points have no knee."""
TINY = 1e-9
"""Stands for an effort of nothing on a logarithm."""


def frontier(effort: Array, quality: Array) -> list[int]:
    """Positions of the points that no point of at most the same effort beats, by rising effort.

    Points with unknown effort or quality (NaN) are left out.

    >>> import numpy as np
    >>> frontier(np.array([1.0, 2.0, 3.0]), np.array([5.0, 4.0, 6.0]))
    [0, 2]
    """
    known = np.flatnonzero(np.isfinite(effort) & np.isfinite(quality))
    order = known[np.lexsort((-quality[known], effort[known]))]
    kept: list[int] = []
    for index in order.tolist():
        if not kept or quality[index] > quality[kept[-1]]:
            kept.append(index)
    return kept


def knee(effort: Sequence[float], quality: Sequence[float]) -> int:
    """Position of the knee of a frontier; -1 for fewer than MIN_POINTS points, or where one costs nothing.

    Both axes from 0 to 1 between their ends, effort on a logarithm: the point farthest above the straight line between
    the ends. Source: V. Satopaa and others, Finding a "kneedle" in a haystack, 2011.

    >>> knee([1.0, 10.0, 100.0], [0.0, 90.0, 100.0])
    1
    """
    if len(effort) < MIN_POINTS or min(effort) <= 0:
        return -1
    x, y = np.log(np.asarray(effort, dtype=np.float64)), np.asarray(quality, dtype=np.float64)
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    return int(np.argmax(above))


def thinned(effort: Sequence[float], quality: Sequence[float], most: int, *, keep: int = -1) -> list[int]:
    """Positions of at most so many points of a frontier: again and again the one that is missed least goes.

    Missed: quality gained over the point before, times the stretch of effort (on a logarithm) over which it is the
    best. Both ends stay, and so does the point at `keep`.

    >>> thinned([1.0, 2.0, 10.0, 100.0], [0.0, 1.0, 50.0, 90.0], 3)
    [0, 2, 3]
    """
    kept = list(range(len(effort)))
    while len(kept) > most:
        missed = {
            here: (quality[here] - quality[before]) * math.log(effort[after] / max(effort[here], TINY))
            for before, here, after in zip(kept, kept[1:], kept[2:], strict=False)
            if here != keep
        }
        kept.remove(min(missed, key=missed.__getitem__))
    return kept
