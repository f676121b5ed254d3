"""`hardware`: what is in this computer."""

from __future__ import annotations

from sizewise.catalog import load_catalog
from sizewise.domain.answers import HardwareAnswer
from sizewise.proof.probe import this_computer


def hardware() -> HardwareAnswer:
    """The accelerators and the processor of this computer with their memory, as far as the system tells."""
    found = this_computer(load_catalog())
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
        notes=found.notes,
    )  # fmt: skip
