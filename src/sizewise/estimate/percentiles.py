"""What the slowest of many requests feel: percentiles of the steady state.

Time to the first token: everybody has the base (prefill, the steps shared with others), log-normal by its mean and
variance. Of those who find another prompt being read (the share of the time spent on reading) each waits for what is
left of it and for those before: a geometric number of left-over prompts, again log-normal by mean and variance. Who
waits for a place has a wait as uneven as an exponential one (of Poisson arrivals), or as that of a finite queue (of
users). Time per token: log-normal. Log-normal because it is never negative, has the long tail of queues, and needs
two moments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.speed import step_s
from sizewise.estimate.steady import NEARLY_ALL, Replica, cycle, steady_poisson, steady_users

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.number import Array, Number
    from sizewise.estimate.steady import LoadState

SHARED_LIFE = 2 / 3
"""Variance of the running sequences averaged over the life of one of them / their variance at a moment: arrivals
without memory and equal lives, whose autocorrelation falls in a straight line: 2 x integral of (1 - t)^2."""
SLOWEST_SETTLING = 0.1
"""Smallest share of its speed at which a crowd dissolves. Assumed; nearer to 0 the queue has no steady state."""
HALVINGS = 30
SPAN_DEVIATIONS = 30.0
"""A percentile is looked for up to so many standard deviations beyond the mean."""
SMALLEST_BASE = 1e-3
"""The part that varies is at least this share of a step, so that it has a logarithm."""
SMALLEST_SIGMA = 1e-9
"""Keeps a quantity without variance from dividing by zero."""
NORMAL_Z = np.linspace(-8.0, 8.0, 1601)
NORMAL_SHARE = np.array([0.5 * math.erfc(-z / math.sqrt(2.0)) for z in NORMAL_Z.tolist()])
"""Distribution function of the normal distribution, read between its points."""


@dataclass(frozen=True, kw_only=True)
class Felt:
    """Latency of the requests of a replica; means and variances. [s, s^2]"""

    load: LoadState
    once_s: Number
    """The part of the first token that is the same for all."""
    base_s: Number
    """The rest without waiting for other prompts: mean."""
    base_variance_s2: Number
    waiting_ratio: Number
    """Share of the requests that find another prompt being read."""
    wait_s: Number
    """Their mean wait."""
    wait_variance_s2: Number
    tpot_variance_s2: Number

    @property
    def mean_ttft_s(self) -> Number:
        """Mean time to the first token. [s]"""
        with_place_s = self.once_s + self.base_s + self.waiting_ratio * self.wait_s
        return with_place_s + self.load.queueing_ratio * self.load.queued_s

    def ttft_s(self, share: float) -> Array:
        """Time to the first token that this share of the requests does not exceed. [s]

        Where (1 - w) F(base) + w F(base + wait) reaches the share, each with and without the wait for a place.
        """
        cases = list(self._cases())
        slow_s, slow_variance = cases[-1][1:]
        low = np.zeros(np.broadcast_shapes(*(np.shape(value) for case in cases for value in case)))
        high = low + slow_s + SPAN_DEVIATIONS * np.sqrt(slow_variance)
        for _ in range(HALVINGS):
            middle = (low + high) / 2.0
            below = sum(ratio * lognormal_share(middle, mean, variance) for ratio, mean, variance in cases)
            is_short = below < share
            low, high = np.where(is_short, middle, low), np.where(is_short, high, middle)
        found: Array = np.where(np.isnan(slow_s), np.nan, self.once_s + high)
        return found

    def _cases(self) -> Iterator[tuple[Number, Number, Number]]:
        """Share of the requests, mean and variance of what varies, by what they wait for; the slowest last."""
        queueing, reading = self.load.queueing_ratio, self.waiting_ratio
        queues = [(1.0 - queueing, 0.0, 0.0), (queueing, self.load.queued_s, self.load.queued_variance_s2)]
        prompts = [(1.0 - reading, 0.0, 0.0), (reading, self.wait_s, self.wait_variance_s2)]
        for queue_ratio, queue_s, queue_variance in queues if np.any(queueing) else queues[:1]:
            for prompt_ratio, prompt_s, prompt_variance in prompts:
                yield (
                    queue_ratio * prompt_ratio,
                    self.base_s + queue_s + prompt_s,
                    self.base_variance_s2 + queue_variance + prompt_variance,
                )

    def tpot_s(self, share: float) -> Array:
        """Time per output token that this share of the requests does not exceed. [s]"""
        return lognormal_percentile(self.load.tpot_s, self.tpot_variance_s2, share)


def lognormal_percentile(mean: Number, variance: Number, share: float) -> Array:
    """Percentile of a log-normal quantity: m exp(z s - s^2 / 2) with s^2 = ln(1 + variance / m^2).

    >>> float(lognormal_percentile(2.0, 0.0, 0.95))
    2.0
    """
    sigma2 = np.log1p(variance / np.square(mean))
    percentile: Array = np.asarray(mean * np.exp(NormalDist().inv_cdf(share) * np.sqrt(sigma2) - sigma2 / 2))
    return percentile


def lognormal_share(value: Number, mean: Number, variance: Number) -> Array:
    """Share of a log-normal quantity that does not exceed a value."""
    sigma2 = np.log1p(variance / np.square(mean))
    sigma = np.maximum(np.sqrt(sigma2), SMALLEST_SIGMA)
    with np.errstate(divide="ignore"):
        z = (np.log(value / mean) + sigma2 / 2.0) / sigma
    below: Array = np.interp(z, NORMAL_Z, NORMAL_SHARE)
    return below


def felt_poisson(replica: Replica, requests_per_s: Number) -> Felt:
    """Latency under Poisson arrivals; NaN where the queue would grow without end."""
    load = steady_poisson(replica, requests_per_s)
    return _felt(replica, load, load.num_running, 1.0)


def felt_by_users(replica: Replica, num_users: Number, think_time_s: float) -> Felt:
    """Latency of users who wait for the answer, pause and send again.

    Of N users n run, with the variance n (1 - n / N) of independent users.
    """
    load = steady_users(replica, num_users, think_time_s)
    idle_ratio = np.maximum(1.0 - load.num_running / num_users, 0.0)
    others = load.num_running * (1.0 - 1.0 / np.asarray(num_users))
    return _felt(replica, load, others, idle_ratio)


def _felt(replica: Replica, load: LoadState, others: Number, idle_ratio: Number) -> Felt:
    """Means and variances of the parts; `idle_ratio` is the share of the senders who may send now (1: Poisson).

    Prompts queue like an M/G/1 server. A left-over prompt has the mean E[S^2] / 2 E[S] and the second moment
    E[S^3] / 3 E[S] (log-normal S); a geometric number of them, 1 / (1 - w) on average, is waited for. What the cycle
    of steps varies beyond that belongs to the base.
    """
    prompt_s, grown = replica.prompt_s, 1.0 + replica.input_variation**2
    step = step_s(replica.terms, np.minimum(1.0 + others, replica.max_sequences))
    reading = np.minimum(load.requests_per_s * prompt_s, NEARLY_ALL)
    shared = cycle(replica, step=step, reading_ratio=reading, others=others)
    delay_s = shared.busy_ratio * shared.delay_s
    delay_variance = shared.busy_ratio * (shared.variance_s2 + shared.delay_s**2) - delay_s**2
    left_s = prompt_s * grown / 2.0
    count = 1.0 / (1.0 - reading)
    wait_s = left_s * count
    wait_variance = count * (prompt_s**2 * grown**3 / 3.0 - left_s**2) + reading * wait_s**2
    mixed = reading * (wait_variance + (1.0 - reading) * wait_s**2)
    own_variance = np.square(replica.prefill_s * replica.input_variation)
    once_s = replica.terms.ingest_s + (replica.prefill_s if replica.input_variation == 0 else 0.0)
    with_place_s = load.ttft_s - load.queueing_ratio * load.queued_s
    return Felt(
        load=load,
        once_s=once_s,
        base_s=np.maximum(with_place_s - once_s - reading * wait_s, SMALLEST_BASE * step),
        base_variance_s2=own_variance + np.maximum(delay_variance - mixed, 0.0),
        waiting_ratio=reading,
        wait_s=wait_s,
        wait_variance_s2=wait_variance,
        tpot_variance_s2=_tpot_variance(replica, load, others, idle_ratio),
    )


def _tpot_variance(replica: Replica, load: LoadState, others: Number, idle_ratio: Number) -> Number:
    """Variance of a request's mean step: how many others run, and how many prompts are read meanwhile. [s^2]

    Sequences: slope of the step in b x deviation averaged over a life. A crowd slows itself down, so it lasts longer:
    with e = n step' / step its variance grows by 1 / (1 - e), and a life evens out less of it. Prompts: as many as
    others run on average in a life, each of prompt / output tokens; each makes the next step longer, in which more
    arrive, so the variance grows by 1 / (1 - w)^2, w the share of the time spent on prompts. Uneven prompts, and
    answers so short that few steps even them out, widen it.
    """
    seen = np.minimum(1.0 + others, replica.max_sequences)
    step = step_s(replica.terms, seen)
    slope = (step_s(replica.terms, seen + 1.0) - step) / step
    settling = np.maximum(1.0 - load.num_running * slope, SLOWEST_SETTLING)
    lasting = (1.0 - settling * (1.0 - SHARED_LIFE)) / settling
    crowd = np.square(load.tpot_s * slope) * load.num_running * idle_ratio * lasting
    uneven = (1.0 + replica.input_variation**2) * (1.0 + replica.output_variation**2)
    following = 1.0 - np.minimum(load.requests_per_s * replica.prompt_s, NEARLY_ALL) * idle_ratio
    return crowd + others * np.square(replica.share_s / following) * uneven
