"""Writing a file so that it appears whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str | bytes) -> None:
    """Write a file: to a neighbour first, then renamed, so that nobody sees half of it.

    Raises: InvalidFile if it cannot be written; what was there before is left as it was.
    """
    data = text.encode("utf-8") if isinstance(text, str) else text
    try:
        target = path.resolve()
        if target.exists() and not (target.is_file() or target.is_dir()):
            target.write_bytes(data)  # a pipe or a terminal: nothing to replace
        else:
            _replace(target, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidFile("cannot write {path}: {reason}", path=path, reason=reason) from None


def _replace(target: Path, data: bytes) -> None:
    if target.is_dir():
        raise IsADirectoryError(21, "Is a directory")
    neighbour = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        neighbour.write_bytes(data)
        neighbour.replace(target)
    finally:
        neighbour.unlink(missing_ok=True)
