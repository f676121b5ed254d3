"""Run other programs and take their wall time and peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""Unit of ru_maxrss. [bytes]"""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Several runs of one command."""

    wall_s: tuple[float, ...]
    peak_bytes: int
    """Largest resident memory of any run; at least that of this process, so it stays small. [bytes]"""

    @property
    def median_s(self) -> float:
        """Median wall time in seconds."""
        return statistics.median(self.wall_s)


def run_interleaved(commands: Mapping[str, Sequence[str]], num_runs: int) -> dict[str, Timing]:
    """Time commands in turn, so that a busy moment of the machine meets all of them; one warm-up run each.

    Raises: subprocess.CalledProcessError if a command fails.
    """
    walls: dict[str, list[float]] = {name: [] for name in commands}
    peaks = dict.fromkeys(commands, 0)
    for turn in range(num_runs + 1):
        for name, command in commands.items():
            wall_s, peak_bytes = _run(command)
            if turn > 0:
                walls[name].append(wall_s)
                peaks[name] = max(peaks[name], peak_bytes)
    return {name: Timing(wall_s=tuple(walls[name]), peak_bytes=peaks[name]) for name in commands}


def _run(command: Sequence[str]) -> tuple[float, int]:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return wall_s, usage.ru_maxrss * MAXRSS_BYTES
