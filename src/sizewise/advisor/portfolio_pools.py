"""Machines of a portfolio: what one costs, and into which parts it can be divided.

A machine of the market runs one replica on all its devices, or two on half of them each; a machine at hand any number
of its devices, or half of one. Half a device has half of its memory, bandwidth and arithmetic: two models on one card
are planned as if both always worked at once, which they rarely do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.costing import at_price
from sizewise.advisor.own_prices import money_constants
from sizewise.estimate.columns import machine_columns
from sizewise.estimate.cost import machine_costs, monthly_usd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.domain.device import Device, Machine
    from sizewise.domain.request import Request
    from sizewise.estimate.cost import MachineCosts

SLOTS_PER_DEVICE = 2
"""A device can be divided into so many parts. [count]"""
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class PoolEntry:
    """Machines of one kind, paid for in one way."""

    machine: Machine
    path: str
    max_machines: float


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the machines of a pool on which one replica runs."""

    pool: int
    machine: int
    """Position in the list of evaluated machines."""
    slots: int


def owned_pools(machines: Sequence[Machine]) -> tuple[PoolEntry, ...]:
    """Machines at hand, equal ones together."""
    counts: dict[tuple[str, int], list[Machine]] = {}
    for machine in machines:
        counts.setdefault((machine.device.name, machine.num_devices), []).append(machine)
    return tuple(
        PoolEntry(machine=found[0], path="owned", max_machines=float(len(found))) for found in counts.values()
    )


def market_pools(machines: Sequence[Machine], request: Request) -> Iterator[PoolEntry]:
    """Each machine once for each way to pay, without a way that is dearer whatever the machine does."""
    paths = [path for path in request.filters.paths if path != "owned"]
    if not machines:
        return
    unlimited = float("inf")
    costs = machine_costs(machine_columns(machines), money_constants(request))
    idle = {path: monthly_usd(costs, path, replicas=1.0, busy_ratio=0.0) for path in paths}
    busy = {path: monthly_usd(costs, path, replicas=1.0, busy_ratio=1.0) for path in paths}
    for i, machine in enumerate(machines):
        open_paths = [path for path in paths if np.isfinite(idle[path][i])]
        if request.limits.upfront_budget_usd == unlimited and len(open_paths) > 1:
            open_paths = [a for a in open_paths if not any(busy[b][i] < idle[a][i] for b in open_paths)]
        for path in open_paths:
            yield PoolEntry(machine=machine, path=path, max_machines=unlimited)


def divided(pools: Sequence[PoolEntry]) -> tuple[tuple[Machine, ...], tuple[Part, ...]]:
    """Every machine as it is evaluated, each once, and the parts of the pools that it stands for."""
    machines: dict[tuple[str, float, bool], Machine] = {}
    numbers: dict[tuple[str, float, bool], int] = {}
    parts: list[Part] = []
    for pool, entry in enumerate(pools):
        for slots, machine in _parts_of(entry):
            key = (machine.device.name, slots / SLOTS_PER_DEVICE, machine.is_owned)
            machines.setdefault(key, machine)
            number = numbers.setdefault(key, len(numbers))
            parts.append(Part(pool=pool, machine=number, slots=slots))
    return tuple(machines.values()), tuple(parts)


def _parts_of(entry: PoolEntry) -> Iterator[tuple[int, Machine]]:
    """Slots and the machine that they are."""
    counts = _device_counts(entry)
    for count in sorted(counts):
        yield count * SLOTS_PER_DEVICE, replace(entry.machine, num_devices=count)
    if 1 in counts and not entry.machine.device.is_unified:
        yield 1, replace(entry.machine, device=half_device(entry.machine.device), num_devices=1)


def _device_counts(entry: PoolEntry) -> set[int]:
    """Devices of a replica: any on a machine that is one of a kind, else all of them, or half of a power of two."""
    count = entry.machine.num_devices
    if entry.max_machines == 1:
        return set(range(1, count + 1))
    is_power_of_two = count & (count - 1) == 0
    return {count, count // 2} - {0} if is_power_of_two else {count}


def half_device(device: Device) -> Device:
    """Half of the memory, the bandwidth, the arithmetic and the power of a device."""
    halved = (
        "memory_bytes", "usable_bytes", "bandwidth_bytes_per_s", "fp32_flop_per_s", "fp16_flop_per_s",
        "fp8_flop_per_s", "int8_op_per_s", "fp4_flop_per_s", "link_bytes_per_s", "tdp_watts",
    )  # fmt: skip
    return replace(device, **{name: HALF * getattr(device, name) for name in halved})


def costs_of_pools(pools: Sequence[PoolEntry], request: Request, case: str = "likely") -> MachineCosts:
    """Costs of one machine of each pool at the low, likely or high end of prices. [pools]"""
    columns = machine_columns([at_price(entry.machine, case) for entry in pools])
    return machine_costs(columns, money_constants(request, case))
