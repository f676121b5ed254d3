"""How much of a server's throughput `evaluate` uses, beside a bare load generator at the same concurrency, in one run.

    python scripts/bench_evaluate.py

The server is the real llama-server with a tiny trained model, on this computer, so that it is far faster than any real
model: what the client costs shows more here than it ever will. The two take turns; the median of the turns counts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))  # the harness of the tests starts the server

from tests.evaluated import moods, written
from tests.llama_server import TINY, llama_server

from sizewise.advisor import EvaluateQuestion, evaluate

NUM_ITEMS, NUM_TURNS, CONCURRENCY = 600, 5, 8


async def _one(host: str, port: int, bodies: list[bytes]) -> None:
    """One connection that asks until nothing is left: no client could do less."""
    reader, writer = await asyncio.open_connection(host, port)
    while bodies:
        body = bodies.pop()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in answer.split(b"\r\n")[1:] if b":" in line)
        await reader.readexactly(int(fields[b"content-length"]))
    writer.close()


async def _all(address: str, bodies: list[bytes]) -> None:
    place = urlsplit(address)
    await asyncio.gather(*(_one(str(place.hostname), place.port or 80, bodies) for _ in range(CONCURRENCY)))


def bare_per_s(address: str, rows: list[dict[str, str]]) -> float:
    """Answers a second of the bare generator."""
    bodies = [
        json.dumps({"messages": [{"role": "user", "content": row["prompt"]}], "max_tokens": 12, "temperature": 0,
                    "seed": 1}).encode()
        for row in rows
    ]  # fmt: skip
    started_s = time.perf_counter()
    asyncio.run(_all(address, bodies))
    return len(rows) / (time.perf_counter() - started_s)


def evaluate_per_s(address: str, rows: list[dict[str, str]]) -> float:
    """The same of `evaluate`: asked, graded, written."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        question = EvaluateQuestion(prompts=written(folder, rows), endpoint=(f"a={address}",), max_tokens="12",
                                    concurrency=str(CONCURRENCY), folder=str(folder / "run"))  # fmt: skip
        started_s = time.perf_counter()
        answer = evaluate(question)
        seconds = time.perf_counter() - started_s
    assert answer.rates[0].num_items == len(rows), "every prompt is answered"  # noqa: S101 - else the rate means nothing
    return len(rows) / seconds


def main() -> None:
    """Take turns and say the ratio."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--model", type=Path, default=TINY / "large-f16.gguf")
    given, rows = options.parse_args(), moods(NUM_ITEMS)
    with llama_server(given.model, slots=CONCURRENCY) as address:
        bare_per_s(address, rows)
        turns = [(bare_per_s(address, rows), evaluate_per_s(address, rows)) for _ in range(NUM_TURNS)]
    bare, ours = (statistics.median(column) for column in zip(*turns, strict=True))
    ratio = statistics.median(b / a for a, b in turns)
    print(f"bare load generator {bare:.0f} answers/s, evaluate {ours:.0f} answers/s, "
          f"{CONCURRENCY} at once: {ratio:.0%} of the server's throughput")  # fmt: skip


if __name__ == "__main__":
    main()
