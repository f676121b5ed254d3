"""Run llama.cpp on a file of shapes and measure: memory by buffer, peak of the process, prefill and decode rates.

A stretch counts as quiet when its threads hardly waited for a processor; where other programs took the processor,
the stretch says nothing about the computer, and the run is told to have been disturbed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, ClassVar

from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof.engine_oracle import NO_BACKTRACE, PACKAGE, PINNED_VERSION, EngineBuffer, engine_version
from sizewise.proof.transformers_shape import transformers_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUIET_RATIO = 0.03
"""Waiting for a processor, as a share of a stretch, up to which it counts as quiet."""
FEWEST_QUIET = 3


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long a rate is looked at."""

    num_repeats: int = 5
    """Quiet stretches and prompts that are enough."""
    budget_s: float = 20.0
    """Longest time for each series, once its first part is done. [s]"""


USUAL_EFFORT = Effort()


@dataclass(frozen=True, kw_only=True)
class RunQuestion:
    """One run."""

    path: str
    context_tokens: int
    ubatch_tokens: int
    num_threads: int
    k_type: str
    v_type: str
    vocab_size: int
    prompt_tokens: int = 512
    stretch_tokens: int = 8
    """Tokens decoded in one stretch."""
    num_stretches: int = 40
    """Most stretches at each depth."""
    num_repeats: int = USUAL_EFFORT.num_repeats
    budget_s: float = USUAL_EFFORT.budget_s
    quiet_ratio: float = QUIET_RATIO
    worker: ClassVar[str] = "sizewise.proof.run_worker"
    """The module of the process."""

    def check(self) -> None:
        """Refuse to start where the engine is missing.

        Raises: MissingExtra without exactly the pinned version.
        """
        if engine_version() != PINNED_VERSION:
            raise MissingExtra("engine", f"running the engine ({PACKAGE} {PINNED_VERSION})")


@dataclass(frozen=True, kw_only=True)
class TransformersQuestion(RunQuestion):
    """A run of Transformers with random weights; it reads no file, and its cache is as wide as its weights."""

    config: dict[str, Any]
    dtype: str
    path: str = ""
    ubatch_tokens: int = 0
    k_type: str = ""
    v_type: str = ""
    worker: ClassVar[str] = "sizewise.proof.transformers_worker"

    def check(self) -> None:
        """Refuse to start where the packages are missing.

        Raises: MissingExtra.
        """
        transformers_version()


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """One timed piece."""

    depth_tokens: float
    """Tokens in the cache, in the middle of the piece."""
    num_tokens: int
    seconds: float
    waited_s: float

    @property
    def tokens_per_s(self) -> float:
        """Rate. [tokens/s]"""
        return self.num_tokens / self.seconds

    @property
    def is_quiet(self) -> bool:
        """Was the processor ours?"""
        return self.waited_s <= QUIET_RATIO * self.seconds


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Median of the pieces of one kind, with their range. [tokens/s]"""

    depth_tokens: float
    num_tokens: int
    low: float
    likely: float
    high: float
    num_repeats: int
    is_quiet: bool
    """False: other programs took the processor during every piece, or nearly so."""


@dataclass(frozen=True, kw_only=True)
class EngineRun:
    """What was measured."""

    program_bytes: int
    """The program itself, with the engine loaded, before any model. [bytes]"""
    peak_bytes: int
    """Highest resident memory of the process. [bytes]"""
    load_s: float
    buffers: tuple[EngineBuffer, ...]
    prefill: Rate
    decode: tuple[Rate, ...]
    """Without a text, and after the prompt."""


@dataclass
class _Steps:
    """What the child has told so far."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    pieces: dict[str, list[Stretch]] = field(default_factory=lambda: {"prefill": [], "decode": []})

    def take(self, step: dict[str, Any]) -> None:
        name = step.pop("step")
        if name in self.pieces:
            self.pieces[name].append(Stretch(**step))
        else:
            self.told[name] = step


def run_engine(
    question: RunQuestion, *, timeout_s: float, on_step: Callable[[str], None] | None = None
) -> EngineRun:
    """Run the engine in a child process and wait for it.

    Raises: MissingExtra without the engine; NotSupported where the engine refuses, ends or takes
    longer than `timeout_s`.
    """
    question.check()
    child = subprocess.Popen(
        [sys.executable, "-m", question.worker],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | NO_BACKTRACE,
    )  # fmt: skip
    watch = threading.Timer(timeout_s, child.kill)
    watch.start()
    try:
        steps = _followed(child, question, on_step)
    finally:
        watch.cancel()
        child.kill()
        child.communicate()
    if "failed" in steps.told:
        raise NotSupported("the engine refuses: {problem}", problem=steps.told["failed"]["error"])
    if "done" not in steps.told:
        raise NotSupported("the engine ended or took longer than {n} s over this shape", n=round(timeout_s))
    return _result(steps)


def _followed(
    child: subprocess.Popen[str], question: RunQuestion, on_step: Callable[[str], None] | None
) -> _Steps:
    steps = _Steps()
    if child.stdin is None or child.stdout is None:
        raise NotSupported("the engine process has no pipes")
    try:
        child.stdin.write(json.dumps(vars(question)) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        return steps
    for line in child.stdout:
        step = json.loads(line)
        if on_step is not None:
            on_step(step["step"])
        steps.take(step)
    return steps


def _result(steps: _Steps) -> EngineRun:
    loaded, decode = steps.told["loaded"], steps.pieces["decode"]
    middle = max(one.depth_tokens for one in decode) / 2
    return EngineRun(
        program_bytes=steps.told["started"]["program_bytes"],
        peak_bytes=steps.told["done"]["peak_bytes"],
        load_s=loaded["seconds"],
        buffers=tuple(EngineBuffer(**buffer) for buffer in loaded["buffers"]),
        prefill=rate(steps.pieces["prefill"]),
        decode=(
            rate([one for one in decode if one.depth_tokens <= middle]),
            rate([one for one in decode if one.depth_tokens > middle]),
        ),
    )


def rate(pieces: Sequence[Stretch]) -> Rate:
    """The rate of a series: its quiet pieces, or, where too few were quiet, the quietest ones."""
    quiet = [one for one in pieces if one.is_quiet]
    is_quiet = len(quiet) >= min(FEWEST_QUIET, len(pieces))
    by_noise = sorted(pieces, key=lambda one: one.waited_s / one.seconds)
    taken = quiet if is_quiet else by_noise[:FEWEST_QUIET]
    rates = [one.tokens_per_s for one in taken]
    return Rate(
        depth_tokens=median(one.depth_tokens for one in taken),
        num_tokens=taken[0].num_tokens,
        low=min(rates),
        likely=median(rates),
        high=max(rates),
        num_repeats=len(taken),
        is_quiet=is_quiet,
    )
