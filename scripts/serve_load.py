"""Clients that ask a server as fast as it answers: page and API mixed, for some seconds."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import aiohttp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

OK, PATIENCE_S = 200, 60.0
DEVICES = ("RTX 4090", "RTX 3090", "L40S", "RTX 3060 12 GB")
TASKS = ("chat", "summarization", "coding")
USERS = (1, 4, 16)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Seen:
    """What the clients saw."""

    times_s: list[float] = field(default_factory=list)
    sizes_bytes: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """Requests that were not answered."""

    @property
    def errors(self) -> list[str]:
        """Everything but an answer."""
        return [*self.failures, *(str(status) for status in self.statuses if status != OK)]

    def quantile_s(self, share: float) -> float:
        """The time that this share of the requests stays below. [s]"""
        return float(np.quantile(self.times_s, share))


def mixed() -> Iterator[Asked]:
    """Pages, a file of the page, and calls of the API: 110 requests."""
    yield Asked(method="GET", path="/")
    yield Asked(method="GET", path="/static/style.css")
    for device, task, users in itertools.product(DEVICES, TASKS, USERS):
        words = {"device": [device], "task": task, "users": users}
        yield Asked(method="GET", path=f"/?{urlencode({**words, 'device': device})}")
        yield Asked(method="POST", path="/api/v1/recommend", body=words)
        fit = {"device": [device], "model": "Qwen3-8B", "users": users}
        yield Asked(method="POST", path="/api/v1/fit", body=fit)


async def load(address: str, num_clients: int, seconds: float, asked: Sequence[Asked]) -> Seen:
    """So many clients for so long; each asks again as soon as it is answered."""
    end = time.perf_counter() + seconds

    def endless(seed: int) -> Iterator[Asked]:
        order = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
        while time.perf_counter() < end:
            yield order.choice(asked)

    return await _asked(address, [endless(seed) for seed in range(num_clients)])


async def ask_all(address: str, num_clients: int, asked: Iterable[Asked]) -> Seen:
    """Every request once, so many at the same time."""
    return await _asked(address, [iter(asked)] * num_clients)


async def _asked(address: str, clients: Sequence[Iterator[Asked]]) -> Seen:
    """Each client asks one request after another."""
    seen, connector = Seen(), aiohttp.TCPConnector(limit=len(clients))
    patience = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(address, connector=connector, timeout=patience) as session:

        async def client(questions: Iterator[Asked]) -> None:
            for asked in questions:
                await _ask(session, asked, seen)

        await asyncio.gather(*(client(questions) for questions in clients))
    return seen


async def _ask(session: aiohttp.ClientSession, asked: Asked, seen: Seen) -> None:
    """One request, and what came of it."""
    start = time.perf_counter()
    try:
        async with session.request(
            asked.method, asked.path, json=asked.body, headers=asked.headers
        ) as answer:
            size_bytes = len(await answer.read())
    except (aiohttp.ClientError, TimeoutError) as error:
        seen.failures.append(type(error).__name__)
        return
    seen.times_s.append(time.perf_counter() - start)
    seen.sizes_bytes.append(size_bytes)
    seen.statuses.append(answer.status)
