"""The published comparison of ConfigIQ: Qwen3-235B at 2.5 B tokens a month, API 1,947, rent 10,523, own 12,397 USD.

Published: the totals, 630 USD of tokens, 0.05 persons and 15,000 USD once for an API, one person 18,000 USD a month,
0.2 to 0.25 persons and up to 50,000 USD once for one's own cluster, one-off costs over 36 months, servers kept 48
months with 20 % left, 8 % interest, 0.12 USD/kWh, 450 W of host, the price of an 8x H100 server. Not published, and
reconstructed here: which cards were rented (2x H200 at 3.79 USD/h), and of the owned server its load (the median of
practice, 0.375), maintenance (5 % a year) and PUE (1.2).
"""

from __future__ import annotations

import numpy as np
import pytest

from sizewise.estimate.cost_hosted import Hosted
from sizewise.estimate.cost_own import buy_monthly_parts, energy_monthly_usd, power_watts, rent_monthly_usd

PERSON, MONTHS = 18_000.0, 36.0
SETUP = 50_000.0 / MONTHS
STAFF = 0.2 * PERSON


def site(machine: tuple[tuple[str, float], ...]) -> Hosted:
    return Hosted(
        base=(("staff", STAFF), ("setup", SETUP)), machine=machine, load_energy_usd=0.0, planned_requests=1e9,
        full_requests=1e9,
    )  # fmt: skip


def test_api() -> None:
    # tokens 630 + 0.05 x 18,000 = 900 + 15,000 / 36 = 416.7
    hosted = Hosted(
        base=(("staff", 0.05 * PERSON), ("setup", 15_000 / MONTHS)), machine=(), load_energy_usd=0.0,
        planned_requests=1e12, full_requests=1e12,
    )  # fmt: skip
    assert sum(usd for _, usd in hosted.parts_at(1.0, 0.0)) + 630 == pytest.approx(1_947, rel=0.01)


def test_rent() -> None:
    # 2 x 3.79 x 730 = 5,533 + 3,600 + 1,389 = 10,522
    rent = rent_monthly_usd(usd_per_machine_hour=2 * 3.79, num_machines=1.0)
    assert float(site((("rent", float(rent)),)).stepped.usd_at(np.array(1.0))) == pytest.approx(
        10_523, rel=0.01
    )


def test_own() -> None:
    # 285,000: x 0.8 / 48 = 4,750; x 1.2 / 2 x 0.08 / 12 = 1,140; x 0.05 / 12 = 1,188;
    # 450 + 5,600 (0.15 + 0.85 x 0.375) = 3,075 W x 0.73 x 1.2 x 0.12 = 323; + 3,600 + 1,389 = 12,390
    watts = 450.0 + power_watts(tdp_watts=8 * 700.0, idle_power_ratio=0.15, busy_ratio=0.375)
    parts = buy_monthly_parts(
        capex_usd=285_000.0, residual_ratio=0.2, rate_per_year=0.08, life_months=48.0, maintenance_per_year=0.05,
        energy_usd=energy_monthly_usd(watts=watts, pue=1.2, tariff_usd_per_kwh=0.12),
    )  # fmt: skip
    assert float(site((("buy", float(parts.total_usd)),)).stepped.usd_at(np.array(1.0))) == pytest.approx(
        12_397, rel=0.01
    )
