"""vLLM on made-up weights (`--load-format dummy`): its own server on the loopback address, asked as a user asks it.

The pool is what its log says, memory is that of all its processes; what weights and work space take apart, vLLM does
not tell on a processor. Rates are those that a client of the server sees. Runs on the processor: a graphics card was
never at hand to try it on.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sizewise.errors import NotSupported
from sizewise.proof.engine_oracle import EngineBuffer
from sizewise.proof.engine_run import EngineRun, Stretch, rate
from sizewise.proof.loopback import FAILURES, HOST, free_port, streamed, wait_until_ready
from sizewise.proof.program_watch import watched
from sizewise.proof.vllm_program import LOAD_MARK, pool_in, version_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sizewise.proof.engine_run import Effort
    from sizewise.proof.program_watch import Watched

SERVER = "vllm.entrypoints.openai.api_server"
"""Started as a module: the `vllm` of some wheels for processors asks for a package of another name."""
NAME = "shapes"
SHORT_PROMPT_TOKENS = 16
"""What is read before decoding without a text: an empty prompt is not allowed."""
PLAIN = ("--load-format", "dummy", "--skip-tokenizer-init", "--enforce-eager", "--no-enable-prefix-caching",
         "--max-num-seqs", "1", "--served-model-name", NAME)  # fmt: skip
"""No tokenizer is there, nothing is compiled for minutes, no prompt is known from before, one user."""


@dataclass(frozen=True, kw_only=True)
class VllmQuestion:
    """One run."""

    python: str
    config: dict[str, Any]
    dtype: str
    context_tokens: int
    pool_gib: int
    """The KV cache, in whole GiB as vLLM takes it on a processor."""
    num_threads: int
    prompt_tokens: int
    stretch_tokens: int
    effort: Effort


@dataclass(frozen=True, kw_only=True)
class VllmRun:
    """What was measured."""

    run: EngineRun
    build: str
    pool_tokens: int


def run_vllm(question: VllmQuestion, folder: Path, *, timeout_s: float) -> VllmRun:
    """Write the configuration, start the server, ask it, end it.

    Raises: NotSupported where it refuses, ends or takes longer.
    """
    (folder / "config.json").write_text(json.dumps(question.config), encoding="utf-8")
    port, start = free_port(), time.monotonic()
    command = [
        question.python, "-m", SERVER, "--model", str(folder), "--dtype", question.dtype, "--max-model-len",
        str(question.context_tokens), "--host", HOST, "--port", str(port), *PLAIN,
    ]  # fmt: skip
    with watched(command, marks=(LOAD_MARK,), is_group=True, environment=_environment(question)) as running:
        wait_until_ready(running, port, timeout_s)
        load_s = time.monotonic() - start
        pieces = list(_pieces(question, port, running))
        peak_bytes = max(running.peak_bytes, running.taken_bytes())
    return _told(running, pieces, peak_bytes, load_s)


def _environment(question: VllmQuestion) -> dict[str, str]:
    return os.environ | {
        "VLLM_CPU_KVCACHE_SPACE": str(question.pool_gib), "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": str(question.num_threads), "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1",
    }  # fmt: skip


def _pieces(question: VllmQuestion, port: int, running: Watched) -> Iterator[Stretch]:
    """Short and long prompts in turn, after one of each that warms up, until there are enough or time is over."""
    draw = random.Random(0)  # noqa: S311 - tokens of a benchmark
    counts = (SHORT_PROMPT_TOKENS, question.prompt_tokens)
    for count in counts:
        list(_answer(question, port, running, count, draw))
    deadline = time.monotonic() + 2 * question.effort.budget_s
    for i in range(question.effort.num_repeats):
        if i and time.monotonic() > deadline:
            break
        for count in counts:
            yield from _answer(question, port, running, count, draw)


def _answer(
    question: VllmQuestion, port: int, running: Watched, count: int, draw: random.Random
) -> Iterator[Stretch]:
    """One answer: its prompt is a piece where it is long, its further tokens are another."""
    prompt = [draw.randrange(question.config["vocab_size"]) for _ in range(count)]
    body = {"model": NAME, "prompt": prompt, "max_tokens": question.stretch_tokens + 1, "temperature": 0,
            "ignore_eos": True, "stream": True, "return_token_ids": True}  # fmt: skip
    waited, start, times = running.waited_s, time.perf_counter(), list[float]()
    try:
        times += [
            time.perf_counter() for event in streamed(port, "/v1/completions", body) if event["choices"]
        ]
    except FAILURES:
        raise NotSupported("the engine refuses: {problem}", problem=running.last_words()) from None
    if len(times) < 2:  # noqa: PLR2004 - a rate needs two
        raise NotSupported("the engine refuses: {problem}", problem=running.last_words())
    share = (running.waited_s - waited) / (times[-1] - start)
    if count == question.prompt_tokens:
        seconds = times[0] - start
        yield Stretch(depth_tokens=0.0, num_tokens=count, seconds=seconds, waited_s=share * seconds)
    seconds, written = times[-1] - times[0], len(times) - 1
    yield Stretch(
        depth_tokens=count + written / 2, num_tokens=written, seconds=seconds, waited_s=share * seconds
    )


def _told(running: Watched, pieces: list[Stretch], peak_bytes: int, load_s: float) -> VllmRun:
    log = (*running.told, *running.log)
    pool_bytes, pool_tokens = pool_in(log)
    buffer = EngineBuffer(buffer="CPU", weights_bytes=0, kv_bytes=pool_bytes, compute_bytes=0)
    decode = [one for one in pieces if one.depth_tokens > 0]
    middle = max(one.depth_tokens for one in decode) / 2
    run = EngineRun(
        program_bytes=running.early_bytes, peak_bytes=peak_bytes, load_s=load_s, buffers=(buffer,),
        prefill=rate([one for one in pieces if one.depth_tokens == 0]),
        decode=(
            rate([one for one in decode if one.depth_tokens <= middle]),
            rate([one for one in decode if one.depth_tokens > middle]),
        ),
    )  # fmt: skip
    return VllmRun(run=run, build=version_in(log), pool_tokens=pool_tokens)
