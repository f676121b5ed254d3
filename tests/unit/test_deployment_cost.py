"""`cost`: parts and totals, both lenses, defaults that can be changed, whole machines, unknown prices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from sizewise.advisor import CostQuestion, Question, cost
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.errors import BadInput, InvalidFile, InvalidQuantity, NotSupported, UnknownName
from sizewise.report.chart_svg import chart_svg
from sizewise.report.chart_text import chart_lines
from sizewise.report.cost_chart import cost_chart
from sizewise.report.language import speaker, translator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sizewise.domain.cost import CostAnswer, WayCost

CARD = Question(device=("RTX 4090",), input_tokens=2000, output_tokens=500)
MODEL = "Qwen/Qwen3-8B"


def ask(settings: Mapping[str, str | None] | None = None, /, **money: Any) -> CostAnswer:
    given: dict[str, Any] = {"requests": "20000/day"} | money
    return cost(MODEL, CARD, CostQuestion(settings=settings or {}, **given))


def line(answer: CostAnswer, way: str) -> WayCost:
    return next(item for item in answer.ways if item.way == way)


def usd(answer: CostAnswer, way: str) -> float:
    monthly = line(answer, way).monthly_usd
    assert isinstance(monthly, Estimate)
    return monthly.likely


ANSWER = ask()


@pytest.mark.parametrize("way", [item.way for item in ANSWER.ways])
def test_parts_sum_to_the_total_and_the_range_encloses_it(way: str) -> None:
    here = line(ANSWER, way)
    assert isinstance(here.monthly_usd, Estimate)
    assert isinstance(here.marginal_usd, Estimate)
    assert sum(part for _, part in here.parts_usd) == pytest.approx(here.monthly_usd.likely)
    assert here.monthly_usd.low <= here.monthly_usd.likely <= here.monthly_usd.high
    assert here.marginal_usd.likely <= here.monthly_usd.likely + 1e-9


@pytest.mark.parametrize("way", [item.way for item in ANSWER.ways])
def test_input_and_output_prices_sum_to_the_monthly_cost(way: str) -> None:
    here, demand = line(ANSWER, way), ANSWER.demand
    tokens = (
        demand.input_tokens * here.input_usd_per_mtok + demand.written_tokens * here.output_usd_per_mtok
    ) / 1e6
    assert demand.requests_per_month * tokens == pytest.approx(usd(ANSWER, way))


def test_cheapest_first_and_the_sentence_names_it() -> None:
    amounts = [usd(ANSWER, item.way) for item in ANSWER.ways]
    assert amounts == sorted(amounts)
    assert "the API" in str(ANSWER.verdict)


def test_cached_batch_reasoning_and_peaks_change_the_bill_together() -> None:
    offer = {"api_price": "0.15/0.60/0.003"}
    plain = usd(ask(**offer), "api")
    assert plain == pytest.approx(608_333 * (2_000 * 0.15 + 500 * 0.60) / 1e6, rel=1e-5)
    assert usd(ask(cached="50%", **offer), "api") == pytest.approx(
        plain - 608_333 * 1_000 * 0.147 / 1e6, rel=1e-4
    )
    assert usd(ask(reasoning_tokens=1000, **offer), "api") == pytest.approx(plain + 365, rel=1e-4)
    assert usd(ask(batch="1", **offer), "api") <= plain


def test_reasoning_loads_machines_as_well() -> None:
    assert line(ask(reasoning_tokens=2000), "buy").num_machines > line(ANSWER, "buy").num_machines


@pytest.mark.parametrize(
    ("setting", "less", "more", "way"),
    [
        ("electricity", "0.05/kWh", "0.40/kWh", "buy"), ("residual", "40%", "0", "buy"), ("life", "60", "24", "buy"),
        ("capital", "0", "15%", "buy"), ("staff", "0", "0.5", "buy"), ("setup", "0", "9000", "rent"),
        ("pue", "1", "2", "buy"), ("api_staff", "0", "0.05", "api"), ("spot_discount", "60%", "10%", "rent-spot"),
        ("reserved_discount", "60%", "10%", "rent-reserved"), ("peak", "1", "6", "buy"),
    ],
)  # fmt: skip
def test_every_setting_moves_its_way(setting: str, less: str, more: str, way: str) -> None:
    assert usd(ask({setting: less}), way) < usd(ask({setting: more}), way)


def test_every_constant_is_shown_with_its_source_and_date_and_who_set_it() -> None:
    answer = ask({"electricity": "0.8CNY/kWh", "exchange_rate": "8"})
    terms = {term.name: term for term in answer.terms}
    assert terms["electricity"].value.likely == pytest.approx(0.1)
    assert terms["electricity"].set_by == "you"
    assert all(term.source and term.as_of for term in answer.terms if term.set_by == "default")


def test_an_option_wins_over_the_profile_and_the_profile_over_the_catalog(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('electricity = "0.30/kWh"\napi-staff = 0.1\nstaff = 0.2\n', encoding="utf-8")
    answer = ask({"staff": "0"}, profile=str(file))
    terms = {term.name: term for term in answer.terms}
    assert (terms["electricity"].value.likely, terms["electricity"].set_by) == (0.30, "profile")
    assert (terms["staff"].value.likely, terms["staff"].set_by) == (0.0, "you")
    assert dict(line(answer, "api").parts_usd)["staff"] == pytest.approx(
        0.1 * terms["staff-cost"].value.likely
    )


@pytest.mark.parametrize(
    ("content", "error"),
    [("electrcity = 1", UnknownName), ("staff = true", InvalidFile), ("staff = [1]", InvalidFile),
     ("staff", InvalidFile), ("staff = -1", InvalidQuantity)],
)  # fmt: skip
def test_a_bad_profile_is_one_clear_error(tmp_path: Path, content: str, error: type[BadInput]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(error) as caught:
        ask(profile=str(file))
    assert "\n" not in str(caught.value)


def test_a_load_given_twice_is_refused() -> None:
    with pytest.raises(BadInput, match=r"--requests and --tokens"):
        ask(tokens="1B")


def test_tokens_and_requests_describe_the_same_load() -> None:
    by_tokens = cost(MODEL, CARD, CostQuestion(tokens=str(ANSWER.demand.tokens_per_month)))
    assert usd(by_tokens, "buy") == pytest.approx(usd(ANSWER, "buy"))


def test_machines_are_whole_and_so_are_servers_of_eight() -> None:
    one, eight = ask(), ask(devices_per_machine=8)
    count = line(one, "rent").num_machines
    assert 1 < count <= 8
    assert line(eight, "rent").num_machines == 1
    assert usd(eight, "rent") == pytest.approx(usd(one, "rent") * 8 / count, rel=0.01)
    with pytest.raises(NotSupported, match="does not hold it"):
        cost(MODEL, Question(device=("2x RTX 3090",), engine=("vllm",), quantization=("BF16",)),
             CostQuestion(requests=1000, devices_per_machine=1))  # fmt: skip


def test_unknown_prices_are_asked_for_and_never_invented() -> None:
    answer = cost("CohereLabs/aya-expanse-32b", Question(device=("2x RTX A6000",), context=4096, input_tokens=1000,
                                                  output_tokens=200, max_ttft=30, max_tpot=1),
                  CostQuestion(requests=1000))  # fmt: skip
    api = line(answer, "api").monthly_usd
    assert isinstance(api, Unknown)
    assert "--api-price" in api.reason
    turn = next(item for item in answer.crossings if item.code == "rent-api")
    assert turn.likely.answer == "not-verified"


def test_prices_of_ones_own_replace_the_table() -> None:
    answer = ask(rent_price="1", buy_price="1000")
    count = line(answer, "rent").num_machines
    assert dict(line(answer, "rent").parts_usd)["rent"] == pytest.approx(count * 730)
    once = line(answer, "buy").once_usd
    assert isinstance(once, Estimate)
    assert once.likely == pytest.approx(count * (1000 + 700 + 300))


@pytest.mark.parametrize("money", [{"currency": "EUR"}, {"cached": "150%"}, {"api_price": "1"}, {"requests": "x"},
                                   {"ways": ("steal",)}, {"horizon": "0"}])  # fmt: skip
def test_senseless_input_is_one_clear_error(money: dict[str, object]) -> None:
    with pytest.raises(BadInput) as caught:
        ask(**money)
    assert "\n" not in str(caught.value)


def test_R03_10_and_100_users_cost_different_amounts_and_the_api_is_offered() -> None:
    few, many = (cost(MODEL, Question(device=("RTX 4090",), users=users)) for users in (10, 100))
    assert 5 < usd(many, "api") / usd(few, "api") < 15
    assert line(few, "buy").num_machines < line(many, "buy").num_machines
    assert few.ways[0].way == "api"


def test_E01_an_api_against_ones_own_card_counts_all_of_both() -> None:
    answer = ask({"staff": "0.05", "api_staff": "0.05"})
    bought = dict(line(answer, "buy").parts_usd)
    assert {"depreciation", "capital", "energy", "maintenance", "staff"} <= set(bought)
    assert dict(line(answer, "api").parts_usd)["staff"] == bought["staff"]


def test_break_even_points_really_cross() -> None:
    answer = ask({}, api_price="2/8")
    turn = next(item for item in answer.crossings if item.code == "rent-api")
    assert turn.likely.answer == "reached"
    for factor, is_cheaper in ((0.98, False), (1.02, True)):
        here = cost(MODEL, CARD, CostQuestion(tokens=str(turn.likely.at * factor), api_price="2/8"))
        assert (usd(here, "rent") < usd(here, "api")) == is_cheaper


@pytest.mark.parametrize("rate", ["1", "7.1", "0.01"])
def test_the_currency_changes_no_decision(rate: str) -> None:
    plain, other = ask(currency="USD"), ask({"exchange_rate": rate}, currency="CNY")
    assert [way.way for way in plain.ways] == [way.way for way in other.ways]
    assert usd(other, "buy") == usd(plain, "buy")
    assert other.cny_per_usd == float(rate)


def test_machines_with_an_api_for_the_peaks_cost_less_than_machines_for_the_peaks() -> None:
    assert usd(ANSWER, "hybrid") < usd(ANSWER, "buy")
    assert dict(line(ANSWER, "hybrid").parts_usd)["API"] > 0


def test_the_chart_is_one_object_for_the_terminal_and_for_svg() -> None:
    say = speaker(translator("en"))
    chart = cost_chart(ANSWER, say)
    assert chart is not None
    drawing = ET.fromstring(chart_svg(chart))  # noqa: S314 - our own drawing
    texts = {element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")}
    assert {"API", "buy", "rent, always on", "asked"} <= texts
    lines = list(chart_lines(chart))
    assert max(len(text) for text in lines) <= 78
    assert sum("b" in text for text in lines) > 3


def test_steps_of_the_chart_are_those_of_the_machines() -> None:
    curve = next(item for item in ANSWER.curves if item.way == "rent")
    levels = {round(amount) for _, amount in curve.points if amount > 10}
    assert len(levels) >= 3
    assert all(math.isfinite(x) for x, _ in curve.points)


@pytest.mark.parametrize("device", ["RTX 3060 12 GB", "Generic desktop dual-channel DDR4-3200"])
def test_a_machine_that_misses_the_waiting_times_is_priced_request_after_request(device: str) -> None:
    answer = cost("Qwen/Qwen3-8B", Question(device=(device,)))
    assert isinstance(answer.requests_per_s, Estimate)
    assert answer.requests_per_s.likely > 0
    assert any("one request after another" in str(text) for text in answer.left_out)
