"""Many users at once: how many sequences a replica may run, how many users that carries, and what they feel.

A replica with b running sequences works in steps. Between them it reads the prompts of new requests, so the time per
output token is that of a step plus its share of prompts:

    TPOT(b) = step(b) + b x prompt / output tokens
    TTFT(b) = ingest + step(b) / 2 + prefill + wait(b),   wait(b) = b x prompt^2 / (2 x output tokens x step(b))

where `prompt` is a prefill without the launches that the step has already paid. The wait is that of a queue with
Poisson arrivals and one server (Pollaczek-Khinchine) at the arrival rate that keeps b sequences running.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.speed import StepTerms, step_of_weights_s, step_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.number import Array, Number

MAX_BITS = 12
"""Most passes of a search over a block: counts up to 4,095."""
LARGEST_BATCH = 2**MAX_BITS - 1
"""Most running sequences that are looked at. [count]"""
CROWD_DEVIATIONS = 1.2816
"""Users are planned so that in 90 % of all moments no more than the allowed sequences run: normal quantile."""
FEWEST_RUNNING = 1e-9
"""Keeps a replica without users from dividing by zero."""


@dataclass(frozen=True, kw_only=True)
class LoadState:
    """What a replica does, and what its users feel, in steady state."""

    num_running: Number
    """Mean sequences in the batch. [count]"""
    ttft_s: Number
    """Mean time to the first token, waiting for a place included. [s]"""
    tpot_s: Number
    """Mean time per output token after the first. [s]"""
    output_tokens_per_s: Number
    """Output of the replica. [tokens/s]"""
    requests_per_s: Number
    busy_ratio: Number
    """Requests carried / requests that the replica can carry at most."""
    is_stable: Number
    """Does the queue stay finite? Always true in a closed loop."""


def tpot_s(terms: StepTerms, prefill_s: Number, *, num_sequences: Number, output_tokens: Number) -> Number:
    """Mean time per output token with so many running sequences. [s]

    step(b) + b x prompt / output tokens.
    """
    return step_s(terms, num_sequences) + num_sequences * (_prompt_s(terms, prefill_s) / output_tokens)


def ttft_s(terms: StepTerms, prefill_s: Number, *, num_sequences: Number, output_tokens: Number) -> Number:
    """Mean time to the first token with so many running sequences and no queue for a place. [s]

    ingest + step(b) / 2 + prefill + b x prompt^2 / (2 x output tokens x step(b)).
    """
    step = step_s(terms, num_sequences)
    return (
        terms.ingest_s
        + prefill_s
        + step / 2
        + _wait_s(terms, prefill_s, output_tokens) * (num_sequences / step)
    )


def _prompt_s(terms: StepTerms, prefill_s: Number) -> Array:
    """Reading a prompt inside a step: without the launches of the layers. [s]"""
    prompt: Array = np.maximum(prefill_s - terms.launch_s, 0.0)
    return prompt


def _wait_s(terms: StepTerms, prefill_s: Number, output_tokens: Number) -> Number:
    """Wait for other prompts x step / sequences. [s^2]"""
    return _prompt_s(terms, prefill_s) ** 2 / (2.0 * output_tokens)


def capacity_sequences(
    terms: StepTerms,
    prefill_s: Number,
    *,
    output_tokens: Number,
    max_sequences: Number,
    max_tpot_s: Number,
    max_ttft_s: Number,
) -> Array:
    """Largest number of running sequences of a replica that meets both targets; 0 if even one does not. [count]

    TPOT and TTFT never fall with the number of sequences. A dense model has closed forms: both branches of its step are
    linear in b, so the TPOT target is linear and the TTFT target quadratic. The coverage of experts is searched, one
    pass for each binary digit of the largest count.
    """
    prompt_s = _prompt_s(terms, prefill_s)
    targets = _Targets(
        share_s=prompt_s / output_tokens,
        queue_s2=np.square(prompt_s) / (2.0 * output_tokens),
        spare_s=max_ttft_s - terms.ingest_s - prefill_s,
        max_tpot_s=max_tpot_s,
        most=np.minimum(max_sequences, LARGEST_BATCH),
    )
    return _sparse_count(terms, targets) if terms.has_experts else _dense_count(terms, targets)


@dataclass(frozen=True, kw_only=True)
class _Targets:
    """What limits the running sequences."""

    share_s: Number
    """Prompt reading for each token of an answer. [s]"""
    queue_s2: Number
    """Wait for other prompts x step / sequences. [s^2]"""
    spare_s: Number
    """What the first token may take beyond its own prompt. [s]"""
    max_tpot_s: Number
    most: Number
    """Room in memory. [count]"""


def _dense_count(terms: StepTerms, targets: _Targets) -> Array:
    """Largest count of a model whose weights are read whole: the tightest of three closed forms."""
    room_s = targets.max_tpot_s - terms.fixed_s
    each_s = terms.sequence_s + targets.share_s
    in_pace = np.minimum(room_s / (terms.compute_s + each_s), (room_s - terms.dense_s) / each_s)
    count = np.floor(np.maximum(np.minimum(targets.most, in_pace), 0.0))
    step = step_of_weights_s(terms, count, terms.dense_s)
    is_late = (step / 2.0 + targets.queue_s2 * (count / step) > targets.spare_s) & (count > 0)
    if not is_late.any():
        return count
    in_time = np.floor(np.maximum(_first_token_root(terms, targets), 0.0))
    return np.where(is_late, np.minimum(count, in_time), count)


def _first_token_root(terms: StepTerms, targets: _Targets) -> Array:
    """Sequences at which the TTFT target is just met, on the branch of the step that holds there."""
    reading = _quadratic_root(terms.fixed_s + terms.dense_s, terms.sequence_s, targets)
    computing = _quadratic_root(terms.fixed_s, terms.sequence_s + terms.compute_s, targets)
    with np.errstate(divide="ignore"):
        crossing = terms.dense_s / np.asarray(terms.compute_s)
    return np.where(reading <= crossing, reading, computing)


def _quadratic_root(once_s: Number, each_s: Number, targets: _Targets) -> Array:
    """Largest b with step / 2 + queue b / step <= spare for a step of once + each b.

    Times the step: each^2 / 2 b^2 + (once each + queue - spare each) b + (once^2 / 2 - spare once) <= 0.
    """
    square = np.square(each_s) / 2.0
    linear = once_s * each_s + targets.queue_s2 - targets.spare_s * each_s
    constant = np.square(once_s) / 2.0 - targets.spare_s * once_s
    root = np.sqrt(np.maximum(np.square(linear) - 4.0 * square * constant, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(linear > 0, -2.0 * constant / (linear + root), (root - linear) / (2.0 * square))


def _sparse_count(terms: StepTerms, targets: _Targets) -> Array:
    """Largest count of a mixture of experts.

    The binary digits of the count are found from the highest down, so that idle^(b + 2^i), the share of experts that
    b + 2^i sequences leave alone, is a product of two known factors and no power of a block is taken.
    """
    shape = np.broadcast_shapes(np.shape(targets.most), np.shape(targets.spare_s), np.shape(terms.dense_s))
    count = np.zeros(shape)
    idle_ratio, idle = 1.0 - np.asarray(terms.expert_ratio, dtype=np.float64), np.ones(shape)
    all_s = terms.dense_s + terms.expert_s
    for bit in _bits(targets.most):
        tried = count + 2.0**bit
        tried_idle = idle * idle_ratio ** (2**bit)
        step = step_of_weights_s(terms, tried, all_s - terms.expert_s * tried_idle)
        is_met = (tried <= targets.most) & (step + tried * targets.share_s <= targets.max_tpot_s)
        is_met &= step / 2.0 + targets.queue_s2 * (tried / step) <= targets.spare_s
        count = np.where(is_met, tried, count)
        idle = np.where(is_met, tried_idle, idle)
    return count


def _bits(most: Number) -> range:
    """Positions of the binary digits of the largest count, highest first."""
    highest = np.max(most, initial=0.0, where=np.isfinite(most))
    return range(int(highest).bit_length() - 1, -1, -1)


def users_per_replica(
    terms: StepTerms,
    prefill_s: Number,
    *,
    num_sequences: Number,
    think_time_s: Number,
    output_tokens: Number,
) -> Array:
    """Users that one replica carries when at most `num_sequences` of their requests may run at once. [users]

    An answer takes E seconds and a pause Z, so a user's request runs with p = E / (E + Z), and of N users
    N p +- sqrt(N p (1 - p)) run. The largest N whose 90 % quantile stays within the sequences, and never fewer than
    the sequences: without thinking (Z = 0) they are equal. 0 sequences carry nobody.
    """
    b = np.asarray(num_sequences, dtype=np.float64)
    held_s = _held_s(terms, prefill_s, np.maximum(b, 1.0), output_tokens)
    active_ratio = held_s / (held_s + think_time_s)
    deviation = CROWD_DEVIATIONS * np.sqrt(active_ratio * (1.0 - active_ratio))
    root = (np.sqrt(deviation**2 + 4.0 * active_ratio * b) - deviation) / (2.0 * active_ratio)
    return np.where(b > 0, np.maximum(root**2, b), 0.0)


def _held_s(terms: StepTerms, prefill_s: Number, num_sequences: Number, output_tokens: Number) -> Array:
    """How long a request holds its place: TTFT + output tokens x TPOT. [s]"""
    step = step_s(terms, num_sequences)
    prompt_s = _prompt_s(terms, prefill_s)
    per_token_s = step + num_sequences * (prompt_s / output_tokens)
    wait_s = num_sequences * prompt_s**2 / (2.0 * output_tokens * step)
    held: Array = np.asarray(terms.ingest_s + prefill_s + step / 2 + wait_s + output_tokens * per_token_s)
    return held


def load_at(
    terms: StepTerms,
    prefill_s: Number,
    *,
    num_users: Number,
    think_time_s: Number,
    output_tokens: Number,
    max_sequences: Number,
) -> LoadState:
    """A replica whose users send, wait for the answer, pause `think_time_s` and send again.

    The running sequences n solve n (H(n) + Z) = N H(n), H being the time a request holds its place. At most
    `max_sequences` run; the rest wait for a place, and by Little's law an answer then takes N / rate - Z.
    Valid for: steady state, a fixed number of users, mean lengths.
    """
    users = np.asarray(num_users, dtype=np.float64)
    most = np.minimum(users, np.floor(max_sequences))

    def excess(n: Array) -> Array:
        return n * (1.0 + think_time_s / _held_s(terms, prefill_s, np.maximum(n, 1.0), output_tokens)) - users

    running = _root(excess, most)
    seen = np.maximum(running, 1.0)
    held_s = _held_s(terms, prefill_s, seen, output_tokens)
    requests_per_s = running / held_s
    queue_s = np.maximum(held_s * (users / np.maximum(running, FEWEST_RUNNING) - 1.0) - think_time_s, 0.0)
    first_s = ttft_s(terms, prefill_s, num_sequences=seen, output_tokens=output_tokens)
    return LoadState(
        num_running=running,
        ttft_s=first_s + np.where(running >= most, queue_s, 0.0),
        tpot_s=tpot_s(terms, prefill_s, num_sequences=seen, output_tokens=output_tokens),
        output_tokens_per_s=requests_per_s * output_tokens,
        requests_per_s=requests_per_s,
        busy_ratio=requests_per_s
        * _held_s(terms, prefill_s, np.floor(max_sequences), output_tokens)
        / max_sequences,
        is_stable=np.ones_like(running, dtype=bool),
    )


def max_requests_per_s(
    terms: StepTerms, prefill_s: Number, *, output_tokens: Number, max_sequences: Number
) -> Number:
    """Arrival rate above which the queue of a replica grows without end. [requests/s]

    1 / (prefill + output tokens x step(b) / b) at the largest b.
    """
    return 1.0 / (prefill_s + output_tokens * step_s(terms, max_sequences) / max_sequences)


def poisson_at(
    terms: StepTerms,
    prefill_s: Number,
    *,
    requests_per_s: Number,
    output_tokens: Number,
    max_sequences: Number,
) -> LoadState:
    """A replica under Poisson arrivals. NaN where the queue would grow without end.

    The running sequences solve n = rate x (TTFT + output tokens x TPOT(n)) with TPOT(n) = step(n) / (1 - rate x
    prefill); the wait for prompts is that of a queue with one server.
    Valid for: steady state, mean lengths; prompts come one by one, so each pays its own launches.
    """
    rate = np.asarray(requests_per_s, dtype=np.float64)
    free_ratio = 1.0 - rate * prefill_s
    top_rate = max_requests_per_s(terms, prefill_s, output_tokens=output_tokens, max_sequences=max_sequences)
    is_stable = rate < top_rate
    free_ratio = np.where(is_stable, free_ratio, np.nan)
    start_s = terms.ingest_s + prefill_s + rate * np.square(prefill_s) / (2.0 * free_ratio)

    def excess(n: Array) -> Array:
        step = step_s(terms, np.maximum(n, 1.0))
        return n - rate * (start_s + step / 2 + output_tokens * step / free_ratio)

    running = _root(excess, np.asarray(max_sequences, dtype=np.float64) + 0.0 * free_ratio)
    step = step_s(terms, np.maximum(running, 1.0))
    return LoadState(
        num_running=running,
        ttft_s=start_s + step / 2,
        tpot_s=step / free_ratio,
        output_tokens_per_s=np.where(is_stable, rate * output_tokens, np.nan),
        requests_per_s=np.where(is_stable, rate, np.nan),
        busy_ratio=rate / top_rate,
        is_stable=is_stable,
    )


def ttft_p95_s(*, mean_ttft_s: Number, wait_s: Number, busy_ratio: Number) -> Number:
    """Time to the first token that 95 % of the requests stay below. [s]

    The wait of a busy single server has an exponential tail: mean without wait + wait x ln(20 x busy) above a busy
    ratio of 1/20, else no wait at all.
    """
    tail = np.log(np.maximum(20.0 * np.asarray(busy_ratio), 1.0))
    return mean_ttft_s - wait_s + wait_s * tail


def _root(excess: Callable[[Array], Array], most: Array) -> Array:
    """Where a rising function crosses 0 between 0 and `most`; `most` if it does not. False position (Illinois)."""
    low, high = np.zeros_like(most), most
    at_low, at_high = excess(low), excess(most)
    is_below_everywhere = at_high <= 0
    side = np.zeros_like(most)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(MAX_BITS):
            middle = high - at_high * (high - low) / (at_high - at_low)
            middle = np.where(np.isfinite(middle), middle, high)
            at_middle = excess(middle)
            is_high = at_middle >= 0
            at_low = np.where(is_high, np.where(side > 0, at_low / 2, at_low), at_middle)
            at_high = np.where(is_high, at_middle, np.where(side < 0, at_high / 2, at_high))
            low, high = np.where(is_high, low, middle), np.where(is_high, middle, high)
            side = np.where(is_high, 1.0, -1.0)
    return np.where(is_below_everywhere, most, high)
