"""How many requests a replica may run at once within the latency targets, and how many users that carries.

What each request feels comes from `steady`; here its mean latencies are inverted, for a million candidates at once.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.speed import StepTerms, step_of_weights_s
from sizewise.estimate.steady import Replica, held_s, latencies

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number

MAX_BITS = 12
"""Most passes of a search over a block: counts up to 4,095."""
LARGEST_BATCH = 2**MAX_BITS - 1
"""Most running sequences that are looked at. [count]"""
CROWD_DEVIATIONS = 1.2816
"""Users are planned so that in 90 % of all moments no more than the allowed sequences run: normal quantile."""
LARGEST_RATIO = 1.0 - 2.0**-53
"""Largest share below 1, whose rest has a logarithm. [ratio]"""


def capacity_sequences(replica: Replica, *, max_tpot_s: Number, max_ttft_s: Number) -> Array:
    """Largest number of running sequences whose mean latencies meet both targets; 0 if even one does not. [count]

    Neither latency falls with the number of sequences. The TPOT target has a closed form for dense models, whose step
    is the larger of two straight lines; the coverage of experts, and the TTFT target where it binds, are searched, one
    pass for each binary digit.
    """
    most = np.minimum(replica.max_sequences, LARGEST_BATCH)
    in_pace = _sparse_count if replica.terms.has_experts else _dense_count
    count = in_pace(replica, most, max_tpot_s)
    count = np.array(np.broadcast_to(count, np.broadcast_shapes(count.shape, np.shape(max_ttft_s))))
    is_late = np.asarray((count > 0) & (latencies(replica, np.maximum(count, 1.0)).ttft_s > max_ttft_s))
    if is_late.any():
        late = _chosen(replica, is_late, count.shape)
        limit_s = np.broadcast_to(max_ttft_s, count.shape)[is_late]
        count[is_late] = _largest(late, count[is_late], limit_s)
    return count


def _dense_count(replica: Replica, most: Number, max_tpot_s: Number) -> Array:
    """Largest count within the TPOT target of a model whose weights are read whole.

    fixed + max(dense, b compute) + b sequence + (b - 1) share <= target, solved on both branches.
    """
    terms, each_s = replica.terms, replica.terms.sequence_s + replica.share_s
    room_s = max_tpot_s - terms.fixed_s + replica.share_s
    in_pace = np.minimum(room_s / (terms.compute_s + each_s), (room_s - terms.dense_s) / each_s)
    return np.asarray(np.floor(np.maximum(np.minimum(most, in_pace), 0.0)))


def _sparse_count(replica: Replica, most: Number, max_tpot_s: Number) -> Array:
    """The same for a mixture of experts.

    The binary digits of the count are found from the highest down, so that idle^(b + 2^i), the share of experts that
    b + 2^i sequences leave alone, is a product of two known factors and no power of a block is taken.
    """
    terms = replica.terms
    shapes = (np.shape(value) for value in (most, replica.prompt_s, terms.dense_s, max_tpot_s))
    shape = np.broadcast_shapes(*shapes)
    count = np.zeros(shape)
    idle_ratio, idle = 1.0 - np.asarray(terms.expert_ratio, dtype=np.float64), np.ones(shape)
    all_s = terms.dense_s + terms.expert_s
    for bit in _bits(most):
        tried = count + 2.0**bit
        tried_idle = idle * idle_ratio ** (2**bit)
        step = step_of_weights_s(terms, tried, all_s - terms.expert_s * tried_idle)
        is_met = (tried <= most) & (step + (tried - 1.0) * replica.share_s <= max_tpot_s)
        count = np.where(is_met, tried, count)
        idle = np.where(is_met, tried_idle, idle)
    return count


def _largest(replica: Replica, most: Array, max_ttft_s: Array) -> Array:
    """Largest whole count up to `most` within the TTFT target; 0: none."""
    count = np.zeros_like(most)
    for bit in _bits(most):
        tried = count + 2.0**bit
        count = np.where((tried <= most) & (latencies(replica, tried).ttft_s <= max_ttft_s), tried, count)
    return count


def _bits(most: Number) -> range:
    """Positions of the binary digits of the largest count, highest first."""
    highest = np.max(most, initial=0.0, where=np.isfinite(most))
    return range(int(highest).bit_length() - 1, -1, -1)


def _chosen(replica: Replica, mask: Array, shape: tuple[int, ...]) -> Replica:
    """The replicas of a block that the mask names, one after another."""

    def picked(value: Number) -> Array:
        return np.asarray(np.broadcast_to(value, shape)[mask])

    terms = StepTerms(
        **{field.name: picked(getattr(replica.terms, field.name)) for field in fields(StepTerms)}
    )
    return replace(
        replica,
        terms=terms,
        prompt_s=picked(replica.prompt_s),
        launch_s=picked(replica.launch_s),
        output_tokens=picked(replica.output_tokens),
        max_sequences=picked(replica.max_sequences),
    )


def users_per_replica(replica: Replica, *, num_sequences: Number, think_time_s: Number) -> Array:
    """Users that one replica carries when at most `num_sequences` of their requests may run at once. [users]

    A user's request runs for a share p of the time (`active_ratio`), and of N users
    N p +- sqrt(N p (1 - p)) run. The largest N whose 90 % quantile stays within the sequences, and never fewer than
    the sequences: without thinking (Z = 0) they are equal. 0 sequences carry nobody.
    """
    b = np.asarray(num_sequences, dtype=np.float64)
    answer_s = held_s(replica, np.maximum(b, 1.0))
    active = active_ratio(answer_s, think_time_s)
    deviation = CROWD_DEVIATIONS * np.sqrt(active * (1.0 - active))
    root = (np.sqrt(deviation**2 + 4.0 * active * b) - deviation) / (2.0 * active)
    return np.where(b > 0, np.maximum(root**2, b), 0.0)


def active_ratio(answer_s: Number, think_time_s: Number) -> Number:
    """Share of the time in which a user's request runs: answer / (answer + pause). [ratio]"""
    return answer_s / (answer_s + think_time_s)


def busy_ratio(active: Number, num_users: Number) -> Array:
    """Share of the time in which a replica works: at least one of its independent users has a request running. [ratio]

    1 - (1 - p)^N, p as in `active_ratio`.

    >>> float(busy_ratio(0.5, 2.0))
    0.75
    """
    return np.asarray(-np.expm1(num_users * np.log1p(-np.minimum(active, LARGEST_RATIO))))
