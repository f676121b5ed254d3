"""Reading a JSON object that a stranger wrote: size first, then syntax, then every number that is used."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from sizewise.catalog.table import path_shown
from sizewise.errors import InvalidFile
from sizewise.sources.reach import check_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4 * 2**20
"""Largest configuration read; published ones are below 100 KB. [bytes]"""
LARGEST_NUMBER = 1e12
"""No dimension of a model is larger."""


class JsonObject:
    """An object of a JSON file; each getter checks what it gives and names the field in its error."""

    def __init__(self, path: Path, values: dict[str, Any], prefix: str = "") -> None:
        self._path, self._values, self._prefix = path, values, prefix
        self.path = path_shown(path)

    @classmethod
    def parse(cls, path: Path, content: bytes, most_bytes: int = MAX_BYTES) -> JsonObject:
        """The object in these bytes, which were read from `path`.

        Raises: InvalidFile if they are too many, not UTF-8, not JSON or not an object.
        """
        if len(content) > most_bytes:
            raise too_large(path_shown(path), most_bytes)
        try:
            values = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InvalidFile(
                "{path} cannot be read as JSON: {reason}", path=path_shown(path), reason=_reason(error)
            ) from error
        if not isinstance(values, dict):
            raise InvalidFile("{path} is not a JSON object", path=path_shown(path))
        return cls(path, values)

    @classmethod
    def read(cls, path: Path) -> JsonObject:
        """The object in this file.

        Raises: InvalidFile if it is missing, too large, not UTF-8, not JSON or not an object; OutOfReach.
        """
        check_file(path)
        try:
            if path.exists() and not path.is_file():
                raise InvalidFile("{path} is not a file", path=path_shown(path))
            if path.stat().st_size > MAX_BYTES:
                raise too_large(path_shown(path), MAX_BYTES)
            content = path.read_bytes()
        except (OSError, ValueError) as error:
            raise InvalidFile(
                "{path} cannot be read as JSON: {reason}", path=path_shown(path), reason=_reason(error)
            ) from error
        return cls.parse(path, content)

    def __contains__(self, name: str) -> bool:
        """Is the field there, and not null?"""
        return self._values.get(name) is not None

    @property
    def values(self) -> dict[str, Any]:
        """The whole object, unchecked."""
        return self._values

    def child(self, name: str) -> JsonObject:
        """The object in this field."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            raise self.invalid(name, value, "an object")
        return JsonObject(self._path, value, f"{self._prefix}{name}.")

    def whole(self, name: str, default: int | None = None, *, least: int = 1) -> int:
        """A whole number of at least `least`.

        Raises: InvalidFile where it is missing without a default, or is no such number.
        """
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not _is_whole(value, least):
            raise self.invalid(name, value, f"a whole number of at least {least}")
        return int(value)

    def text(self, name: str, default: str = "") -> str:
        """A text."""
        value = self._values.get(name, default)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self.invalid(name, value, "a text")
        return value

    def truth(self, name: str, *, default: bool) -> bool:
        """A truth value."""
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise self.invalid(name, value, "true or false")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty where the field is missing."""
        value = self._values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.invalid(name, value, "a list of texts")
        return tuple(value)

    def children(self, name: str) -> tuple[JsonObject, ...]:
        """The objects in the values of this object field."""
        group = self.child(name)
        return tuple(group.child(key) for key in group.names)

    def items(self, name: str) -> tuple[JsonObject, ...]:
        """The objects in this list."""
        value = self._values.get(name)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.invalid(name, value, "a list of objects")
        return tuple(
            JsonObject(self._path, item, f"{self._prefix}{name}[{i}].") for i, item in enumerate(value)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are there, and not null."""
        return tuple(name for name in self._values if name in self)

    def invalid(self, name: str, given: object, allowed: str) -> InvalidFile:
        """The error for one field."""
        return InvalidFile("{path}: field {field} is '{given}', it must be {allowed}",
                           path=self.path, field=f"{self._prefix}{name}",
                           given="missing" if given is None else given, allowed=allowed)  # fmt: skip


def _is_whole(value: float, least: int) -> bool:
    return math.isfinite(value) and value == math.floor(value) and least <= value <= LARGEST_NUMBER


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def too_large(path: str, most_bytes: int) -> InvalidFile:
    """The error for a file of more bytes than any published one has."""
    return InvalidFile("{path} is larger than {most} MiB: not a model configuration",
                       path=path, most=most_bytes >> 20)  # fmt: skip
