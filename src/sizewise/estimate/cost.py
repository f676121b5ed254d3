"""Monthly cost of every machine for each way to pay: rent, buy, or own already.

What a machine costs is worked out once for each machine, [m]; a block of candidates then needs a few passes:
replicas x (standing + load x busy share).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.domain.number import Array, np
from sizewise.estimate.columns import Columns
from sizewise.estimate.cost_own import (
    WATTS_PER_KILOWATT,
    OwnedParts,
    buy_monthly_parts,
    energy_monthly_usd,
    power_watts,
    rent_monthly_usd,
)
from sizewise.units import HOURS_PER_MONTH

if TYPE_CHECKING:
    from sizewise.domain.number import Number
    from sizewise.estimate.columns import MachineColumns

MOST_DEVICES_IN_DESKTOP = 4
"""More cards than this need a server chassis. [count] Assumed: slots and power of one socket."""


@dataclass(frozen=True, kw_only=True)
class CostDefaults:
    """Constants of money that are not the price of a device; each has a row in catalog/cost_defaults.csv."""

    life_months: float
    """Months until the hardware is sold. [months]"""
    residual_ratio: float
    """Share of the purchase price that it then brings. [ratio]"""
    capital_rate_per_year: float
    """Interest on the money bound. [1/year]"""
    server_maintenance_per_year: float
    """Share of the purchase price. [1/year]"""
    desktop_maintenance_per_year: float
    idle_power_ratio: float
    """Power of an idle device over its TDP. [ratio]"""
    server_pue: float
    """Power of the building over power of the machines. [ratio]"""
    desktop_pue: float
    server_host_watts_per_device: float
    """Power of a server without its devices, for each of them. [W]"""
    desktop_host_watts: float
    server_host_usd: float
    """What a server adds to the price of its devices: the part for the machine. [USD]"""
    server_host_usd_per_device: float
    """The part for each device. [USD]"""
    desktop_host_usd: float
    desktop_host_usd_per_device: float
    tariff_usd_per_kwh: float
    colocation_usd_per_kw_month: float
    """Space for a server, electricity billed on top. [USD/kW month]"""
    staff_fte: float
    """People who look after it, one deployment. [persons]"""
    staff_usd_per_month: float
    """Loaded cost of one person. [USD/month]"""
    active_hours_per_month: float
    """Hours in which requests come; a machine stays powered outside of them. [hours/month]"""
    fx_cny_per_usd: float
    """Dated rate of exchange. [CNY/USD]"""


@dataclass(frozen=True, kw_only=True)
class MachineCosts(Columns):
    """What one machine costs each month, [m]; NaN where a price is unknown."""

    rent_usd: Array
    """Rent, always on. [USD/month]"""
    buy_fixed_usd: Array
    """Depreciation, capital, maintenance and space. [USD/month]"""
    owned_fixed_usd: Array
    """0 on hardware that is there already, NaN elsewhere. [USD/month]"""
    idle_energy_usd: Array
    """Electricity while nothing runs. [USD/month]"""
    load_energy_usd: Array
    """Further electricity when it is busy in all active hours. [USD/month]"""
    upfront_usd: Array
    """Price of the machine. [USD]"""


def machine_costs(
    machines: MachineColumns, defaults: CostDefaults, *, rented_hours: float = HOURS_PER_MONTH
) -> MachineCosts:
    """Costs of each machine for a month, once for all candidates on it.

    Array shapes: [m]. Valid for: whole machines of equal devices; a system on a chip is priced as the whole machine
    and draws its TDP. People are not in: they look after a deployment, see `staff_monthly_usd`.
    """
    hourly_usd = machines.num_devices * machines.rent_usd_per_hour
    rent_usd = rent_monthly_usd(usd_per_machine_hour=hourly_usd, num_machines=1.0, hours=rented_hours)
    idle = buy_parts(machines, defaults, busy_ratio=0.0)
    busy = buy_parts(machines, defaults, busy_ratio=1.0)
    return MachineCosts(
        rent_usd=np.asarray(rent_usd),
        buy_fixed_usd=np.asarray(idle.total_usd - idle.energy_usd),
        owned_fixed_usd=np.where(machines.is_owned > 0, 0.0, np.nan),
        idle_energy_usd=np.asarray(idle.energy_usd),
        load_energy_usd=np.asarray(busy.energy_usd - idle.energy_usd),
        upfront_usd=np.asarray(upfront_usd(machines, defaults)),
    )


def monthly_usd(costs: MachineCosts, path: str, *, replicas: Number, busy_ratio: Number) -> Array:
    """Cost of a deployment for one month; NaN where a price is unknown or the path is not open. [USD/month]

    rent: replicas x rent; buy and owned: replicas x (fixed + idle energy + load energy x busy share).
    Array shapes: costs [m], replicas and busy share [n, m] or [n].
    """
    if path == "rent":
        return np.asarray(replicas * costs.rent_usd)
    fixed_usd = {"buy": costs.buy_fixed_usd, "owned": costs.owned_fixed_usd}[path]
    with np.errstate(
        invalid="ignore"
    ):  # no number of replicas carries it and each costs nothing: unknown, NaN
        return np.asarray(
            replicas * (costs.load_energy_usd * busy_ratio + (fixed_usd + costs.idle_energy_usd))
        )


def staff_monthly_usd(defaults: CostDefaults) -> float:
    """People who look after a deployment, the same for rented and bought machines. [USD/month]  persons x cost."""
    return defaults.staff_fte * defaults.staff_usd_per_month


def upfront_usd(machines: MachineColumns, defaults: CostDefaults) -> Number:
    """Price of each machine. [USD]

    devices x price + host: a + b x devices, dearer in a server, dearest for its own kind of devices (boards that link
    them, network cards, memory); nothing more for a system on a chip.
    """
    fixed_usd = np.where(in_server(machines), defaults.server_host_usd, defaults.desktop_host_usd)
    each_usd = np.where(
        machines.needs_server > 0, defaults.server_host_usd_per_device, defaults.desktop_host_usd_per_device
    )
    host_usd = np.where(machines.is_unified > 0, 0.0, fixed_usd + each_usd * machines.num_devices)
    return machines.num_devices * machines.buy_usd + host_usd


def machine_watts(machines: MachineColumns, defaults: CostDefaults, *, busy_ratio: Number) -> Number:
    """Power of each machine at the plug, before the building's share. [W]

    devices x TDP x (idle + (1 - idle) x busy) + host; an idle device that is switched on counts as well.
    """
    host_watts = np.where(
        in_server(machines),
        defaults.server_host_watts_per_device * machines.num_devices,
        defaults.desktop_host_watts,
    )
    devices_watts = machines.num_devices * power_watts(
        tdp_watts=machines.tdp_watts, idle_power_ratio=defaults.idle_power_ratio, busy_ratio=busy_ratio
    )
    return devices_watts + np.where(machines.is_unified > 0, 0.0, host_watts)


def in_server(machines: MachineColumns) -> Array:
    """Which machines are rack servers: data centre devices, or more cards than a desktop takes."""
    is_large = (machines.num_devices > MOST_DEVICES_IN_DESKTOP) & ~(machines.is_unified > 0)
    return np.asarray((machines.needs_server > 0) | is_large)


def buy_parts(machines: MachineColumns, defaults: CostDefaults, *, busy_ratio: Number) -> OwnedParts:
    """What one bought machine costs each month, part by part, people aside. [USD/month]

    `busy_ratio`: share of the active hours in which it works; outside of them it idles.
    """
    is_server = in_server(machines)
    peak_kw = machine_watts(machines, defaults, busy_ratio=1.0) / WATTS_PER_KILOWATT
    watts = machine_watts(
        machines, defaults, busy_ratio=busy_ratio * (defaults.active_hours_per_month / HOURS_PER_MONTH)
    )
    return buy_monthly_parts(
        capex_usd=upfront_usd(machines, defaults),
        residual_ratio=defaults.residual_ratio,
        rate_per_year=defaults.capital_rate_per_year,
        life_months=defaults.life_months,
        maintenance_per_year=np.where(
            is_server, defaults.server_maintenance_per_year, defaults.desktop_maintenance_per_year
        ),
        energy_usd=energy_monthly_usd(
            watts=watts,
            pue=np.where(is_server, defaults.server_pue, defaults.desktop_pue),
            tariff_usd_per_kwh=defaults.tariff_usd_per_kwh,
        ),
        facility_usd=np.where(is_server, peak_kw * defaults.colocation_usd_per_kw_month, 0.0),
    )
