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
    from collections.abc import Iterator, Mapping, Sequence

    import psutil

STARTER, GROUP_STARTER = "sizewise.proof.program_start", "sizewise.proof.program_group"
POLL_S, GROUP_POLL_S = 0.05, 0.5
"""A program that reaches its peak and ends sooner is seen lower than it was. Several are slower to look at."""
END_S = 10.0


class Watched:
    """One running program; `is_group`: with all those that it starts."""

    def __init__(
        self,
        command: Sequence[str],
        marks: Sequence[str],
        *,
        is_group: bool,
        environment: Mapping[str, str] | None,
    ) -> None:
        starter = [sys.executable, "-m", GROUP_STARTER if is_group else STARTER] if os.name == "posix" else []
        self._is_group = is_group and os.name == "posix"
        self.child = subprocess.Popen(
            [*starter, *command], stdin=subprocess.PIPE if self._is_group else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=environment,
        )  # fmt: skip
        self.peak_bytes, self.waited_s, self.log = 0, 0.0, list[str]()
        self.told = list[str]()
        self.bytes_at = dict[str, int]()
        self._marks = marks
        pipes = ((self.child.stdout, self.told), (self.child.stderr, self.log))
        self._threads = [threading.Thread(target=self._read, args=pair, daemon=True) for pair in pipes]
        self._threads.append(threading.Thread(target=self._watch, daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def early_bytes(self) -> int:
        """What it took when it logged the first mark; 0: it never did. [bytes]"""
        return self.bytes_at.get(self._marks[0], 0) if self._marks else 0

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
        if self.child.stdin is not None:
            with suppress(OSError):
                self.child.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(END_S)
        self.child.kill()
        self.child.wait()
        self._join()

    def last_words(self) -> str:
        """The last line that it logged."""
        lines = [line.strip() for line in (*self.told, *self.log) if line.strip()]
        return lines[-1][:300] if lines else "nothing was told"

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(2.0)

    def _watch(self) -> None:
        import psutil

        while self.child.poll() is None:
            with suppress(psutil.Error):
                self.peak_bytes = max(self.peak_bytes, self.taken_bytes())
                self.waited_s = max(self.waited_s, sum(waited_s(str(one.pid)) for one in self._processes()))
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(GROUP_POLL_S if self._is_group else POLL_S)

    def _processes(self) -> list[psutil.Process]:
        import psutil

        process = psutil.Process(self.child.pid)
        return process.children(recursive=True) if self._is_group else [process]

    def _read(self, pipe: IO[str], lines: list[str]) -> None:
        """Every line; with the first that has a mark, the memory taken so far."""
        with pipe:
            for line in pipe:
                lines.append(line)
                for mark in self._marks:
                    if mark not in self.bytes_at and mark in line:
                        self.bytes_at[mark] = self.taken_bytes()

    def taken_bytes(self) -> int:
        """Resident memory now; of several processes, what they share counts once. [bytes]"""
        import psutil

        with suppress(psutil.Error):
            return sum(self._size(one) for one in self._processes())
        return 0

    def _size(self, process: psutil.Process) -> int:
        if self._is_group:
            told = process.memory_full_info()
            return int(getattr(told, "pss", told.rss))
        return int(process.memory_info().rss)


@contextmanager
def watched(
    command: Sequence[str],
    *,
    marks: Sequence[str] = (),
    is_group: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Watched]:
    """Start it; it is gone in any case afterwards. `bytes_at` is what it took when it logged each mark."""
    running = Watched(command, marks, is_group=is_group, environment=environment)
    try:
        yield running
    finally:
        running.end()
