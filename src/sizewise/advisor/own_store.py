"""`store`: show, export, import and forget what was measured, verified, evaluated and predicted here."""

from __future__ import annotations

import math
import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.domain.store_answers import StoreAnswer, StoreChange, StoreMachine
from sizewise.errors import BadInput, UnknownName
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.store.exchange import exported_lines, imported_records
from sizewise.proof.store.place import store_place
from sizewise.proof.store.reading import damage_of, exists, records, schema_of
from sizewise.proof.store.records import KINDS

if TYPE_CHECKING:
    from sizewise.proof.store.place import StorePlace
    from sizewise.proof.store.records import Record

THIS = "this"
"""The word for the machine at hand."""


def store_show() -> StoreAnswer:
    """Where the store is and what is in it, machine by machine.

    Raises: InvalidFile for a store that cannot be read.
    """
    place = store_place(os.environ)
    damage = damage_of(place)
    is_readable = exists(place) and not damage
    found = {kind: records(place, kind) for kind in KINDS} if is_readable else {}
    return StoreAnswer(
        place=place.shown,
        exists=exists(place),
        size_bytes=_size_bytes(place),
        schema=schema_of(place) if is_readable else "",
        damage=damage,
        machines=tuple(_machines(found)),
    )


def store_export() -> str:
    """Every record as a line of JSON.

    Raises: InvalidFile for a store that cannot be read.
    """
    return "".join(line + "\n" for line in exported_lines(store_place(os.environ)))


def store_import(file: str) -> StoreChange:
    """Add the records of an exported file; those already there, by their id, stay as they are.

    Raises: InvalidFile for a file with a bad line, of which nothing is taken; MissingExtra.
    """
    from sizewise.proof.store.writing import Store

    given, place = imported_records(Path(file)), store_place(os.environ)
    with Store(place) as store:
        new = store.add(given)
    return StoreChange(place=place.shown, num_records=new, num_left_alone=len(given) - new)


def store_forget(
    *, model: str | None, machine: str | None, before: str | None, kind: str | None, everything: bool
) -> StoreChange:
    """Delete records for good.

    Raises: BadInput where nothing says which; UnknownName for a kind or machine that is not there.
    """
    if not everything and not (model or machine or before or kind):
        raise BadInput("say what to forget: --model, --machine, --before, --kind or --all")
    if everything and (model or machine or before or kind):
        raise BadInput("--all forgets everything; leave it out to forget a part")
    if kind and kind not in KINDS:
        raise UnknownName("--kind", kind, KINDS, f"allowed: {', '.join(KINDS)}")
    place = store_place(os.environ)
    if not exists(place):
        return StoreChange(place=place.shown, num_records=0, num_left_alone=0)
    from sizewise.proof.store.writing import Store

    with Store(place) as store:
        count = store.forget(
            [kind] if kind else list(KINDS),
            model=model,
            machine_id=_machine_id(place, machine),
            before=_day(before),
        )
    return StoreChange(
        place=place.shown, num_records=count, num_left_alone=sum(len(records(place, one)) for one in KINDS)
    )


def _machine_id(place: StorePlace, given: str | None) -> str | None:
    if given is None:
        return None
    if given == THIS:
        return fingerprint(this_computer(load_catalog())).machine_id
    known = {record.machine_id for kind in KINDS for record in records(place, kind)}
    if given not in known:
        raise UnknownName("--machine", given, [THIS, *known], "sizewise store show lists them")
    return given


def _day(given: str | None) -> str | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given.strip()).isoformat()
    except ValueError:
        raise BadInput("--before: '{given}' is not a date such as 2026-11-24", given=given) from None


def _size_bytes(place: StorePlace) -> float:
    if place.path is None:
        return math.nan
    beside = [place.path, place.path.with_name(place.path.name + "-wal")]
    return float(sum(path.stat().st_size for path in beside if path.is_file()))


def _machines(found: dict[str, tuple[Record, ...]]) -> list[StoreMachine]:
    here = fingerprint(this_computer(load_catalog())).machine_id if found else ""
    everything = [record for rows in found.values() for record in rows]
    names = {record.machine_id: record.machine for record in everything}
    return [
        StoreMachine(
            machine_id=machine_id,
            machine=name,
            is_this=machine_id == here,
            counts=tuple(
                (kind, sum(r.machine_id == machine_id for r in rows)) for kind, rows in found.items()
            ),
            latest=max(r.recorded_at for r in everything if r.machine_id == machine_id),
        )
        for machine_id, name in names.items()
    ]
