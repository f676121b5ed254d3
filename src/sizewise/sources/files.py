"""The files of one model, wherever they are: a folder here, a repository on a hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sizewise.catalog.table import path_shown
from sizewise.errors import InvalidFile
from sizewise.sources.byte_source import LocalFile
from sizewise.sources.json_object import MAX_BYTES, too_large
from sizewise.sources.reach import check_file

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.sources.byte_source import ByteSource


class Files(Protocol):
    """Named files side by side."""

    name: str
    """What an error calls the place."""

    def content(self, file: str, most_bytes: int = MAX_BYTES) -> bytes | None:
        """A small file whole; None where it is missing. Raises: InvalidFile for a large one."""

    def source(self, file: str) -> ByteSource:
        """A file to read parts of. Raises: BadInput where it is missing."""

    def names(self) -> tuple[str, ...]:
        """All files."""


class Folder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        """Raises: InvalidFile if it is missing or no folder; OutOfReach where it may not be read."""
        check_file(path)
        self.name, self._path = path_shown(path), path
        try:
            is_folder = path.is_dir()
        except (OSError, ValueError):
            is_folder = False
        if not is_folder:
            raise InvalidFile("{path} cannot be read: there is no such folder", path=self.name)

    def content(self, file: str, most_bytes: int = MAX_BYTES) -> bytes | None:
        """A small file whole."""
        if not (self._path / file).exists():
            return None
        source = LocalFile(self._path / file)
        if source.size_bytes > most_bytes:
            raise too_large(source.name, most_bytes)
        return source.read(0, source.size_bytes)

    def source(self, file: str) -> ByteSource:
        """A file to read parts of."""
        return LocalFile(self._path / file)

    def names(self) -> tuple[str, ...]:
        """Files of the folder itself."""
        try:
            return tuple(sorted(path.name for path in self._path.iterdir() if path.is_file()))
        except OSError as error:
            raise InvalidFile("{path} cannot be read: {reason}", path=self.name,
                              reason=error.strerror or type(error).__name__) from error  # fmt: skip
