"""Machines with prices: what each way to pay costs, what is unknown, what is left out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.prices import cost_defaults
from sizewise.domain.device import Machine
from sizewise.estimate.columns import MachineColumns, machine_columns
from sizewise.estimate.cost import (
    CostDefaults,
    buy_parts,
    in_server,
    machine_costs,
    machine_watts,
    monthly_usd,
    staff_monthly_usd,
    upfront_usd,
)

CATALOG = load_catalog()
PLAIN = CostDefaults(
    life_months=36, residual_ratio=0.2, capital_rate_per_year=0.08, server_maintenance_per_year=0.05,
    desktop_maintenance_per_year=0.02, idle_power_ratio=0.15, server_pue=1.5, desktop_pue=1.0,
    server_host_watts_per_device=180, desktop_host_watts=120, server_host_usd=15_000, server_host_usd_per_device=8_000,
    desktop_host_usd=700, desktop_host_usd_per_device=300, tariff_usd_per_kwh=0.15, colocation_usd_per_kw_month=200,
    staff_fte=0.05, staff_usd_per_month=10_000, active_hours_per_month=730, fx_cny_per_usd=6.8,
)  # fmt: skip
"""Round numbers, so that the cases can be checked by hand."""


def columns(
    name: str, num_devices: int = 1, *, is_owned: bool = False, buy: float = 2_000, rent: float = 0.5
) -> MachineColumns:
    device = replace(CATALOG.device(name), buy_usd=buy, rent_usd_per_hour=rent)
    return machine_columns([Machine(device=device, num_devices=num_devices, is_owned=is_owned)])


def test_a_desktop_costs_its_cards_and_a_host() -> None:
    assert upfront_usd(columns("RTX 4090", 2), PLAIN) == pytest.approx(2 * 2_000 + 700 + 2 * 300)


def test_a_server_costs_its_cards_and_a_dearer_host() -> None:
    assert upfront_usd(columns("H100 SXM", 8, buy=30_000), PLAIN) == pytest.approx(
        8 * 30_000 + 15_000 + 8 * 8_000
    )


def test_many_desktop_cards_need_a_chassis_but_no_boards_that_link_them() -> None:
    assert upfront_usd(columns("RTX 4090", 8), PLAIN) == pytest.approx(8 * 2_000 + 15_000 + 8 * 300)


def test_a_system_on_a_chip_is_priced_as_the_whole_machine() -> None:
    machine = columns("DGX Spark", buy=4_700)
    assert upfront_usd(machine, PLAIN) == pytest.approx(4_700)
    assert machine_watts(machine, PLAIN, busy_ratio=1.0) == pytest.approx(machine.tdp_watts)


def test_power_counts_idle_devices_and_the_host() -> None:
    assert machine_watts(columns("RTX 4090", 2), PLAIN, busy_ratio=0.0) == pytest.approx(2 * 450 * 0.15 + 120)
    assert machine_watts(columns("H100 SXM", 8), PLAIN, busy_ratio=1.0) == pytest.approx(8 * 700 + 8 * 180)


def test_bought_owned_and_rented_machine_by_hand() -> None:
    # 2,000 + 1,000 host = 3,000: 3,000 x 0.8/36 + 3,600/2 x 0.08/12 + 3,000 x 0.02/12 = 66.67 + 12.0 + 5.0
    # busy 0.5: 450 (0.15 + 0.85 x 0.5) + 120 = 378.75 W x 0.73 x 0.15 = 41.47
    costs = machine_costs(columns("RTX 4090", is_owned=True), PLAIN)
    energy = (450 * (0.15 + 0.85 * 0.5) + 120) / 1_000 * 730 * 0.15
    assert monthly_usd(costs, "owned", replicas=1.0, busy_ratio=0.5) == pytest.approx(energy)
    assert monthly_usd(costs, "buy", replicas=1.0, busy_ratio=0.5) == pytest.approx(
        66.667 + 12.0 + 5.0 + energy, abs=0.01
    )
    assert monthly_usd(costs, "rent", replicas=3.0, busy_ratio=0.5) == pytest.approx(3 * 0.5 * 730)


def test_space_is_paid_for_servers_only() -> None:
    assert buy_parts(columns("RTX 4090"), PLAIN, busy_ratio=0.5).facility_usd == 0.0
    # 8 x 700 + 8 x 180 = 7.04 kW x 200
    assert buy_parts(columns("H100 SXM", 8), PLAIN, busy_ratio=0.5).facility_usd == pytest.approx(1_408.0)


def test_outside_of_the_active_hours_a_machine_idles() -> None:
    office = machine_costs(columns("RTX 4090", is_owned=True), replace(PLAIN, active_hours_per_month=73))
    always = machine_costs(columns("RTX 4090", is_owned=True), PLAIN)
    assert office.idle_energy_usd == always.idle_energy_usd
    assert office.load_energy_usd == pytest.approx(always.load_energy_usd / 10)


def test_people_look_after_a_deployment_once() -> None:
    assert staff_monthly_usd(PLAIN) == 500.0
    assert buy_parts(columns("RTX 4090"), PLAIN, busy_ratio=0.5).staff_usd == 0.0


def test_an_unknown_price_is_an_unknown_cost_never_zero() -> None:
    costs = machine_costs(columns("RTX 4090", buy=math.nan, rent=math.nan), PLAIN)
    assert np.isnan(monthly_usd(costs, "rent", replicas=1.0, busy_ratio=0.5))
    assert np.isnan(monthly_usd(costs, "buy", replicas=1.0, busy_ratio=0.5))
    assert np.isnan(costs.upfront_usd)


def test_hardware_that_is_not_there_cannot_be_owned_for_its_electricity() -> None:
    costs = machine_costs(columns("RTX 4090", is_owned=False), PLAIN)
    assert np.isnan(monthly_usd(costs, "owned", replicas=1.0, busy_ratio=0.5))


def test_E01_the_own_path_is_complete() -> None:
    # chimeraforge left 33 of 43 USD of power out, and host, people and idle time with it
    machine = columns("RTX 4090", is_owned=True)
    costs = machine_costs(machine, PLAIN)
    card_alone = 450 / 1_000 * 730 * 0.15 * 0.02
    assert monthly_usd(costs, "owned", replicas=1.0, busy_ratio=0.02) > 10 * card_alone
    parts = buy_parts(machine, PLAIN, busy_ratio=0.02)
    named = (parts.depreciation_usd, parts.capital_usd, parts.energy_usd, parts.maintenance_usd)
    assert all(np.min(part) > 0 for part in named)


def test_servers_are_told_from_desktops() -> None:
    fleet = (("RTX 4090", 4), ("RTX 4090", 5), ("NVIDIA L4", 1), ("DGX Spark", 1))
    machines = machine_columns([Machine(device=CATALOG.device(name), num_devices=n) for name, n in fleet])
    assert in_server(machines).tolist() == [False, True, True, False]


@pytest.mark.parametrize("name", ["RTX 4090", "H100 SXM", "NVIDIA L4"])
def test_low_and_high_constants_enclose_the_likely_cost(name: str) -> None:
    low, likely, high = (
        np.sum(buy_parts(columns(name), cost_defaults(case), busy_ratio=0.3).total_usd)
        for case in ("low", "likely", "high")
    )
    assert low < likely < high
