"""`store export` and `store import`: one line of JSON for each record, after a first line that says what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sizewise.errors import InvalidFile
from sizewise.proof.store.faults import LATEST, SCHEMAS
from sizewise.proof.store.reading import records
from sizewise.proof.store.records import KINDS, as_row, checked, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sizewise.proof.store.place import StorePlace
    from sizewise.proof.store.records import Record

FORMAT = "sizewise-store"


def exported_lines(place: StorePlace) -> Iterator[str]:
    """The whole store as lines.

    Raises: InvalidFile for a store that cannot be read.
    """
    yield from record_lines(record for kind in KINDS for record in records(place, kind))


def record_lines(found: Iterable[Record]) -> Iterator[str]:
    """Records as `imported_records` reads them."""
    yield json.dumps({"format": FORMAT, "schema": LATEST})
    for record in found:
        row = {"kind": kind_of(record), **as_row(record)}
        yield json.dumps(row, ensure_ascii=False, sort_keys=True)


def imported_records(path: Path) -> tuple[Record, ...]:
    """Records of an exported file; all of them are good, or none is taken.

    Raises: InvalidFile that names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8"
        raise InvalidFile("cannot read {path}: {reason}", path=path, reason=reason) from None
    objects = [_object(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not objects or objects[0].get("format") != FORMAT:
        raise InvalidFile("{path} is not a file of sizewise store export", path=path)
    if objects[0].get("schema") not in SCHEMAS:
        raise InvalidFile(
            "{path} has schema {found}, this version of sizewise reads up to {latest}; update sizewise",
            path=path, found=objects[0].get("schema"), latest=LATEST,
        )  # fmt: skip
    return tuple(_record(path, number, row) for number, row in enumerate(objects[1:], start=2))


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidFile("{path}, line {number}: not a JSON object", path=path, number=number)
    return value


def _record(path: Path, number: int, row: dict[str, Any]) -> Record:
    kind = row.pop("kind", None)
    if kind not in KINDS:
        raise InvalidFile(
            "{path}, line {number}: unknown kind '{given}'; allowed: {allowed}",
            path=path, number=number, given=kind, allowed=", ".join(KINDS),
        )  # fmt: skip
    return checked(kind, row, f"{path.name}, line {number}")
