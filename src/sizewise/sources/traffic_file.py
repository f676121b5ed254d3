"""Classes of requests from a TOML, JSON or CSV file: one entry a class, every word checked."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from typing import TYPE_CHECKING, Any

from sizewise.catalog.table import path_shown
from sizewise.errors import InvalidFile, UnknownName
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MAX_BYTES = MIB
"""Largest file that is read. [bytes]"""
MAX_CLASSES = 200
"""More classes than anybody routes. [count]"""
LISTS = ("class", "classes")
"""Name of the list of classes in TOML and JSON."""
KINDS = (".toml", ".json", ".csv")
CLASS_WORDS = (
    "name", "task", "share", "users", "requests", "peak", "api", "complexity", "as_good_as", "min_quality", "language",
    "license", "context", "input_tokens", "output_tokens", "think_time", "max_ttft", "max_tpot",
)  # fmt: skip
"""What may be said about a class."""


def read_traffic(path: Path) -> list[dict[str, str]]:
    """Classes in their order: word to value as text, empty values left out.

    Raises: InvalidFile for a file that cannot be read, UnknownName for a word that is none of CLASS_WORDS.
    """
    if path.suffix.lower() not in KINDS:
        raise InvalidFile("{path}: a traffic file ends in .toml, .json or .csv", path=path_shown(path))
    classes = [_words(path, i, entry) for i, entry in enumerate(_entries(path), 1)]
    if not 1 <= len(classes) <= MAX_CLASSES:
        raise InvalidFile(
            "{path} holds {n} classes; 1 to {most} are possible: [[class]] in TOML, a list in JSON, a line in CSV",
            path=path_shown(path), n=len(classes), most=MAX_CLASSES,
        )  # fmt: skip
    return classes


def _entries(path: Path) -> list[Any]:
    text = _text(path)
    try:
        if path.suffix.lower() == ".csv":
            return list(csv.DictReader(io.StringIO(text), strict=True))
        content = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
    except (ValueError, csv.Error, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InvalidFile("{path} cannot be read: {reason}", path=path_shown(path), reason=reason) from error
    if isinstance(content, dict):
        content = next((content[name] for name in LISTS if name in content), [])
    return content if isinstance(content, list) else []


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InvalidFile(
                "{path} is larger than {most} MiB", path=path_shown(path), most=MAX_BYTES // MIB
            )
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InvalidFile("{path} cannot be read: {reason}", path=path_shown(path), reason=reason) from error


def _words(path: Path, number: int, entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise InvalidFile(
            "{path}: class {n} is not a table of words and values", path=path_shown(path), n=number
        )
    return dict(_word(path, number, entry))


def _word(path: Path, number: int, entry: Mapping[Any, Any]) -> list[tuple[str, str]]:
    found = []
    for word, value in entry.items():
        if word not in CLASS_WORDS:
            place = f"{path_shown(path)}, class {number}: word"
            raise UnknownName(place, str(word), CLASS_WORDS, f"allowed: {', '.join(CLASS_WORDS)}")
        if isinstance(value, list | dict):
            raise InvalidFile(
                "{path}, class {n}: '{word}' holds several values; write one, languages as 'zh,en'",
                path=path_shown(path), n=number, word=word,
            )  # fmt: skip
        text = (
            ("yes" if value else "no") if isinstance(value, bool) else str(value if value is not None else "")
        )
        if text.strip():
            found.append((word, text.strip()))
    return found
