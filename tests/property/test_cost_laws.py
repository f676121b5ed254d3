"""Laws of money: parts and totals, what raises a bill, whole steps, currencies, block and single."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.catalog import load_catalog
from sizewise.catalog.prices import cost_defaults
from sizewise.domain.device import Machine
from sizewise.estimate.break_even import NotReached, Reached, break_even_units
from sizewise.estimate.columns import MachineColumns, machine_columns
from sizewise.estimate.cost import buy_parts, machine_costs, monthly_usd
from sizewise.estimate.cost_api import TokenPrices, api_monthly_usd
from sizewise.estimate.cost_over_use import SteppedCost
from sizewise.estimate.cost_own import (
    annuity_monthly_usd,
    buy_monthly_parts,
    num_machines,
    peak_requests_per_s,
    rent_monthly_usd,
    whole_steps,
)

CATALOG = load_catalog()
PRICED = [
    d for d in CATALOG.devices.values() if d.buy_usd > 0 and d.rent_usd_per_hour > 0 and d.tdp_watts > 0
]
MACHINES = machine_columns(
    [Machine(device=d, num_devices=n, is_owned=True) for d in PRICED for n in (1, 2, 8)]
)
RATIO = st.floats(0.0, 1.0)
PRICE = st.floats(0.001, 100.0)
COUNT = st.floats(1.0, 1e9)
MORE = st.floats(1.0, 10.0)


def scaled(machines: MachineColumns, factor: float) -> MachineColumns:
    return replace(
        machines, buy_usd=machines.buy_usd * factor, rent_usd_per_hour=machines.rent_usd_per_hour * factor
    )


CAPEX, LIFE, ENERGY, STAFF = (
    st.floats(1.0, 1e7),
    st.floats(1.0, 120.0),
    st.floats(0.0, 1e5),
    st.floats(0.0, 2.0),
)


@given(CAPEX, st.tuples(RATIO, RATIO, RATIO), LIFE, ENERGY, STAFF)
def test_parts_sum_to_the_total(
    capex: float, ratios: tuple[float, float, float], life: float, energy: float, staff: float
) -> None:
    residual, rate, maintenance = ratios
    parts = buy_monthly_parts(
        capex_usd=capex, residual_ratio=residual, rate_per_year=rate, life_months=life, energy_usd=energy,
        maintenance_per_year=maintenance, facility_usd=17.0, staff_fte=staff, staff_usd_per_month=9_000.0,
    )  # fmt: skip
    assert sum(getattr(parts, f.name) for f in fields(parts)) == pytest.approx(parts.total_usd)
    assert parts.total_usd >= parts.running_usd >= parts.marginal_usd


@given(RATIO)
def test_the_search_and_the_parts_give_the_same_number(busy: float) -> None:
    costs = machine_costs(MACHINES, cost_defaults())
    parts = buy_parts(MACHINES, cost_defaults(), busy_ratio=busy)
    np.testing.assert_allclose(
        monthly_usd(costs, "buy", replicas=3.0, busy_ratio=busy), 3.0 * np.asarray(parts.total_usd)
    )
    np.testing.assert_allclose(
        monthly_usd(costs, "owned", replicas=3.0, busy_ratio=busy), 3.0 * np.asarray(parts.marginal_usd)
    )


@given(st.integers(1, 50), RATIO)
def test_full_cost_is_never_below_marginal_cost(replicas: int, busy: float) -> None:
    costs = machine_costs(MACHINES, cost_defaults())
    full = monthly_usd(costs, "buy", replicas=float(replicas), busy_ratio=busy)
    assert (full >= monthly_usd(costs, "owned", replicas=float(replicas), busy_ratio=busy)).all()


@given(RATIO, RATIO, st.sampled_from(["rent", "buy", "owned"]))
def test_cost_never_falls_with_load_or_replicas(one: float, other: float, path: str) -> None:
    costs = machine_costs(MACHINES, cost_defaults())
    low, high = sorted((one, other))
    less = monthly_usd(costs, path, replicas=1.0, busy_ratio=low)
    assert (less <= monthly_usd(costs, path, replicas=1.0, busy_ratio=high) + 1e-9).all()
    assert (less < monthly_usd(costs, path, replicas=2.0, busy_ratio=low)).all()


@given(MORE, st.sampled_from(["rent", "buy"]))
def test_cost_never_falls_with_prices(factor: float, path: str) -> None:
    plain, dear = (machine_costs(m, cost_defaults()) for m in (MACHINES, scaled(MACHINES, factor)))
    less = monthly_usd(plain, path, replicas=2.0, busy_ratio=0.4)
    assert (less <= monthly_usd(dear, path, replicas=2.0, busy_ratio=0.4) + 1e-9).all()


@given(st.floats(0.01, 1_000.0))
def test_the_currency_changes_no_ranking(rate: float) -> None:
    defaults = cost_defaults()
    money = {
        f.name: getattr(defaults, f.name) * rate
        for f in fields(defaults)
        if "usd" in f.name and "fx" not in f.name
    }
    other = machine_costs(scaled(MACHINES, rate), replace(defaults, **money))
    for path in ("rent", "buy", "owned"):
        here = monthly_usd(machine_costs(MACHINES, defaults), path, replicas=1.0, busy_ratio=0.3)
        np.testing.assert_allclose(monthly_usd(other, path, replicas=1.0, busy_ratio=0.3), here * rate)


@given(st.integers(0, len(MACHINES) - 1), RATIO, st.integers(1, 9))
def test_a_block_gives_what_a_single_machine_gives(index: int, busy: float, replicas: int) -> None:
    block = monthly_usd(
        machine_costs(MACHINES, cost_defaults()),
        "buy",
        replicas=np.full((4, 1), float(replicas)),
        busy_ratio=busy,
    )
    single = monthly_usd(
        machine_costs(MACHINES.take(np.array([index])), cost_defaults()),
        "buy",
        replicas=float(replicas),
        busy_ratio=busy,
    )
    assert block.shape == (4, len(MACHINES))
    assert block[2, index] == single[0]


@given(st.floats(1e-6, 1e9), st.floats(1e-3, 1e6))
def test_whole_steps_hold_the_amount_and_not_one_more(amount: float, step: float) -> None:
    steps = float(whole_steps(amount, step=step))
    assert steps == int(steps)
    assert steps * step >= amount * (1 - 1e-8)
    assert (steps - 1) * step <= amount


@given(st.integers(1, 100), st.integers(1, 16), st.integers(1, 8))
def test_machines_hold_all_devices(replicas: int, each: int, machine: int) -> None:
    machines = float(
        num_machines(num_replicas=replicas, devices_per_replica=each, devices_per_machine=machine)
    )
    assert machines * machine >= replicas * each
    assert machines == int(machines)


@given(COUNT, MORE, st.floats(1.0, 730.0))
def test_the_rate_grows_with_traffic_and_shrinks_with_hours(
    requests: float, more: float, hours: float
) -> None:
    rate = peak_requests_per_s(requests_per_month=requests, peak_ratio=3.0, active_hours=hours)
    assert peak_requests_per_s(requests_per_month=requests * more, peak_ratio=3.0, active_hours=hours) >= rate
    assert peak_requests_per_s(requests_per_month=requests, peak_ratio=3.0) <= rate


@given(PRICE, st.floats(0.0, 729.0), st.integers(1, 64))
def test_rent_never_falls_with_hours_or_machines(price: float, hours: float, machines: int) -> None:
    rent = rent_monthly_usd(usd_per_machine_hour=price, num_machines=machines, hours=hours)
    assert rent <= rent_monthly_usd(usd_per_machine_hour=price, num_machines=machines, hours=hours + 1)
    assert rent <= rent_monthly_usd(usd_per_machine_hour=price, num_machines=machines + 1, hours=hours)


@given(st.floats(1.0, 1e6), RATIO, st.floats(0.0, 0.5), st.floats(1.0, 120.0))
def test_an_annuity_covers_what_is_lost(capex: float, residual: float, rate: float, life: float) -> None:
    annuity = annuity_monthly_usd(
        capex_usd=capex, residual_ratio=residual, rate_per_year=rate, life_months=life
    )
    assert annuity * life >= capex * (1 - residual) * (1 - 1e-6)


@given(st.tuples(PRICE, PRICE), COUNT, st.tuples(RATIO, RATIO, RATIO), MORE)
def test_an_api_bill_is_linear_and_every_discount_lowers_it(
    each: tuple[float, float], requests: float, shares: tuple[float, float, float], peak_factor: float
) -> None:
    prices = TokenPrices(input_usd=each[0], cached_usd=each[0] / 10, output_usd=each[1])
    cached, batch, peak = shares

    def bill(*, num: float, cached: float, batch: float) -> float:
        usd = api_monthly_usd(
            prices=prices, requests_per_month=num, input_tokens=900.0, output_tokens=300.0, cached_ratio=cached,
            batch_ratio=batch, batch_factor=0.5, batch_cached_ratio=cached, peak_ratio=peak, peak_factor=peak_factor,
        )  # fmt: skip
        return float(usd)

    once = bill(num=requests, cached=cached, batch=batch)
    assert bill(num=2 * requests, cached=cached, batch=batch) == pytest.approx(2 * once)
    assert once <= bill(num=requests, cached=0.0, batch=0.0) * (1 + 1e-9)


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e6), st.floats(1e-4, 10.0), st.floats(0.0, 1e4))
def test_after_the_break_even_the_challenger_stays_cheaper(
    step: float, each: float, unit: float, base: float
) -> None:
    own, api = SteppedCost(step_usd=step, units_per_step=each), SteppedCost(base_usd=base, unit_usd=unit)
    up_to = 20 * each
    found = break_even_units(own, [api], up_to=up_to)
    end = own.usd_at(np.array([up_to])) - api.usd_at(np.array([up_to]))
    if isinstance(found, Reached):
        later = np.linspace(found.at, up_to, 400)[1:]
        assert (own.usd_at(later) <= api.usd_at(later) * (1 + 1e-9)).all()
    else:
        assert isinstance(found, NotReached)
        assert end[0] >= -1e-9 * step
