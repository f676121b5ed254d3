"""Continuous batching, step by step, for many replicas side by side.

Where the closed form of `load` ends (bursts, high percentiles, a full pool of cache) requests are followed one by one:
waiting in the order of arrival, reading their prompt in chunks, writing one token a step, sent back when the pool is
full. Steps in which nothing changes are taken at once: the time of k steps of the same b sequences is

    k x step(b) + cache token x (k x held + b x k (k - 1) / 2)

so the work does not grow with the length of the answers. Rows are replicas; every pass moves each of them to its own
next event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.simulate_state import NEVER, State

if TYPE_CHECKING:
    from sizewise.domain.number import Array
    from sizewise.estimate.simulate_arrivals import Arrivals
    from sizewise.estimate.simulate_state import SimulatedEngine

SAME_STEP = 1e-9
"""An arrival this close after the end of a step is still in time for the next one. [steps] Rounding only."""


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What happened to every request. Array shapes: [rows, requests]."""

    arrival_s: Array
    admitted_s: Array
    """When it left the queue for the first time. [s]"""
    first_token_s: Array
    finished_s: Array
    input_tokens: Array
    output_tokens: Array
    num_preemptions: Array
    """How often a request lost its place because the pool was full. [rows]"""
    busy_s: Array
    """Time in which steps ran. [rows, s]"""
    ingest_s: float
    """Time before a request reaches the scheduler. [s]"""


def simulate(
    engine: SimulatedEngine, arrivals: Arrivals, *, input_tokens: Array, output_tokens: Array
) -> Simulated:
    """Follow all requests to their last token.

    Array shapes: [rows, requests], in the order in which a row's requests are admitted first.
    Valid for: one scheduler a row; a pool that holds the longest request alone.
    Raises: ValueError for a request that the pool does not hold (our own error).
    """
    if (input_tokens + output_tokens).max(initial=0.0) + engine.block_tokens > engine.pool_tokens:
        raise ValueError("a request does not fit into the pool of cache tokens")
    state = State.empty(engine, arrivals, input_tokens, output_tokens)
    while True:
        _wake(state)
        is_blocked = _admit(state)
        if not (state.num_decoding + state.num_reading).any():
            break
        if engine.is_pool_limited:
            _make_room(state)
        _advance(state, is_blocked)
        state.begin_answers()
        state.end_answers()
    shape = input_tokens.shape
    return Simulated(
        arrival_s=arrivals.arrival_s.reshape(shape),
        admitted_s=state.admitted_s.reshape(shape),
        first_token_s=state.first_token_s.reshape(shape),
        finished_s=state.finished_s.reshape(shape),
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        num_preemptions=state.num_preemptions,
        busy_s=state.busy_s,
        ingest_s=engine.ingest_s,
    )


def _wake(state: State) -> None:
    """A replica with nothing to do waits for its next request."""
    next_s = state.arrivals.next_s + state.engine.ingest_s
    is_idle = (state.num_decoding + state.num_reading == 0) & (state.num_sent_back == 0) & (next_s < np.inf)
    np.maximum(state.now_s, next_s, out=state.now_s, where=is_idle)


def _admit(state: State) -> Array:
    """Fill free places in the order of arrival, those sent back first; which rows wait for room in the pool. [rows]"""
    engine, is_blocked = state.engine, np.zeros(len(state.now_s), dtype=bool)
    while True:
        is_ready = state.arrivals.next_s + engine.ingest_s <= state.now_s
        is_ready |= state.num_sent_back > 0
        is_ready &= state.num_decoding + state.num_reading < engine.max_running
        rows = np.flatnonzero(is_ready & ~is_blocked)
        if not len(rows):
            return is_blocked
        requests, is_back = state.next_requests(rows)
        if engine.is_pool_limited:
            has_room = state.has_room(rows, requests)
            is_blocked[rows[~has_room]] = True
            rows, requests, is_back = rows[has_room], requests[has_room], is_back[has_room]
        if len(rows):
            state.admit(rows, requests, is_back)


def _make_room(state: State) -> None:
    """Send back the youngest answers of replicas whose pool does not hold one more token of each."""
    while True:
        is_full = state.used_tokens + state.num_decoding > state.engine.pool_tokens
        rows = np.flatnonzero(
            is_full & (state.num_decoding > 0) & (state.num_decoding + state.num_reading > 1)
        )
        if not len(rows):
            return
        state.send_back(rows)


def _advance(state: State, is_blocked: Array) -> None:
    """Move every replica to the end of its next step, or of the steps until something changes."""
    engine, reads = state.engine, state.num_reading > 0
    writing = np.where(reads, 0, state.num_decoding) if engine.stalls_answers else state.num_decoding
    steps = np.minimum(writing, 1)
    if not reads.all():
        steps = np.where(reads, steps, _num_steps(state, writing, is_blocked))
    held_s = engine.cache_token_s * np.where(writing > 0, state.held_tokens, 0.0)
    growth_s = engine.cache_token_s * writing * (steps * (steps - 1) / 2)
    spent_s = np.maximum(steps, reads) * (engine.step_table_s[writing] + held_s) + growth_s
    if reads.any():
        spent_s += _read(state, writing)
    state.now_s += spent_s
    state.busy_s += spent_s
    grown = steps * writing
    state.held_tokens += grown
    state.used_tokens += grown
    state.clock += steps


def _read(state: State, writing: Array) -> Array:
    """Prompt tokens that the budget of a step leaves room for, in the order of admission; their time. [rows, s]"""
    chunk = np.minimum(state.unread_tokens, np.maximum(state.engine.token_budget - writing, 1))
    spent_s: Array = state.unread_s * (chunk / np.maximum(state.unread_tokens, 1.0))
    state.unread_tokens -= chunk
    state.unread_s -= spent_s
    state.read_tokens += chunk
    return spent_s


def _num_steps(state: State, writing: Array, is_blocked: Array) -> Array:
    """Decode steps until an answer ends, a request arrives that has a place, or the pool is full. [rows]"""
    engine = state.engine
    steps = np.where(writing > 0, state.finish_at.min(axis=1) - state.clock, 0)
    has_place = (writing > 0) & (writing < engine.max_running) & (state.num_reading == 0) & ~is_blocked
    if has_place.any():
        wait_s = np.where(
            has_place, np.maximum(state.arrivals.next_s + engine.ingest_s - state.now_s, 0.0), 0.0
        )
        slope = engine.cache_token_s * writing / 2
        once_s = engine.step_table_s[writing] + engine.cache_token_s * state.held_tokens - slope
        once_s = np.where(has_place, once_s, 1.0)
        wait_s = np.minimum(wait_s, steps * (once_s + slope * steps) + once_s)
        arrived = 2 * wait_s / (once_s + np.sqrt(once_s * once_s + 4 * slope * wait_s))
        arrived = np.maximum(np.ceil(arrived - SAME_STEP), 1).astype(np.int64)
        steps = np.where(has_place, np.minimum(steps, arrived), steps)
    if engine.is_pool_limited:
        room = (engine.pool_tokens - state.used_tokens) // np.maximum(writing, 1)
        steps = np.where(writing > 0, np.minimum(steps, np.maximum(room, 1)).astype(np.int64), 0)
    return np.minimum(steps, NEVER)
