"""How much of a server's throughput `evaluate` uses, beside a bare load generator at the same concurrency, in one run.

    python scripts/bench_evaluate.py

The server is the real llama-server with a tiny trained model, on this computer, so that it is far faster than any real
model: what the client costs shows more here than it ever will. The server has one processor and the client the others,
as a server elsewhere has its own; a second figure is for both on all processors, where what the client uses is missing
to the server. The two take turns; the median of the turns counts. `evaluate` reads, grades, writes and compares within
its time, so the run is as long as one of a few seconds. Prints sentences for docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
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

NUM_ITEMS, NUM_TURNS, CONCURRENCY = 1200, 5, 8


async def _one(host: str, port: int, bodies: list[bytes]) -> None:
    """One connection that asks until nothing is left, anew where the server ends it: no client could do less."""
    reader, writer = await asyncio.open_connection(host, port)
    while bodies:
        body = bodies.pop()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b":", 1) for line in answer.split(b"\r\n")[1:] if b":" in line)
        await reader.readexactly(int(fields[b"content-length"]))
        if fields.get(b"connection", b"").strip() == b"close":
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
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
    model = options.parse_args().model
    everything = processors()
    first, others = set(sorted(everything)[:1]), everything - set(sorted(everything)[:1])
    if others:
        bare, ours, ratio = turns(model, server=first, client=others)
        print(f"`evaluate` gets **{ratio:.0%}** of what llama-server gives to a bare load generator, {CONCURRENCY} "
              f"at once, the server with a processor of its own ({bare:.0f} and {ours:.0f} answers/s). "
              "Goal: at least 90 %.")  # fmt: skip
    bare, ours, ratio = turns(model, server=everything, client=everything)
    print(
        f"With both on the same {len(everything)} processors it gets {ratio:.0%} ({bare:.0f} and {ours:.0f} answers/s)."
    )


def turns(model: Path, *, server: set[int], client: set[int]) -> tuple[float, float, float]:
    """Answers a second of both, and the median ratio of the turns."""
    rows = moods(NUM_ITEMS)
    hold(client)
    with llama_server(model, slots=CONCURRENCY, processors=server) as address:
        bare_per_s(address, rows)
        pairs = [(bare_per_s(address, rows), evaluate_per_s(address, rows)) for _ in range(NUM_TURNS)]
    bare, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return bare, ours, statistics.median(b / a for a, b in pairs)


def processors() -> set[int]:
    """Those that this program may use; none where the system does not tell."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def hold(numbers: set[int]) -> None:
    """Hold this program to these processors."""
    if numbers:
        os.sched_setaffinity(0, numbers)


if __name__ == "__main__":
    main()
