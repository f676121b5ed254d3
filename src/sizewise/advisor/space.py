"""The space of candidates: pairs that may be proposed, machines that exist, grouped into blocks for the search."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.own_prices import at_own_prices, money_constants
from sizewise.catalog.engine_versions import at_version, named_version
from sizewise.catalog.speed_constants import coefficients
from sizewise.catalog.weights_table import as_read, weight_columns
from sizewise.decide.candidates import can_share, drives, is_proposed, is_sensible, multiplies, reads, runs
from sizewise.decide.evaluate import Block
from sizewise.decide.search import part, taken
from sizewise.domain.device import Device, Machine
from sizewise.estimate.columns import (
    MachineColumns,
    ModelColumns,
    WeightColumns,
    machine_columns,
    model_columns,
)
from sizewise.estimate.cost import MachineCosts, machine_costs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.quantization import Quantization
    from sizewise.domain.request import Filters, Request
    from sizewise.estimate.speed import SpeedCoefficients

MULTI_DEVICE_KINDS = ("consumer", "datacenter", "workstation", "npu")
"""Kinds of devices of which several fit into one machine."""

LAUNCH_PRICE_YEARS = 3
"""A launch price stands for a price at which one can buy for so long. [years] Assumed."""
SLOTTED = ("llamacpp", "growing")
"""Memory rules of engines whose number of parallel requests is set at start."""
MOST_SLOTS = 256
"""Parallel requests that llama.cpp can be started with. [count] Source: LLAMA_MAX_SEQ, llama.cpp b11549."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One model in one format on one engine."""

    model: Model
    quantization: Quantization
    engine: Engine


@dataclass(frozen=True, kw_only=True)
class Space:
    """Everything that the search looks at; rows and machines are numbered by their position."""

    rows: tuple[Row, ...]
    machines: tuple[Machine, ...]
    blocks: tuple[Block, ...]

    def pair(self, row_id: int, machine_id: int) -> Block:
        """One row on one machine.

        Raises: LookupError if its engine does not run there (our own error).
        """
        for block in self.blocks:
            rows, machines = (
                np.flatnonzero(block.row_ids == row_id),
                np.flatnonzero(block.machine_ids == machine_id),
            )
            if len(rows) and len(machines):
                return part(block, rows, machines)
        raise LookupError(f"no block holds row {row_id} and machine {machine_id}")

    def costs_at(self, request: Request) -> Callable[[Array], MachineCosts]:
        """Costs of the machines with these numbers, at the prices and hours of a request."""
        used = np.array(
            sorted({i for b in self.blocks for i in b.machine_ids.tolist()}), dtype=np.intp
        )  # np.unique would import numpy.ma, a thirtieth of a short command
        machines = [self.machines[i] for i in used.tolist()]
        columns = machine_columns(
            [replace(m, device=at_own_prices(m.device, request.prices)) for m in machines]
        )
        costs = machine_costs(columns, money_constants(request))
        return lambda machine_ids: taken(costs, np.searchsorted(used, machine_ids))

    def priced_again(self, request: Request) -> Space:
        """The same candidates at the prices and hours of another request."""
        costs = self.costs_at(request)
        return replace(self, blocks=tuple(replace(b, costs=costs(b.machine_ids)) for b in self.blocks))

    def only(self, row_id: int, machine_id: int) -> Space:
        """One row on one machine as a space."""
        return replace(self, blocks=(self.pair(row_id, machine_id),))

    @property
    def num_candidates(self) -> int:
        """Row x machine combinations that are possible at all."""
        return sum(block.num_candidates for block in self.blocks)


