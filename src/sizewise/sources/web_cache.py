"""Parts of files that were fetched before, in the user's cache folder.

Fresh ones save the request; older ones are used when the server cannot be reached.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.sources.web import Part

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FRESH_S = 24 * 3600.0
"""So long a part is used without asking again. [s]"""
MAX_FOLDER_BYTES = 512 * 2**20
"""The oldest parts go when the folder grows past this. [bytes]"""
MAX_ENTRY_BYTES = 160 * 2**20
SUFFIX = ".part"


@dataclass(frozen=True, kw_only=True)
class PartCache:
    """A folder with one file for each part: a line of JSON, then the bytes."""

    folder: Path
    clock: Callable[[], float] = time.time

    def find(self, key: str, *, any_age: bool = False) -> Part | None:
        """The part of this key; None where there is none, an old one or a damaged one."""
        try:
            path = self._path(key)
            status = path.stat()
            if status.st_size > MAX_ENTRY_BYTES or not (any_age or self.clock() - status.st_mtime < FRESH_S):
                return None
            head, _, content = path.read_bytes().partition(b"\n")
            facts = json.loads(head)
            is_whole = facts["key"] == key and facts["sha256"] == hashlib.sha256(content).hexdigest()
            return Part(content, int(facts["size_bytes"])) if is_whole else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def keep(self, key: str, part: Part) -> None:
        """Remember a part; a folder that cannot be written is no reason to stop."""
        digest = hashlib.sha256(part.content).hexdigest()
        head = json.dumps({"key": key, "size_bytes": part.size_bytes, "sha256": digest}).encode()
        path = self._path(key)
        draft = path.with_suffix(f".{os.getpid()}.{id(part)}")
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft.write_bytes(head + b"\n" + part.content)
            draft.replace(path)
            self._prune()

    def _path(self, key: str) -> Path:
        return self.folder / (hashlib.sha256(key.encode()).hexdigest() + SUFFIX)

    def _prune(self) -> None:
        entries = [(path.stat(), path) for path in self.folder.glob("*" + SUFFIX)]
        excess = sum(status.st_size for status, _ in entries) - MAX_FOLDER_BYTES
        for status, path in sorted(entries, key=lambda entry: entry[0].st_mtime):
            if excess <= 0:
                return
            path.unlink(missing_ok=True)
            excess -= status.st_size
