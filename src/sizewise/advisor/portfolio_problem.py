"""From candidates to the arrays of `decide/portfolio.py`, and back from a position to what it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.own_prices import money_constants
from sizewise.advisor.portfolio_pools import SLOTS_PER_DEVICE, costs_of_pools
from sizewise.decide.portfolio import NO_POOL, Pools, Problem, load_of
from sizewise.estimate.columns import machine_columns
from sizewise.estimate.cost import machine_costs, monthly_usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.portfolio_space import Candidates
    from sizewise.advisor.portfolio_traffic import TrafficClass
    from sizewise.domain.decision import ApiOption
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request


@dataclass(frozen=True, kw_only=True)
class Stated:
    """The problem, and which row, part or API each of its deployments is."""

    problem: Problem
    row: Array
    """Position in the rows of the space; -1: an API."""
    part: Array
    """Position in `Candidates.parts`; for an API its class."""


def state(found: Candidates, classes: Sequence[TrafficClass], apis: Sequence[ApiOption | None]) -> Stated:
    """The integer programme's data: hardware first, then the APIs of the classes that allow one."""
    request = classes[0].request
    pools = _pools(found, request)
    hardware = _hardware(found, pools, request)
    outside = [k for k, one in enumerate(classes) if one.allows_api and apis[k] is not None]
    bills = np.full((len(classes), len(outside)), np.nan)
    for column, k in enumerate(outside):
        choice = apis[k]
        if choice is not None:
            bills[k, column] = choice.monthly_usd.likely
    problem, row, part = hardware
    none = np.full(len(outside), NO_POOL)
    return Stated(
        problem=Problem(
            pools=pools,
            pool=np.concatenate([problem.pool, none]),
            slots=np.concatenate([problem.slots, np.zeros(len(outside))]),
            load=np.concatenate([problem.load, np.where(np.isnan(bills), np.nan, 0.0)], axis=1),
            usage_usd=np.concatenate([problem.usage_usd, bills], axis=1),
            upfront_budget_usd=classes[0].request.limits.upfront_budget_usd,
        ),
        row=np.concatenate([row, none]),
        part=np.concatenate([part, np.array(outside, dtype=np.intp)]),
    )


def _pools(found: Candidates, request: Request) -> Pools:
    costs = costs_of_pools(found.pools, request) if found.pools else None
    standing = [
        float(monthly_usd(costs, entry.path, replicas=1.0, busy_ratio=0.0)[i]) if costs else 0.0
        for i, entry in enumerate(found.pools)
    ]
    is_bought = np.array([entry.path == "buy" for entry in found.pools], dtype=bool)
    return Pools(
        standing_usd=np.array(standing),
        upfront_usd=np.where(is_bought, costs.upfront_usd, 0.0) if costs else np.zeros(0),
        slots=np.array([SLOTS_PER_DEVICE * float(e.machine.num_devices) for e in found.pools]),
        max_machines=np.array([e.max_machines for e in found.pools]),
    )


def _hardware(found: Candidates, pools: Pools, request: Request) -> tuple[Problem, Array, Array]:
    """Every row on every part that some class can use."""
    at = np.array([part.machine for part in found.parts], dtype=np.intp)
    pool = np.array([part.pool for part in found.parts], dtype=np.intp)
    slots = np.array([float(part.slots) for part in found.parts])
    energy = _energy_of_work(found, request)[at] if len(at) else np.zeros(0)
    is_rented = np.array([found.pools[p].path == "rent" for p in pool.tolist()], dtype=bool)
    share = found.share[:, :, at]
    is_able = np.isfinite(share).any(axis=0)
    row, part = np.nonzero(is_able)
    chosen = share[:, row, part]
    usage = chosen * np.where(is_rented, 0.0, energy)[part]
    problem = Problem(pools=pools, pool=pool[part], slots=slots[part], load=load_of(chosen), usage_usd=usage)
    return problem, found.rows[row], part


def _energy_of_work(found: Candidates, request: Request) -> Array:
    """Electricity of each evaluated machine beyond idling when it works in all active hours. [USD/month]"""
    return machine_costs(machine_columns(found.space.machines), money_constants(request)).load_energy_usd
