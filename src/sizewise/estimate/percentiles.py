"""What the slowest of many requests feel: percentiles of the closed forms of `load`.

A request's latency is a sum of independent parts with a known mean and variance; the sum is taken as log-normal, which
is never negative and has the long tail of queues:

    percentile = once + m exp(z s - s^2 / 2),   s^2 = ln(1 + variance / m^2)

with `once` the part that is the same for all, m the mean of the rest and z the normal quantile.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.load import load_at, poisson_at
from sizewise.estimate.speed import step_s

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number
    from sizewise.estimate.load import LoadState
    from sizewise.estimate.speed import StepTerms

SHARED_LIFE = 2 / 3
"""Variance of the running sequences averaged over the life of one of them / their variance at a moment: arrivals
without memory and equal lives, whose autocorrelation falls in a straight line: 2 x integral of (1 - t)^2."""
ALMOST_FULL = 0.999
"""Largest share of the time spent on prompts at which a wait is computed."""


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One replica and what it is asked to do."""

    terms: StepTerms
    prefill_s: Number
    """A prompt of mean length on an idle machine. [s]"""
    output_tokens: Number
    input_variation: float
    """Standard deviation / mean of the prompts. [ratio]"""
    output_variation: float
    max_sequences: Number


@dataclass(frozen=True, kw_only=True)
class Felt:
    """Latency of the requests of a replica: what is the same for all, mean and variance of the rest. [s, s^2]"""

    load: LoadState
    ttft_once_s: Number
    ttft_mean_s: Number
    ttft_variance_s2: Number
    tpot_variance_s2: Number

    def ttft_s(self, share: float) -> Array:
        """Time to the first token that this share of the requests does not exceed. [s]"""
        rest_s = self.ttft_mean_s - self.ttft_once_s
        return self.ttft_once_s + lognormal_percentile(rest_s, self.ttft_variance_s2, share)

    def tpot_s(self, share: float) -> Array:
        """Time per output token that this share of the requests does not exceed. [s]"""
        return lognormal_percentile(self.load.tpot_s, self.tpot_variance_s2, share)


def lognormal_percentile(mean: Number, variance: Number, share: float) -> Array:
    """Percentile of a log-normal quantity.

    >>> float(lognormal_percentile(2.0, 0.0, 0.95))
    2.0
    """
    sigma2 = np.log1p(variance / np.square(mean))
    percentile: Array = np.asarray(mean * np.exp(NormalDist().inv_cdf(share) * np.sqrt(sigma2) - sigma2 / 2))
    return percentile


def felt_poisson(replica: Replica, requests_per_s: Number) -> Felt:
    """Latency under Poisson arrivals; NaN where the queue would grow without end."""
    load = poisson_at(
        replica.terms,
        replica.prefill_s,
        requests_per_s=requests_per_s,
        output_tokens=replica.output_tokens,
        max_sequences=replica.max_sequences,
    )
    return _felt(replica, load, load.num_running)


def felt_by_users(replica: Replica, num_users: Number, think_time_s: float) -> Felt:
    """Latency of users who wait for the answer, pause and send again.

    Of N users n run, with the variance n (1 - n / N) of independent users.
    """
    load = load_at(
        replica.terms,
        replica.prefill_s,
        num_users=num_users,
        think_time_s=think_time_s,
        output_tokens=replica.output_tokens,
        max_sequences=replica.max_sequences,
    )
    return _felt(replica, load, load.num_running * (1.0 - load.num_running / num_users))


def _felt(replica: Replica, load: LoadState, running_variance: Number) -> Felt:
    """Means and variances; prompts queue like an M/G/1 server whose service is the prefill."""
    prefill_s, spread2 = replica.prefill_s, replica.input_variation**2
    step = step_s(replica.terms, np.maximum(load.num_running, 1.0))
    reading_ratio = np.minimum(load.requests_per_s * prefill_s, ALMOST_FULL)
    queued_s = prefill_s * (1.0 + spread2) / (2.0 * (1.0 - reading_ratio))
    longer_wait_s = reading_ratio * prefill_s * spread2 / (2.0 * (1.0 - reading_ratio))
    wait_variance = queued_s**2 * reading_ratio * np.maximum(2.0 - reading_ratio, 0.0)
    once_s = replica.terms.ingest_s + (prefill_s if spread2 == 0 else 0.0)
    return Felt(
        load=load,
        ttft_once_s=once_s,
        ttft_mean_s=load.ttft_s + longer_wait_s,
        ttft_variance_s2=np.square(prefill_s) * spread2 + np.square(step) / 12.0 + wait_variance,
        tpot_variance_s2=_tpot_variance(replica, load, running_variance),
    )


def _tpot_variance(replica: Replica, load: LoadState, running_variance: Number) -> Number:
    """Variance of a request's mean step: how many others run, and how many prompts are read meanwhile. [s^2]

    Sequences: slope of TPOT in b x deviation averaged over a life. Prompts: b of them on average in a life, each of
    prefill / output tokens, and each long or short.
    """
    slope_s = _sequence_slope_s(replica.terms, np.maximum(load.num_running, 1.0))
    crowd = np.square(slope_s) * running_variance * SHARED_LIFE
    share_s = np.maximum(replica.prefill_s - replica.terms.launch_s, 0.0) / replica.output_tokens
    lives = 1.0 + replica.input_variation**2 + replica.output_variation**2
    return crowd + load.num_running * np.square(share_s) * lives


def _sequence_slope_s(terms: StepTerms, num_sequences: Number) -> Number:
    """What one more running sequence adds to a step. [s]"""
    return step_s(terms, num_sequences + 1.0) - step_s(terms, num_sequences)
