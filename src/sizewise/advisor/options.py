"""One candidate in full: every figure with its range and basis, by the same functions as the search."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.advisor.costing import cost_range
from sizewise.advisor.energy import energy_under_load
from sizewise.advisor.grading import evidence
from sizewise.catalog.memory_constants import fitted_ranges
from sizewise.catalog.speed_constants import band, family_of
from sizewise.catalog.weights_table import as_read, weights_basis
from sizewise.decide.evaluate import Evaluated, evaluate, physics, replica_of
from sizewise.domain.decision import Deployment, Option
from sizewise.domain.energy import Energy
from sizewise.domain.estimate import Estimate, Unknown, weakest
from sizewise.estimate.calibration import QUANTILE_80
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory_answers import memory_parts, memory_total
from sizewise.estimate.steady import LoadState, steady_users
from sizewise.units import MILLION, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.advisor.grading import Grades
    from sizewise.advisor.space import Row, Space
    from sizewise.decide.evaluate import Block, Physics
    from sizewise.domain.calibration import OwnRate
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request

PATH_OF_NOTHING = ""
"""Path of an option that no allowed way pays for."""


def survivor_option(found: Found, position: int) -> Option:
    """Everything about one survivor of a search."""
    if found.survivors is None:
        raise ValueError("the search left no survivors")
    row_id, machine_id = int(found.survivors.row_ids[position]), int(found.survivors.machine_ids[position])
    return option(found.space, found.grades, found.request, row_id, machine_id)


def option(space: Space, grades: Grades, request: Request, row_id: int, machine_id: int) -> Option:
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
        weights_basis=weights_basis(row.model, as_read(row.quantization, row.engine)),
        fitted=fitted_ranges(row.engine.memory_rule, names_version=False),
        host_bytes=first_value(block.weights.host_bytes),
    )
    speeds = speeds_of(row, machine, values, load)
    costs = costs_of(machine, deployment, values, load, request)
    energy = energy_of(machine, deployment, load)
    return Option(
        deployment=deployment,
        memory=memory,
        memory_bytes=memory_total(memory),
        usable_bytes=first_value(known.memory.budget),
        decode_tokens_per_s=speeds.alone,
        loaded_tokens_per_s=speeds.loaded,
        ttft_s=speeds.ttft_s,
        answer_after_s=after_thinking(speeds, request.workload.thinking_tokens),
        throughput_tokens_per_s=speeds.throughput,
        num_users=first_value(values.num_users * values.replicas) if load is not None else 0.0,
        power_watts=energy.power_watts,
        joules_per_token=energy.joules_per_token,
        quality=grades.estimate(row_id),
        quality_evidence=evidence(row, request),
        pass_probability=float(grades.probability[row_id]),
        monthly_usd=costs.monthly_usd,
        monthly_parts_usd=costs.parts_usd,
        upfront_usd=costs.upfront_usd,
        usd_per_million_tokens=costs.usd_per_million_tokens,
    )


def deployment_of(
    row: Row, machine: Machine, block: Block, values: Evaluated, request: Request
) -> Deployment:
    """The choice itself, with as many sequences as its users can send at once."""
    replicas = first_value(values.replicas)
    whole = int(replicas) if math.isfinite(replicas) else 1
    wanted = max(1, math.ceil(request.workload.num_users / whole))
    path = int(first_value(values.path))
    return Deployment(
        model=row.model.name,
        quantization=row.quantization.name,
        engine=row.engine.name,
        engine_version=row.engine.version,
        device=machine.device.name,
        num_devices=machine.num_devices,
        replicas=whole,
        context_tokens=request.workload.context_tokens,
        num_sequences=max(1, min(wanted, int(first_value(values.num_sequences)))),
        kv_type=request.kv_type,
        split=block.split,
        path=request.filters.paths[path] if path >= 0 else ("owned" if machine.is_owned else PATH_OF_NOTHING),
        memory_utilization=row.engine.memory_utilization,
        is_native_format=row.quantization.name == row.model.native_format,
        device_is_cpu=machine.device.kind == "cpu",
    )


def load_of(known: Physics, values: Evaluated, request: Request) -> LoadState | None:
    """What users feel when the asked load is shared by the replicas; None where a replica carries nobody."""
    if not math.isfinite(first_value(values.replicas)):
        return None
    workload = request.workload
    replica = replica_of(known, workload, np.maximum(values.num_sequences, 1.0))
    return steady_users(replica, workload.num_users / values.replicas, workload.think_time_s)


def energy_of(machine: Machine, deployment: Deployment, load: LoadState | None) -> Energy:
    """Power of all machines at the asked load, and energy of an output token. [W, J/token]"""
    if load is None:
        none = Unknown(reason="the asked load does not run within the latency targets")
        return Energy(power_watts=none, joules_per_token=none)
    one = energy_under_load(
        machine,
        num_running=first_value(load.num_running),
        output_tokens_per_s=first_value(load.output_tokens_per_s),
    )
    if isinstance(one.power_watts, Unknown):
        return one
    return replace(one, power_watts=one.power_watts.scaled(float(deployment.replicas)))


def own_rate(row: Row, machine: Machine, phase: str) -> OwnRate | None:
    """What was measured of the same model in the same format on this very device; None: nothing."""
    calibration = machine.device.calibration
    if calibration is None or calibration.engine_family != family_of(row.engine.name):
        return None
    return calibration.own_rate(row.model.name, row.quantization.name, phase)


def ranged(likely: float, row: Row, machine: Machine, phase: str) -> Estimate | Unknown:
    """A likely value with its 80 % range, on the highest step of the trust ladder that it reaches.

    The same measured here; others measured here, which corrected the constants; measured facts, by fit and class.
    """
    if not math.isfinite(likely):
        return Unknown(reason="no speed is known for this engine on this device")
    own = own_rate(row, machine, phase)
    if own is not None:
        width = QUANTILE_80 * own.spread
        return Estimate.within(likely * own.factor, math.exp(-width), math.exp(width), "measured")
    kind = "moe" if row.model.experts else "dense"
    low, high, basis = band(row.engine.name, machine.device, phase, kind, model_family=row.model.family)
    return Estimate.within(likely, low, high, basis)


class Speeds(NamedTuple):
    """How fast it is, alone and under the asked load."""

    alone: Estimate | Unknown
    loaded: Estimate | Unknown
    ttft_s: Estimate | Unknown
    throughput: Estimate | Unknown


def speeds_of(row: Row, machine: Machine, values: Evaluated, load: LoadState | None) -> Speeds:
    """Rates of one stream and of all, and the wait for the first token. [tokens/s, s]

    A step that is shared with nobody is a step alone: the same figure has the same range.
    """
    alone = ranged(1.0 / first_value(values.decode_s), row, machine, "decode")
    if load is None:
        none = Unknown(reason="the asked load does not run within the latency targets")
        return Speeds(alone, none, none, none)
    total = first_value(load.output_tokens_per_s) * first_value(values.replicas)
    each_s = first_value(load.tpot_s)
    is_alone = math.isclose(each_s, first_value(values.decode_s), rel_tol=1e-6)
    return Speeds(
        alone=alone,
        loaded=alone if is_alone else inverse(ranged(each_s, row, machine, "tpot")),
        ttft_s=ranged(first_value(load.ttft_s), row, machine, "ttft"),
        throughput=ranged(total, row, machine, "throughput"),
    )


def after_thinking(speeds: Speeds, thinking_tokens: float) -> Estimate | Unknown | None:
    """Until the visible answer begins: first token + thinking tokens / speed under load; None without thinking. [s]"""
    first, rate = speeds.ttft_s, speeds.loaded
    if not thinking_tokens:
        return None
    if isinstance(first, Unknown) or isinstance(rate, Unknown):
        return first if isinstance(first, Unknown) else rate
    return Estimate(
        low=first.low + thinking_tokens / rate.high,
        likely=first.likely + thinking_tokens / rate.likely,
        high=first.high + thinking_tokens / rate.low,
        basis=weakest(first.basis, rate.basis),
    )


def inverse(value: Estimate | Unknown) -> Estimate | Unknown:
    """Seconds per token as tokens per second."""
    if isinstance(value, Unknown):
        return value
    return Estimate(low=1 / value.high, likely=1 / value.likely, high=1 / value.low, basis=value.basis)


class Costs(NamedTuple):
    """What it costs at the asked load."""

    monthly_usd: Estimate | Unknown
    upfront_usd: Estimate | Unknown
    parts_usd: tuple[tuple[str, float], ...]
    usd_per_million_tokens: float


def costs_of(
    machine: Machine, deployment: Deployment, values: Evaluated, load: LoadState | None, request: Request
) -> Costs:
    """Monthly cost, purchase, and the cost of a million tokens at the asked load. [USD]"""
    unknown = Unknown(reason="no price is known for this hardware")
    if not deployment.path:
        return Costs(unknown, unknown, (), math.nan)
    hours = request.workload.full_hours_per_month
    busy_ratio = first_value(values.busy_ratio) if load is not None else 1.0
    monthly, upfront, parts = cost_range(machine, deployment, busy_ratio, request)
    if load is None or isinstance(monthly, Unknown):
        return Costs(monthly, upfront, parts, math.nan)
    tokens = first_value(load.output_tokens_per_s) * deployment.replicas * SECONDS_PER_HOUR * hours
    return Costs(monthly, upfront, parts, monthly.likely / tokens * MILLION)
