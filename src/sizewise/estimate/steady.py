"""Steady state of a replica: how many requests run, and what each of them feels.

A replica with b running sequences works in steps. Between them it reads the prompts of new requests, so that a request
beside `o` others feels

    TPOT = step(1 + o) + o x prompt / output tokens
    TTFT = ingest + prefill + busy x (rest of the step under way + step - launches + prompts of those who wait along)

By the arrival theorem it meets the others as they are without it: o = n of Poisson arrivals, o = n (N - 1) / N of N
users, n being the mean number that runs. `prompt` is a prefill without the launches of its layers, which
the step has already paid. Where places are few, arrivals wait for one as well; see `place_queue`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.domain.number import Array, Number  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.finite_queue import finite_queue
from sizewise.estimate.speed import StepTerms, step_s

if TYPE_CHECKING:
    from collections.abc import Callable

HALVINGS = 40
"""Bisection steps: the result is exact to 1e-12 of the range."""
SHORTEST_PAUSE_S = 1e-6
"""A shorter pause is as good as none."""
NEARLY_ALL = 0.9999
"""Largest share of the time that prompts may take."""


@dataclass(frozen=True, kw_only=True)
class Replica:
    """One replica, or an array of them, and the lengths that it is asked for."""

    terms: StepTerms
    prompt_s: Number
    """Reading a prompt of mean length in a step that runs anyway. [s]"""
    launch_s: Number
    """What it takes beyond that on an idle machine: launching the layers. [s]"""
    output_tokens: Number
    max_sequences: Number
    input_variation: float = 0.0
    """Standard deviation / mean of the prompts. [ratio]"""
    output_variation: float = 0.0

    @property
    def prefill_s(self) -> Number:
        """Reading a prompt of mean length on an idle machine. [s]"""
        return self.prompt_s + self.launch_s

    @property
    def share_s(self) -> Number:
        """What each other request adds to every token of an answer: its prompt / output tokens. [s]"""
        return self.prompt_s / self.output_tokens

    def first_token_s(self, cycle: Cycle) -> Number:
        """Mean time to the first token with a place at once. [s]

        ingest + prefill + busy x delay.
        """
        return self.terms.ingest_s + self.prefill_s + cycle.busy_ratio * cycle.delay_s


@dataclass(frozen=True, kw_only=True)
class LoadState:
    """What a replica does, and what its users feel, in steady state."""

    num_running: Number
    """Mean sequences in the batch. [count]"""
    ttft_s: Number
    """Mean time to the first token, waiting for a place included. [s]"""
    queueing_ratio: Number
    """Share of the requests that wait for a place."""
    queued_s: Number
    """Their mean wait for it. [s]"""
    queued_variance_s2: Number
    """Variance of their wait. [s^2]"""
    tpot_s: Number
    """Mean time per output token after the first. [s]"""
    output_tokens_per_s: Number
    """Output of the replica. [tokens/s]"""
    requests_per_s: Number
    busy_ratio: Number
    """Requests carried / requests that the replica can carry at most."""
    is_stable: Number
    """Does the queue stay finite? Always true in a closed loop."""


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """A step with the prompts that arrived during the one before it: how long, and what an arrival waits for it."""

    busy_ratio: Number
    """Share of the requests that find a step under way: 1 - exp(-others)."""
    delay_s: Number
    """Their mean delay beside their own prefill. [s]"""
    variance_s2: Number
    """Variance of that delay. [s^2]"""


class Latencies(NamedTuple):
    """What a request feels on average. [s]"""

    ttft_s: Number
    tpot_s: Number


def cycle(replica: Replica, *, step: Number, reading_ratio: Number, others: Number) -> Cycle:
    """Steps that take waiting prompts along; `reading_ratio` w is the share of the time spent on prompts.

    A cycle is C = step + prompts of the cycle before: mean step / (1 - w), variance prompt w mean (1 + v^2) /
    (1 - w^2). An arrival meets a cycle by its length (mean C* = E[C^2] / E[C]), waits for the rest of it (C* / 2),
    then shares the next step with the w C* of prompts that arrived along; each of the others has one prompt at most.
    Third moments are those of a log-normal.
    Valid for: prompts within the token budget of a step.
    """
    grown = 1.0 + replica.input_variation**2
    mean_s = step / (1.0 - reading_ratio)
    variance = replica.prompt_s * reading_ratio * mean_s * grown / (1.0 - reading_ratio**2)
    spread = 1.0 + variance / np.square(mean_s)
    met_s = mean_s * spread
    met_variance = np.square(mean_s) * (spread**3 - spread**2)
    rest_variance = np.square(mean_s) * spread**3 / 3.0 - np.square(met_s / 2.0)
    along = reading_ratio * (replica.prompt_s * met_s * grown + (1.0 + reading_ratio) * met_variance)
    return Cycle(
        busy_ratio=1.0 - np.exp(-np.asarray(others)),
        delay_s=np.minimum((0.5 + reading_ratio) * met_s, step + others * replica.prompt_s)
        + np.maximum(step - replica.launch_s, 0.0),
        variance_s2=rest_variance + along,
    )


def latencies(replica: Replica, num_sequences: Number) -> Latencies:
    """Means felt by a request that is one of so many running ones, with a place at once.

    Both rise with the number of sequences.
    """
    others = num_sequences - 1.0
    step = step_s(replica.terms, num_sequences)
    waited_s = others * replica.share_s
    shared = cycle(replica, step=step, reading_ratio=waited_s / (step + waited_s), others=others)
    return Latencies(replica.first_token_s(shared), step + waited_s)


def held_s(replica: Replica, num_sequences: Number) -> Array:
    """How long a request holds its place: TTFT + output tokens x TPOT. [s]"""
    ttft, tpot = latencies(replica, num_sequences)
    return np.asarray(ttft + replica.output_tokens * tpot)


def top_requests_per_s(replica: Replica) -> Number:
    """Rate above which the queue grows without end. [requests/s]

    1 / (prompt + output tokens x step(b) / b) with every place taken.
    """
    most = replica.max_sequences
    return 1.0 / (replica.prompt_s + replica.output_tokens * step_s(replica.terms, most) / most)


def place_queue(replica: Replica, requests_per_s: Number) -> tuple[Array, Array]:
    """Share of Poisson arrivals that find every place taken, and their mean wait for one. [s]

    rho = rate / rate with every place taken. Of places that do not slow each other down rho^(sqrt(2 (c + 1)) - 1) wait
    (Erlang's formula as Sakasegawa approximates it), of places that share one processor rho^c; e, the elasticity of
    the time that a place is held between 1 and c running requests, lies between both. Who waits does so for
    (1 + v^2) / 2 / (top rate - rate), v the variation of the time a place is held.
    Valid for: stable loads; the mean first token is within 25 % of the simulator.
    """
    places = np.floor(replica.max_sequences)
    top = top_requests_per_s(replica)
    held = held_s(replica, places)
    shared = np.log(held / held_s(replica, 1.0)) / np.log(np.maximum(places, 2.0))
    exponent = (1.0 - shared) * (np.sqrt(2.0 * (places + 1.0)) - 1.0) + shared * places
    writing_s = replica.output_tokens * latencies(replica, places).tpot_s
    uneven = np.square(replica.output_variation * writing_s) + np.square(
        replica.input_variation * replica.prompt_s
    )
    rate = np.asarray(requests_per_s, dtype=np.float64)
    ratio = np.power(np.clip(rate / top, 0.0, NEARLY_ALL), exponent)
    wait_s = (1.0 + uneven / np.square(held)) / 2.0 / np.maximum(top - rate, (1.0 - NEARLY_ALL) * top)
    return np.asarray(ratio), np.asarray(wait_s)


def steady_poisson(replica: Replica, requests_per_s: Number) -> LoadState:
    """A replica under Poisson arrivals; NaN where the queue would grow without end.

    TTFT as in `cycle` and `place_queue`; n = rate x (TTFT with a place + output tokens x TPOT),
    TPOT = step(1 + n) / (1 - rate x prompt).
    """
    rate = np.asarray(requests_per_s, dtype=np.float64)
    top = top_requests_per_s(replica)
    is_stable = rate < top
    reading = np.where(is_stable, np.minimum(rate * replica.prompt_s, NEARLY_ALL), np.nan)

    def feel(running: Array) -> Latencies:
        step = step_s(replica.terms, np.minimum(1.0 + running, replica.max_sequences))
        first_s = replica.first_token_s(cycle(replica, step=step, reading_ratio=reading, others=running))
        return Latencies(first_s, step / (1.0 - reading))

    def excess(running: Array) -> Array:
        first_s, each_s = feel(running)
        return np.asarray(running - rate * (first_s + replica.output_tokens * each_s))

    running = _crossing(excess, np.broadcast_to(replica.max_sequences, reading.shape) + 0.0)
    running = np.where(is_stable, running, np.nan)
    first_s, each_s = feel(running)
    queueing_ratio, queued_s = place_queue(replica, rate)
    return LoadState(
        num_running=running,
        ttft_s=first_s + queueing_ratio * queued_s,
        queueing_ratio=queueing_ratio,
        queued_s=queued_s,
        queued_variance_s2=np.square(queued_s),
        tpot_s=each_s,
        output_tokens_per_s=np.where(is_stable, rate * replica.output_tokens, np.nan),
        requests_per_s=np.where(is_stable, rate, np.nan),
        busy_ratio=rate / top,
        is_stable=is_stable,
    )


def steady_users(replica: Replica, num_users: Number, think_time_s: float) -> LoadState:
    """N users who wait for the answer, pause and send again.

    H = TTFT with a place + output tokens x TPOT; who waits for a place, and how long, as in `finite_queue`;
    by Little's law N = rate x (Z + wait + H), and n = rate x H run.
    """
    shape = np.broadcast_shapes(*(np.shape(v) for v in (num_users, replica.max_sequences, replica.prompt_s)))
    users = np.broadcast_to(np.asarray(num_users, dtype=np.float64), shape)
    places = np.broadcast_to(np.floor(replica.max_sequences), shape)
    most = np.minimum(users, places)

    def seen(running: Array) -> Array:
        others = np.minimum(running * (1.0 - 1.0 / users), most - 1.0)
        return np.asarray(1.0 + np.maximum(others, 0.0))

    def excess(running: Array) -> Array:
        return running * (1.0 + think_time_s / held_s(replica, seen(running))) - users

    running = most if think_time_s == 0 else _crossing(excess, most)
    first_s, each_s = latencies(replica, seen(running))
    held = np.asarray(first_s + replica.output_tokens * each_s)
    ratio, queued_s, variance = _waits(users, places, held, think_time_s)
    rate = users / (think_time_s + held + ratio * queued_s)
    return LoadState(
        num_running=rate * held,
        ttft_s=first_s + ratio * queued_s,
        queueing_ratio=ratio,
        queued_s=queued_s,
        queued_variance_s2=variance,
        tpot_s=each_s,
        output_tokens_per_s=rate * replica.output_tokens,
        requests_per_s=rate,
        busy_ratio=rate / top_requests_per_s(replica),
        is_stable=np.ones(rate.shape, dtype=bool),
    )


def _waits(users: Array, places: Array, held: Array, think_time_s: float) -> tuple[Array, Array, Array]:
    """Share of the requests that wait for a place, their mean wait and its variance. [ratio, s, s^2]

    Where nobody pauses, all but those with a place wait, each for the same time.
    """
    is_short = users > places
    each_s = held / places
    if think_time_s == 0:
        return np.where(is_short, 1.0, 0.0), np.maximum(users - places, 0.0) * each_s, np.zeros(users.shape)
    ratio, queued_s, variance = (np.zeros(users.shape) for _ in range(3))
    if is_short.any():
        found = finite_queue(
            users[is_short], places[is_short], held[is_short] / max(think_time_s, SHORTEST_PAUSE_S)
        )
        ratio[is_short] = found.waiting_ratio
        queued_s[is_short] = found.wait * each_s[is_short]
        variance[is_short] = found.wait_variance * np.square(each_s[is_short])
    return ratio, queued_s, variance


def _crossing(excess: Callable[[Array], Array], most: Array) -> Array:
    """Where a rising function crosses 0 between 0 and `most`; `most` if it does not."""
    low, high = np.zeros_like(most), most
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        is_below = excess(middle) < 0
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return high
