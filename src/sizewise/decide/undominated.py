"""Which of many options no other one beats in everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Array


def undominated(keys: Array) -> Array:
    """Positions of the rows that no other row is at most equal to in every key, in order. [n, k], smaller is better

    Of equal rows the first stays.

    >>> undominated(np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 4.0], [1.0, 5.0]])).tolist()
    [0, 2]
    """
    order = np.lexsort(keys.T[::-1])
    kept: list[int] = []
    best = np.zeros((0, keys.shape[1]))
    for i in order.tolist():
        if not (best <= keys[i]).all(axis=1).any():
            kept.append(i)
            best = keys[kept]
    return np.array(sorted(kept), dtype=np.intp)
