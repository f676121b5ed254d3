"""Break-evens of `cost` are right for every price: asked again just below and just above, another way is cheaper."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.advisor import CostQuestion, Question, cost
from sizewise.domain.estimate import Estimate
from sizewise.estimate.break_even import NotReached, NotVerified, Reached, break_even_units, leads
from sizewise.estimate.cost_over_use import LeastCost, SteppedCost

if TYPE_CHECKING:
    from sizewise.domain.cost import CostAnswer

MODEL = "Qwen/Qwen3-8B"
CARD = Question(device=("RTX 4090",), input_tokens=2000, output_tokens=500)
MARKET = Question(input_tokens=2000, output_tokens=500)
BESIDE = 1e-7
"""Just below and just above. [ratio] A 120th machine can be dearer than the API for 8 parts in a million of the volume
alone: a larger step would pass over a turn that is there."""
MOST_CHECKED = 3
"""Changes of the cheapest way that are asked again, of one answer."""
NUM_PRICES, NUM_SOAK_PRICES = 8, 100


def drawn_price(seed: int) -> str:
    """Prices of an API between a cent and a hundred dollars for a million tokens."""
    lot = random.Random(seed)  # noqa: S311 - prices of a test
    return f"{10 ** lot.uniform(-2, 1.5):.3f}/{10 ** lot.uniform(-1.5, 2):.3f}"


def usd(answer: CostAnswer, way: str) -> float:
    monthly = next(item.monthly_usd for item in answer.ways if item.way == way)
    assert isinstance(monthly, Estimate)
    return monthly.likely


def check(question: Question, price: str) -> int:
    """Asserts every break-even over use of one answer; how many there were."""
    count = 0

    def at(tokens: float) -> CostAnswer:
        return cost(MODEL, question, CostQuestion(tokens=repr(tokens), api_price=price))

    answer = cost(MODEL, question, CostQuestion(requests="20000/day", api_price=price))
    for turn in answer.crossings:
        way, _, other = turn.code.partition("-")
        if (
            turn.unit == "tokens"
            and other == "api"
            and turn.likely.answer == "reached"
            and turn.likely.at > 0
        ):
            below, above = at(turn.likely.at * (1 - BESIDE)), at(turn.likely.at * (1 + BESIDE))
            assert usd(below, way) >= usd(below, "api"), (price, turn.code)
            assert usd(above, way) <= usd(above, "api"), (price, turn.code)
            count += 1
    ends = zip(answer.lowest[:MOST_CHECKED], answer.lowest[1:], strict=False)
    for before, after in ends:
        width = min(before.to_tokens - before.from_tokens, after.to_tokens - after.from_tokens)
        beside = min(BESIDE * before.to_tokens, width / 2)
        for stretch, tokens in ((before, before.to_tokens - beside), (after, before.to_tokens + beside)):
            here = at(tokens)
            least = min(usd(here, way.way) for way in here.ways if way.way != "hybrid")
            assert usd(here, stretch.way) <= least * (1 + 1e-3), (price, stretch)
        count += 1
    return count


@pytest.mark.slow
def test_break_evens_of_a_card_really_turn_at_every_price() -> None:
    assert sum(check(CARD, drawn_price(seed)) for seed in range(NUM_PRICES)) > NUM_PRICES


@pytest.mark.slow
def test_break_evens_of_the_whole_market_really_turn() -> None:
    assert check(MARKET, "2/8") > 2


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_break_evens_really_turn_at_many_prices(soak_scale: float) -> None:
    count = round(NUM_SOAK_PRICES * soak_scale)
    found = sum(check(CARD if seed % 10 else MARKET, drawn_price(seed)) for seed in range(1000, 1000 + count))
    assert found > count


def stepped(lot: random.Random) -> SteppedCost:
    return SteppedCost(
        base_usd=lot.choice([0.0, lot.uniform(0, 500)]), step_usd=10 ** lot.uniform(0, 4),
        units_per_step=10 ** lot.uniform(2, 6), unit_usd=lot.choice([0.0, 10 ** lot.uniform(-6, -2)]),
    )  # fmt: skip


def several(lot: random.Random) -> LeastCost:
    return LeastCost(costs=tuple(stepped(lot) for _ in range(lot.randint(1, 6))))


@given(st.randoms(use_true_random=False), st.floats(1e4, 1e7))
def test_the_least_of_many_machines_is_compared_exactly(lot: random.Random, up_to: float) -> None:
    """Against costs at thousands of volumes, one by one."""
    rent, buy = several(lot), several(lot)
    api = SteppedCost(base_usd=lot.choice([0.0, 100.0]), unit_usd=10 ** lot.uniform(-6, 0))
    volumes = np.sort(
        np.concatenate([np.linspace(up_to / 2000, up_to, 2000), np.geomspace(up_to / 1e6, up_to, 1000)])
    )
    amounts = np.stack([cost.usd_at(volumes) for cost in (api, rent, buy)])
    found = break_even_units(buy, [api, rent], up_to=up_to)
    ahead = amounts[:2].min(axis=0) - amounts[2]
    if isinstance(found, Reached):
        assert (ahead[volumes > found.at * (1 + 1e-9)] >= -1e-9 * amounts.max()).all()
        if found.at > 0:
            just_below = np.array(found.at * (1 - 1e-9))
            others = min(float(cost.usd_at(just_below)) for cost in (api, rent))
            assert float(buy.usd_at(just_below)) >= others * (1 - 1e-6)
    else:
        assert isinstance(found, NotReached)
        assert ahead[-1] <= 0
    stretches = leads([api, rent, buy], up_to=up_to)
    assert not isinstance(stretches, NotVerified)
    assert stretches[0].from_units == 0
    assert stretches[-1].to_units == up_to
    ends = np.array([stretch.to_units for stretch in stretches])
    leader = np.array([stretch.index for stretch in stretches])[np.searchsorted(ends, volumes)]
    here = amounts[leader, np.arange(len(volumes))]
    assert (here <= amounts.min(axis=0) * (1 + 1e-6)).all()
