"""Reading the store: a SQLite file through the standard library alone, a server through SQLAlchemy.

A file is never changed by reading it, and an older schema is read as it is.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sizewise.proof.store.faults import check_schema, fault
from sizewise.proof.store.records import KINDS, from_row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sizewise.proof.store.place import StorePlace
    from sizewise.proof.store.records import Record

WAIT_S = 30.0
"""Longest wait for a writer. [s]"""
JSON_COLUMNS = frozenset({"settings", "report"})
TRUTH_COLUMNS = frozenset({"has_held"})


def exists(place: StorePlace) -> bool:
    """Is there anything to read? A server is assumed to be there."""
    return place.path is None or place.path.is_file()


def records(place: StorePlace, kind: str, *, machine_id: str | None = None) -> tuple[Record, ...]:
    """All records of one kind, of one machine or of all, oldest first; none where there is no store.

    Raises: InvalidFile for a store that is damaged, from a newer version, or out of reach.
    """
    if not exists(place):
        return ()
    if place.path is None:
        from sizewise.proof.store.writing import Store

        with Store(place) as store:
            return store.records(kind, machine_id=machine_id)
    try:
        with closing(_opened(place.path)) as connection:
            return tuple(from_row(kind, row) for row in _rows(place, connection, kind, machine_id))
    except (sqlite3.Error, OSError, ValueError) as error:
        raise fault(place, error) from None


def schema_of(place: StorePlace) -> str:
    """Schema of a SQLite file; empty: none yet.

    Raises: InvalidFile.
    """
    if place.path is None or not exists(place):
        return ""
    try:
        with closing(_opened(place.path)) as connection:
            return _schema(place, connection)
    except sqlite3.Error as error:
        raise fault(place, error) from None


def damage_of(place: StorePlace) -> str:
    """What is wrong inside a SQLite file, found by reading all of it; empty: nothing."""
    if place.path is None or not exists(place):
        return ""
    try:
        with closing(_opened(place.path)) as connection:
            (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        return str(error)
    return "" if told == "ok" else str(told)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that cannot write.

    A folder that cannot be written has no room for the shared index of a log: then the file alone is read, which is
    whole as long as no log lies beside it.
    """
    uri = path.resolve().as_uri() + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=WAIT_S)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        connection = sqlite3.connect(uri + "&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


def _schema(place: StorePlace, connection: sqlite3.Connection) -> str:
    if not _has_table(connection, "alembic_version"):
        return ""
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    found = str(row[0]) if row else ""
    if found:
        check_schema(place, found)
    return found


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,))
    return found.fetchone() is not None


def _rows(
    place: StorePlace, connection: sqlite3.Connection, kind: str, machine_id: str | None
) -> Iterator[dict[str, Any]]:
    if not _schema(place, connection) or not _has_table(connection, kind):
        return
    names = [f.name for f in fields(KINDS[kind])]
    where = "" if machine_id is None else " WHERE machine_id = ?"
    values = () if machine_id is None else (machine_id,)
    question = f"SELECT {', '.join(names)} FROM {kind}{where} ORDER BY recorded_at, record_id"  # noqa: S608 - our names
    for row in connection.execute(question, values):
        yield {name: _value(name, row[name]) for name in names}


def _value(name: str, stored: Any) -> Any:  # noqa: ANN401 - what the column holds
    if name in JSON_COLUMNS:
        return json.loads(stored)
    return bool(stored) if name in TRUTH_COLUMNS else stored
