"""What a container or Windows' Linux leaves of the machine: control groups of Linux, and where we are."""

from __future__ import annotations

import math
import os
import platform
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")
CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
KERNEL_RELEASE = Path("/proc/sys/kernel/osrelease")


def group_folders() -> tuple[Path, ...]:
    """The control group of this process and those above it, of version 2; the root where nothing is told."""
    try:
        lines = OWN_GROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return (ROOT,)
    path = next((line.partition("::")[2].strip("/") for line in lines if line.startswith("0::")), "")
    folder = ROOT / path
    return tuple(dict.fromkeys((folder, *(p for p in folder.parents if p.is_relative_to(ROOT)))))


def memory_limit_bytes() -> float:
    """The tightest limit of the groups that we are in; infinite: none. [bytes]"""
    names = ("memory.max", "memory/memory.limit_in_bytes")
    found = [_number(folder / name) for folder in group_folders() for name in names]
    return min(found, default=math.inf)


def processor_limit() -> float:
    """Processors that we may use at once, by quota; infinite: no quota."""
    limit = math.inf
    for folder in group_folders():
        try:
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
            limit = min(limit, float(quota) / float(period))
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return limit


def usable_processors() -> int:
    """Logical processors that this process is let run on: by affinity and by quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = processor_limit()
    return max(1, min(allowed, math.ceil(limit))) if math.isfinite(limit) else allowed


def surroundings() -> str:
    """container, wsl or machine."""
    if any(path.exists() for path in CONTAINER_MARKS):
        return "container"
    try:
        release = KERNEL_RELEASE.read_text(encoding="utf-8")
    except OSError:
        release = platform.release()
    return "wsl" if "microsoft" in release.lower() else "machine"


def _number(path: Path) -> float:
    try:
        return float(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return math.inf
