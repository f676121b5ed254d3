"""How sure the choice is: the best options in sampled worlds of speed, quality, load, prices and hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.costing import at_price
from sizewise.advisor.finding import rank_keys
from sizewise.advisor.own_prices import money_constants
from sizewise.catalog.prices import cost_constant
from sizewise.catalog.speed_constants import band
from sizewise.decide import wording
from sizewise.decide.evaluate import HEADROOM_RATIO, carried, physics, useful_replica
from sizewise.decide.rank import tie_order
from sizewise.decide.worlds import Conditions, Finalists, contest, sampled, sureness
from sizewise.domain.decision import Confidence, Contender
from sizewise.domain.text import T
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.cost import machine_costs
from sizewise.estimate.memory import max_sequences
from sizewise.estimate.quality import PASS_Z

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.decide.evaluate import Block
    from sizewise.decide.worlds import Contest
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text

NUM_WORLDS = 2000
MOST_FORMATS, MOST_MODELS = 8, 6
"""Finalists: the best options of each model and format, and the best of further models. [count]"""
MOST_SHOWN = 4
SEARCHED = 80
"""Ranked survivors among which the finalists are found. [count]"""
SPEEDS = 2.0 ** np.linspace(-3.0, 3.0, 97)
"""Speeds against the likely one at which capacities are computed; between them they are interpolated. [ratio] So fine
because the capacity for one person is a step: from nobody to one, at the speed that just meets the targets."""
LOAD_LOW, LOAD_HIGH = 0.7, 1.4
"""80 % range of the users that really come, against those asked for. [ratio] Assumed; one person stays one."""
CROWD = 4.0
"""Capacities are asked for up to so many times the asked users. [ratio]"""
REASONS = {
    "speed": T("too slow for the load"),
    "budget": T("above the budget"),
    "quality": T("not good enough"),
    "cost": T("another one is cheaper or preferred"),
}
"""Why an option loses a world."""


def confidence(found: Found, position: int, num_worlds: int = NUM_WORLDS) -> Confidence:
    """The answer against the other finalists in sampled worlds."""
    chosen = finalist_positions(found, position)
    asked = conditions(found.request)
    result = contest(sampled(finalists_of(found, chosen), asked, num_worlds))
    shown = sorted(range(len(chosen)), key=lambda i: (-result.win_ratio[i], i))[:MOST_SHOWN]
    answer, best = chosen.index(position), result.least_regret
    shown += [i for i in (answer, best) if i not in shown]
    return Confidence(
        word=sureness(float(result.win_ratio[answer])),
        num_worlds=num_worlds,
        nobody_ratio=result.nobody_ratio,
        contenders=tuple(
            _contender(found, chosen[i], result, i, is_answer=i == answer, is_best=i == best)
            for i in sorted(set(shown), key=lambda i: (-result.win_ratio[i], i))
            if result.win_ratio[i] > 0 or i in {answer, best}
        ),
        sampled=(
            (T("users at the same time"), asked.users_low, asked.users_high),
            (T("price of electricity"), asked.tariff_low, asked.tariff_high),
            (T("hours of use a month"), asked.hours_low, asked.hours_high),
            (T("share of this load that comes on average"), asked.utilisation_low, asked.utilisation_high),
        ),
    )


def finalist_positions(found: Found, position: int) -> list[int]:
    """The best survivors, one a model and format; then the best of further models. The answer is among them."""
    best: list[int] = [position]
    models: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    if found.survivors is None:
        raise ValueError("no survivors to compare")
    for candidate in [position, *found.ranked(SEARCHED).tolist()]:
        row = found.space.rows[int(found.survivors.row_ids[candidate])]
        pair = (row.model.name, row.quantization.name)
        is_new_model = row.model.name not in models
        if pair in pairs or (not is_new_model and len(pairs) >= MOST_FORMATS):
            continue
        if len(models) >= MOST_MODELS and is_new_model:
            continue
        models.add(row.model.name)
        pairs.add(pair)
        best += [candidate] if candidate not in best else []
    return best


def finalists_of(found: Found, positions: list[int]) -> Finalists:
    """What the worlds need to know about these survivors."""
    if found.survivors is None:
        raise ValueError("no survivors to compare")
    survivors, space = found.survivors, found.space
    entries = [
        _Entry.of(
            found, int(survivors.row_ids[i]), int(survivors.machine_ids[i]), int(survivors.values.path[i])
        )
        for i in positions
    ]
    rows = [space.rows[int(survivors.row_ids[i])] for i in positions]
    row_ids = survivors.row_ids[positions]
    preference = np.empty(len(positions))
    preference[tie_order(rank_keys(found, np.array(positions)))] = np.arange(len(positions))
    return Finalists(
        speed_factors=SPEEDS,
        users_each=np.array([entry.users_each for entry in entries]),
        active_ratio=survivors.values.active_ratio[positions],
        max_replicas=_column(entries, "max_replicas"),
        planned_replicas=survivors.values.replicas[positions],
        fixed_usd=_column(entries, "fixed_usd"),
        idle_energy_usd=_column(entries, "idle_energy_usd"),
        load_energy_usd=_column(entries, "load_energy_usd"),
        quality=found.grades.mean[row_ids],
        quality_sd=_judged_sd(found, row_ids),
        preference=preference,
        speed_group=tuple(entry.speed_group for entry in entries),
        speed_low=_column(entries, "speed_low"),
        speed_high=_column(entries, "speed_high"),
        price_group=tuple(entry.price_group for entry in entries),
        price_low=_column(entries, "price_low"),
        price_high=_column(entries, "price_high"),
        model=tuple(row.model.name for row in rows),
    )


def _judged_sd(found: Found, row_ids: Array) -> Array:
    """Spread with which the gate judged: a reference model meets the bar that it states. [points]"""
    mean, sd = found.grades.mean[row_ids], found.grades.sd[row_ids]
    rows = [found.space.rows[i] for i in row_ids.tolist()]
    is_reference = np.array([row.model.name == found.request.bar.reference for row in rows])
    room = np.maximum(mean - found.request.bar.value, 0.0) / (3.0 * PASS_Z)
    return np.where(is_reference, np.minimum(sd, room), sd)


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """One finalist."""

    users_each: Array
    max_replicas: float
    fixed_usd: float
    idle_energy_usd: float
    load_energy_usd: float
    speed_group: str
    speed_low: float
    speed_high: float
    price_group: str
    price_low: float
    price_high: float

    @classmethod
    def of(cls, found: Found, row_id: int, machine_id: int, path_index: int) -> _Entry:
        """One row on one machine, paid for in one way."""
        block, request = found.space.pair(row_id, machine_id), found.request
        row, machine = found.space.rows[row_id], found.space.machines[machine_id]
        path = request.filters.paths[path_index]
        kind = "moe" if row.model.experts else "dense"
        speed = band(row.engine.name, machine.device, "tpot", kind, model_family=row.model.family)
        low, high = _price_range(machine, path, request)
        is_rented = path == "rent"
        return cls(
            users_each=_users_at(block, request),
            max_replicas=min(first_value(block.max_replicas), float(request.limits.max_replicas)),
            fixed_usd=_fixed_usd(machine, path, request),
            idle_energy_usd=0.0 if is_rented else first_value(block.costs.idle_energy_usd),
            load_energy_usd=0.0 if is_rented else first_value(block.costs.load_energy_usd),
            speed_group=f"{row.engine.name} {machine.device.device_class}",
            speed_low=1.0 / speed.factor_high,
            speed_high=1.0 / speed.factor_low,
            price_group=f"{path} {machine.device.name}",
            price_low=low,
            price_high=high,
        )


def _users_at(block: Block, request: Request) -> Array:
    """Users that one replica carries at each of SPEEDS. [users]

    A machine of f times the speed carries within T what the likely one carries within f T, pauses included.
    """
    load = replace(request.workload, num_users=request.workload.num_users * CROWD)
    known = physics(block, request)
    replica = useful_replica(known, load, max_sequences(known.memory))
    _, users = carried(
        replica, max_tpot_s=load.max_tpot_s * SPEEDS, max_ttft_s=load.max_ttft_s * SPEEDS,
        think_time_s=load.think_time_s * SPEEDS,
    )  # fmt: skip
    return users


def _fixed_usd(machine: Machine, path: str, request: Request, case: str = "likely") -> float:
    """A replica without its electricity at an end of prices and constants. [USD/month]"""
    costs = machine_costs(machine_columns([at_price(machine, case)]), money_constants(request, case))
    columns = {"rent": costs.rent_usd, "buy": costs.buy_fixed_usd, "owned": costs.owned_fixed_usd}
    return first_value(columns[path])


def _price_range(machine: Machine, path: str, request: Request) -> tuple[float, float]:
    """Ends of the fixed cost against the likely one. [ratio]"""
    likely = _fixed_usd(machine, path, request)
    if not likely > 0:
        return 1.0, 1.0
    low, high = (_fixed_usd(machine, path, request, case) / likely for case in ("low", "high"))
    return min(low, 1.0), max(high, 1.0)


def _column(entries: list[_Entry], name: str) -> Array:
    return np.array([getattr(entry, name) for entry in entries], dtype=np.float64)


def conditions(request: Request) -> Conditions:
    """What is asked, and the ranges of what nobody knows exactly."""
    is_one = request.workload.num_users <= 1
    tariff, hours = (cost_constant(name).value for name in ("tariff_usd_per_kwh", "active_hours_per_month"))
    used = cost_constant("utilisation_ratio").value
    is_usual = request.workload.utilisation_ratio == used.likely
    is_own_tariff = request.prices.tariff_usd_per_kwh is not None
    is_default = request.workload.active_hours_per_month == hours.likely
    return Conditions(
        num_users=request.workload.num_users,
        users_low=1.0 if is_one else LOAD_LOW,
        users_high=1.0 if is_one else LOAD_HIGH,
        tariff_low=1.0 if is_own_tariff else tariff.low / tariff.likely,
        tariff_high=1.0 if is_own_tariff else tariff.high / tariff.likely,
        hours_low=hours.low / hours.likely if is_default else 1.0,
        hours_high=hours.high / hours.likely if is_default else 1.0,
        utilisation_low=used.low / used.likely if is_usual else 1.0,
        utilisation_high=used.high / used.likely if is_usual else 1.0,
        bar=request.bar.value,
        monthly_budget_usd=request.limits.monthly_budget_usd,
        headroom_ratio=HEADROOM_RATIO,
    )


def _contender(
    found: Found, position: int, result: Contest, i: int, *, is_answer: bool, is_best: bool
) -> Contender:
    reason = result.reason[i]
    excuse = REASONS[reason] if reason else ""
    return Contender(
        option=_named(found, position),
        win_ratio=float(result.win_ratio[i]),
        fail_ratio=float(result.fail_ratio[i]),
        regret_usd=float(result.regret_usd[i]),
        regret_p90_usd=float(result.regret_p90_usd[i]),
        excuse=excuse,
        excuse_ratio=float(result.reason_ratio[i]),
        is_answer=is_answer,
        has_least_regret=is_best,
    )


def _named(found: Found, position: int) -> Text:
    if found.survivors is None:
        raise ValueError("no survivors to name")
    row = found.space.rows[int(found.survivors.row_ids[position])]
    machine = found.space.machines[int(found.survivors.machine_ids[position])]
    return T(
        "{model} in {quantization} with {engine} on {hardware}", model=row.model.name,
        quantization=row.quantization.name, engine=row.engine.name, hardware=wording.machine_name(machine),
    )  # fmt: skip
