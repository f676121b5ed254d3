"""Where header bytes come from: a file on disk, or ranges of a file elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sizewise.catalog.table import path_shown
from sizewise.errors import InvalidFile
from sizewise.sources.reach import check_file

if TYPE_CHECKING:
    from pathlib import Path


class ByteSource(Protocol):
    """A file of which any part can be read alone."""

    name: str
    """What an error calls it."""
    size_bytes: int

    def read(self, begin: int, length: int) -> bytes:
        """Exactly these bytes; the caller stays inside the file. [bytes]"""


class LocalFile:
    """A file on disk."""

    def __init__(self, path: Path) -> None:
        """Raises: InvalidFile if it is missing or no file; OutOfReach where it may not be read."""
        check_file(path)
        self.name = path_shown(path)
        self._path = path
        try:
            is_file, self.size_bytes = path.is_file(), path.stat().st_size
        except (OSError, ValueError) as error:
            raise InvalidFile("{path} cannot be read: no such file", path=self.name) from error
        if not is_file:
            raise InvalidFile("{path} is not a file", path=self.name)

    def read(self, begin: int, length: int) -> bytes:
        """These bytes. Raises: InvalidFile where the file ends before them."""
        try:
            with self._path.open("rb") as file:
                file.seek(begin)
                found = file.read(length)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InvalidFile("{path} cannot be read: {reason}", path=self.name, reason=reason) from error
        if len(found) != length:
            raise InvalidFile("{path} ends at byte {end}, inside its header", path=self.name,
                              end=begin + len(found))  # fmt: skip
        return found


class MemoryBytes:
    """Bytes already at hand."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self._content, self.size_bytes = name, content, len(content)

    def read(self, begin: int, length: int) -> bytes:
        """These bytes."""
        return self._content[begin : begin + length]
