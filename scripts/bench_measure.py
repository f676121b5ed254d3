"""What `measure` says of a server, beside a bare load generator, guidellm and the server itself, in one run.

    python scripts/bench_measure.py [--guidellm PATH/TO/guidellm]

The server is the real llama-server with a small random model and one processor of its own; its users wait for their
answers and ask again at once, as many as it has places, so that it is saturated. All generators take turns with the
same lengths; medians of the turns count. Prints a table for docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent.parent))  # the harness of the tests starts the server

from tests.llama_server import llama_server
from tests.random_model import write_random_model

from bench_evaluate import hold, processors
from sizewise.advisor.measurement import MeasureQuestion, measure, measure_imported
from sizewise.proof.load.request import LETTERS, SETTINGS

if TYPE_CHECKING:
    from sizewise.domain.measured_load import MeasureAnswer

NUM_USERS, NUM_REQUESTS, PROMPT_TOKENS, OUTPUT_TOKENS, NUM_TURNS = 4, 12, 255, 64, 3
BARE, SIZEWISE, GUIDELLM = "bare generator, answers thrown away", "sizewise measure", "guidellm"
HEADER = (
    "| generator | output tokens/s | of the bare one | TTFT mean, ms | TPOT mean, ms |\n"
    "| --- | ---: | ---: | ---: | ---: |"
)
ROOM = 2
"""The context of a place, in lengths of a request."""


@dataclass(frozen=True)
class Told:
    """What one generator says in one turn."""

    output_tokens_per_s: float
    ttft_s: float = float("nan")
    tpot_s: float = float("nan")


def main() -> None:
    """Take turns and print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--guidellm", default="", help="the guidellm program; none: not compared")
    guidellm = options.parse_args().guidellm
    everything = sorted(processors())
    if len(everything) > 1:
        hold(set(everything[1:]))
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_random_model(folder / "random.gguf")
        context = ROOM * (PROMPT_TOKENS + OUTPUT_TOKENS)
        with llama_server(
            folder / "random.gguf", slots=NUM_USERS, context_tokens=context,
            processors=everything[:1] if len(everything) > 1 else (),
        ) as address:  # fmt: skip
            print("\n".join(page(address, guidellm, folder)))


def page(address: str, guidellm: str, folder: Path) -> list[str]:
    """The table, and what the server itself says of a single user."""
    asyncio.run(bare(address))
    turns: dict[str, list[Told]] = {BARE: [], SIZEWISE: []}
    has_other = bool(guidellm) and Path(guidellm).is_file()
    for turn in range(NUM_TURNS):
        turns[BARE].append(asyncio.run(bare(address)))
        turns[SIZEWISE].append(told(measure(address, question(NUM_USERS))))
        if has_other:
            turns.setdefault(GUIDELLM, []).append(other(guidellm, address, folder / f"{turn}.json"))
    lines = [HEADER, *(row(name, found, turns[BARE]) for name, found in turns.items())]
    if not has_other:
        lines.append(
            "\n**Skipped**: guidellm is not installed here (`make .bench-venv/guidellm` needs 6 GB)."
        )
    lines.append(
        f"\n{NUM_USERS} users at once, prompts of {PROMPT_TOKENS} tokens, answers of {OUTPUT_TOKENS}, medians of "
        f"{NUM_TURNS} turns; the generators have processors of their own. Goal: at least 90 % of the bare generator."
    )
    return [*lines, agreement(address)]


def question(num_users: int) -> MeasureQuestion:
    """The load of all turns."""
    return MeasureQuestion(
        users=num_users, requests=NUM_REQUESTS, input_tokens=PROMPT_TOKENS, output_tokens=OUTPUT_TOKENS,
        uses_store=False,
    )  # fmt: skip


def told(answer: MeasureAnswer) -> Told:
    """The figures of the table."""
    found = answer.measured
    return Told(found.output_tokens_per_s, found.ttft.mean_s, found.tpot.mean_s)


def row(name: str, found: list[Told], bare_turns: list[Told]) -> str:
    """Medians; the share is that of each turn."""
    rate = statistics.median(one.output_tokens_per_s for one in found)
    share = statistics.median(
        one.output_tokens_per_s / plain.output_tokens_per_s
        for one, plain in zip(found, bare_turns, strict=True)
    )
    ttft, tpot = (
        statistics.median(getattr(one, what) for one in found) * 1e3 for what in ("ttft_s", "tpot_s")
    )
    latencies = f"{ttft:.1f} | {tpot:.2f}" if tpot == tpot else "|"  # noqa: PLR0124 - NaN: it does not look
    return f"| {name} | {rate:,.0f} | {share:.0%} | {latencies} |"


def agreement(address: str) -> str:
    """One user, whose figures the server knows as well."""
    errors = []
    for _ in range(NUM_TURNS):
        answer = measure(address, question(1))
        found, server = answer.measured, answer.measured.server
        counted = answer.counted.output_tokens / found.elapsed_s
        errors.append(
            (found.ttft.p50_s / server.prompt_s - 1, found.tpot.p50_s / server.token_s - 1,
             found.output_tokens_per_s / counted - 1)
        )  # fmt: skip
    ttft, tpot, rate = (statistics.median(column) for column in zip(*errors, strict=True))
    return (
        f"\nOne user, against the server's own timings and counters: TTFT {ttft:+.1%}, TPOT {tpot:+.1%}, throughput "
        f"{rate:+.1%}. Goal: within 5 %."
    )


async def bare(address: str) -> Told:
    """As many connections as users that ask, read to the end and look at nothing."""
    draw = random.Random(0)  # noqa: S311 - words of a prompt
    left = [body(draw) for _ in range(NUM_REQUESTS)]
    start = time.perf_counter()
    await asyncio.gather(*(stream(address, left) for _ in range(NUM_USERS)))
    return Told(NUM_REQUESTS * OUTPUT_TOKENS / (time.perf_counter() - start))


def body(draw: random.Random) -> bytes:
    """The request of `measure`, with a prompt of as many tokens: each letter is one."""
    text = " ".join("".join(draw.choices(LETTERS, k=3)) for _ in range(PROMPT_TOKENS // 3))
    asked = {
        "prompt": text,
        "max_tokens": OUTPUT_TOKENS,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(asked | SETTINGS).encode()


async def stream(address: str, left: list[bytes]) -> None:
    """One user."""
    place = urlsplit(address)
    while left:
        content = left.pop()
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head = f"POST /v1/completions HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        while await reader.read(2**16):
            pass
        writer.close()


def other(program: str, address: str, file: Path) -> Told:
    """The same load by guidellm, read as `measure --import` reads it; its prompts are in a file: it fetches nothing."""
    draw, data = random.Random(str(file)), file.with_suffix(".jsonl")  # noqa: S311 - words of a prompt
    rows = (
        {"prompt": json.loads(body(draw))["prompt"], "output_tokens_count": OUTPUT_TOKENS}
        for _ in range(NUM_REQUESTS)
    )
    data.write_text("".join(f"{json.dumps(one)}\n" for one in rows), encoding="utf-8")
    command = [
        program, "run", "--backend", f"kind=openai_http,target={address},request_format=/v1/completions,stream=true",
        "--profile", f"kind=concurrent,streams={NUM_USERS}", "--constraint", f"kind=max_requests,count={NUM_REQUESTS}",
        "--data", f"kind=json_file,path={data}", "--output", f"kind=json,path={file}", "--disable-console",
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"HF_HUB_OFFLINE": "1"})
    (answer,) = measure_imported(str(file), MeasureQuestion(uses_store=False))
    return told(answer)


if __name__ == "__main__":
    main()
