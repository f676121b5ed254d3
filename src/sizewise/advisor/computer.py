"""`hardware`: what is in this computer."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from sizewise.advisor.own_computer import own_computer
from sizewise.advisor.own_probe import PROBE_S, kept, memory_rate, probe_record
from sizewise.catalog import load_catalog
from sizewise.domain.answers import HardwareAnswer
from sizewise.domain.text import T
from sizewise.proof.container import surroundings, usable_processors
from sizewise.proof.patience import within
from sizewise.proof.probe import available_memory_bytes
from sizewise.proof.probe_cards import cards
from sizewise.proof.probe_engines import running_engines
from sizewise.sources.cache_folder import cache_folder

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.estimate import Estimate
    from sizewise.domain.text import Text


def hardware(*, probes: bool = False, uses_store: bool = True) -> HardwareAnswer:
    """The accelerators and the processor of this computer with their memory, as far as the system tells.

    `probes` also measures how fast memory and disk are read, which takes a second or two each; the former is kept in
    the store, because predictions for this processor follow from it. Without `uses_store` the store is left alone.
    Raises: InvalidFile for a store that cannot be read.
    """
    catalog, folder = load_catalog(), cache_folder(os.environ)
    found = own_computer(catalog, uses_store=uses_store)
    read = memory_rate(found) if probes else None
    notes: tuple[str | Text, ...] = found.notes
    if read is not None and not read.is_quiet:
        notes += (T("other programs took the processor during the probe of memory, so it is not used"),)
    elif read is not None and uses_store:
        problem = kept(probe_record(found, read.rate))
        notes += () if problem is None else (problem,)
        found = found if problem else own_computer(catalog)
    return HardwareAnswer(
        processor=found.processor,
        num_cores=found.num_cores,
        memory_bytes=found.memory_bytes,
        machines=tuple(
            (
                m.device.name, m.num_devices, m.device.memory_bytes, m.device.usable_bytes,
                m.device.bandwidth_bytes_per_s,
            )
            for m in found.machines
        ),
        notes=notes,
        surroundings=surroundings(),
        num_processors=usable_processors(),
        free_memory_bytes=available_memory_bytes(),
        free_disk_bytes=within(PROBE_S, lambda: _free_bytes(folder), float("nan")),
        cards=cards(),
        engines=running_engines(),
        memory_read_bytes_per_s=read.rate if read else None,
        disk_read_bytes_per_s=_disk_rate(folder) if probes else None,
    )  # fmt: skip


def _free_bytes(folder: Path) -> float:
    """Of the nearest folder that exists. [bytes]"""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return float(shutil.disk_usage(there).free)


def _disk_rate(folder: Path) -> Estimate | None:
    from sizewise.proof.probe_rates import disk_read_bytes_per_s

    return within(PROBE_S, lambda: disk_read_bytes_per_s(folder), None)
