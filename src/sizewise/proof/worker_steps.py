"""What the processes that run an engine tell and look at: steps as lines of JSON, memory, time without a processor."""

from __future__ import annotations

import ctypes
import json
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

WAIT_FIELD = 1
"""Column of schedstat: nanoseconds that a thread was ready and waited for a processor."""
NANOSECOND_S = 1e-9
PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl."""
KIB = 1024


def memory_bytes() -> tuple[int, int]:
    """Resident memory of this process, now and at its highest. [bytes]"""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = {name: words.split() for name, _, words in (line.partition(":") for line in lines)}
    return int(sizes["VmRSS"][0]) * KIB, int(sizes["VmHWM"][0]) * KIB


def waited_s(process: str = "self") -> float:
    """Time that the threads of a process wanted a processor and did not get one. [s]"""
    total = 0
    for path in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            total += int(path.read_text(encoding="ascii").split()[WAIT_FIELD])
        except (OSError, ValueError, IndexError):
            continue
    return total * NANOSECOND_S


def say(step: str, **values: Any) -> None:  # noqa: ANN401 - numbers and lists
    """One line of the answer."""
    sys.stdout.write(json.dumps({"step": step, **values}) + "\n")
    sys.stdout.flush()


def end_with_parent() -> None:
    """Be killed when the parent is (Linux); elsewhere the next line that nobody reads ends this process."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
