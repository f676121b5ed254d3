"""Cost of one deployment with its range and its parts, by the same functions as the search."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.own_prices import money_constants
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.estimate.columns import machine_columns
from sizewise.estimate.cost import buy_parts, machine_costs, monthly_usd

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request

PRICE_FIELDS = {
    "low": {"buy_usd": "buy_usd_low", "rent_usd_per_hour": "rent_usd_per_hour_low"},
    "high": {"buy_usd": "buy_usd_high", "rent_usd_per_hour": "rent_usd_per_hour_high"},
}


def cost_range(
    machine: Machine, deployment: Deployment, busy_ratio: float, request: Request
) -> tuple[Estimate | Unknown, Estimate | Unknown, tuple[tuple[str, float], ...]]:
    """Monthly cost, what is paid at once, and the parts of the likely monthly cost. [USD]"""
    likely, upfront = _cost(machine, deployment, busy_ratio, request)
    if not np.isfinite(likely):
        reason = "no price is known for this hardware"
        return Unknown(reason=reason), Unknown(reason=reason), ()
    parts = tuple(_parts(machine, deployment, busy_ratio, request, likely))
    low, upfront_low = _cost(at_price(machine, "low"), deployment, busy_ratio, request, "low")
    high, upfront_high = _cost(at_price(machine, "high"), deployment, busy_ratio, request, "high")
    basis = "assumed" if deployment.path == "owned" else "derived"
    return _between(low, likely, high, basis), _between(upfront_low, upfront, upfront_high, basis), parts


def _between(low: float, likely: float, high: float, basis: str) -> Estimate:
    """A range whose unknown ends are the likely value."""
    known = [v for v in (low, likely, high) if np.isfinite(v)]
    return Estimate(low=min(known), likely=likely, high=max(known), basis=basis)


def at_price(machine: Machine, end: str) -> Machine:
    """The machine at the low, likely or high end of its prices; an unknown end is the likely price."""
    device = machine.device
    ends = {name: getattr(device, source) for name, source in PRICE_FIELDS.get(end, {}).items()}
    prices = {name: usd for name, usd in ends.items() if np.isfinite(usd)}
    return replace(machine, device=replace(device, **prices))


def likely_monthly_usd(
    machine: Machine, deployment: Deployment, busy_ratio: float, request: Request
) -> float:
    """Likely monthly cost of a deployment at this share of its capacity. [USD/month]"""
    return _cost(machine, deployment, busy_ratio, request)[0]


def _cost(
    machine: Machine, deployment: Deployment, busy_ratio: float, request: Request, case: str = "likely"
) -> tuple[float, float]:
    costs = machine_costs(machine_columns([machine]), money_constants(request, case))
    monthly = monthly_usd(costs, deployment.path, replicas=deployment.replicas, busy_ratio=busy_ratio)
    upfront = deployment.replicas * float(costs.upfront_usd[0]) if deployment.path == "buy" else 0.0
    return float(np.asarray(monthly).reshape(-1)[0]), upfront


def _parts(
    machine: Machine, deployment: Deployment, busy_ratio: float, request: Request, likely: float
) -> list[tuple[str, float]]:
    """Named parts that sum to the likely cost. [USD/month]"""
    if deployment.path == "rent":
        return [("rent", likely)]
    if deployment.path == "owned":
        return [("energy", likely)]
    columns = machine_columns([machine])
    parts = buy_parts(columns, money_constants(request), busy_ratio=busy_ratio)
    each = {
        f.name.removesuffix("_usd"): float(np.asarray(getattr(parts, f.name)).reshape(-1)[0])
        for f in fields(parts)
    }
    return [(name, deployment.replicas * amount) for name, amount in each.items() if amount]
