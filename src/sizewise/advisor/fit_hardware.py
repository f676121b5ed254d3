"""The hardware of a `fit` question: one machine, or unequal devices that share a model layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sizewise import units
from sizewise.advisor.fit_terms import Case
from sizewise.advisor.named_machine import machine, unequal_devices
from sizewise.domain.device import Device, Machine
from sizewise.errors import NotSupported, UnknownName
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory import MemoryTerms
from sizewise.estimate.placement import layers_per_device, room_left_bytes
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array

JOINT = " + "
"""Between the names of unequal devices."""
SYSTEM_RESERVE_BYTES = {"headless": 0.6 * GIB, "desktop": 1.2 * GIB, "windows": 2.0 * GIB}
"""What the system keeps of a graphics card. [bytes] Assumed: premises of users' fitting guides."""


def hardware(
    catalog: Catalog,
    devices: Sequence[str],
    *,
    usable: str | float | None,
    system: str | None,
    uses_store: bool = True,
) -> tuple[Machine, ...]:
    """The named machines, one after another or as '4090 + 3090', with the usable memory that their owner states.

    Raises: UnknownName, InvalidQuantity, NotSupported.
    """
    names = [name for text in devices for name in unequal_devices(text)]
    found = tuple(machine(catalog, name, uses_store=uses_store) for name in names)
    return tuple(replace(m, device=_stated(m.device, usable, system)) for m in found)


def _stated(device: Device, usable: str | float | None, system: str | None) -> Device:
    if usable is not None:
        size = min(units.parse_bytes(str(usable), "--usable"), device.memory_bytes)
        return replace(device, usable_bytes=size, memory_bytes=size, usable_basis="measured")
    if system is None:
        return device
    if system not in SYSTEM_RESERVE_BYTES:
        known = tuple(SYSTEM_RESERVE_BYTES)
        raise UnknownName("--system", system, known, f"allowed: {', '.join(known)}")
    if device.is_unified:
        raise NotSupported(
            "--system is about graphics cards; for {device} give --usable instead", device=device.name
        )
    kept = device.memory_bytes - SYSTEM_RESERVE_BYTES[system]
    return replace(device, usable_bytes=max(kept, 0.0), usable_basis="assumed")


def joined(machines: Sequence[Machine]) -> Machine:
    """One machine that stands for unequal devices: the slowest one's rates, reading as fast as they do in turn."""
    single = [m.device for m in machines for _ in range(m.num_devices)]
    slowest = min(single, key=lambda d: d.bandwidth_bytes_per_s)
    usable = sum(d.usable_bytes for d in single)
    device = replace(
        slowest,
        name=JOINT.join(d.name for d in single),
        usable_bytes=min(d.usable_bytes for d in single),
        memory_bytes=min(d.memory_bytes for d in single),
        bandwidth_bytes_per_s=usable / sum(d.usable_bytes / d.bandwidth_bytes_per_s for d in single),
        buy_usd=sum(d.buy_usd for d in single),
    )
    return Machine(device=device, num_devices=len(single), is_owned=True)


@dataclass(frozen=True, kw_only=True)
class UnequalCase(Case):
    """A model over unequal devices, whole layers on each."""

    device_usable_bytes: tuple[float, ...]
    """Usable memory of every device, in their order. [bytes]"""

    @property
    def layers_per_device(self) -> tuple[int, ...]:
        """Blocks on each device at the asked context."""
        counts, _ = self._placed(self._whole.terms)
        return tuple(int(n) for n in counts)

    @cached_property
    def _whole(self) -> Case:
        """The same as if one device held everything, with the buffers that a layer split has."""
        given = {f.name: getattr(self, f.name) for f in fields(Case)}
        return Case(**given | {"machine": replace(self.machine, num_devices=1)})

    @cached_property
    def _split(self) -> Case:
        return Case(**{f.name: getattr(self, f.name) for f in fields(Case)})

    def terms_at(self, context_tokens: float | Array) -> MemoryTerms:
        """Terms of the device with the least room left."""
        whole = self._whole.terms_at(context_tokens)
        counts, left = self._placed(whole, context_tokens)
        fullest = int(np.argmin(left))
        share = counts[fullest] / self.model.num_layers
        output = first_value(self.columns[1].output_bytes)
        return MemoryTerms(
            weights=(whole.weights - output) * share + (output if fullest == len(counts) - 1 else 0.0),
            compute=self._split.terms_at(context_tokens).compute,
            runtime=whole.runtime,
            kv_constant=whole.kv_constant * share,
            per_sequence=np.maximum(whole.per_sequence * share, 1.0),
            budget=np.array([self.device_usable_bytes[fullest]]),
            sequence_limit=whole.sequence_limit,
        )

    def _placed(self, whole: MemoryTerms, context_tokens: float | Array | None = None) -> tuple[Array, Array]:
        """Blocks on each device, and the room that is left there."""
        context = float(self.context_tokens) if context_tokens is None else context_tokens
        buffers = first_value(self._split.terms_at(context).compute) + first_value(whole.runtime)
        output = first_value(self.columns[1].output_bytes)
        cache = first_value(whole.kv_constant) + self.num_sequences * first_value(whole.per_sequence)
        block = (first_value(whole.weights) - output + cache) / self.model.num_layers
        room = np.array(self.device_usable_bytes) - buffers
        counts = layers_per_device(
            room_bytes=room, block_bytes=block, output_bytes=output, num_layers=self.model.num_layers
        )
        left = room_left_bytes(room_bytes=room, block_bytes=block, output_bytes=output, counts=counts)
        return counts, left


def over_devices(case: Case, machines: Sequence[Machine]) -> Case:
    """The case over these devices: as it is for one machine, else layer by layer.

    Raises: NotSupported for an engine that cannot.
    """
    if len(machines) == 1:
        return case
    if case.engine.split != "layer":
        raise NotSupported(
            "{engine} shares a model among equal devices only; name --engine llama.cpp",
            engine=case.engine.title,
        )
    sizes = tuple(m.device.usable_bytes for m in machines for _ in range(m.num_devices))
    given = {f.name: getattr(case, f.name) for f in fields(Case)}
    return UnequalCase(**given, device_usable_bytes=sizes)
