"""The probe of this computer's memory, measured and kept for later predictions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sizewise.advisor.own_computer import own_computer, probed_computer
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.patience import within
from sizewise.proof.probe import PROBED_BANDWIDTH_SD, this_computer
from sizewise.proof.store.place import store_place
from sizewise.proof.store.records import MEMORY_READ, Measurement

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.domain.estimate import Estimate
    from sizewise.domain.text import Text
    from sizewise.proof.probe import Computer
    from sizewise.proof.probe_rates import MemoryRate

PROBE_S = 10.0
"""Longest wait for a measurement, such as of a disk that hangs. [s]"""
ORIGIN = "probe"


def memory_rate(computer: Computer) -> MemoryRate | None:
    """How fast all cores read memory; None where that took too long. [bytes/s]"""
    from sizewise.proof.probe_rates import memory_read_bytes_per_s

    return within(PROBE_S, lambda: memory_read_bytes_per_s(computer.num_cores), None)


def probe_record(computer: Computer, rate: Estimate) -> Measurement:
    """As the store keeps it."""
    where = fingerprint(computer)
    return Measurement(
        machine_id=where.machine_id, machine=where.machine, engine="", engine_version="", model="", quantization="",
        device=computer.machines[-1].device.name, metric=MEMORY_READ, value=rate.likely, low=rate.low, high=rate.high,
        num_repeats=1, origin=ORIGIN,
    )  # fmt: skip


def kept(record: Measurement) -> Text | None:
    """Keep it; where that is not possible, say why."""
    from sizewise.proof.store.writing import Store

    try:
        with Store(store_place(os.environ)) as store:
            store.add([record])
    except SizewiseError as error:
        return T("not kept for later predictions: {problem}", problem=str(error))
    return None


def well_known_computer(catalog: Catalog, *, uses_store: bool) -> Computer:
    """This computer, its memory probed now where no probe is in the store, which takes about a second.

    A probe that other programs disturbed is not used.

    Raises: InvalidFile for a store that cannot be read.
    """
    computer = own_computer(catalog, uses_store=uses_store)
    if computer.machines[-1].device.bandwidth_sd <= PROBED_BANDWIDTH_SD:
        return computer
    found = memory_rate(computer)
    if found is None or not found.is_quiet:
        return computer
    record = probe_record(computer, found.rate)
    if uses_store and kept(record) is None:
        return own_computer(catalog)
    return probed_computer(this_computer(catalog), [record])