def build_space(
    catalog: Catalog, request: Request, models: Sequence[Model], machines: Sequence[Machine]
) -> Space:
    """All sensible combinations of these models with the asked-for formats, engines and machines."""
    engines = chosen_engines(catalog, request)
    rows = tuple(sensible_rows(catalog, request, models, engines))
    if not rows or not machines:
        return Space(rows=rows, machines=tuple(machines), blocks=())
    parts = _Parts.of(rows, machines, request)
    blocks = tuple(
        block for engine in engines for block in _blocks_of(engine, rows, machines, parts, request.filters)
    )
    return Space(rows=rows, machines=tuple(machines), blocks=blocks)


def chosen_engines(catalog: Catalog, request: Request) -> tuple[Engine, ...]:
    """The engines asked for, else those proposed by default; slots are a setting, so they limit nothing.

    Raises: NotSupported for a version that nobody knows.
    """
    asked, versions = request.filters.engines, dict(request.filters.engine_versions)
    chosen = (
        named_version(e, versions.get(e.name, ""), math.nan)
        for e in catalog.engines.values()
        if request.kv_type in e.kv_types and (e.name in asked if asked else e.is_default)
    )
    return tuple(
        replace(e, max_num_seqs=max(e.max_num_seqs, MOST_SLOTS)) if e.memory_rule in SLOTTED else e
        for e in chosen
    )


def sensible_rows(
    catalog: Catalog, request: Request, models: Sequence[Model], engines: Sequence[Engine]
) -> Iterator[Row]:
    """Each model in each format worth proposing, on each engine that reads the format and runs the model."""
    readers = {q.name: [e for e in engines if reads(e, q)] for q in catalog.quantizations.values()}
    readable = [q for q in catalog.quantizations.values() if readers[q.name]]
    formats = {
        name: [q for q in readable if is_sensible(q, native, request.filters, request.limits)]
        for name, native in catalog.quantizations.items()
    }
    for model in models:
        able = {e.name for e in engines if runs(e, model)}
        for quantization in formats[model.native_format]:
            for engine in readers[quantization.name]:
                if engine.name in able:
                    yield Row(model=model, quantization=quantization, engine=engine)


def market_machines(devices: Sequence[Device], request: Request, today: str) -> list[Machine]:
    """Machines that can be rented or bought: each device with a current price, one to eight of it.

    `today` is the date of the facts: the answer of a catalog does not change with the calendar. [ISO date]
    """
    most = request.filters.num_devices or request.limits.max_devices
    offered = [at_own_prices(at_current_prices(device, today), request.prices) for device in devices]
    return [
        Machine(device=device, num_devices=count)
        for device in offered
        if device.buy_usd > 0 or device.rent_usd_per_hour > 0
        for count in range(1, (most if device.kind in MULTI_DEVICE_KINDS else 1) + 1)
    ]


def at_current_prices(device: Device, today: str) -> Device:
    """The device without a launch price of years ago: nobody sells it new at that price any more."""
    if device.buy_price_kind != "launch" or _year(today) - _year(device.released) <= LAUNCH_PRICE_YEARS:
        return device
    nothing = float("nan")
    return replace(device, buy_usd=nothing, buy_usd_low=nothing, buy_usd_high=nothing)


def _year(date: str) -> int:
    return int(date[:4]) if date[:4].isdigit() else 0


def with_known_power(machines: Sequence[Machine], devices: Sequence[Device]) -> list[Machine]:
    """Hardware at hand whose power nobody states takes the median of its class: its electricity must have a price."""
    known: list[Machine] = []
    for machine in machines:
        device = machine.device
        if np.isnan(device.tdp_watts):
            powers = [
                d.tdp_watts for d in devices if d.device_class == device.device_class and d.tdp_watts > 0
            ]
            device = replace(device, tdp_watts=median(powers) if powers else float("nan"))
        known.append(replace(machine, device=device))
    return known


