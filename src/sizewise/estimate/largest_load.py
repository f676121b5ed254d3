"""The largest load whose slowest requests still meet their targets."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.percentiles import felt_by_users, felt_poisson
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica, top_requests_per_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.number import Array, Number
    from sizewise.estimate.percentiles import Felt

GRID = 128
"""Loads that are tried at once; two passes find the largest to 1 / GRID^2."""
GRIDDED = ("prompt_s", "launch_s", "output_tokens", "max_sequences")
"""Fields of a replica that may be arrays, besides its terms."""
MOST_DOUBLINGS = 24
"""No limit is looked for beyond 2^24 users."""


def largest_requests_per_s(
    replica: Replica, *, share: float, max_ttft_s: Number, max_tpot_s: Number, rate_factor: Number = 1.0
) -> Array:
    """Poisson arrivals of which this share meets each target; 0 where not even rare ones do. [requests/s]

    `rate_factor`: the rate at which the queue grows without end, against the likely one.
    Array shapes: the targets and the factor broadcast with the fields of an array of replicas.
    """
    cells = _with_grid(replica)
    first_s, each_s = np.asarray(max_ttft_s)[..., None], np.asarray(max_tpot_s)[..., None]

    def is_met(rates: Array) -> Array:
        return _meets(felt_poisson(cells, rates), share, first_s, each_s)

    shape = np.broadcast_shapes(np.shape(max_ttft_s), np.shape(max_tpot_s), np.shape(rate_factor))
    top = np.asarray(top_requests_per_s(replica))
    top = np.broadcast_to(top, np.broadcast_shapes(top.shape, shape))
    within = _largest(is_met, top * (1.0 - 1e-6))
    return np.minimum(within, top * rate_factor)


def _with_grid(replica: Replica) -> Replica:
    """Replicas shaped [..., 1], so that they meet a grid of loads."""
    terms = replica.terms
    held = {f.name: np.asarray(getattr(terms, f.name))[..., None] for f in fields(terms)}
    prompt, launch, output, most = (np.asarray(getattr(replica, name))[..., None] for name in GRIDDED)
    return Replica(
        terms=StepTerms(**held), prompt_s=prompt, launch_s=launch, output_tokens=output, max_sequences=most,
        input_variation=replica.input_variation, output_variation=replica.output_variation,
    )  # fmt: skip


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
    around = np.floor(_largest(is_met, np.asarray(top))) + np.array([0.0, 1.0])
    return float(max(around[(around >= 1.0) & is_met(around)], default=0.0))


def _meets(felt: Felt, share: float, max_ttft_s: Number, max_tpot_s: Number) -> Array:
    """Which loads are stable and within both targets."""
    is_met: Array = np.asarray(felt.load.is_stable) & (felt.ttft_s(share) <= max_ttft_s)
    return is_met & (felt.tpot_s(share) <= max_tpot_s)


def _largest(is_met: Callable[[Array], Array], top: Array) -> Array:
    """Largest load below the first that fails, up to `top`; two passes over a grid. [...]"""
    low, high = np.zeros_like(top), top
    steps = np.arange(1, GRID + 1) / GRID
    for _ in range(2):
        failed = ~is_met(low[..., None] + (high - low)[..., None] * steps)
        is_bounded = failed.any(axis=-1)
        first = np.argmax(failed, axis=-1)
        span = high - low
        until, from_there = low + span * first / GRID, low + span * (first + 1) / GRID
        low, high = np.where(is_bounded, until, high), np.where(is_bounded, from_there, high)
    return low
