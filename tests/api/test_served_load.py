"""A real server under many clients: no error, and memory that stays where it was."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import psutil
import pytest

pytest.importorskip("aiohttp", reason="the clients need: pip install 'sizewise[measure]'")
pytest.importorskip("fastapi", reason="the server needs: pip install 'sizewise[serve]'")

from page_server import free_port, started_server
from serve_load import Asked, ask_all, load, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import Popen

MIB = 2**20
NUM_CLIENTS, NUM_WORKERS, LOAD_S = 200, 2, 60.0
NUM_REQUESTS, NUM_AT_ONCE = 20_000, 8
NUM_WARM_PAGES, NUM_WARM_LISTS, NUM_WARM_MIXED = 80, 1_200, 2_000
"""Asked before memory is looked at, so that as many answers and decisions are kept then as ever."""
MOST_GROWTH_BYTES = 10 * MIB
EXPECTED = frozenset({200, 404, 422})


def resident_bytes(process: Popen[bytes]) -> int:
    """Memory of a server and its workers. [bytes]"""
    parent = psutil.Process(process.pid)
    return sum(each.memory_info().rss for each in (parent, *parent.children(recursive=True)))


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_two_hundred_clients_see_no_error(soak_scale: float) -> None:
    seconds = max(5.0, LOAD_S * soak_scale)
    with started_server(free_port(), workers=NUM_WORKERS) as (address, _):
        first = asyncio.run(ask_all(address, NUM_AT_ONCE, mixed()))
        seen = asyncio.run(load(address, NUM_CLIENTS, seconds, list(mixed())))
    assert first.errors + seen.errors == []
    assert len(seen.times_s) >= NUM_CLIENTS


def ever_new() -> Iterator[Asked]:
    """Requests of every kind without end; some were never asked before, some are wrong."""
    for number in itertools.count():
        if number % 50 == 0:
            yield Asked(method="GET", path=f"/?task=chat&device=RTX+4090&users={1 + number // 50}")
        else:
            yield KINDS[number % 10](number)


def fit(**words: object) -> Asked:
    return Asked(method="POST", path="/api/v1/fit", body={"device": ["RTX 4090"], **words})


KINDS: tuple[Callable[[int], Asked], ...] = (
    lambda number: fit(model="Qwen3-8B", context=1000 + number),
    lambda number: fit(model="Qwen3-8B", context=1000 + number),
    lambda number: fit(model=f"no-{number}"),
    lambda number: Asked(method="GET", path=f"/api/v1/catalog/device?like=rtx{number}"),
    lambda _: Asked(method="GET", path="/static/page.js"),
    lambda number: Asked(method="GET", path=f"/nowhere/{number}"),
    lambda _: Asked(method="GET", path="/healthz"),
    lambda number: Asked(method="GET", path=f"/?lang={'zh' if number % 20 == 7 else 'en'}"),
    lambda _: Asked(method="GET", path="/metrics"),
    lambda _: Asked(method="POST", path="/api/v1/recommend", body={"device": ["RTX 3060 12 GB"]}),
)
"""One of each in turn."""


def warming() -> Iterator[Asked]:
    """What fills everything that a server keeps."""
    for users in range(NUM_WARM_PAGES):
        yield Asked(method="GET", path=f"/?task=coding&device=RTX+4090&users={1 + users}")
    for number in range(NUM_WARM_LISTS):
        yield Asked(method="GET", path=f"/api/v1/catalog/device?like={number}")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_is_flat_over_many_requests(soak_scale: float) -> None:
    num_requests = round(NUM_REQUESTS * soak_scale)
    with started_server(free_port()) as (address, process):
        stream = ever_new()
        asyncio.run(ask_all(address, NUM_AT_ONCE, warming()))
        asyncio.run(ask_all(address, NUM_AT_ONCE, itertools.islice(stream, NUM_WARM_MIXED)))
        before = resident_bytes(process)
        seen = asyncio.run(ask_all(address, NUM_AT_ONCE, itertools.islice(stream, num_requests)))
        after = resident_bytes(process)
    assert set(seen.statuses) <= EXPECTED
    assert (seen.failures, len(seen.statuses)) == ([], num_requests)
    assert after - before < MOST_GROWTH_BYTES, (before / MIB, after / MIB)
