"""Folders of synthetic weights: gone after success, failure and Ctrl-C, and on the next start after kill -9."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "sizewise-verify-"
OWNER = "owner"
"""File with the process that uses the folder: its number and when it started, as numbers are used again."""


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder of our own, with its leftovers of programs that died removed first."""
    remove_leftovers(parent)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        (folder / OWNER).write_text(f"{os.getpid()} {_started(os.getpid())}", encoding="ascii")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_leftovers(parent: Path) -> int:
    """Remove the folders whose program is gone; returns how many. Those of other users are left alone."""
    count = 0
    for folder in parent.glob(f"{PREFIX}*"):
        if _is_ours(folder) and not _is_used(folder):
            shutil.rmtree(folder, ignore_errors=True)
            count += not folder.exists()
    return count


def _is_ours(folder: Path) -> bool:
    with suppress(OSError):
        return folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    return False


def _is_used(folder: Path) -> bool:
    try:
        number, _, started = (folder / OWNER).read_text(encoding="ascii").partition(" ")
        return _started(int(number)) == started != ""
    except (OSError, ValueError):
        return False


def _started(number: int) -> str:
    """When a process began; empty: there is none of that number."""
    import psutil

    try:
        return f"{psutil.Process(number).create_time():.2f}"
    except psutil.Error:
        return ""
