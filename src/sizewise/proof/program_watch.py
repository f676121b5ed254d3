"""A program of the user's own while it runs: its highest memory, how long it waited for a processor, what it logged."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from sizewise.proof.worker_steps import waited_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STARTER = "sizewise.proof.program_start"
POLL_S = 0.05
"""A program that reaches its peak and ends sooner is seen lower than it was."""


class Watched:
    """One running program."""

    def __init__(self, command: Sequence[str], mark: str) -> None:
        starter = [sys.executable, "-m", STARTER] if os.name == "posix" else []
        self.child = subprocess.Popen(
            [*starter, *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
        )  # fmt: skip
        self.peak_bytes, self.waited_s, self.log = 0, 0.0, list[str]()
        self.told = list[str]()
        self.early_bytes, self._mark = 0, mark
        pipes = ((self.child.stdout, self.told), (self.child.stderr, self.log))
        self._threads = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in pipes]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self._threads:
            thread.start()

    def ended(self, timeout_s: float) -> int | None:
        """Its exit code, or None where it had to be ended after so long."""
        try:
            code = self.child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.end()
            return None
        self._join()
        return code

    def end(self) -> None:
        """End it, and wait until it is gone."""
        self.child.kill()
        self.child.wait()
        self._join()

    def last_words(self) -> str:
        """The last line that it logged."""
        lines = [line.strip() for line in self.log if line.strip()]
        return lines[-1][:300] if lines else "nothing was told"

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(2.0)

    def _watch(self) -> None:
        import psutil

        with suppress(psutil.Error):
            process = psutil.Process(self.child.pid)
            while self.child.poll() is None:
                self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)
                self.waited_s = max(self.waited_s, waited_s(str(self.child.pid)))
                with suppress(subprocess.TimeoutExpired):
                    self.child.wait(POLL_S)

    def _read(self, pipe: IO[str], lines: list[str]) -> None:
        """Every line; with the first that has the mark, the memory taken so far."""
        with pipe:
            for line in pipe:
                lines.append(line)
                if self._mark and not self.early_bytes and self._mark in line:
                    self.early_bytes = self._taken_bytes()

    def _taken_bytes(self) -> int:
        import psutil

        with suppress(psutil.Error):
            return int(psutil.Process(self.child.pid).memory_info().rss)
        return 0


@contextmanager
def watched(command: Sequence[str], *, mark: str = "") -> Iterator[Watched]:
    """Start it; it is gone in any case afterwards. `early_bytes` is what it took when it logged the mark."""
    running = Watched(command, mark)
    try:
        yield running
    finally:
        running.end()
