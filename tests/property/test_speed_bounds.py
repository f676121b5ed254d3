"""Bounds of speed: what no bandwidth, no batch, no split and no offload can pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_speed_laws import CONSTANTS, inputs, one, terms_of, weights_of_16_bits
from tests.strategies import machines, models

from sizewise.estimate.columns import machine_columns, model_columns
from sizewise.estimate.offload import HOST_EFFICIENCY, OnHost, copied_weights_s, offloaded_token_s
from sizewise.estimate.prefill import prefill
from sizewise.estimate.speed import expert_coverage, step_s

if TYPE_CHECKING:
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model

SLACK = 1.0 + 1e-9
SPLITS = st.sampled_from(("none", "layer", "tensor", "row"))


def with_bandwidth(machine: Machine, factor: float) -> Machine:
    device = machine.device
    return replace(
        machine, device=replace(device, bandwidth_bytes_per_s=factor * device.bandwidth_bytes_per_s)
    )


@given(models(), machines(), st.floats(1, 100), st.floats(1, 512), SPLITS)
def test_more_bandwidth_is_never_slower(
    model: Model, machine: Machine, factor: float, num_sequences: float, split: str
) -> None:
    slow, fast = (terms_of(model, place, split=split) for place in (machine, with_bandwidth(machine, factor)))
    assert one(step_s(fast, num_sequences)) <= one(step_s(slow, num_sequences)) * SLACK
    reading = [
        one(prefill(**inputs(model, place), input_tokens=700.0, split=split).total_s)
        for place in (machine, with_bandwidth(machine, factor))
    ]
    assert reading[1] <= reading[0] * SLACK


@given(models(), machines(), st.floats(1, 1e5))
def test_a_step_reads_at_most_all_experts_and_at_least_the_chosen_ones(
    model: Model, machine: Machine, num_sequences: float
) -> None:
    terms = terms_of(model, machine)
    coverage = one(expert_coverage(expert_ratio=terms.expert_ratio, num_tokens=num_sequences))
    assert one(terms.expert_ratio) <= coverage * SLACK
    assert coverage <= 1.0
    everything_s = one(terms.fixed_s + terms.dense_s + terms.expert_s)
    rest_s = num_sequences * one(terms.sequence_s + terms.compute_s)
    assert one(step_s(terms, num_sequences)) <= (everything_s + rest_s) * SLACK


@given(models(), machines(), st.sampled_from((2, 4, 8)), st.floats(1, 512))
def test_a_tensor_split_never_beats_linear(
    model: Model, machine: Machine, num_devices: int, num_sequences: float
) -> None:
    alone = terms_of(model, replace(machine, num_devices=1))
    split = terms_of(model, replace(machine, num_devices=num_devices), split="tensor")
    assert one(step_s(split, num_sequences)) * num_devices * SLACK >= one(step_s(alone, num_sequences))
    whole, shared = (
        one(prefill(**inputs(model, place), input_tokens=3000.0, split=name).total_s)
        for place, name in (
            (replace(machine, num_devices=1), "none"),
            (replace(machine, num_devices=num_devices), "tensor"),
        )
    )
    assert shared * num_devices * SLACK >= whole


@given(models(), machines(), st.floats(1, 5000), st.integers(1, 64))
def test_prompts_read_together_take_no_longer_than_one_by_one_and_no_less_than_their_arithmetic(
    model: Model, machine: Machine, input_tokens: float, num_prompts: int
) -> None:
    alone = prefill(**inputs(model, machine), input_tokens=input_tokens, split="none")
    together = prefill(
        **inputs(model, machine), input_tokens=input_tokens, num_prompts=float(num_prompts), split="none"
    )
    assert one(together.total_s) <= num_prompts * one(alone.total_s) * SLACK
    assert one(together.total_s) * SLACK >= one(alone.total_s)


@given(models(), machines(), st.floats(0, 1), st.floats(0, 1), st.floats(1e10, 1e11))
def test_a_token_reads_what_lies_on_the_host_at_the_speed_of_its_memory(
    model: Model, machine: Machine, one_: float, other: float, host_bytes_per_s: float
) -> None:
    weights, shapes = weights_of_16_bits(model), model_columns([model])
    terms = terms_of(model, machine)
    less, more = (
        one(
            offloaded_token_s(
                terms,
                weights=weights,
                models=shapes,
                on_host=OnHost(share, share),
                host_bandwidth_bytes_per_s=host_bytes_per_s,
            )
        )
        for share in sorted((one_, other))
    )
    dense_bytes_per_s = one(weights.dense_read_bytes) / one(terms.dense_s)
    expert_bytes_per_s = one(weights.expert_bytes) / one(terms.expert_s) if one(terms.expert_s) else np.inf
    is_slow = HOST_EFFICIENCY * host_bytes_per_s <= min(dense_bytes_per_s, expert_bytes_per_s)
    assert not is_slow or less <= more * SLACK
    read = one(weights.dense_read_bytes - weights.output_bytes) * max(one_, other)
    assert more * SLACK >= read / host_bytes_per_s
    copied = [
        one(
            copied_weights_s(
                weights=weights,
                models=shapes,
                machines=machine_columns([machine]),
                on_host=OnHost(share, share),
                input_tokens=700.0,
                chunk_tokens=CONSTANTS.chunk_tokens,
            )
        )
        for share in sorted((one_, other))
    ]
    assert np.isnan(copied).all() or copied[0] <= copied[1]
