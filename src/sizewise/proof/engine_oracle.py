"""Ask llama.cpp itself what it would allocate for a model that need not exist: weights, cache and compute, by buffer.

A file without weights (`engine_gguf`) is given to a child process (`oracle_worker`), which may crash or hang without
harm. Its figures are those of the CPU backend: exact for weights and cache; GPUs differ in compute buffers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof.engine_gguf import write_shape_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sizewise.domain.model import Model
    from sizewise.estimate.gguf import MixtureRules

PACKAGE, PINNED_VERSION = "xllamacpp", "2026.10.11549"
NO_BACKTRACE = {"GGML_NO_BACKTRACE": "1"}
"""A failed assertion of the engine otherwise starts a debugger, which takes seconds."""
TIMEOUT_S = 60.0
"""Longest wait for one model; a 700B shape takes about a second. [s]"""


@dataclass(frozen=True, kw_only=True)
class OracleSettings:
    """How the context is opened."""

    context_tokens: int
    """n_ctx, shared by all slots."""
    ubatch_tokens: int = 512
    uses_flash_attention: bool = True
    k_type: str = "f16"
    v_type: str = "f16"
    num_slots: int = 1
    outputs_per_slot: int = 1
    """Tokens of a micro-batch whose logits are kept, a slot; 0: all of them."""
    is_unified: bool = False
    keeps_full_windows: bool = False


@dataclass(frozen=True, kw_only=True)
class EngineBuffer:
    """What lies in one kind of memory. [bytes]"""

    buffer: str
    weights_bytes: int
    kv_bytes: int
    compute_bytes: int


@dataclass(frozen=True, kw_only=True)
class EngineReply:
    """All buffers, or why the engine refuses."""

    buffers: tuple[EngineBuffer, ...] = ()
    error: str = ""

    @property
    def weights_bytes(self) -> int:
        """Weights in all buffers. [bytes]"""
        return sum(b.weights_bytes for b in self.buffers)

    @property
    def kv_bytes(self) -> int:
        """Cache and outputs in all buffers. [bytes]"""
        return sum(b.kv_bytes for b in self.buffers)

    @property
    def compute_bytes(self) -> int:
        """Compute buffers. [bytes]"""
        return sum(b.compute_bytes for b in self.buffers)

    @property
    def total_bytes(self) -> int:
        """Everything. [bytes]"""
        return self.weights_bytes + self.kv_bytes + self.compute_bytes


class Oracle:
    """The engine in a child process, for many questions; a context manager.

    Raises: MissingExtra unless exactly the pinned version is installed: structures belong to one build.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        if engine_version() != PINNED_VERSION:
            raise MissingExtra("engine", f"asking the engine ({PACKAGE} {PINNED_VERSION})")
        self._timeout_s = timeout_s
        self._folder = TemporaryDirectory(prefix="sizewise-")
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._folder.cleanup()

    def ask(
        self, model: Model, file_type: str, rules: MixtureRules, settings: Sequence[OracleSettings]
    ) -> list[EngineReply]:
        """Buffers of one model under each of the settings.

        Raises: NotSupported for an architecture without a file, for a crash and for a question that takes too long.
        """
        path = Path(self._folder.name) / "shape.gguf"
        write_shape_file(path, model, file_type, rules)
        return self.ask_file(path, settings)

    def ask_file(self, path: Path, settings: Sequence[OracleSettings]) -> list[EngineReply]:
        """Buffers of a GGUF file under each of the settings; only its header is read.

        Raises: NotSupported for a crash and for a question that takes too long.
        """
        question = {"path": str(path), "settings": [asdict(one) for one in settings]}
        return [_reply(answer) for answer in self._exchange(question)]

    def _exchange(self, question: dict[str, Any]) -> list[dict[str, Any]]:
        child = self._running()
        if child.stdin is None or child.stdout is None:
            raise NotSupported("the engine process has no pipes")
        watch = threading.Timer(self._timeout_s, child.kill)
        watch.start()
        line = ""
        with suppress(BrokenPipeError):
            child.stdin.write(json.dumps(question) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        watch.cancel()
        if not line.endswith("\n"):
            self._stop()
            raise NotSupported(
                "the engine ended or took longer than {n} s over this shape", n=self._timeout_s
            )
        answers: list[dict[str, Any]] = json.loads(line)
        return answers

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "sizewise.proof.oracle_worker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                env=os.environ | NO_BACKTRACE,
            )  # fmt: skip
        return self._child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        with suppress(BrokenPipeError):
            child.communicate()


def engine_version() -> str:
    """Version of the installed engine package; empty: none."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return ""


def _reply(answer: dict[str, Any]) -> EngineReply:
    if "error" in answer:
        return EngineReply(error=answer["error"] or "the engine gave no reason")
    return EngineReply(buffers=tuple(EngineBuffer(**buffer) for buffer in answer["buffers"]))
