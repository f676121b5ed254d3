"""Every threshold that is stated is right: the whole search, asked again just below and just above it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sizewise.advisor import Question, recommend
from sizewise.advisor.api_bill import bills, demand_at
from sizewise.advisor.api_path import requests_per_month
from sizewise.advisor.asking import ask
from sizewise.advisor.finding import find
from sizewise.advisor.flip_field import described_option
from sizewise.catalog import load_catalog
from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from sizewise.domain.decision import Flip

CATALOG = load_catalog()
NUM_REQUESTS = 20
NUM_SOAK_REQUESTS = 200
TASKS = ("chat", "coding", "summarization", "extraction", "translation", "rag")
DEVICES = (("RTX 4090",), ("RTX 3090",), ("2x RTX 3090",), ("L40S",), ("RTX A6000",), ("H100 SXM",))


def drawn(seed: int) -> Question:
    """A request that people might make; each tenth looks at the whole market."""
    lot = random.Random(seed)  # noqa: S311 - requests of a test
    return Question(
        task=lot.choice(TASKS), device=lot.choice(DEVICES) if seed % 10 else ("any",),
        users=lot.choice((1, 2, 5, 20, 60)),
        min_quality=lot.choice((None, 30, 50, 65)), path=lot.choice(((), ("rent",), ("buy",))),
        language=lot.choice(((), ("zh",))), context=lot.choice((None, None, "16K")),
        kv_type=lot.choice(("f16", "f16", "q8_0")),
    )  # fmt: skip


def chosen_again(question: Question, flip: Flip, value: float, device: str) -> str:
    """The choice of the whole search for the same question with one input changed."""
    if value == float("inf"):
        return chosen_of(question)
    if flip.name in {"rent_price", "buy_price"}:
        ending = "/h" if flip.name == "rent_price" else ""
        return chosen_of(replace(question, price=(f"{device}={value:.4f}{ending}",)))
    is_whole = flip.name in {"users", "context", "hours"}
    shown: dict[str, Any] = {flip.name: int(value) if is_whole else value}
    return chosen_of(replace(question, **shown))


def chosen_of(question: Question) -> str:
    """The choice of `recommend` alone, without its reasons."""
    found = find(CATALOG, ask(CATALOG, question))
    best = found.ranked(1)
    if found.survivors is None or not len(best):
        return "nothing passes"
    row = found.space.rows[int(found.survivors.row_ids[best[0]])]
    machine = found.machines[int(found.survivors.machine_ids[best[0]])]
    path = found.request.filters.paths[int(found.survivors.values.path[best[0]])]
    return str(described_option(row, machine, int(found.survivors.values.replicas[best[0]]), path))


def check(seed: int) -> int:
    """Asserts every threshold of one request; how many there were."""
    question = drawn(seed)
    decision = recommend(question)
    device = decision.answer.deployment.device if decision.answer is not None else ""
    now = chosen_of(question)
    for flip in decision.flips:
        if flip.name in {"api", "api_price", "api_utilisation"}:
            continue  # a threshold of money alone: tests below
        here = f"seed {seed}, {flip.name} {flip.stays} to {flip.turns}"
        assert chosen_again(question, flip, flip.stays, device) == now, here
        beyond = chosen_again(question, flip, flip.turns, device)
        assert beyond == str(flip.then), here
        assert beyond != now, here
    return len(decision.flips)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_stated_threshold_is_right_just_below_and_just_above() -> None:
    assert sum(check(seed) for seed in range(NUM_REQUESTS)) > 2 * NUM_REQUESTS


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_stated_threshold_is_right_of_many_requests(soak_scale: float) -> None:
    count = round(NUM_SOAK_REQUESTS * soak_scale)
    assert sum(check(seed) for seed in range(1000, 1000 + count)) > count


@pytest.mark.slow
def test_electricity_hours_and_prices_are_among_the_thresholds() -> None:
    names = {flip.name for seed in (0, 7) for flip in recommend(drawn(seed)).flips}
    assert names & {"electricity", "hours"}
    assert names & {"rent_price", "buy_price"}


def cheaper_by_api(question: Question) -> bool:
    """Whether the whole answer to a question finds the API of the same model cheaper than its machine."""
    decision = recommend(question)
    assert decision.answer is not None
    assert isinstance(decision.answer.monthly_usd, Estimate)
    request = ask(CATALOG, question).request
    bill = bills("Qwen/Qwen3-8B", demand_at(request, requests_per_month(request, decision.answer)))
    assert bill is not None
    return bill.monthly_usd < decision.answer.monthly_usd.likely


@pytest.mark.parametrize("path", ["rent", "buy", "owned"])
def test_R03_below_this_use_the_api_is_cheaper_and_above_it_is_not(path: str) -> None:
    question = Question(
        task="chat", model=("Qwen/Qwen3-8B",), device=("RTX 4090",), users=8, min_quality=1, path=(path,)
    )
    decision = recommend(question)
    assert decision.answer is not None
    flips = [flip for flip in decision.flips if flip.name == "api"]
    assert isinstance(decision.answer.monthly_usd, Estimate)
    request = ask(CATALOG, question).request
    load = request.workload
    num_requests = requests_per_month(request, decision.answer)
    bill = bills("Qwen/Qwen3-8B", demand_at(request, num_requests))
    assert bill is not None
    assert len(flips) == (bill.monthly_usd > decision.answer.monthly_usd.likely)
    for flip in (flip for flip in decision.flips if flip.name == "api_price"):
        assert bill.monthly_usd * flip.turns < decision.answer.monthly_usd.likely
        assert bill.monthly_usd * flip.stays > decision.answer.monthly_usd.likely
    used = [flip for flip in decision.flips if flip.name == "api_utilisation"]
    assert len(used) == len(flips)
    for flip in used:
        assert cheaper_by_api(replace(question, utilisation=f"{flip.turns:.6f}"))
        assert not cheaper_by_api(replace(question, utilisation=f"{flip.stays:.6f}"))
    for flip in flips:
        share = flip.stays / (num_requests * (load.input_tokens + load.output_tokens))
        assert 0 < share < 1.02
        own = decision.answer.monthly_usd.likely
        assert bill.monthly_usd * share > 0.3 * own
        if path == "rent":
            assert bill.monthly_usd * share == pytest.approx(own, rel=0.02)
