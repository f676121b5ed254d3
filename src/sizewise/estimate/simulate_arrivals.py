"""When requests reach the simulated replicas: at given times, or from users who wait for answers and pause.

Rows are replicas (or seeds, or loads) that do not see one another. Requests of all rows are numbered through:
request `row x requests of a row + position`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from sizewise.domain.number import Array, Number


class Arrivals(Protocol):
    """What the simulator asks about arrivals."""

    arrival_s: Array
    """When each request was sent. [requests of all rows]"""
    next_s: Array
    """When the next request of each row is sent; infinite: none. [rows]"""

    def peek(self, rows: Array) -> Array:
        """The next request of these rows, each of which has one."""

    def take(self, rows: Array) -> None:
        """The next request of these rows has been admitted."""

    def finished(self, requests: Array, now_s: Array) -> None:
        """These requests have their whole answer."""


class GivenTimes:
    """Requests that are sent at given times, whatever the replica does: Poisson, bursts, a trace."""

    def __init__(self, arrival_s: Array) -> None:
        """`arrival_s`: rising along each row. [rows, requests]."""
        num_rows, self.num_each = arrival_s.shape
        self.arrival_s = arrival_s.reshape(-1)
        self._ends = np.arange(1, num_rows + 1) * self.num_each
        self._position = np.arange(num_rows) * self.num_each
        self.next_s = arrival_s[:, 0].copy()

    def peek(self, rows: Array) -> Array:
        """The next request of these rows."""
        here: Array = self._position[rows]
        return here

    def take(self, rows: Array) -> None:
        """Go on to the request after it."""
        position = self._position[rows] + 1
        self._position[rows] = position
        is_over = position >= self._ends[rows]
        self.next_s[rows] = np.where(
            is_over, np.inf, self.arrival_s[np.minimum(position, len(self.arrival_s) - 1)]
        )

    def finished(self, requests: Array, now_s: Array) -> None:
        """Nobody waits for an answer before sending on."""


class ClosedLoop:
    """Users who send, read the whole answer, pause and send again; who sent first is served first."""

    def __init__(self, *, first_s: Array, pause_s: Array) -> None:
        """`first_s` [rows, users]: first request of every user; `pause_s` [rows, requests]: pause after each."""
        num_rows, self.num_each = pause_s.shape
        self.arrival_s = np.full(num_rows * self.num_each, np.nan)
        self._pause_s = pause_s.reshape(-1)
        self._user = np.zeros(num_rows * self.num_each, dtype=np.intp)
        self._ready_s = first_s.copy()
        self._position = np.arange(num_rows) * self.num_each
        self._ends = self._position + self.num_each
        self.next_s = first_s.min(axis=1)

    def peek(self, rows: Array) -> Array:
        """The next request of these rows."""
        here: Array = self._position[rows]
        return here

    def take(self, rows: Array) -> None:
        """The user who is ready first has been admitted and now waits."""
        users = self._ready_s[rows].argmin(axis=1)
        requests = self._position[rows]
        self.arrival_s[requests] = self._ready_s[rows, users]
        self._user[requests] = users
        self._ready_s[rows, users] = np.inf
        self._position[rows] = requests + 1
        self._look(rows)

    def finished(self, requests: Array, now_s: Array) -> None:
        """Their users pause, then send again."""
        rows = requests // self.num_each
        self._ready_s[rows, self._user[requests]] = now_s + self._pause_s[requests]
        self._look(rows)

    def _look(self, rows: Array) -> None:
        is_over = self._position[rows] >= self._ends[rows]
        self.next_s[rows] = np.where(is_over, np.inf, self._ready_s[rows].min(axis=1))


def poisson_times(generator: Generator, *, requests_per_s: Number, num_rows: int, num_each: int) -> Array:
    """Arrivals without memory. [rows, requests, s]  `requests_per_s`: one rate, or one for each row."""
    gaps_s = generator.standard_exponential((num_rows, num_each))
    times: Array = np.cumsum(gaps_s, axis=1) / _column(requests_per_s)
    return times


def gamma_times(
    generator: Generator, *, requests_per_s: Number, variation: float, num_rows: int, num_each: int
) -> Array:
    """Arrivals in bursts: gaps are Gamma with this standard deviation / mean. [rows, requests, s]

    A variation of 1 is Poisson; the first gap is drawn like the others.
    """
    shape = 1.0 / variation**2
    gaps_s = generator.standard_gamma(shape, (num_rows, num_each)) / shape
    times: Array = np.cumsum(gaps_s, axis=1) / _column(requests_per_s)
    return times


def closed_loop(
    generator: Generator,
    *,
    num_users: Number,
    think_time_s: float,
    num_rows: int,
    num_each: int,
    spread_s: float,
) -> ClosedLoop:
    """Users who start within `spread_s` of one another and pause for exponential times.

    `num_users`: one number, or one for each row; the places of those whom a row lacks stay empty.
    """
    users = np.broadcast_to(_column(num_users), (num_rows, 1))
    first_s = generator.random((num_rows, int(users.max()))) * spread_s
    first_s[np.arange(first_s.shape[1]) >= users] = np.inf
    pause_s = generator.standard_exponential((num_rows, num_each)) * think_time_s
    return ClosedLoop(first_s=first_s, pause_s=pause_s)


def _column(value: Number) -> Array:
    return np.asarray(value, dtype=np.float64).reshape(-1, 1)
