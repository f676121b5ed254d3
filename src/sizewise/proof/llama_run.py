"""A file of shapes run by the user's own llama-bench or llama-server, told as `engine_run` tells its own runs.

llama-bench times itself; a server is asked for answers and its own timings are taken. Both are asked for what a run of
the wheel measures: a prompt, and decoding without a text and after the prompt.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sizewise.errors import NotSupported
from sizewise.proof.engine_run import EngineRun, RunQuestion, Stretch, rate
from sizewise.proof.engine_values import NUM_TOKENS
from sizewise.proof.llama_program import BENCH, MODEL_MARK, LlamaProgram, buffers_of
from sizewise.proof.loopback import FAILURES, HOST, POLL_S, asked, free_port, wait_until_ready
from sizewise.proof.program_watch import Watched, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT_PROMPT_TOKENS = 16
"""What a server has read before it decodes without a text."""
SPOKEN = ("-lv", "4")
"""A server that logs its buffers."""
ALL_LAYERS = "99"


@dataclass(frozen=True, kw_only=True)
class ProgramRun:
    """What was measured, and what the program held."""

    run: EngineRun
    context_tokens: int


def run_program(program: LlamaProgram, question: RunQuestion, *, timeout_s: float) -> ProgramRun:
    """Run it and wait for it.

    Raises: NotSupported where it refuses, ends or takes longer.
    """
    return (_benched if program.name == BENCH else _served)(program, question, timeout_s)


def _options(program: LlamaProgram, question: RunQuestion) -> list[str]:
    return [
        "-m", question.path, "-t", str(question.num_threads), "-ub", str(question.ubatch_tokens),
        "-ctk", question.k_type, "-ctv", question.v_type, "-fa", "1" if program.name == BENCH else "on",
        "-ngl", ALL_LAYERS if program.has_accelerator else "0", *program.without_mapping(),
    ]  # fmt: skip


def _benched(program: LlamaProgram, question: RunQuestion, timeout_s: float) -> ProgramRun:
    """Two runs of llama-bench: its prompts take another number of repeats than its decoding."""
    written = question.stretch_tokens * question.num_repeats
    prompt = ["-p", str(question.prompt_tokens), "-n", "0"]
    decode = ["-p", "0", "-n", str(written), "-d", f"0,{question.prompt_tokens}"]
    start, pieces, peak_bytes = time.monotonic(), list[Stretch](), 0
    for test in (prompt, decode):
        command = [program.path, *_options(program, question), *test, "-r", str(question.num_repeats)]
        with watched([*command, "-o", "jsonl", "-v"], marks=(MODEL_MARK,)) as running:
            code = running.ended(timeout_s)
            if code is None:
                raise NotSupported(
                    "the engine ended or took longer than {n} s over this shape", n=round(timeout_s)
                )
            if code != 0:
                raise NotSupported("the engine refuses: {problem}", problem=running.last_words())
            pieces += _samples(running)
            peak_bytes, last = max(peak_bytes, running.peak_bytes), running
    run = _told(program, last, pieces, peak_bytes, time.monotonic() - start)
    return ProgramRun(run=run, context_tokens=question.prompt_tokens + written)


def _samples(running: Watched) -> Iterator[Stretch]:
    """Every repeat as a piece; the share of waiting is that of the whole program."""
    tests = [json.loads(line) for line in running.told if line.startswith("{")]
    measured_s = sum(sum(test["samples_ns"]) for test in tests) * 1e-9
    for test in tests:
        count = test["n_prompt"] or test["n_gen"]
        depth = test.get("n_depth", 0) + (test["n_gen"] / 2 if not test["n_prompt"] else 0)
        for sample in test["samples_ns"]:
            seconds = sample * 1e-9
            yield Stretch(
                depth_tokens=depth, num_tokens=count, seconds=seconds,
                waited_s=running.waited_s * seconds / measured_s,
            )  # fmt: skip


def _served(program: LlamaProgram, question: RunQuestion, timeout_s: float) -> ProgramRun:
    """A server for one user, asked over the loopback address alone."""
    port, start = free_port(), time.monotonic()
    command = [program.path, *_options(program, question), "-c", str(question.context_tokens), "-np", "1"]
    with watched([*command, "--host", HOST, "--port", str(port), *SPOKEN], marks=(MODEL_MARK,)) as running:
        wait_until_ready(running, port, timeout_s)
        load_s, deadline = time.monotonic() - start, start + timeout_s
        asker = _Asker(port, question, running)
        pieces = [piece for piece in asker.pieces() if time.monotonic() < deadline]
        running.end()
        run = _told(program, running, pieces, running.peak_bytes, load_s)
    return ProgramRun(run=run, context_tokens=question.context_tokens)


class _Asker:
    """Questions to a server, and its own timings of each answer."""

    def __init__(self, port: int, question: RunQuestion, running: Watched) -> None:
        self._port, self._question, self._running = port, question, running
        self._draw = random.Random(0)  # noqa: S311 - tokens of a benchmark

    def pieces(self) -> Iterator[Stretch]:
        """Short and long prompts in turn, until there are enough of both."""
        question = self._question
        self._timings(SHORT_PROMPT_TOKENS, 2)
        for _ in range(question.num_repeats):
            for count in (SHORT_PROMPT_TOKENS, question.prompt_tokens):
                waited, start = self._running.waited_s, time.monotonic()
                told = self._timings(count, question.stretch_tokens + 1)
                share = (self._running.waited_s - waited) / (time.monotonic() - start)
                yield _piece(told["predicted_n"] - 1, told["predicted_ms"], count, share)
                if count == question.prompt_tokens:
                    yield replace(_piece(told["prompt_n"], told["prompt_ms"], 0, share), depth_tokens=0.0)

    def _timings(self, num_tokens: int, num_written: int) -> dict[str, Any]:
        words = min(NUM_TOKENS, self._question.vocab_size)
        body = {
            "prompt": [self._draw.randrange(words) for _ in range(num_tokens)], "n_predict": num_written,
            "cache_prompt": False, "ignore_eos": True,
        }  # fmt: skip
        try:
            status, content = asked(self._port, "POST", "/completion", json.dumps(body))
        except FAILURES:
            self._running.ended(POLL_S)
            raise NotSupported("the engine refuses: {problem}", problem=self._running.last_words()) from None
        if status != http.client.OK or "timings" not in content:
            raise NotSupported("the engine refuses: {problem}", problem=json.dumps(content)[:300])
        found: dict[str, Any] = content["timings"]
        return found


def _piece(count: int, milliseconds: float, depth: int, share: float) -> Stretch:
    """The first written token comes with the prompt, so that one less is decoded."""
    seconds = milliseconds * 1e-3
    return Stretch(
        depth_tokens=depth + count / 2, num_tokens=count, seconds=seconds, waited_s=share * seconds
    )


def _told(
    program: LlamaProgram, running: Watched, pieces: list[Stretch], peak_bytes: int, load_s: float
) -> EngineRun:
    """As a run of the wheel is told. On an accelerator the peak is what the buffers take, as the engine prints it."""
    prefill = [one for one in pieces if one.depth_tokens == 0]
    decode = sorted((one for one in pieces if one.depth_tokens > 0), key=lambda one: one.depth_tokens)
    middle = decode[-1].depth_tokens / 2
    buffers = buffers_of(running.log + running.told)
    if program.has_accelerator:
        peak_bytes = running.early_bytes + sum(
            b.weights_bytes + b.kv_bytes + b.compute_bytes for b in buffers
        )
    return EngineRun(
        program_bytes=running.early_bytes,
        peak_bytes=peak_bytes,
        load_s=load_s,
        buffers=buffers,
        prefill=rate(prefill),
        decode=(
            rate([one for one in decode if one.depth_tokens <= middle]),
            rate([one for one in decode if one.depth_tokens > middle]),
        ),
    )
