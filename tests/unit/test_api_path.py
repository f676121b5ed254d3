"""`recommend --path api` and `any`: an API is an answer where data may go out, and none where it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sizewise.advisor import CostQuestion, Question, cost, recommend
from sizewise.advisor.api_bill import bills, demand_at
from sizewise.advisor.asking import ask
from sizewise.catalog import load_catalog
from sizewise.domain.estimate import Estimate
from sizewise.errors import InvalidQuantity, UnknownName
from sizewise.report.language import speaker, translator
from sizewise.report.text import decision_blocks

CATALOG = load_catalog()
SMALL = Question(task="summarization", users=2, path=("api",))
CARD = replace(SMALL, device=("RTX 4090",), no_store=True)


def test_an_api_alone_is_an_answer_with_its_prices_quality_and_date() -> None:
    decision = recommend(SMALL)
    api = decision.api
    assert decision.answer is None
    assert api is not None
    assert decision.is_api_best
    assert api.provider in str(decision.verdict)
    bill = bills(api.model, demand_at(ask(CATALOG, SMALL).request, api.requests_per_month))
    assert bill is not None
    assert api.monthly_usd.likely == bill.monthly_usd
    assert isinstance(api.quality, Estimate)
    assert api.pass_probability >= ask(CATALOG, SMALL).request.limits.min_pass_probability
    assert api.output_usd_per_mtok > 0
    assert api.as_of
    assert api.source


def test_a_shared_beginning_is_cached_by_an_api_too_unless_another_share_is_said() -> None:
    hit = ask(CATALOG, replace(SMALL, prefix_hit=0.6)).request
    assert hit.workload.prefix_hit_ratio == hit.billing.cached_ratio == 0.6
    said = ask(CATALOG, replace(SMALL, prefix_hit=0.6, cached="0%")).request
    assert said.billing.cached_ratio == 0.0
    plain, cached = (bills("GLM-4.6", demand_at(ask(CATALOG, question).request, 1e5))
                     for question in (SMALL, replace(SMALL, prefix_hit=0.6)))  # fmt: skip
    assert plain is not None
    assert cached is not None
    assert cached.monthly_usd < plain.monthly_usd


@pytest.mark.slow
@pytest.mark.parametrize("paths", [(), ("owned",), ("rent", "buy")])
def test_where_data_may_not_go_out_no_api_is_offered(paths: tuple[str, ...]) -> None:
    decision = recommend(replace(CARD, path=paths))
    assert decision.api is None
    assert not decision.is_api_best
    assert "API" not in str(decision.verdict)


@pytest.mark.slow
def test_the_cheaper_of_machine_and_api_is_the_answer() -> None:
    bought, owned = (recommend(replace(CARD, path=(path, "api"))) for path in ("rent", "owned"))
    for decision in (bought, owned):
        assert decision.answer is not None
        assert decision.api is not None
        assert isinstance(decision.answer.monthly_usd, Estimate)
        cheaper = decision.api.monthly_usd.likely < decision.answer.monthly_usd.likely
        assert decision.is_api_best == cheaper
        assert ("Use an API" in str(decision.verdict)) == cheaper
        if cheaper:
            (flip,) = decision.flips
            assert decision.api.monthly_usd.likely * flip.stays < decision.answer.monthly_usd.likely
            assert decision.api.monthly_usd.likely * flip.turns > decision.answer.monthly_usd.likely
            assert decision.confidence is None


def test_any_looks_at_every_way() -> None:
    filters = ask(CATALOG, replace(SMALL, path=("any",))).request.filters
    assert filters.paths == ("owned", "rent", "buy")
    assert filters.allows_api


def test_a_budget_below_every_bill_leaves_no_api() -> None:
    decision = recommend(replace(SMALL, users=5000, monthly_budget="0.01"))
    assert decision.api is None
    assert "No API" in str(decision.verdict)


def test_more_use_never_makes_the_bill_smaller() -> None:
    bills_usd = []
    for users in (1, 10, 100):
        api = recommend(replace(SMALL, users=users)).api
        assert api is not None
        bills_usd.append(api.monthly_usd.likely)
    assert bills_usd == sorted(bills_usd)
    assert bills_usd[0] < bills_usd[-1]


def test_an_unknown_path_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(UnknownName, match="api"):
        recommend(replace(SMALL, path=("cloud",)))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_names_provider_and_what_is_not_known(language: str) -> None:
    decision = recommend(SMALL)
    assert decision.api is not None
    blocks = list(decision_blocks(decision, speaker(translator(language)), shows_list=False, explains=True))
    assert len(blocks) >= 4


SHARED = replace(SMALL, model=("deepseek-ai/DeepSeek-V3.2",), min_quality=1)


def bill_of(question: Question) -> float:
    api = recommend(question).api
    assert api is not None
    return api.monthly_usd.likely


def test_cached_batch_and_dear_hours_are_billed_as_by_cost() -> None:
    """`recommend` and `cost` bill the same requests alike."""
    api = recommend(replace(SHARED, cached="50%", batch="30%", api_peak="40%")).api
    assert api is not None
    load = ask(CATALOG, SHARED).request.workload
    priced = cost(
        api.model, Question(input_tokens=load.input_tokens, output_tokens=load.output_tokens),
        CostQuestion(requests=api.requests_per_month, ways=("api",), cached="50%", batch="30%", api_peak="40%"),
    )  # fmt: skip
    parts = dict(priced.ways[0].parts_usd)
    assert parts["input"] + parts["output"] == pytest.approx(api.monthly_usd.likely)


def test_what_is_cached_is_cheaper_and_half_the_use_costs_half() -> None:
    plain = bill_of(SHARED)
    assert bill_of(replace(SHARED, cached="80%")) < plain
    assert bill_of(replace(SHARED, utilisation="50%")) == pytest.approx(plain / 2)


@pytest.mark.parametrize(
    "question",
    [
        replace(SMALL, cached="150%"), replace(SMALL, batch="-1"), replace(SMALL, api_peak="much"),
        replace(SMALL, utilisation="0"),
    ],
)  # fmt: skip
def test_a_senseless_share_is_refused(question: Question) -> None:
    with pytest.raises(InvalidQuantity, match="--"):
        recommend(question)
