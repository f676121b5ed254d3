"""The ranking, in one place: smallest sufficient first; ties are ties.

Among options that pass every gate: (1) total monthly cost, marginal on hardware already owned, ties within 10 %;
(2) the smallest model; (3) the higher-precision quantization; (4) the better quality, in whole points; (5) the official
publisher; (6) name.
A score depends on the option alone, so adding or removing another option never turns the order of the rest around
except by opening or closing a cost tie with the cheapest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.number import Array

COST_TIE_RATIO = 1.10
"""Options within 10 % of the cheapest cost the same. [ratio]"""
FREE_TIE_USD = 1.0
"""Below this difference nobody decides by money. [USD/month]"""


@dataclass(frozen=True, kw_only=True)
class RankKeys(Columns):
    """What the order depends on, one entry an option."""

    monthly_usd: Array
    num_params: Array
    weight_bits: Array
    quality: Array
    """Mean on the task's axis. [points]"""
    is_official: Array
    name: Array
    """Unique text: model, quantization, engine, device."""


def order(keys: RankKeys, limit: int) -> Array:
    """Positions of the best `limit` options, best first.

    The cheapest option and all that tie with it on cost compete on keys (2) to (6); the winner leaves and the rest
    compete again.
    """
    return np.fromiter(_winners(keys, limit), dtype=np.intp)


def _winners(keys: RankKeys, limit: int) -> Iterator[int]:
    by_cost = np.argsort(keys.monthly_usd, kind="stable")
    left = by_cost[np.isfinite(keys.monthly_usd[by_cost])]
    for _ in range(min(limit, len(left))):
        cheapest = keys.monthly_usd[left[0]]
        num_tied = np.searchsorted(keys.monthly_usd[left], tie_limit_usd(cheapest), side="right")
        tied = left[:num_tied]
        winner = tied[tie_order(keys.take(tied))[0]]
        yield int(winner)
        left = left[left != winner]


def tie_limit_usd(cheapest_usd: float) -> float:
    """The highest cost that still ties with the cheapest. [USD/month]

    >>> tie_limit_usd(100.0)
    110.00000000000001
    """
    return max(cheapest_usd * COST_TIE_RATIO, cheapest_usd + FREE_TIE_USD)


def tie_order(tied: RankKeys) -> Array:
    """Positions inside a cost tie, the preferred one first."""
    is_unofficial = ~tied.is_official.astype(bool)
    worse = -np.round(tied.quality)
    keys = (tied.name, tied.monthly_usd, is_unofficial, worse, -tied.weight_bits, tied.num_params)
    return np.asarray(np.lexsort(keys))
