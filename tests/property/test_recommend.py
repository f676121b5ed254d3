"""Laws of the decision, held by small searches: one card, a few models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sizewise.advisor import Question, fit, recommend
from sizewise.advisor.asking import ask
from sizewise.advisor.space import build_space, owned_machines
from sizewise.catalog import load_catalog
from sizewise.decide.evaluate import Evaluated, evaluate
from sizewise.decide.rank import RankKeys, order
from sizewise.decide.search import as_grid, gates
from sizewise.domain.device import Machine
from sizewise.domain.estimate import Estimate

MODELS = ("Qwen/Qwen3-4B-Instruct-2507", "Qwen/Qwen3-8B", "Qwen/Qwen3-30B-A3B", "google/gemma-3-27b-it")
SIZES, BITS = st.sampled_from((4e9, 8e9, 32e9, 70e9)), st.sampled_from((4.0, 8.0, 16.0))
COSTS = st.lists(st.floats(1, 10_000), min_size=1, max_size=12)


def keys(costs: list[float]) -> RankKeys:
    """Options that differ in cost, size, bits and name."""
    index = np.arange(len(costs))
    return RankKeys(
        monthly_usd=np.array(costs), num_params=1e9 * (1.0 + index % 3), weight_bits=4.0 + 4 * (index % 2),
        quality=60.0 + index % 5, is_official=np.ones(len(costs)), name=np.array([f"option {i:02d}" for i in index]),
    )  # fmt: skip


def first_of(options: list[tuple[float, float, float, float]]) -> int:
    """The choice among options of cost, size, bits and quality."""
    usd, params, bits, quality = (np.array(column) for column in zip(*options, strict=True))
    names = np.array([f"option {i:02d}" for i in range(len(options))])
    official = np.ones(len(options))
    columns = RankKeys(
        monthly_usd=usd,
        num_params=params,
        weight_bits=bits,
        quality=quality,
        is_official=official,
        name=names,
    )
    return int(order(columns, 1)[0])


@given(costs=COSTS, data=st.data())
def test_permuting_the_candidates_changes_nothing(costs: list[float], data: st.DataObject) -> None:
    shuffled = np.array(data.draw(st.permutations(range(len(costs)))))
    options = keys(costs)
    assert shuffled[order(options.take(shuffled), 1)[0]] == order(options, 1)[0]


@given(costs=COSTS, factor=st.floats(1.2, 100))
def test_an_option_beyond_the_cost_tie_never_changes_the_choice(costs: list[float], factor: float) -> None:
    dearer = [*costs, max(costs) * factor + 2]
    assert order(keys(dearer), 1)[0] == order(keys(costs), 1)[0]


@given(options=st.lists(st.tuples(st.floats(1, 500), SIZES, BITS, st.floats(20, 90)), min_size=1, max_size=8))
def test_a_dominated_option_never_changes_the_choice(
    options: list[tuple[float, float, float, float]],
) -> None:
    """One that costs as much or more, is no smaller, has no more bits and is no better than another one."""
    for like in range(len(options)):
        usd, params, bits, quality = options[like]
        worse = (usd * 1.01, params * 1.5, bits / 2, quality - 1)
        with_it = first_of([*options, worse])
        assert with_it == first_of(options)


@given(costs=COSTS)
def test_unpriced_options_are_never_ranked(costs: list[float]) -> None:
    options = keys([*costs, float("nan"), float("inf")])
    assert set(order(options, len(costs) + 2).tolist()) == set(range(len(costs)))


@given(device=st.sampled_from(("RTX 4090", "RTX A6000", "H100 SXM5")), users=st.integers(1, 40))
@settings(max_examples=8)
def test_a_block_holds_the_values_of_each_pair_and_unknown_passes_no_gate(device: str, users: int) -> None:
    catalog = load_catalog()
    request = ask(catalog, Question(task="chat", users=users, model=MODELS)).request
    machines = owned_machines([Machine(device=catalog.device(device), num_devices=2, is_owned=True)])
    space = build_space(catalog, request, [catalog.models[name] for name in MODELS], machines)
    for block in space.blocks:
        grid = evaluate(as_grid(block), request)
        shape = np.shape(grid.monthly_usd)
        row, column = len(block.row_ids) - 1, len(block.machine_ids) - 1
        pair = evaluate(space.pair(int(block.row_ids[row]), int(block.machine_ids[column])), request)
        for name in Evaluated.__dataclass_fields__:
            here = np.broadcast_to(getattr(grid, name), shape)[row, column]
            alone = np.ravel(np.broadcast_to(getattr(pair, name), (1,)))[0]
            np.testing.assert_allclose(here, alone, rtol=1e-12)
        passed = gates(replace(grid, monthly_usd=np.full(shape, np.nan)), request)
        assert not passed.is_within_budget.any()
        passed = gates(replace(grid, shortfall_bytes=np.full(shape, np.nan)), request)
        assert not passed.fits.any()


@given(
    model=st.sampled_from(MODELS), users=st.sampled_from((1, 3, 8)), device=st.sampled_from(("RTX 4090", "RTX A6000")),
    engine=st.sampled_from(("vllm", "llama.cpp")),
)  # fmt: skip
@settings(max_examples=10)
def test_nothing_asked_for_is_replaced_and_the_replicas_carry_the_users(
    model: str, users: int, device: str, engine: str
) -> None:
    decision = recommend(
        Question(task="chat", model=(model,), device=(device,), engine=(engine,), users=users, min_quality=1)
    )
    for option in decision.options:
        chosen = option.deployment
        assert (chosen.model, chosen.engine, chosen.num_devices) == (model, engine, 1)
        assert device in chosen.device
        assert option.num_users >= users
    for flip in decision.flips:
        assert str(flip.then)
    assert (decision.answer is None) == (not decision.command)
    assert decision.answer is not None or decision.rejected


@pytest.mark.slow
@given(budget=st.floats(40, 400), more=st.floats(1.0, 3.0))
@settings(max_examples=6)
def test_more_budget_never_loses_an_answer(budget: float, more: float) -> None:
    poor, rich = (
        recommend(
            Question(
                task="chat", model=("Qwen/Qwen3-8B",), device=("any",), min_quality=1, monthly_budget=round(usd, 2)
            )
        )
        for usd in (budget, budget * more + 0.01)
    )  # fmt: skip
    assert poor.answer is None or rich.answer is not None
    for decision, usd in ((poor, budget), (rich, budget * more + 0.01)):
        cost = getattr(decision.answer, "monthly_usd", None)
        assert cost is None or (isinstance(cost, Estimate) and cost.likely <= usd + 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("users", [1, 10])
def test_below_the_budget_at_which_the_answer_flips_something_else_is_answered(users: int) -> None:
    asked = Question(task="chat", model=("Qwen/Qwen3-8B",), device=("any",), min_quality=1, users=users)
    now = recommend(asked)
    assert now.answer is not None
    assert isinstance(now.answer.monthly_usd, Estimate)
    flips = [flip for flip in now.flips if str(flip.input) == "monthly budget"]
    assert len(flips) == 1
    cost = now.answer.monthly_usd.likely
    below = recommend(replace(asked, monthly_budget=round(cost * 0.985, 2)))
    above = recommend(replace(asked, monthly_budget=round(cost * 1.015, 2)))
    assert above.answer is not None
    assert above.answer.deployment == now.answer.deployment
    assert below.answer is None or below.answer.deployment != now.answer.deployment


@given(
    model=st.sampled_from(MODELS), device=st.sampled_from(("RTX 4090", "RTX 3090", "L40S")),
    users=st.integers(1, 6), kv_type=st.sampled_from(("f16", "q8_0")),
)  # fmt: skip
@settings(max_examples=15)
def test_the_largest_context_fits_and_256_more_do_not(
    model: str, device: str, users: int, kv_type: str
) -> None:
    asked = {
        "device": device,
        "quantization": "Q4_K_M",
        "engine": "llama.cpp",
        "users": users,
        "kv_type": kv_type,
    }
    most = fit(model, **asked).max_context_tokens  # type: ignore[arg-type]  # one value a keyword
    if most:
        assert fit(model, context=most, **asked).fits != "no"  # type: ignore[arg-type]  # same
    assert fit(model, context=most + 256, **asked).fits == "no"  # type: ignore[arg-type]  # same
