"""This computer, with its speed constants corrected by what was measured on it; kept in a small cache.

Fitting the corrections takes longer than reading them, so they are kept beside the cached pages until another
measurement, another version or other facts come.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from sizewise import __version__
from sizewise.domain.calibration import Calibration, OwnRate
from sizewise.errors import SizewiseError
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer, with_memory_rate
from sizewise.proof.store.place import store_place
from sizewise.proof.store.reading import exists, records
from sizewise.proof.store.records import MEMORY_READ, Measurement
from sizewise.report.whole_file import write_whole
from sizewise.sources.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.proof.probe import Computer
    from sizewise.proof.store.records import Record

FILE_NAME = "calibration.json"


def own_computer(catalog: Catalog, *, uses_store: bool = True) -> Computer:
    """This computer; its machines carry what the store says about them.

    Raises: InvalidFile for a store that cannot be read: it is not left out in silence.
    """
    computer = this_computer(catalog)
    place = store_place(os.environ)
    if not uses_store or not exists(place):
        return computer
    measured = records(place, "measurements", machine_id=fingerprint(computer).machine_id)
    computer = probed_computer(computer, measured)
    machines = tuple(_calibrated(machine, measured, catalog) for machine in computer.machines)
    return replace(computer, machines=machines)


def probed_computer(computer: Computer, measured: Sequence[Record]) -> Computer:
    """With the fastest probe of its memory among these: what other programs took meanwhile only slows one down."""
    rates = [one.value for one in measured if isinstance(one, Measurement) and one.metric == MEMORY_READ]
    return with_memory_rate(computer, max(rates)) if rates else computer


def _calibrated(machine: Machine, measured: Sequence[Record], catalog: Catalog) -> Machine:
    rows = [one for one in measured if one.device == machine.device.name]
    if not rows:
        return machine
    key = _key(rows, catalog)
    path = cache_folder(os.environ) / FILE_NAME
    is_known, found = _kept(path, key)
    if not is_known:
        from sizewise.advisor.own_speed import calibration

        found = calibration(rows, catalog, machine)
        with suppress(SizewiseError, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, json.dumps({"key": key, "calibration": found and asdict(found)}))
    return replace(machine, device=replace(machine.device, calibration=found))


def _key(rows: Sequence[Record], catalog: Catalog) -> str:
    words = [__version__, str(catalog.facts_date), *sorted(row.record_id for row in rows)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _kept(path: Path, key: str) -> tuple[bool, Calibration | None]:
    """Is the cache about these rows, and what does it say? A damaged one is made again."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["key"] != key:
            return False, None
        return True, content["calibration"] and _restored(content["calibration"])
    except (OSError, ValueError, KeyError, TypeError):
        return False, None


def _restored(fields: dict[str, Any]) -> Calibration:
    def pairs(listed: list[list[Any]]) -> tuple[tuple[Any, Any], ...]:
        return tuple((name, value) for name, value in listed)

    return Calibration(
        engine_family=fields["engine_family"],
        factors=pairs(fields["factors"]),
        formats=tuple((name, pairs(factors)) for name, factors in fields["formats"]),
        spreads=pairs(fields["spreads"]),
        own=tuple(OwnRate(**one) for one in fields["own"]),
        num_measurements=fields["num_measurements"],
    )
