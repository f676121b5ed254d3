"""The tensor list of a model follows from its shape and its parameter count."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from sizewise.catalog import load_catalog
from sizewise.estimate.delta_net import delta_net
from sizewise.estimate.gated_attention import gated_attention
from sizewise.estimate.gemma import gemma_layout
from sizewise.estimate.lightning import has_lightning
from sizewise.estimate.mamba import mamba
from sizewise.estimate.tensors import attention_blocks, tensor_groups, tensor_list

if TYPE_CHECKING:
    from sizewise.domain.model import Model


def _model(name: str) -> Model:
    return load_catalog().models[name]


LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"


def test_list_adds_up_to_the_parameters() -> None:
    model = _model(LLAMA_8B)
    assert sum(group.num_elements for group in tensor_groups(model)) == model.num_params == 8_030_261_248


def test_vectors_are_what_the_matrices_leave() -> None:
    vectors = next(g for g in tensor_groups(_model(LLAMA_8B)) if g.name == "vectors")
    assert vectors.num_elements == 65 * 4_096  # two norms a block and the last one
    assert not vectors.is_matrix


@pytest.mark.parametrize(
    ("name", "has_output", "is_gated"),
    [
        (LLAMA_8B, True, True),
        ("meta-llama/Llama-3.2-1B-Instruct", False, True),
        ("bigcode/starcoder2-15b", True, False),
        ("PKU-Alignment/beaver-7b-v1.0-reward", False, True),
    ],
)
def test_parameter_count_tells_output_and_gate(name: str, has_output: bool, is_gated: bool) -> None:  # noqa: FBT001
    tensors = tensor_list(_model(name))
    assert (tensors.has_output, tensors.is_gated, tensors.is_exact) == (has_output, is_gated, True)


def test_experts_are_stacked_and_follow_the_dense_blocks() -> None:
    groups = {group.name: group for group in tensor_groups(_model("deepseek-ai/DeepSeek-V3"))}
    assert groups["ffn_down"].blocks == (0, 1, 2)
    assert groups["ffn_down_exps"].blocks[0] == 3
    assert groups["ffn_down_exps"].num_stacked == 256
    assert groups["ffn_down_exps"].is_expert
    assert not groups["ffn_down_shexp"].is_expert
    assert not groups["ffn_gate_inp"].is_matrix


def test_latent_attention_has_split_projections_and_no_keys() -> None:
    names = {group.name for group in tensor_groups(_model("deepseek-ai/DeepSeek-V3"))}
    assert {"attn_kv_a_mqa", "attn_k_b", "attn_v_b", "attn_q_a", "attn_q_b"} <= names
    assert "attn_k" not in names


def test_fused_families_have_one_attention_matrix() -> None:
    names = {group.name for group in tensor_groups(_model("microsoft/phi-4"))}
    assert "attn_qkv" in names
    assert "attn_q" not in names


def test_hybrids_attend_in_the_last_of_every_few_blocks() -> None:
    model = _model("Qwen/Qwen3-Next-80B-A3B-Instruct")
    assert attention_blocks(model) == tuple(range(3, 48, 4))
    assert attention_blocks(_model(LLAMA_8B)) == tuple(range(32))


@pytest.mark.parametrize(
    ("name", "heads"),
    [
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", (16, 32)),
        ("Qwen/Qwen3.5-27B", (16, 48)),
        ("Qwen/Qwen3.5-0.8B", (16, 16)),
    ],
)
def test_delta_net_heads_follow_from_the_state_and_explain_all_parameters(
    name: str, heads: tuple[int, int]
) -> None:
    assert delta_net(_model(name)) == heads
    assert tensor_list(_model(name)).is_exact


def test_layers_of_other_kinds_end_in_the_rest() -> None:
    assert delta_net(_model("MiniMaxAI/MiniMax-Text-01")) is None
    assert delta_net(_model(LLAMA_8B)) is None
    model = _model("Qwen/Qwen3.5-27B")
    odd = dataclasses.replace(model.cache, state_bytes=model.cache.state_bytes + 1)
    assert delta_net(dataclasses.replace(model, cache=odd)) is None
    assert "rest" in {group.name for group in tensor_groups(_model("Snowflake/snowflake-arctic-instruct"))}


def test_per_layer_embedding_is_told_apart() -> None:
    names = {group.name for group in tensor_groups(_model("google/gemma-4-E2B-it"))}
    assert "per_layer_token_embd" in names


def test_shape_larger_than_the_parameters_is_scaled() -> None:
    model = dataclasses.replace(_model(LLAMA_8B), num_params=6e9, num_active_params=6e9)
    tensors = tensor_list(model)
    assert 0.7 < tensors.scale < 1
    assert not tensors.is_exact


@pytest.mark.parametrize(
    ("name", "period", "num_global_kv_heads", "widens"),
    [
        ("google/gemma-3n-E2B-it", 5, 2, False),
        ("google/gemma-4-E2B-it", 5, 1, True),
        ("google/gemma-4-E4B-it", 6, 2, False),
        ("google/gemma-4-12B-it", 6, 1, False),
        ("google/gemma-4-26B-A4B-it", 6, 2, False),
        ("google/gemma-4-31B-it", 6, 4, False),
    ],
)
def test_layout_of_gemma_follows_from_its_cache_and_its_count(
    name: str, period: int, num_global_kv_heads: int, *, widens: bool
) -> None:
    layout = gemma_layout(_model(name))
    assert layout is not None
    assert (layout.period, layout.num_global_kv_heads, layout.widens) == (period, num_global_kv_heads, widens)
    assert tensor_list(_model(name)).is_exact


def test_a_gemma_of_another_count_has_no_layout() -> None:
    model = _model("google/gemma-4-31B-it")
    assert gemma_layout(dataclasses.replace(model, num_params=2 * model.num_params)) is None
    assert gemma_layout(_model(LLAMA_8B)) is None


@pytest.mark.parametrize(
    ("name", "num_window_heads", "gate_rows_per_head"),
    [
        ("stepfun-ai/Step-3.5-Flash", 96, 1),
        ("poolside/Laguna-XS.2", 64, 1),
        ("poolside/Laguna-S-2.1", 72, 1),
        ("poolside/Laguna-M.1", 64, 128),
        ("arcee-ai/Trinity-Mini", 32, 128),
    ],
)
def test_gates_and_heads_follow_from_the_count(
    name: str, num_window_heads: int, gate_rows_per_head: int
) -> None:
    gated = gated_attention(_model(name))
    assert gated is not None
    assert (gated.num_window_heads, gated.gate_rows_per_head) == (num_window_heads, gate_rows_per_head)
    assert tensor_list(_model(name)).is_exact


def test_a_gate_that_does_not_add_up_is_none() -> None:
    model = _model("poolside/Laguna-XS.2")
    assert gated_attention(dataclasses.replace(model, num_params=model.num_params + 1)) is None
    assert gated_attention(_model(LLAMA_8B)) is None


@pytest.mark.parametrize(
    ("size", "latent_size"), [("Nano-30B-A3B", 0), ("Super-120B-A12B", 1024), ("Ultra-550B-A55B", 2048)]
)
def test_narrow_space_of_experts_follows_from_the_count(size: str, latent_size: int) -> None:
    net = mamba(_model(f"nvidia/NVIDIA-Nemotron-3-{size}-BF16"))
    assert net is not None
    assert net.latent_size == latent_size


def test_lightning_attention_explains_all_parameters() -> None:
    assert tensor_list(_model("MiniMaxAI/MiniMax-Text-01")).is_exact
    assert not has_lightning(_model("Qwen/Qwen3-Next-80B-A3B-Instruct"))
