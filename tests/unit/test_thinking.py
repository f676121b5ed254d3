"""Tokens of thinking are counted in load, time, cost and the bill of an API, as longer answers are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sizewise.advisor import Question, recommend
from sizewise.advisor.api_bill import bill_usd, demand_at
from sizewise.advisor.asking import ask
from sizewise.catalog import load_catalog
from sizewise.catalog.prices import api_offers
from sizewise.domain.estimate import Estimate
from sizewise.errors import InvalidQuantity

CATALOG = load_catalog()
PLAIN = Question(
    model=("Qwen/Qwen3-8B",), device=("RTX 4090",), path=("rent",), users=20, output_tokens=300, min_quality=1
)
THINKING = replace(PLAIN, thinking_tokens=2000)


def test_thinking_is_a_part_of_what_is_written_and_needs_its_context() -> None:
    plain, thinking = (ask(CATALOG, question).request.workload for question in (PLAIN, THINKING))
    assert thinking.output_tokens == plain.output_tokens + 2000
    assert thinking.thinking_tokens == 2000
    assert thinking.context_tokens >= thinking.input_tokens + thinking.output_tokens
    assert ask(CATALOG, replace(PLAIN, thinking_tokens=0)).request == ask(CATALOG, PLAIN).request


@pytest.mark.slow
def test_a_machine_carries_fewer_people_who_wait_for_thinking() -> None:
    answers = [recommend(question).answer for question in (PLAIN, THINKING)]
    assert answers[0] is not None
    assert answers[1] is not None
    each = [answer.num_users / answer.deployment.replicas for answer in answers if answer is not None]
    assert each[1] < each[0]
    costs = [answer.monthly_usd for answer in answers if answer is not None]
    assert isinstance(costs[0], Estimate)
    assert isinstance(costs[1], Estimate)
    assert costs[1].likely >= costs[0].likely


def test_an_api_bills_thinking_as_output() -> None:
    offer = api_offers("Qwen/Qwen3-8B")[0]
    asked = [ask(CATALOG, question).request for question in (PLAIN, THINKING)]
    bills = [bill_usd(offer, demand_at(request, 1e6)) for request in asked]
    assert bills[1] - bills[0] == pytest.approx(1e6 * 2000 * offer.output_usd_per_mtok / 1e6)


@pytest.mark.slow
def test_the_assumptions_say_what_is_counted() -> None:
    said = {str(a.name): (str(a.value), a.set_by) for a in recommend(THINKING).assumptions}
    assert said["thinking"][1] == "you"
    assert "2,000" in said["thinking"][0] or "2K" in said["thinking"][0]
    unsaid = {str(a.name): (str(a.value), a.set_by) for a in recommend(PLAIN).assumptions}
    assert "not counted" in unsaid["thinking"][0]
    sources = {str(a.name): a.source for a in recommend(PLAIN).assumptions}
    assert "MLPerf" in sources["thinking"]


@pytest.mark.slow
def test_the_wait_for_the_answer_contains_the_thinking() -> None:
    plain, thinking = (recommend(question).answer for question in (PLAIN, THINKING))
    assert plain is not None
    assert thinking is not None
    assert plain.answer_after_s is None
    after, first, rate = thinking.answer_after_s, thinking.ttft_s, thinking.loaded_tokens_per_s
    assert isinstance(after, Estimate)
    assert isinstance(first, Estimate)
    assert isinstance(rate, Estimate)
    assert after.likely == pytest.approx(first.likely + 2000 / rate.likely)
    assert after.low < after.likely < after.high


def test_a_senseless_number_is_refused() -> None:
    with pytest.raises(InvalidQuantity):
        ask(CATALOG, replace(PLAIN, thinking_tokens="many"))
