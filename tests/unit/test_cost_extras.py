"""`cost`: spare machines, traffic, network and licences are parts of their own, and absent where they cost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sizewise.advisor import CostQuestion, Question, cost
from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.domain.cost import CostAnswer, WayCost

CARD = Question(device=("2x RTX 4090",), input_tokens=2000, output_tokens=500)
MODEL = "Qwen/Qwen3-8B"
REQUESTS = 20_000 * 365 / 12
NUM_DEVICES = 2


def ask(settings: Mapping[str, str | None], **money: Any) -> CostAnswer:
    given: dict[str, Any] = {"requests": "20000/day"} | money
    return cost(MODEL, CARD, CostQuestion(settings=settings, **given))


PLAIN = ask({})


def line(answer: CostAnswer, way: str) -> WayCost:
    return next(item for item in answer.ways if item.way == way)


def usd(answer: CostAnswer, way: str) -> float:
    monthly = line(answer, way).monthly_usd
    assert isinstance(monthly, Estimate)
    return monthly.likely


def part(answer: CostAnswer, way: str, name: str) -> float:
    return dict(line(answer, way).parts_usd).get(name, 0.0)


def test_a_spare_machine_is_a_whole_one_and_is_bought_with_the_others() -> None:
    spared = ask({"spares": "1"})
    for way in ("rent", "buy"):
        before, after = line(PLAIN, way), line(spared, way)
        assert after.num_machines == before.num_machines + 1
    assert part(spared, "rent", "rent") == pytest.approx(
        part(PLAIN, "rent", "rent") * (1 + 1 / line(PLAIN, "rent").num_machines)
    )
    once = [line(answer, "buy").once_usd for answer in (PLAIN, spared)]
    assert isinstance(once[0], Estimate)
    assert isinstance(once[1], Estimate)
    assert once[1].likely == pytest.approx(once[0].likely * (1 + 1 / line(PLAIN, "buy").num_machines))


def test_traffic_is_what_answers_send_out_of_rented_machines() -> None:
    dear = ask({"traffic": "0.09"})
    sent_gb = REQUESTS * 500 * 250 / 1e9
    assert part(dear, "rent", "traffic") == pytest.approx(sent_gb * 0.09, rel=1e-3)
    assert part(dear, "buy", "traffic") == 0
    assert part(ask({"traffic": "0"}), "rent", "traffic") == 0


def test_a_licence_is_paid_for_each_device_of_every_machine() -> None:
    licensed = ask({"licence_fee": "4500"})
    for way in ("rent", "buy"):
        count = line(licensed, way).num_machines * NUM_DEVICES
        assert part(licensed, way, "licence") == pytest.approx(count * 4500 / 12)
        assert usd(licensed, way) - usd(PLAIN, way) == pytest.approx(count * 4500 / 12)


def test_a_network_is_bought_once_and_is_worth_nothing_at_the_end() -> None:
    wired = ask({"network": "12000"})
    count = line(wired, "buy").num_machines * NUM_DEVICES
    assert part(wired, "buy", "network") == pytest.approx(count * 12000 / 36)
    assert part(wired, "rent", "network") == 0
    once = [line(answer, "buy").once_usd for answer in (PLAIN, wired)]
    assert isinstance(once[0], Estimate)
    assert isinstance(once[1], Estimate)
    assert once[1].likely - once[0].likely == pytest.approx(count * 12000)


@pytest.mark.parametrize("name", ["spares", "traffic", "network", "licence-fee"])
def test_what_is_paid_nothing_for_is_still_listed_with_its_default(name: str) -> None:
    term = next(term for term in PLAIN.terms if term.name == name)
    assert term.set_by == "default"
    assert term.as_of


@pytest.mark.parametrize("settings", [{"spares": "1"}, {"network": "12000"}, {"licence_fee": "4500"}])
def test_extras_of_ones_own_move_the_break_even_up_and_parts_still_sum(
    settings: dict[str, str | None],
) -> None:
    dear = ask(settings)
    before, after = ({c.code: c.likely for c in answer.crossings}["buy-api"] for answer in (PLAIN, dear))
    assert after.answer != "reached" or before.answer == "reached"
    assert after.at >= before.at
    for here in dear.ways:
        assert isinstance(here.monthly_usd, Estimate)
        assert sum(value for _, value in here.parts_usd) == pytest.approx(here.monthly_usd.likely)