def owned_machines(machines: Sequence[Machine]) -> list[Machine]:
    """Machines at hand, also using fewer of their devices; what is left over serves further replicas."""
    return [
        replace(m, num_devices=n, is_owned=True, num_available=m.num_devices)
        for m in machines
        for n in range(1, m.num_devices + 1)
    ]


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """Columns of all rows and machines, from which blocks take their share."""

    models: ModelColumns
    model_of_row: Array
    weights: WeightColumns
    machines: MachineColumns
    costs: MachineCosts
    max_replicas: Array

    @classmethod
    def of(cls, rows: Sequence[Row], machines: Sequence[Machine], request: Request) -> _Parts:
        models = list({row.model.name: row.model for row in rows}.values())
        position = {model.name: i for i, model in enumerate(models)}
        columns = machine_columns(machines)
        return cls(
            models=model_columns(models),
            model_of_row=np.array([position[row.model.name] for row in rows]),
            weights=weight_columns([(row.model, as_read(row.quantization, row.engine)) for row in rows]),
            machines=columns,
            costs=machine_costs(columns, money_constants(request)),
            max_replicas=np.array([m.max_replicas for m in machines]),
        )


def _blocks_of(
    engine: Engine, rows: Sequence[Row], machines: Sequence[Machine], parts: _Parts, filters: Filters
) -> Iterator[Block]:
    """One block for each weight speed class and device count of an engine."""
    machine_ids = np.array(
        [
            i
            for i, m in enumerate(machines)
            if drives(engine, m.device) and is_proposed(engine, m.device, filters)
        ],
        dtype=np.intp,
    )
    if not len(machine_ids):
        return
    devices = [machines[i].device for i in machine_ids]
    counts = parts.machines.num_devices[machine_ids]
    distinct = sorted({int(n) for n in counts.tolist()})
    groups: dict[tuple[str, str, str], list[int]] = {}
    for i, row in enumerate(rows):
        if row.engine.name == engine.name:
            kind = row.quantization
            groups.setdefault((kind.speed_class, kind.compute_class, kind.container), []).append(i)
    variants = at_devices(engine, devices)
    for (speed_class, _, _), row_list in groups.items():
        row_ids = np.array(row_list)
        constants = coefficients(engine.name, devices, speed_class)
        able_devices = _devices_for(rows[row_list[0]].quantization, machines, machine_ids)
        for count in distinct:
            heads = parts.models.num_heads[parts.model_of_row[row_ids]]
            able = row_ids[can_share(engine, heads, count)]
            for variant, is_here in variants:
                here = np.flatnonzero((counts == count) & able_devices & is_here)
                if len(able) and len(here):
                    yield _block(variant, able, machine_ids[here], taken(constants, here), parts, count)


def at_devices(engine: Engine, devices: Sequence[Device]) -> list[tuple[Engine, Array]]:
    """The engine as it runs on these devices, and on which of them: some versions stay with an older part on old ones.

    The part is decided by the compute capability, which is all that `at_version` looks at.
    """
    capabilities = [device.compute_capability for device in devices]
    at = {c: at_version(engine, engine.version, c) for c in sorted(set(capabilities))}
    return [
        (variant, np.array([at[c] == variant for c in capabilities]))
        for variant in dict.fromkeys(at.values())
    ]


def _devices_for(quantization: Quantization, machines: Sequence[Machine], machine_ids: Array) -> Array:
    """Which of these machines run the format."""
    return np.array([multiplies(machines[i].device, quantization) for i in machine_ids], dtype=bool)


def _block(
    engine: Engine,
    row_ids: Array,
    machine_ids: Array,
    constants: SpeedCoefficients,
    parts: _Parts,
    count: int,
) -> Block:
    return Block(
        engine=engine,
        row_ids=row_ids,
        models=parts.models.take(parts.model_of_row[row_ids]),
        weights=parts.weights.take(row_ids),
        machine_ids=machine_ids,
        machines=parts.machines.take(machine_ids),
        coefficients=constants,
        costs=taken(parts.costs, machine_ids),
        max_replicas=parts.max_replicas[machine_ids],
        split=engine.split if count > 1 else "none",
    )
