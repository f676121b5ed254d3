"""Which machine a measurement was made on: a short fingerprint of its hardware, without names of people or places."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from sizewise.units import GIB

if TYPE_CHECKING:
    from sizewise.proof.probe import Computer

NUM_HEX_DIGITS = 12


class Fingerprint(NamedTuple):
    """The machine, for the store and for people."""

    machine_id: str
    machine: str


def fingerprint(computer: Computer) -> Fingerprint:
    """Processor, cores, memory to the GiB, and accelerators: the same after a restart, other after an upgrade."""
    devices = [f"{m.num_devices}x {m.device.name}" for m in computer.machines if m.device.kind != "cpu"]
    words = [
        computer.processor,
        f"{computer.num_cores} cores",
        f"{round(computer.memory_bytes / GIB)} GiB",
        *sorted(devices),
    ]
    machine = ", ".join(words)
    return Fingerprint(hashlib.sha256(machine.encode()).hexdigest()[:NUM_HEX_DIGITS], machine)
