"""Money, worked by hand. Derivations stand beside each case; prices are those of 2026-09 and 2026-11."""

from __future__ import annotations

import pytest

from sizewise.estimate.cost_own import (
    OwnedParts,
    annuity_monthly_usd,
    buy_monthly_parts,
    capital_monthly_usd,
    capital_recovery_factor,
    depreciation_monthly_usd,
    energy_monthly_usd,
    num_machines,
    power_watts,
    rent_monthly_usd,
    split_usd_per_million_output_tokens,
    usd_per_million_tokens,
    whole_steps,
)

# One box with one RTX 4090, in CNY (the formulas know no currency): card 18,000 + host 8,000; 450 W, host 120 W.
BOX = 26_000.0
WATTS = power_watts(tdp_watts=450.0, idle_power_ratio=0.15, busy_ratio=0.35) + 120.0
ENERGY = energy_monthly_usd(watts=WATTS, pue=1.0, tariff_usd_per_kwh=0.8)


def box_parts(*, staff_fte: float = 0.0) -> OwnedParts:
    return buy_monthly_parts(
        capex_usd=BOX,
        residual_ratio=0.2,
        rate_per_year=0.08,
        life_months=36.0,
        maintenance_per_year=0.05,
        energy_usd=ENERGY,
        staff_fte=staff_fte,
        staff_usd_per_month=25_000.0,
    )


def test_capital_recovery_factor_of_three_years_at_eight_percent() -> None:
    # i = 0.08/12 = 0.0066667; (1+i)^36 = 1.270237; i x 1.270237 / 0.270237 = 0.0313364
    assert capital_recovery_factor(rate_per_year=0.08, life_months=36.0) == pytest.approx(0.0313364, abs=5e-8)


def test_without_interest_the_instalment_is_one_part_of_the_life() -> None:
    assert capital_recovery_factor(rate_per_year=0.0, life_months=36.0) == pytest.approx(1 / 36)


def test_simple_and_annuity_cost_of_the_box() -> None:
    # 20,800/36 = 577.8; (26,000 + 5,200)/2 x 0.08/12 = 104.0; annuity (26,000 - 5,200/1.270237) x 0.0313364 = 686.5
    lost = depreciation_monthly_usd(capex_usd=BOX, residual_ratio=0.2, life_months=36.0)
    bound = capital_monthly_usd(capex_usd=BOX, residual_ratio=0.2, rate_per_year=0.08)
    assert lost + bound == pytest.approx(681.8, abs=0.05)
    annuity = annuity_monthly_usd(capex_usd=BOX, residual_ratio=0.2, rate_per_year=0.08, life_months=36.0)
    assert annuity == pytest.approx(686.5, abs=0.05)


def test_power_and_energy_of_the_box() -> None:
    # 450 (0.15 + 0.85 x 0.35) + 120 = 321.4 W; x 0.73 = 234.6 kWh; x 0.8 = 187.7
    assert pytest.approx(321.4, abs=0.05) == WATTS
    assert energy_monthly_usd(watts=WATTS, pue=1.0, tariff_usd_per_kwh=1.0) == pytest.approx(234.6, abs=0.05)
    assert pytest.approx(187.7, abs=0.05) == ENERGY


def test_owning_the_box_part_by_part() -> None:
    parts = box_parts()
    assert parts.depreciation_usd == pytest.approx(577.8, abs=0.05)
    assert parts.capital_usd == pytest.approx(104.0, abs=0.05)
    assert parts.maintenance_usd == pytest.approx(108.3, abs=0.05)
    assert parts.energy_usd == pytest.approx(187.7, abs=0.05)
    assert parts.running_usd == pytest.approx(296.0, abs=0.05)
    assert parts.total_usd == pytest.approx(977.8, abs=0.05)
    assert box_parts(staff_fte=0.05).total_usd == pytest.approx(2_227.8, abs=0.05)


def test_rent_of_the_box_always_on_and_in_office_hours() -> None:
    assert rent_monthly_usd(usd_per_machine_hour=1.88, num_machines=1.0) == pytest.approx(1_372.4, abs=0.05)
    office = rent_monthly_usd(usd_per_machine_hour=1.88, num_machines=1.0, hours=12.0 * 22.0)
    assert office == pytest.approx(496.3, abs=0.05)


def test_rent_with_cold_starts_discount_interruptions_and_extras() -> None:
    # 2.00 x 0.6 / 0.9 = 1.3333/h; 100 h + 30 starts x 120 s = 101 h; + 5 + 3
    usd = rent_monthly_usd(
        usd_per_machine_hour=2.0, num_machines=1.0, hours=100.0, num_cold_starts=30.0, cold_start_s=120.0,
        discount_ratio=0.4, interruption_ratio=0.1, storage_usd=5.0, egress_usd=3.0,
    )  # fmt: skip
    assert usd == pytest.approx(2.0 * 0.6 / 0.9 * 101.0 + 8.0)


def test_input_and_output_tokens_split_four_to_one() -> None:
    # GKE Inference Quickstart: 4.50 USD/h, 5,000 in/s, 1,200 out/s: 0.00125 / (1,250 + 1,200) = 0.510 USD per M output
    usd = split_usd_per_million_output_tokens(
        usd_per_hour=4.5, input_tokens_per_s=5_000.0, output_tokens_per_s=1_200.0
    )
    assert usd == pytest.approx(0.510, abs=0.0005)
    assert usd / 4.0 == pytest.approx(0.128, abs=0.0005)


@pytest.mark.parametrize(
    ("replicas", "each", "machine", "machines"),
    [
        (1, 1, 8, 1),
        (8, 1, 8, 1),
        (9, 1, 8, 2),
        (2, 5, 8, 2),
        (3, 2, 8, 1),
        (1, 8, 8, 1),
        (1, 16, 8, 2),
        (3, 16, 8, 6),
    ],
)
def test_machines_come_whole(replicas: float, each: float, machine: float, machines: float) -> None:
    # (2, 5, 8): a second replica of 5 does not fit beside the first; (3, 16, 8): each replica takes two machines
    assert (
        num_machines(num_replicas=replicas, devices_per_replica=each, devices_per_machine=machine) == machines
    )


def test_two_machines_are_bought_when_1_01_are_needed() -> None:
    assert [float(whole_steps(need, step=1.0)) for need in (0.3, 1.0, 1.01, 2.0, 2.000001)] == [1, 1, 2, 2, 3]


def test_noise_of_division_buys_no_machine() -> None:
    assert whole_steps(0.1 + 0.2, step=0.1) == 3


def test_cost_per_million_tokens_is_at_the_load_that_there_is() -> None:
    # 1,000 USD a month: at 10^9 tokens 1 USD per M, at 2 % of that 50 times as much
    assert usd_per_million_tokens(monthly_usd=1_000.0, tokens_per_month=1e9) == pytest.approx(1.0)
    assert usd_per_million_tokens(monthly_usd=1_000.0, tokens_per_month=2e7) == pytest.approx(50.0)
