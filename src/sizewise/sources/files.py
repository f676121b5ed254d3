"""The files of one model, wherever they are: a folder here, a repository on a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sizewise.catalog.table import path_shown
from sizewise.sources.byte_source import LocalFile
from sizewise.sources.json_object import MAX_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.sources.byte_source import ByteSource


class Files(Protocol):
    """Named files side by side."""

    name: str
    """What an error calls the place."""

    def content(self, file: str) -> bytes | None:
        """A small file whole; None where it is missing. Raises: InvalidFile for a large one."""

    def source(self, file: str) -> ByteSource:
        """A file to read parts of. Raises: BadInput where it is missing."""

    def names(self) -> tuple[str, ...]:
        """All files."""


class Folder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        self.name, self._path = path_shown(path), path

    def content(self, file: str) -> bytes | None:
        """A small file whole."""
        if not (self._path / file).exists():
            return None
        source = LocalFile(self._path / file)
        return source.read(0, min(source.size_bytes, MAX_BYTES + 1))

    def source(self, file: str) -> ByteSource:
        """A file to read parts of."""
        return LocalFile(self._path / file)

    def names(self) -> tuple[str, ...]:
        """Files of the folder itself."""
        return tuple(sorted(path.name for path in self._path.iterdir() if path.is_file()))
