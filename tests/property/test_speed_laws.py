"""Laws of steps and prefill: what must hold for any model on any machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import machines, models

from sizewise.estimate.columns import WeightColumns, machine_columns, model_columns
from sizewise.estimate.prefill import prefill
from sizewise.estimate.speed import SpeedCoefficients, StepTerms, step_s, step_terms

if TYPE_CHECKING:
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Number

CONSTANTS = SpeedCoefficients(
    read_efficiency=0.75, expert_efficiency=0.7, cache_efficiency=0.6, vector_flop_per_byte=4.0,
    legacy_vector_ratio=3.0, step_s=1e-3, layer_s=3e-5, sequence_s=2e-5, decode_utilisation=0.4,
    prefill_utilisation=0.5, expert_utilisation=0.5, attention_utilisation=0.3, prefill_passes=1.0,
    prefill_layer_s=1e-4, all_reduce_s=5e-6, link_efficiency=0.5,
    row_hop_s=1e-4, chunk_tokens=512.0, ingest_s=0.0, compute_class="fp16",
)  # fmt: skip


def weights_of_16_bits(model: Model) -> WeightColumns:
    """Every parameter in two bytes; what one token does not use are the routed experts."""
    mixture, expert = model.experts, 0.0
    if mixture:
        sparse_layers = model.num_layers - mixture.num_dense_layers
        expert = 3.0 * sparse_layers * mixture.num_experts * mixture.ffn_size * model.hidden_size
    output = model.vocab_size * model.hidden_size
    read = model.num_params - expert - (0 if model.ties_embeddings else output)
    sizes = {
        "file": model.num_params,
        "device": model.num_params,
        "host": 0.0,
        "output": output,
        "expert": expert,
    }
    columns = {f"{name}_bytes": np.array([2.0 * size]) for name, size in sizes.items()}
    return WeightColumns(**columns, dense_read_bytes=np.array([2.0 * read]))


def inputs(model: Model, machine: Machine) -> dict[str, Any]:
    return {
        "models": model_columns([model]),
        "weights": weights_of_16_bits(model),
        "machines": machine_columns([machine]),
        "coefficients": CONSTANTS,
    }


def terms_of(
    model: Model, machine: Machine, context_tokens: float = 1000.0, split: str = "none"
) -> StepTerms:
    return step_terms(
        **inputs(model, machine),
        context_tokens=context_tokens,
        k_bytes_per_element=2.0,
        v_bytes_per_element=2.0,
        split=split,
    )


def one(values: Number) -> float:
    return float(np.asarray(values).item())


@given(models(), machines())
def test_decode_never_exceeds_what_the_memory_can_deliver(model: Model, machine: Machine) -> None:
    weights = weights_of_16_bits(model)
    ratio = one(model_columns([model]).expert_ratio)
    read = one(weights.dense_read_bytes) + ratio * one(weights.expert_bytes)
    assert one(step_s(terms_of(model, machine), 1.0)) >= read / machine.device.bandwidth_bytes_per_s


@given(models(), machines(), st.floats(1, 1e6), st.floats(1, 1e6))
def test_a_longer_context_never_makes_a_step_faster(
    model: Model, machine: Machine, one_: float, other: float
) -> None:
    short, long = sorted((one_, other))
    assert one(step_s(terms_of(model, machine, short), 1.0)) <= one(
        step_s(terms_of(model, machine, long), 1.0)
    )


@given(models(), machines())
def test_twice_the_bandwidth_halves_only_what_reads_memory(model: Model, machine: Machine) -> None:
    faster = replace(
        machine,
        device=replace(machine.device, bandwidth_bytes_per_s=2 * machine.device.bandwidth_bytes_per_s),
    )
    slow, fast = terms_of(model, machine), terms_of(model, faster)
    assert one(slow.dense_s) / 2 <= one(fast.dense_s) <= one(slow.dense_s)
    assert one(fast.fixed_s) == one(slow.fixed_s)
    assert one(fast.compute_s) == one(slow.compute_s)


@given(models(), machines(), st.sampled_from((2, 4, 8)))
def test_a_layer_split_adds_no_decode_speed(model: Model, machine: Machine, num_devices: int) -> None:
    alone = terms_of(model, replace(machine, num_devices=1))
    split = terms_of(model, replace(machine, num_devices=num_devices), split="layer")
    assert one(step_s(split, 1.0)) > one(step_s(alone, 1.0))


@given(models(), machines(), st.sampled_from((2, 4, 8)))
def test_a_tensor_split_divides_the_reading_and_pays_for_talking(
    model: Model, machine: Machine, num_devices: int
) -> None:
    alone = terms_of(model, replace(machine, num_devices=1))
    split = terms_of(model, replace(machine, num_devices=num_devices), split="tensor")
    assert one(split.dense_s) == pytest.approx(one(alone.dense_s) / num_devices)
    assert one(split.compute_s) == pytest.approx(one(alone.compute_s) / num_devices)
    assert one(split.fixed_s) > one(alone.fixed_s)


@given(models(), machines(), st.floats(1, 1000), st.floats(1, 1000))
def test_more_sequences_never_make_a_step_faster_and_never_lower_throughput(
    model: Model, machine: Machine, one_: float, other: float
) -> None:
    few, many = sorted((one_, other))
    terms = terms_of(model, machine)
    assert one(step_s(terms, few)) <= one(step_s(terms, many)) * (1 + 1e-12)
    assert few / one(step_s(terms, few)) <= many / one(step_s(terms, many)) * (1 + 1e-9)


@given(models(), machines(), st.integers(1, 100_000), st.integers(1, 100_000))
def test_a_longer_prompt_never_takes_less_time(model: Model, machine: Machine, one_: int, other: int) -> None:
    short, long = sorted((one_, other))
    times = [
        one(prefill(**inputs(model, machine), input_tokens=n, split="none").total_s) for n in (short, long)
    ]
    # a chunk that is full reads its experts once; the last, partly filled ones share the work evenly
    assert times[0] <= times[1] * (1 + 1e-9)


@given(models(), machines(), st.integers(1, 100_000))
def test_prefill_never_exceeds_the_peak_rate(model: Model, machine: Machine, num_tokens: int) -> None:
    time_s = one(prefill(**inputs(model, machine), input_tokens=num_tokens, split="none").total_s)
    tables = (2 - model.ties_embeddings) * model.vocab_size * model.hidden_size
    work = 2.0 * (model.num_active_params - tables) * num_tokens
    assert time_s >= work / machine.device.fp16_flop_per_s


@given(st.lists(models(), min_size=1, max_size=4), st.lists(machines(), min_size=1, max_size=4))
def test_a_block_gives_what_each_pair_gives(many: list[Model], places: list[Machine]) -> None:
    parts = [weights_of_16_bits(model) for model in many]
    weights = WeightColumns(
        **{name: np.concatenate([vars(p)[name] for p in parts]) for name in vars(parts[0])}
    )
    block: dict[str, Any] = {
        "models": model_columns(many).as_rows(),
        "weights": weights.as_rows(),
        "machines": machine_columns(places),
        "coefficients": CONSTANTS,
        "split": "tensor",
    }
    lengths: dict[str, Any] = {
        "context_tokens": 500.0,
        "k_bytes_per_element": 2.0,
        "v_bytes_per_element": 1.0,
    }
    steps = step_s(step_terms(**block, **lengths), 5.0)
    prompts = prefill(**block, input_tokens=700.0).total_s
    for i, model in enumerate(many):
        for j, machine in enumerate(places):
            pair = inputs(model, machine) | {"split": "tensor"}
            assert np.asarray(steps)[i, j] == pytest.approx(
                one(step_s(step_terms(**pair, **lengths), 5.0)), rel=1e-12
            )
            alone = one(prefill(**pair, input_tokens=700.0).total_s)
            assert np.asarray(prompts)[i, j] == pytest.approx(alone, rel=1e-12)
