"""What the simulated replicas hold at a moment, and the changes that requests make to it.

Answers of a replica advance together, so a place remembers the step at which its answer ends, not how much is left;
prompts are read one after another, so a place remembers how much must have been read when its own prompt is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.speed import step_s

if TYPE_CHECKING:
    from sizewise.domain.number import Array
    from sizewise.estimate.simulate_arrivals import Arrivals
    from sizewise.estimate.speed import StepTerms

NEVER = 2**62
"""A step or a token count that is not reached."""


@dataclass(frozen=True, kw_only=True)
class SimulatedEngine:
    """One replica as the simulator sees it."""

    step_table_s: Array
    """A step with so many answers and an empty cache; entry 0: a step that only reads prompts. [s]"""
    cache_token_s: float
    """What each cached token adds to a step. [s]"""
    prompt_token_s: float
    """Reading one prompt token. [s]"""
    prompt_square_s: float
    """What attention adds: times the square of the prompt length. [s]"""
    ingest_s: float
    """Time before a request reaches the scheduler. [s]"""
    max_running: int
    """Places. [count]"""
    token_budget: int
    """Tokens of one step, answers and prompts together. [tokens]"""
    pool_tokens: float
    """Tokens that the cache holds; infinite where every place owns its whole context. [tokens]"""
    block_tokens: int
    """Page of the cache. [tokens]"""
    stalls_answers: bool
    """Do answers wait while prompts are read?"""

    @property
    def is_pool_limited(self) -> bool:
        """Can the cache be full before the places are?"""
        return bool(np.isfinite(self.pool_tokens))

    def reading_s(self, tokens: Array) -> Array:
        """Reading a prompt beside the launches of its step. [s]"""
        return tokens * (self.prompt_token_s + self.prompt_square_s * tokens)


def simulated_engine(
    terms: StepTerms,
    *,
    held_tokens: float,
    cache_token_s: float,
    input_tokens: float,
    prompt_s: float,
    double_prompt_s: float,
    launch_s: float,
    max_running: int,
    token_budget: int,
    pool_tokens: float,
    block_tokens: int,
    stalls_answers: bool,
) -> SimulatedEngine:
    """The step of the closed form, taken apart into what answers, cached tokens and prompt tokens add to it.

    `terms` hold for sequences of `held_tokens`; `double_prompt_s` is the work of a prompt twice as long. A prefill
    is the launches of a step plus a n + c n^2, with a and c from both.
    """
    counts = np.arange(max_running + 1, dtype=np.float64)
    table = np.asarray(step_s(terms, counts), dtype=np.float64) - counts * (cache_token_s * held_tokens)
    table[0] = launch_s
    square = max(double_prompt_s - 2 * prompt_s, 0.0) / (2 * input_tokens**2)
    return SimulatedEngine(
        step_table_s=table,
        cache_token_s=cache_token_s,
        prompt_token_s=prompt_s / input_tokens - square * input_tokens,
        prompt_square_s=square,
        ingest_s=float(terms.ingest_s),
        max_running=max_running,
        token_budget=token_budget,
        pool_tokens=pool_tokens,
        block_tokens=block_tokens,
        stalls_answers=stalls_answers,
    )


@dataclass(kw_only=True)
class State:
    """Everything that changes. Shapes: rows [r], places [r, places], requests of all rows [r x requests]."""

    engine: SimulatedEngine
    arrivals: Arrivals
    input_tokens: Array
    output_tokens: Array
    reading_s: Array
    written_tokens: Array
    """Tokens that a request had written when it was sent back. [requests]"""
    admitted_s: Array
    first_token_s: Array
    finished_s: Array
    now_s: Array
    busy_s: Array
    clock: Array
    """Decode steps so far. [rows]"""
    num_decoding: Array
    num_reading: Array
    held_tokens: Array
    """Cache of the answers being written. [rows, tokens]"""
    used_tokens: Array
    """Pool in use: prompts in whole pages, answers as they grow. [rows, tokens]"""
    unread_tokens: Array
    """Prompts admitted and not read yet. [rows, tokens]"""
    unread_s: Array
    read_tokens: Array
    """Prompt tokens read so far. [rows, tokens]"""
    finish_at: Array
    """Step at which the answer of a place ends. [places]"""
    read_at: Array
    """Read tokens at which the prompt of a place is complete. [places]"""
    request: Array
    """Who holds a place; -1: nobody. [places]"""
    page_tokens: Array
    """Pool of a place without its answer, so that it holds this plus all it has written. [places]"""
    turn: Array
    """Number of the admission; -1: free. [places]"""
    num_admitted: Array
    sent_back: Array
    """Requests to admit again, the oldest on top. [places]"""
    num_sent_back: Array
    num_preemptions: Array

    @classmethod
    def empty(
        cls, engine: SimulatedEngine, arrivals: Arrivals, input_tokens: Array, output_tokens: Array
    ) -> State:
        """Nobody has arrived yet."""
        num_rows, places = len(input_tokens), (len(input_tokens), engine.max_running)
        prompts = input_tokens.reshape(-1)
        nothing = np.full(len(prompts), np.nan)
        counts = {name: np.zeros(num_rows, dtype=np.int64) for name in COUNTERS}
        amounts = {name: np.zeros(num_rows) for name in AMOUNTS}
        return cls(
            engine=engine,
            arrivals=arrivals,
            input_tokens=prompts,
            output_tokens=output_tokens.reshape(-1),
            reading_s=engine.reading_s(prompts),
            written_tokens=np.zeros(len(prompts)),
            admitted_s=nothing.copy(),
            first_token_s=nothing.copy(),
            finished_s=nothing.copy(),
            finish_at=np.full(places, NEVER, dtype=np.int64),
            read_at=np.full(places, float(NEVER)),
            request=np.full(places, -1, dtype=np.int64),
            page_tokens=np.zeros(places),
            turn=np.full(places, -1, dtype=np.int64),
            sent_back=np.zeros(places, dtype=np.int64),
            **counts,
            **amounts,
        )

    def next_requests(self, rows: Array) -> tuple[Array, Array]:
        """Who is next in these rows, and is it one that was sent back?"""
        is_back = self.num_sent_back[rows] > 0
        if not is_back.any():
            return self.arrivals.peek(rows), is_back
        on_top = self.sent_back[rows, np.maximum(self.num_sent_back[rows] - 1, 0)]
        return np.where(is_back, on_top, self.arrivals.peek(rows)), is_back

    def has_room(self, rows: Array, requests: Array) -> Array:
        """Does the pool hold these prompts, and one more token of everybody? An empty pool always does."""
        running = self.num_decoding[rows] + self.num_reading[rows]
        wanted = self._pages(self.input_tokens[requests] + self.written_tokens[requests]) + running + 1
        room: Array = (self.used_tokens[rows] + wanted <= self.engine.pool_tokens) | (running == 0)
        return room

    def _pages(self, tokens: Array) -> Array:
        size = self.engine.block_tokens
        pages: Array = np.ceil(tokens / size) * size
        return pages

    def admit(self, rows: Array, requests: Array, is_back: Array) -> None:
        """Give one request a free place in each of these rows; its prompt is read after those before it."""
        written = self.written_tokens[requests]
        prompt = self.input_tokens[requests] + written
        place = (self.turn[rows] < 0).argmax(axis=1)
        pages = self._pages(prompt)
        self.request[rows, place] = requests
        self.turn[rows, place] = self.num_admitted[rows]
        self.page_tokens[rows, place] = pages - written
        self.unread_tokens[rows] += prompt
        self.unread_s[rows] += self.engine.reading_s(prompt) if is_back.any() else self.reading_s[requests]
        self.read_at[rows, place] = self.read_tokens[rows] + self.unread_tokens[rows]
        self.used_tokens[rows] += pages
        self.num_admitted[rows] += 1
        self.num_reading[rows] += 1
        if is_back.any():
            self.num_sent_back[rows[is_back]] -= 1
            rows, requests = rows[~is_back], requests[~is_back]
        self.admitted_s[requests] = self.now_s[rows]
        if len(rows):
            self.arrivals.take(rows)

    def begin_answers(self) -> None:
        """Prompts that have been read give their first token."""
        if not self.num_reading.any():
            return
        rows, place = np.nonzero(self.read_at <= self.read_tokens[:, None])
        if not len(rows):
            return
        requests = self.request[rows, place]
        written = self.written_tokens[requests] + 1
        is_first = np.isnan(self.first_token_s[requests])
        self.first_token_s[requests[is_first]] = self.now_s[rows[is_first]]
        left = self.output_tokens[requests] - written
        self.finish_at[rows, place] = self.clock[rows] + left.astype(np.int64)
        self.read_at[rows, place] = NEVER
        count = np.bincount(rows, minlength=len(self.now_s))
        self.num_reading -= count
        self.num_decoding += count
        self.used_tokens += count
        self.held_tokens += self._sums(rows, self.input_tokens[requests] + written)

    def end_answers(self) -> None:
        """Answers that are complete free their places."""
        rows, place = np.nonzero(self.finish_at <= self.clock[:, None])
        if not len(rows):
            return
        requests = self.request[rows, place]
        self.finished_s[requests] = self.now_s[rows]
        self._leave(rows, place, self.output_tokens[requests])
        self.arrivals.finished(requests, self.now_s[rows])

    def send_back(self, rows: Array) -> None:
        """The youngest answer of each of these rows goes back to the queue and is read again later."""
        place = np.where(self.finish_at[rows] < NEVER, self.turn[rows], -1).argmax(axis=1)
        requests = self.request[rows, place]
        written = self.output_tokens[requests] - (self.finish_at[rows, place] - self.clock[rows])
        self.written_tokens[requests] = written
        self.sent_back[rows, self.num_sent_back[rows]] = requests
        self.num_sent_back[rows] += 1
        self.num_preemptions[rows] += 1
        self._leave(rows, place, written)

    def _leave(self, rows: Array, place: Array, written_tokens: Array) -> None:
        requests = self.request[rows, place]
        self.held_tokens -= self._sums(rows, self.input_tokens[requests] + written_tokens)
        self.used_tokens -= self._sums(rows, self.page_tokens[rows, place] + written_tokens)
        self.num_decoding -= np.bincount(rows, minlength=len(self.now_s))
        self.finish_at[rows, place] = NEVER
        self.request[rows, place] = -1
        self.turn[rows, place] = -1

    def _sums(self, rows: Array, amounts: Array) -> Array:
        total: Array = np.bincount(rows, weights=amounts, minlength=len(self.now_s))
        return total


COUNTERS = ("clock", "num_decoding", "num_reading", "num_admitted", "num_sent_back", "num_preemptions")
AMOUNTS = (
    "now_s", "busy_s", "held_tokens", "used_tokens", "unread_tokens", "unread_s", "read_tokens",
)  # fmt: skip
"""Fields of a row that start at nothing."""
