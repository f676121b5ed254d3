"""Faults of a database in plain words; works on the errors of sqlite3, psycopg and SQLAlchemy alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from sizewise.proof.store.place import StorePlace

SCHEMAS = ("0001", "0002")
"""All schemas, oldest first; a test compares them with the migrations."""
LATEST = SCHEMAS[-1]
DAMAGED = ("malformed", "not a database", "unsupported file format", "invalid page")
FULL = ("disk is full", "no space left", "could not extend file", "disk full")
READ_ONLY = ("readonly", "read-only", "unable to open database file", "permission denied")
LOCKED = ("is locked", "database is busy")
NOT_REACHED = ("connection", "could not translate host", "password authentication", "does not exist")


def fault(place: StorePlace, error: BaseException) -> InvalidFile:
    """The error that a person sees."""
    original = getattr(error, "orig", None) or error
    reason = " ".join(str(original).split()) or type(original).__name__
    told = reason.lower()
    if _any(DAMAGED, told):
        return InvalidFile(
            "the store {place} is damaged ({reason}); move it away, a new one is begun, or use --no-store",
            place=place.shown, reason=reason,
        )  # fmt: skip
    if _any(FULL, told) or getattr(original, "errno", None) == 28:  # noqa: PLR2004 - ENOSPC
        return InvalidFile(
            "the store {place} cannot be written: the disk is full; what was kept before is still there",
            place=place.shown,
        )
    if _any(READ_ONLY, told) or isinstance(original, PermissionError):
        return InvalidFile(
            "the store {place} cannot be written: no permission there; name another file in SIZEWISE_STORE",
            place=place.shown,
        )
    if _any(LOCKED, told):
        return InvalidFile("the store {place} is in use by another program; try again", place=place.shown)
    if place.path is None and _any(NOT_REACHED, told):
        return InvalidFile(
            "the store {place} cannot be reached: {reason}; check SIZEWISE_STORE, or use --no-store",
            place=place.shown, reason=reason,
        )  # fmt: skip
    return InvalidFile("the store {place} cannot be used: {reason}", place=place.shown, reason=reason)


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)


def check_schema(place: StorePlace, found: str) -> None:
    """Refuse a schema from the future.

    Raises: InvalidFile.
    """
    if found not in SCHEMAS:
        raise InvalidFile(
            "the store {place} has schema {found}, this version of sizewise reads up to {latest}; "
            "update sizewise, name another store in SIZEWISE_STORE, or use --no-store",
            place=place.shown, found=found, latest=LATEST,
        )  # fmt: skip
