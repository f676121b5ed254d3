"""Laws of the memory estimate."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import machines, models

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import weight_columns
from sizewise.estimate.columns import machine_columns, model_columns
from sizewise.estimate.kv_cache import kv_cache_bytes, kv_rank_ratio, llamacpp_kv_cache_bytes
from sizewise.estimate.memory import (
    RULES,
    MemoryTerms,
    fits,
    max_sequences,
    memory_terms,
    required_bytes,
)
from sizewise.estimate.memory_answers import (
    experts_on_host,
    max_context_tokens,
    max_device_layers,
    memory_parts,
    memory_total,
)
from sizewise.estimate.tensors import tensor_list

if TYPE_CHECKING:
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Number

ENGINES = {"llamacpp": "llama.cpp", "paged": "vllm", "growing": "transformers", "single_pass": "transformers"}
contexts = st.integers(1, 262_144)
deployments = st.tuples(
    models(), machines(), st.sampled_from(sorted(RULES)), st.sampled_from(("none", "layer", "tensor"))
)


def one(number: Number) -> float:
    """The single value of an array."""
    return float(np.asarray(number).reshape(-1)[0])


def _terms(
    deployment: tuple[Model, Machine, str, str], context: Number, kv_bytes: float = 2.0, name: str = "Q4_K_M"
) -> MemoryTerms:
    model, machine, rule, split = deployment
    catalog = load_catalog()
    return memory_terms(
        rule,
        weights=weight_columns([(model, catalog.quantizations[name])]),
        models=model_columns([model]),
        machines=machine_columns([machine]),
        engine=catalog.engines[ENGINES[rule]],
        context_tokens=context,
        k_bytes_per_element=kv_bytes,
        v_bytes_per_element=kv_bytes,
        split=split,
    )


@given(deployments, contexts, contexts, st.integers(1, 64))
def test_required_memory_grows_with_context_and_sequences(
    deployment: tuple[Model, Machine, str, str], first: int, second: int, num: int
) -> None:
    short, long = (_terms(deployment, float(c)) for c in sorted((first, second)))
    assert one(required_bytes(short, num)) <= one(required_bytes(long, num))
    assert one(required_bytes(short, num)) <= one(required_bytes(short, num + 1))


@given(deployments, contexts)
def test_fewer_bits_never_need_more(deployment: tuple[Model, Machine, str, str], context: int) -> None:
    needs = [
        one(required_bytes(_terms(deployment, float(context), name=n), 1)) for n in ("Q4_K_M", "Q6_K", "Q8_0")
    ]
    assert needs == sorted(needs)


@given(deployments, contexts)
def test_max_sequences_fit_and_one_more_does_not(
    deployment: tuple[Model, Machine, str, str], context: int
) -> None:
    terms = _terms(deployment, float(context))
    most = one(max_sequences(terms))
    assert most >= 0
    assert most == 0 or fits(terms, most)[0]
    assert not fits(terms, most + 1)[0]


@given(deployments, st.integers(1, 4))
def test_max_context_fits_and_256_more_does_not(
    deployment: tuple[Model, Machine, str, str], num: int
) -> None:
    native = deployment[0].max_context_tokens
    dense_engine = ("growing", "single_pass")
    deployment = (
        *deployment[:2],
        "llamacpp" if deployment[2] in dense_engine else deployment[2],
        deployment[3],
    )
    found = max_context_tokens(
        lambda context: _terms(deployment, context),
        num_sequences=num,
        native_tokens=np.array([float(native)]),
    )[0]
    assert 0 <= found <= native
    assert found == 0 or fits(_terms(deployment, found), num)[0]
    assert found == native or not fits(_terms(deployment, found + 256.0), num)[0]


@given(deployments, contexts, st.integers(1, 64))
def test_parts_add_up_to_what_is_required(
    deployment: tuple[Model, Machine, str, str], context: int, num: int
) -> None:
    terms = _terms(deployment, float(context))
    parts = memory_parts(
        terms, rule=deployment[2], num_sequences=num, weights_basis="derived", fitted={}, host_bytes=5.0
    )
    total = memory_total(parts)
    assert np.isclose(total.likely, one(required_bytes(terms, num)), rtol=1e-12)
    assert total.low <= total.likely <= total.high
    assert [part.placement for part in parts if part.name == "host_weights"] == ["host"]


@given(
    st.lists(st.tuples(models(), machines()), min_size=1, max_size=5),
    contexts,
    st.sampled_from(sorted(RULES)),
)
def test_block_equals_single_answers(pairs: list[tuple[Model, Machine]], context: int, rule: str) -> None:
    catalog = load_catalog()
    quantization = catalog.quantizations["Q4_K_M"]
    block = memory_terms(
        rule,
        weights=weight_columns([(model, quantization) for model, _ in pairs]).as_rows(),
        models=model_columns([model for model, _ in pairs]).as_rows(),
        machines=machine_columns([machine for _, machine in pairs]),
        engine=catalog.engines[ENGINES[rule]],
        context_tokens=float(context),
        k_bytes_per_element=2.0,
        v_bytes_per_element=2.0,
        split="tensor",
    )
    both = np.broadcast_to(max_sequences(block), (len(pairs), len(pairs)))
    needed = np.broadcast_to(required_bytes(block, 2), both.shape)
    for i, (model, _) in enumerate(pairs):
        for j, (_, machine) in enumerate(pairs):
            single = _terms((model, machine, rule, "tensor"), float(context))
            assert one(max_sequences(single)) == both[i, j]
            assert one(required_bytes(single, 2)) == needed[i, j]


@given(models(), contexts)
def test_quantized_cache_is_its_share_of_16_bits(model: Model, context: int) -> None:
    def allocated(element_bytes: float) -> float:
        return float(
            llamacpp_kv_cache_bytes(
                full_elements_per_token=model.cache.full_elements_per_token,
                sliding_elements_per_token=model.cache.sliding_elements_per_token,
                window_tokens=model.cache.window_tokens,
                context_tokens=context,
                bytes_per_element=element_bytes,
            )
        )

    assert np.isclose(allocated(34 / 32), allocated(2.0) * 17 / 32)
    assert np.isclose(allocated(18 / 32), allocated(2.0) * 9 / 32)


@given(models(), contexts, contexts)
def test_cache_of_two_halves_is_at_least_the_cache_of_the_whole(
    model: Model, first: int, second: int
) -> None:
    def needed(tokens: int) -> float:
        cache = model.cache
        return float(
            kv_cache_bytes(
                full_elements_per_token=cache.full_elements_per_token,
                sliding_elements_per_token=cache.sliding_elements_per_token,
                window_tokens=cache.window_tokens,
                tokens=tokens,
                bytes_per_element=2.0,
            )
        )

    apart, whole = needed(first) + needed(second), needed(first + second)
    assert apart >= whole
    if not model.layers.sliding:
        assert apart == whole


@given(st.integers(1, 64), st.integers(1, 16))
def test_ranks_never_hold_less_than_an_equal_share(kv_heads: int, ranks: int) -> None:
    ratio = float(kv_rank_ratio(num_kv_heads=kv_heads, num_devices=ranks, is_latent=False))
    assert 1 / ranks <= ratio + 1e-12 <= 1 + 1e-9
    assert float(kv_rank_ratio(num_kv_heads=kv_heads, num_devices=ranks, is_latent=True)) == 1.0


@given(deployments, contexts)
def test_more_ranks_never_raise_the_weights_of_one(
    deployment: tuple[Model, Machine, str, str], context: int
) -> None:
    model, machine, rule, _ = deployment
    for split in ("tensor", "layer"):
        more = dataclasses.replace(machine, num_devices=2 * machine.num_devices)
        weights = [one(_terms((model, m, rule, split), float(context)).weights) for m in (machine, more)]
        assert weights[1] <= weights[0]


@given(models())
def test_tensors_add_up_to_the_parameters(model: Model) -> None:
    tensors = tensor_list(model)
    listed = sum(group.num_elements for group in tensors.groups) * tensors.scale
    assert np.isclose(listed, model.num_params, rtol=1e-12)


@given(models(), machines(), contexts, st.integers(1, 8))
def test_offloading_loses_no_byte(model: Model, machine: Machine, context: int, num: int) -> None:
    catalog = load_catalog()
    weights = weight_columns([(model, catalog.quantizations["Q4_K_M"])])
    terms = _terms((model, machine, "llamacpp", "none"), float(context))
    whole = float(weights.file_bytes[0]) + num * one(terms.per_sequence)
    layers = max_device_layers(
        terms, weights=weights, num_layers=np.array([float(model.num_layers)]), num_sequences=num
    )
    experts = experts_on_host(terms, weights=weights, num_sequences=num)
    for offload in (layers, experts):
        assert np.isclose(one(offload.device_bytes + offload.host_bytes), whole, rtol=1e-12)
    held = one(layers.device_bytes + terms.compute + terms.runtime)
    assert held <= machine.device.usable_bytes or one(layers.device_layers) == 0
