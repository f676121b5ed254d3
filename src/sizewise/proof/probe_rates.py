"""Short measurements of this computer: how fast memory and disk are read. A second or two in all."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.domain.estimate import Estimate
from sizewise.errors import InvalidFile
from sizewise.proof.worker_steps import waited_s
from sizewise.units import MIB

if TYPE_CHECKING:
    from pathlib import Path

MEMORY_BYTES, MEMORY_S = 512 * MIB, 1.0
"""More than any cache of a desktop holds, read for so long. [bytes, s]"""
DISK_BYTES, DISK_S = 256 * MIB, 2.0
PIECE_BYTES = 8 * MIB
NUMBER_BYTES = 4
QUIET_RATIO = 0.03
"""Waiting for a processor, as a share of a round, up to which it counts as quiet."""


class MemoryRate(NamedTuple):
    """How fast memory was read, and whether the processor was ours meanwhile."""

    rate: Estimate
    """[bytes/s]"""
    is_quiet: bool
    """False: other programs took the processor in every round, so that memory is faster than this."""


def memory_read_bytes_per_s(
    num_threads: int, num_bytes: float = MEMORY_BYTES, seconds: float = MEMORY_S
) -> MemoryRate:
    """Reading large arrays with all cores at once: the best quiet round, and the median one as its low end.

    The largest number is looked for, because that keeps up with memory; sums do not (measured: 11 against 17 GB/s on
    one core).
    """
    count = int(num_bytes / num_threads / NUMBER_BYTES)
    parts = [np.ones(count, dtype=np.uint32) for _ in range(num_threads)]
    rounds: list[tuple[float, bool]] = []
    deadline = time.perf_counter() + seconds
    with ThreadPoolExecutor(max_workers=num_threads) as pool:
        while len(rounds) < 2 or time.perf_counter() < deadline:  # noqa: PLR2004 - the first round warms up
            waited, start = waited_s(), time.perf_counter()
            list(pool.map(np.max, parts))
            taken_s = time.perf_counter() - start
            is_quiet = waited_s() - waited <= QUIET_RATIO * taken_s
            rounds.append((num_threads * count * NUMBER_BYTES / taken_s, is_quiet))
    quiet = [rate for rate, is_quiet in rounds[1:] if is_quiet]
    rates = sorted(quiet or [rate for rate, _ in rounds[1:]])
    found = Estimate(low=rates[len(rates) // 2], likely=rates[-1], high=rates[-1], basis="measured")
    return MemoryRate(found, bool(quiet))


def disk_read_bytes_per_s(folder: Path, num_bytes: int = DISK_BYTES, seconds: float = DISK_S) -> Estimate:
    """Reading back a file that was written and dropped from the cache: a lower bound where the cache keeps it.

    Raises: InvalidFile where nothing can be written.
    """
    piece = os.urandom(PIECE_BYTES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            deadline = time.perf_counter() + seconds
            written = 0
            while written < num_bytes and time.perf_counter() < deadline:
                written += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            file.seek(0)
            start = time.perf_counter()
            while file.read(PIECE_BYTES):
                continue
            rate = written / (time.perf_counter() - start)
    except OSError as error:
        raise InvalidFile("cannot write {path}: {reason}", path=folder, reason=error.strerror) from None
    return Estimate.exactly(rate, "measured")
