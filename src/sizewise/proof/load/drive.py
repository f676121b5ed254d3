"""Loads: so many users who each wait for their answer, or requests that come at random whatever happens."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sizewise.proof.endpoint_reply import Reply

    Fire = Callable[[], Awaitable[Reply]]


@dataclass(frozen=True, kw_only=True)
class Load:
    """How the requests come, and when it is enough."""

    num_users: int = 1
    """Of a closed loop."""
    requests_per_s: float | None = None
    """Of Poisson arrivals; None: a closed loop."""
    max_requests: int = 32
    max_s: float = 60.0
    """No request is begun later than this. [s]"""
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Driven:
    """What happened. [s]"""

    replies: tuple[Reply, ...]
    elapsed_s: float
    """From the first request to the end of the last answer."""
    processor_s: float
    """Time that this program itself took on a processor."""


async def drive(load: Load, fire: Fire, on_done: Callable[[int], None] | None = None) -> Driven:
    """Send the load and wait for all of its answers."""
    replies: list[Reply] = []

    async def one() -> None:
        replies.append(await fire())
        if on_done is not None:
            on_done(len(replies))

    start_s, processor_s = time.perf_counter(), time.process_time()
    if load.requests_per_s is None:
        await _closed_loop(load, one, start_s + load.max_s)
    else:
        await _poisson(load, one, load.requests_per_s, start_s + load.max_s)
    ended_s = max((one.ended_s for one in replies), default=time.perf_counter())
    return Driven(
        replies=tuple(replies), elapsed_s=ended_s - start_s, processor_s=time.process_time() - processor_s
    )


async def _closed_loop(load: Load, one: Callable[[], Awaitable[None]], deadline_s: float) -> None:
    left = iter(range(load.max_requests))

    async def user() -> None:
        for _ in left:
            await one()
            if time.perf_counter() > deadline_s:
                return

    async with asyncio.TaskGroup() as group:
        for _ in range(min(load.num_users, load.max_requests)):
            group.create_task(user())


async def _poisson(
    load: Load, one: Callable[[], Awaitable[None]], requests_per_s: float, deadline_s: float
) -> None:
    """Gaps are exponential; arrivals are planned ahead, so that a late one does not delay the next."""
    draw = random.Random(load.seed)  # noqa: S311 - arrivals
    due_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(load.max_requests):
            due_s += draw.expovariate(requests_per_s)
            if due_s > deadline_s:
                return
            await asyncio.sleep(max(due_s - time.perf_counter(), 0.0))
            group.create_task(one())  # type: ignore[arg-type]  # a coroutine
