"""The server under load: 200 clients mix page and API for a minute, beside a bare route that gives as many bytes.

    python scripts/bench_serve.py [SECONDS]

Prints requests, errors, throughput and the time that 95 % of the requests stay below, and the memory of the server.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import httpx
import numpy as np
import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

NUM_CLIENTS, NUM_WORKERS, SECONDS = 200, 2, 60.0
OK, PATIENCE_S, START_S = 200, 60.0, 60.0
MIB = 2**20
DEVICES = ("RTX 4090", "RTX 3090", "L40S", "RTX 3060 12 GB")
TASKS = ("chat", "summarization", "coding")
BARE = """
from fastapi import FastAPI, Response
body = b"x" * {size}
app = FastAPI()
@app.get("/")
async def bare() -> Response:
    return Response(body, media_type="text/html")
@app.get("/healthz")
async def health() -> dict[str, str]:
    return {{}}
import uvicorn
uvicorn.run(app, port={port}, log_level="warning")
"""


def main() -> None:
    """Measure both and print them."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    port = free_port()
    words = [sys.executable, "-m", "sizewise", "serve", "--port", str(port), "--workers", str(NUM_WORKERS)]
    size = run("sizewise serve", words, port, seconds, list(questions()))
    bare_port = free_port()
    code = BARE.format(size=size, port=bare_port)
    run(
        f"bare route, one worker, {size} bytes",
        [sys.executable, "-c", code],
        bare_port,
        seconds,
        [("GET", "/", None)],
    )


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def questions() -> Iterator[tuple[str, str, dict[str, object] | None]]:
    """Pages and calls of the API."""
    yield "GET", "/", None
    for device, task, users in itertools.product(DEVICES, TASKS, (1, 4, 16)):
        query = httpx.QueryParams(device=device, task=task, users=users)
        yield "GET", f"/?{query}", None
        yield "POST", "/api/v1/recommend", {"device": [device], "task": task, "users": users}
        yield "POST", "/api/v1/fit", {"device": [device], "model": "Qwen3-8B", "users": users}


def run(
    name: str,
    words: list[str],
    port: int,
    seconds: float,
    asked: list[tuple[str, str, dict[str, object] | None]],
) -> int:
    """One server under load; gives the mean bytes of an answer."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port)
            before = memory_bytes(process.pid)
            times, sizes, errors = asyncio.run(load(port, seconds, asked))
            after = memory_bytes(process.pid)
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.terminate()
            process.terminate()
    p50, p95 = np.quantile(times, [0.5, 0.95])
    print(
        f"{name}: {len(times)} requests, {len(errors)} errors {sorted(set(errors))[:3]}, "
        f"{len(times) / seconds:.0f} requests/s, half below {p50 * 1e3:.0f} ms, 95 % below {p95 * 1e3:.0f} ms, "
        f"memory {before / MIB:.0f} to {after / MIB:.0f} MiB"
    )
    return round(float(np.mean(sizes)))


def wait_for(port: int) -> None:
    """Until it answers."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def memory_bytes(pid: int) -> int:
    """Of the process and its workers."""
    parent = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (parent, *parent.children(recursive=True)))


async def load(
    port: int, seconds: float, asked: list[tuple[str, str, dict[str, object] | None]]
) -> tuple[list[float], list[int], list[str]]:
    """Seconds and bytes of every answer, and what went wrong."""
    times: list[float] = []
    sizes: list[int] = []
    errors: list[str] = []
    end = time.perf_counter() + seconds

    async def client(seed: int, http: httpx.AsyncClient) -> None:
        order = random.Random(seed)  # noqa: S311 - a repeatable order, no secret
        while time.perf_counter() < end:
            method, path, body = order.choice(asked)
            start = time.perf_counter()
            try:
                answer = await http.request(method, path, json=body)
            except httpx.HTTPError as error:
                errors.append(type(error).__name__)
                continue
            times.append(time.perf_counter() - start)
            sizes.append(len(answer.content))
            if answer.status_code != OK:
                errors.append(str(answer.status_code))

    limits = httpx.Limits(max_connections=NUM_CLIENTS)
    address = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=address, timeout=PATIENCE_S, limits=limits) as http:
        await asyncio.gather(*(client(seed, http) for seed in range(NUM_CLIENTS)))
    return times, sizes, errors


if __name__ == "__main__":
    main()
