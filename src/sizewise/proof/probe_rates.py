"""Short measurements of this computer: how fast memory and disk are read. A second or two in all."""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from sizewise.domain.estimate import Estimate
from sizewise.errors import InvalidFile
from sizewise.units import MIB

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.number import Array

MEMORY_BYTES, MEMORY_S = 512 * MIB, 1.0
"""More than any cache of a desktop holds, read for so long. [bytes, s]"""
DISK_BYTES, DISK_S = 256 * MIB, 2.0
PIECE_BYTES = 8 * MIB


def memory_read_bytes_per_s(
    num_threads: int, num_bytes: float = MEMORY_BYTES, seconds: float = MEMORY_S
) -> Estimate:
    """Reading large arrays with all cores at once: the best round, and the median one as its low end. [bytes/s]"""
    count = int(num_bytes / num_threads / 8)
    parts = [np.ones(count) for _ in range(num_threads)]
    rates: list[float] = []
    deadline = time.perf_counter() + seconds
    with ThreadPoolExecutor(max_workers=num_threads) as pool:
        while len(rates) < 2 or time.perf_counter() < deadline:  # noqa: PLR2004 - the first round warms up
            start = time.perf_counter()
            list(pool.map(_read, parts))
            rates.append(num_threads * count * 8 / (time.perf_counter() - start))
    later = sorted(rates[1:])
    return Estimate(low=later[len(later) // 2], likely=later[-1], high=later[-1], basis="measured")


def _read(values: Array) -> float:
    """Every byte once; numpy lets other threads run meanwhile."""
    return float(np.add.reduce(values))


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
