"""One candidate in full: every figure with its range and basis, by the same functions as the search."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.costing import cost_range
from sizewise.advisor.grading import evidence
from sizewise.catalog.speed_constants import band
from sizewise.catalog.weights_table import weights_of
from sizewise.decide.evaluate import Evaluated, evaluate, physics
from sizewise.domain.decision import Deployment, Option
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.estimate.load import LoadState, load_at
from sizewise.estimate.memory_answers import memory_parts, memory_total
from sizewise.units import MILLION, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from sizewise.advisor.grading import Grades
    from sizewise.advisor.space import Row, Space
    from sizewise.catalog import Catalog
    from sizewise.decide.evaluate import Block, Physics
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request

PATH_OF_NOTHING = ""
"""Path of an option that no allowed way pays for."""


def option(  # noqa: PLR0913 - one candidate in its surroundings
    catalog: Catalog, space: Space, grades: Grades, request: Request, row_id: int, machine_id: int
) -> Option:
    """Everything about one row on one machine."""
    block = space.pair(row_id, machine_id)
    row, machine = space.rows[row_id], space.machines[machine_id]
    values, known = evaluate(block, request), physics(block, request)
    deployment = deployment_of(row, machine, block, values, request)
    load = load_of(known, values, request)
    memory = memory_parts(
        known.memory,
        rule=row.engine.memory_rule,
        num_sequences=deployment.num_sequences,
        weights_basis=weights_of(catalog, row.model, row.quantization).basis,
        host_bytes=float(block.weights.host_bytes[0]),
    )
    return Option(
        deployment=deployment,
        memory=memory,
        memory_bytes=memory_total(memory),
        usable_bytes=float(np.asarray(known.memory.budget).reshape(-1)[0]),
        num_users=float(values.num_users[0] * values.replicas[0]) if math.isfinite(values.replicas[0]) else 0.0,
        quality=grades.estimate(row_id),
        quality_evidence=evidence(row, request),
        pass_probability=float(grades.probability[row_id]),
        **_speeds(row, machine, values, load),
        **_costs(machine, deployment, values, load, request),
    )


def deployment_of(row: Row, machine: Machine, block: Block, values: Evaluated, request: Request) -> Deployment:
    """The choice itself, with as many sequences as its users can send at once."""
    replicas = float(values.replicas[0])
    whole = int(replicas) if math.isfinite(replicas) else 1
    wanted = max(1, math.ceil(request.workload.num_users / whole))
    path = int(values.path[0])
    return Deployment(
        model=row.model.name,
        quantization=row.quantization.name,
        engine=row.engine.name,
        engine_version=row.engine.version,
        device=machine.device.name,
        num_devices=machine.num_devices,
        replicas=whole,
        context_tokens=request.workload.context_tokens,
        num_sequences=max(1, min(wanted, int(values.num_sequences[0]))),
        kv_type=request.kv_type,
        split=block.split,
        path=request.filters.paths[path] if path >= 0 else ("owned" if machine.is_owned else PATH_OF_NOTHING),
        memory_utilization=row.engine.memory_utilization,
        is_native_format=row.quantization.name == row.model.native_format,
        device_is_cpu=machine.device.kind == "cpu",
    )


def load_of(known: Physics, values: Evaluated, request: Request) -> LoadState | None:
    """What users feel when the asked load is shared by the replicas; None where a replica carries nobody."""
    replicas = values.replicas
    if not math.isfinite(replicas[0]):
        return None
    return load_at(
        known.step,
        known.prefill_s,
        num_users=request.workload.num_users / replicas,
        think_time_s=request.workload.think_time_s,
        output_tokens=request.workload.output_tokens,
        max_sequences=np.maximum(values.num_sequences, 1.0),
    )


def ranged(likely: float, row: Row, machine: Machine, phase: str) -> Estimate | Unknown:
    """A likely value with the 80 % band of its engine, device class and phase."""
    if not math.isfinite(likely):
        return Unknown(reason="no speed is known for this engine on this device")
    kind = "moe" if row.model.experts else "dense"
    low, high, basis = band(row.engine.name, machine.device.device_class, phase, kind)
    return Estimate.within(likely, low, high, basis)


def _speeds(row: Row, machine: Machine, values: Evaluated, load: LoadState | None) -> dict[str, Estimate | Unknown]:
    alone = ranged(1.0 / float(values.decode_s[0]), row, machine, "decode")
    if load is None:
        none = Unknown(reason="the asked load does not run within the latency targets")
        return {
            "decode_tokens_per_s": alone, "loaded_tokens_per_s": none, "ttft_s": none, "throughput_tokens_per_s": none,
        }  # fmt: skip
    replicas = float(values.replicas[0])
    tpot = ranged(float(load.tpot_s[0]), row, machine, "tpot")
    if isinstance(tpot, Estimate):
        loaded: Estimate | Unknown = Estimate(
            low=1 / tpot.high, likely=1 / tpot.likely, high=1 / tpot.low, basis=tpot.basis
        )
    else:
        loaded = tpot
    return {
        "decode_tokens_per_s": alone,
        "loaded_tokens_per_s": loaded,
        "ttft_s": ranged(float(load.ttft_s[0]), row, machine, "ttft"),
        "throughput_tokens_per_s": ranged(float(load.output_tokens_per_s[0]) * replicas, row, machine, "throughput"),
    }


def _costs(
    machine: Machine, deployment: Deployment, values: Evaluated, load: LoadState | None, request: Request
) -> dict[str, object]:
    unknown = Unknown(reason="no price is known for this hardware")
    if not deployment.path:
        return {
            "monthly_usd": unknown, "monthly_parts_usd": (), "upfront_usd": unknown,
            "usd_per_million_tokens": float("nan"),
        }  # fmt: skip
    busy_ratio = float(values.busy_ratio[0]) if load is not None else 1.0
    hours = request.workload.active_hours_per_month
    monthly, upfront, parts = cost_range(machine, deployment, busy_ratio, hours)
    tokens = float(load.output_tokens_per_s[0]) * deployment.replicas * SECONDS_PER_HOUR * hours if load else float("nan")
    return {
        "monthly_usd": monthly,
        "monthly_parts_usd": parts,
        "upfront_usd": upfront,
        "usd_per_million_tokens": monthly.likely / tokens * MILLION if isinstance(monthly, Estimate) else float("nan"),
    }
