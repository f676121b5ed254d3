"""Break-even points worked by hand: the box of test_cost.py against rent and against the API of case A."""

from __future__ import annotations

import math

import pytest

from sizewise.estimate.break_even import (
    BreakEven,
    NotReached,
    NotVerified,
    Reached,
    break_even_load,
    break_even_range,
    break_even_units,
    buy_or_rent_months,
    payback_month,
)
from sizewise.estimate.cost_over_use import SteppedCost
from sizewise.estimate.cost_own import monthly_capacity_requests

API = SteppedCost(unit_usd=385.81 * 7.1 / (20_000 * 365 / 12))
"""Case A with cache 0.5 and 40 % at peak, at 7.1 CNY/USD: 4.503 CNY per 1,000 requests."""
CAPACITY = float(monthly_capacity_requests(requests_per_s=1.2, headroom_ratio=0.9, peak_ratio=3.0))


def one_card(monthly: float, capacity: float = CAPACITY) -> SteppedCost:
    return SteppedCost(step_usd=monthly, units_per_step=capacity)


def at(result: BreakEven) -> float:
    assert isinstance(result, Reached)
    return result.at


@pytest.mark.parametrize(("monthly", "requests"), [(1_372.4, 304_787), (977.8, 217_151), (2_227.8, 494_755)])
def test_one_card_beats_the_api_from_here_on(monthly: float, requests: float) -> None:
    # rent always on, owned, owned with staff: monthly / 0.004503, and one card carries it (946,080 requests)
    found = break_even_units(one_card(monthly), [API], up_to=CAPACITY)
    assert at(found) == pytest.approx(requests, rel=1e-4)


@pytest.mark.parametrize(("rent", "residual", "months"), [(1.88, 5_200, 19.3), (2.18, 5_200, 16.1), (1.24, 5_200, 34.1),
                                                          (1.88, 0, 24.2)])  # fmt: skip
def test_months_until_buying_beats_renting(rent: float, residual: float, months: float) -> None:
    # (26,000 - residual) / (730 x rent - 296.0)
    found = buy_or_rent_months(
        capex_usd=26_000, residual_usd=residual, rent_usd=730 * rent, running_usd=296.0
    )
    assert at(found) == pytest.approx(months, abs=0.05)


def test_renting_in_office_hours_only_lasts_far_longer() -> None:
    found = buy_or_rent_months(capex_usd=26_000, residual_usd=5_200, rent_usd=496.3, running_usd=296.0)
    assert at(found) == pytest.approx(104, abs=0.5)


@pytest.mark.parametrize(
    ("bill", "factor", "month"),
    [(1_500, 1.0, 18), (2_500, 1.0, 10), (2_500, 0.6, 13), (4_000, 1.0, 6), (4_000, 0.6, 7)],
)
def test_payback_with_flat_and_with_falling_prices(bill: float, factor: float, month: float) -> None:
    # capex 26,000, residual 5,200, running 296: flat 1,500: 20,800 / 1,204 = 17.3, so month 18
    found = payback_month(
        capex_usd=26_000, residual_usd=5_200, running_usd=296, bill_usd=bill, yearly_factor=factor
    )
    assert at(found) == month


def test_a_small_bill_that_falls_never_pays_the_box_back() -> None:
    found = payback_month(
        capex_usd=26_000, residual_usd=5_200, running_usd=296, bill_usd=1_500, yearly_factor=0.6
    )
    assert found == NotReached(up_to=60.0)


def test_a_lead_that_the_next_machine_takes_away_does_not_count() -> None:
    # 100 a machine of 120 units against 1 a unit: cheaper in (100, 120], dearer again until 200, then in (200, 240],
    # dearer until 300, in (300, 360], until 400, (400, 480], until 500, (500, 600]; the sixth machine starts at 600
    # where both cost 600, so from 600 on it stays ahead
    own, per_unit = SteppedCost(step_usd=100, units_per_step=120), SteppedCost(unit_usd=1)
    assert at(break_even_units(own, [per_unit], up_to=119)) == pytest.approx(100)
    assert at(break_even_units(own, [per_unit], up_to=230)) == pytest.approx(200)
    assert at(break_even_units(own, [per_unit], up_to=3_000)) == pytest.approx(600)


def test_cheaper_than_the_api_and_lowest_of_all_are_two_volumes() -> None:
    rent, own = one_card(1_372.4), one_card(977.8)
    assert at(break_even_units(rent, [API], up_to=CAPACITY)) == pytest.approx(304_787, rel=1e-4)
    assert break_even_units(rent, [API, own], up_to=CAPACITY) == NotReached(up_to=CAPACITY)
    assert at(break_even_units(own, [API, rent], up_to=CAPACITY)) == pytest.approx(217_151, rel=1e-4)


def test_the_range_pairs_the_best_case_with_the_worst_of_the_other() -> None:
    rents = (one_card(900.0), one_card(1_372.4), one_card(6_000.0))
    apis = (SteppedCost(unit_usd=0.003), API, SteppedCost(unit_usd=0.006))
    found = break_even_range(rents, apis, up_to=CAPACITY)
    assert at(found.low) == pytest.approx(900 / 0.006)
    assert at(found.likely) == pytest.approx(304_787, rel=1e-4)
    assert found.high == NotReached(up_to=CAPACITY)


def test_load_above_which_a_machine_is_worth_it() -> None:
    assert at(
        break_even_load(fixed_usd=1_372.4, unit_usd=API.unit_usd, capacity_units=CAPACITY)
    ) == pytest.approx(304_787 / CAPACITY, rel=1e-4)
    assert break_even_load(fixed_usd=10_000, unit_usd=API.unit_usd, capacity_units=CAPACITY) == NotReached(
        up_to=1.0
    )


def test_E03_none_is_three_different_answers() -> None:
    assert break_even_units(one_card(9_000.0), [API], up_to=CAPACITY) == NotReached(up_to=CAPACITY)
    assert break_even_units(one_card(math.nan), [API], up_to=CAPACITY) == NotVerified(reason="price unknown")
    unknown_capacity = one_card(900.0, capacity=math.nan)
    assert break_even_units(unknown_capacity, [API], up_to=CAPACITY) == NotVerified(reason="capacity unknown")
    assert break_even_units(one_card(900.0), [API], up_to=math.nan) == NotVerified(reason="capacity unknown")
    assert break_even_units(one_card(1.0, capacity=1e-3), [API], up_to=1e6) == NotVerified(
        reason="too many machines to search"
    )
    assert buy_or_rent_months(capex_usd=1, residual_usd=0, rent_usd=100, running_usd=200) == NotReached(
        up_to=120.0
    )
    assert buy_or_rent_months(capex_usd=math.nan, residual_usd=0, rent_usd=9, running_usd=2) == NotVerified(
        reason="price unknown"
    )
    assert payback_month(capex_usd=math.nan, residual_usd=0, running_usd=1, bill_usd=2) == NotVerified(
        reason="price unknown"
    )
    assert break_even_load(fixed_usd=1.0, unit_usd=math.nan, capacity_units=1.0) == NotVerified(
        reason="price or capacity unknown"
    )
