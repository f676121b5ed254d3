"""Entries as people look them up: every field with its unit, source and date; lists with filters."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sizewise.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sizewise.catalog.loader import Catalog

KINDS = ("model", "device", "quantization", "engine", "task")
UNITS = {
    "_bytes": "bytes", "_tokens": "tokens", "_s": "s", "_bytes_per_s": "bytes/s", "_flop_per_s": "FLOP/s",
    "_op_per_s": "op/s", "_watts": "W", "_usd": "USD", "_usd_per_hour": "USD/h", "_bits": "bits",
    "_bytes_per_weight": "bytes/weight", "_usd_low": "USD", "_usd_high": "USD", "_usd_per_hour_low": "USD/h",
    "_usd_per_hour_high": "USD/h",
}  # fmt: skip
"""Unit by the end of a field's name; the longest end counts."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One field of an entry."""

    field: str
    value: Any
    unit: str
    source: str
    as_of: str


def entries(catalog: Catalog, kind: str) -> Mapping[str, Any]:
    """All entries of one kind by name.

    Raises: UnknownName for a kind that is not one of KINDS.
    """
    if kind not in KINDS:
        raise UnknownName("kind of entry", kind, KINDS)
    tables: Mapping[str, Mapping[str, Any]] = getattr(catalog, f"{kind}s")
    return tables


def find(catalog: Catalog, name: str, kind: str = "") -> tuple[str, Any]:
    """The kind and the entry of this name, in the order of KINDS, or of the one kind given.

    Raises: UnknownName, AmbiguousName.
    """
    kinds = (kind,) if kind else KINDS
    last: UnknownName | None = None
    for candidate in kinds:
        entries(catalog, candidate)
        look_up: Callable[[str], Any] = getattr(catalog, candidate)
        try:
            return candidate, look_up(name)
        except UnknownName as error:
            last = error if last is None or (error.nearest and not last.nearest) else last
    raise last if last is not None else UnknownName("entry", name, ())


def describe(catalog: Catalog, name: str, kind: str = "") -> tuple[Fact, ...]:
    """Every field of an entry with its unit, source and date; prices carry those of the price.

    Raises: UnknownName, AmbiguousName.
    """
    _, entry = find(catalog, name, kind)
    return tuple(_facts(entry))


def _facts(entry: Any) -> Iterator[Fact]:  # noqa: ANN401 - an entry of any kind
    values = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry)}
    for field, value in values.items():
        if field in {"source", "as_of"} or field.endswith(("_price_source", "_price_as_of")):
            continue
        parts = (
            dataclasses.asdict(value)
            if dataclasses.is_dataclass(value) and not isinstance(value, type)
            else None
        )
        price = next((p for p in ("buy", "rent") if field.startswith(f"{p}_")), "")
        source = values[f"{price}_price_source"] if price else values["source"]
        as_of = values[f"{price}_price_as_of"] if price else values["as_of"]
        for part, inner in (parts or {"": value}).items():
            full = f"{field}.{part}" if part else field
            yield Fact(field=full, value=inner, unit=unit_of(full), source=source, as_of=as_of)


def unit_of(field: str) -> str:
    """The unit that a field's name ends with; empty where it has none."""
    ends = [end for end in UNITS if f"_{field.replace('.', '_')}".endswith(end)]
    return UNITS[max(ends, key=len)] if ends else ""


def listing(catalog: Catalog, kind: str, *, containing: str = "", **equal: object) -> tuple[Any, ...]:
    """Entries of one kind whose name contains a text, case aside, and whose fields have these values."""
    wanted = containing.strip().lower()
    return tuple(
        entry for name, entry in entries(catalog, kind).items()
        if wanted in name.lower() and all(getattr(entry, field) == value for field, value in equal.items())
    )  # fmt: skip
