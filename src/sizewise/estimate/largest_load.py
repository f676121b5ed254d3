"""The largest load whose slowest requests still meet their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.percentiles import felt_by_users, felt_poisson
from sizewise.estimate.steady import top_requests_per_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.number import Array
    from sizewise.estimate.percentiles import Felt
    from sizewise.estimate.steady import Replica

GRID = 128
"""Loads that are tried at once; two passes find the largest to 1 / GRID^2."""
MOST_DOUBLINGS = 24
"""No limit is looked for beyond 2^24 users."""


def largest_requests_per_s(
    replica: Replica, *, share: float, max_ttft_s: float, max_tpot_s: float, rate_factor: float = 1.0
) -> float:
    """Poisson arrivals of which this share meets each target; 0 where not even rare ones do. [requests/s]

    `rate_factor`: the rate at which the queue grows without end, against the likely one.
    """
    top = float(top_requests_per_s(replica))

    def is_met(rates: Array) -> Array:
        return _meets(felt_poisson(replica, rates), share, max_ttft_s, max_tpot_s)

    within = _largest(is_met, top * (1.0 - 1e-6))
    return min(within, top * rate_factor)


def largest_num_users(
    replica: Replica, *, share: float, max_ttft_s: float, max_tpot_s: float, think_time_s: float
) -> float:
    """Whole users of whose requests this share meets each target; 0 where not even one user's do. [users]"""

    def is_met(users: Array) -> Array:
        return _meets(
            felt_by_users(replica, np.maximum(users, 1.0), think_time_s), share, max_ttft_s, max_tpot_s
        )

    doubled = 2.0 ** np.arange(MOST_DOUBLINGS + 1)
    failed = np.flatnonzero(~is_met(doubled))
    top = float(doubled[failed[0] if len(failed) else -1])
    around = np.floor(_largest(is_met, top)) + np.array([0.0, 1.0])
    return float(max(around[(around >= 1.0) & is_met(around)], default=0.0))


def _meets(felt: Felt, share: float, max_ttft_s: float, max_tpot_s: float) -> Array:
    """Which loads are stable and within both targets."""
    is_met: Array = np.asarray(felt.load.is_stable) & (felt.ttft_s(share) <= max_ttft_s)
    return is_met & (felt.tpot_s(share) <= max_tpot_s)


def _largest(is_met: Callable[[Array], Array], top: float) -> float:
    """Largest load below the first that fails, up to `top`; two passes over a grid."""
    low, high = 0.0, top
    for _ in range(2):
        tried = low + (high - low) * np.arange(1, GRID + 1) / GRID
        failed = np.flatnonzero(~is_met(tried))
        if not len(failed):
            return high
        first = int(failed[0])
        low, high = (low if first == 0 else float(tried[first - 1])), float(tried[first])
    return low
