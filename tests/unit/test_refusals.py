"""What a refusal says to people: what does run, what lifts it, and models that think first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sizewise.advisor import Question, recommend
from sizewise.advisor.asking import ask
from sizewise.advisor.neighbours import MAX_RUNNING
from sizewise.catalog import load_catalog
from sizewise.decide.candidates import model_gate
from sizewise.domain.estimate import Estimate

THINKER = "Qwen/Qwen3-4B-Thinking-2507"


def test_makers_names_say_which_models_always_think_first() -> None:
    models = load_catalog().models
    thinkers = {name for name, model in models.items() if model.thinks_first}
    assert {THINKER, "Qwen/QwQ-32B", "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"} <= thinkers
    assert not {"Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-8B", "openai/gpt-oss-20b"} & thinkers


@pytest.mark.slow
def test_a_model_that_thinks_first_is_not_proposed_for_completion_but_is_for_mathematics() -> None:
    card = ("RTX 4090",)
    listed = recommend(Question(task="completion", device=card), top=1000).options
    assert listed
    models = load_catalog().models
    assert not any(models[o.deployment.model].thinks_first for o in listed)
    numbers = recommend(Question(task="math", device=card), top=1000).options
    assert any(models[o.deployment.model].thinks_first for o in numbers)


@pytest.mark.slow
def test_a_model_asked_for_by_name_is_never_refused_for_thinking() -> None:
    decision = recommend(Question(task="chat", model=(THINKER,), device=("RTX 4090",), min_quality=1))
    assert decision.answer is not None
    assert decision.answer.deployment.model == THINKER


@pytest.mark.slow
def test_too_many_users_are_told_how_many_it_carries() -> None:
    asked = Question(task="rag", device=("RTX 4090",), model=("Qwen/Qwen3-8B",), min_quality=1)
    decision = recommend(replace(asked, users=500))
    assert decision.answer is None
    lift = str(decision.rejected[0].lift)
    assert lift.endswith("users at the same time")
    most = int(lift.split()[2])
    assert recommend(replace(asked, users=most)).answer is not None


@pytest.mark.slow
def test_where_nothing_is_good_enough_the_best_that_runs_comes_first() -> None:
    asked = Question(task="qa", device=("Apple M2 (8-core GPU) 8GB",), max_ttft="5s")
    options = recommend(replace(asked, min_quality=1), top=1000).options
    best = max(o.quality.likely for o in options if isinstance(o.quality, Estimate))
    decision = recommend(replace(asked, min_quality=min(best + 1, 100)))
    assert decision.answer is None
    assert decision.rejected[0].constraint == "quality"
    assert [r.constraint for r in decision.rejected].count("quality") <= MAX_RUNNING


@pytest.mark.slow
def test_a_scorer_that_is_asked_to_chat_is_named_in_the_verdict() -> None:
    decision = recommend(Question(model=("PKU-Alignment/beaver-7b-v1.0-cost",), device=("RTX 4090",)))
    assert "beaver-7b-v1.0-cost is no answer: it does not write text" in str(decision.verdict)


def test_laptop_chips_have_the_names_that_people_use() -> None:
    catalog = load_catalog()
    for spoken in ("RTX 4060 Laptop", "rtx 4060 laptop gpu", "NVIDIA GeForce RTX 4060 Laptop GPU"):
        assert catalog.device(spoken).name == "NVIDIA GeForce RTX 4060 Mobile"
    assert catalog.device("RTX 4060").name == "NVIDIA GeForce RTX 4060"


def test_the_gate_of_thinking_is_that_of_ability() -> None:
    catalog = load_catalog()
    request = ask(catalog, Question(task="chat")).request
    assert model_gate(catalog.models[THINKER], request) == "capability"
    assert model_gate(catalog.models[THINKER], ask(catalog, Question(task="math")).request) == ""
