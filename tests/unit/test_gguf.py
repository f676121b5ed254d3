"""Mixture rules pick the type of every tensor."""

from __future__ import annotations

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.estimate.gguf import CONDITIONS, group_types, tensor_class
from sizewise.estimate.tensors import tensor_list


def _types(name: str, group: str, file_type: str) -> list[str]:
    model = load_catalog().models[name]
    tensors = tensor_list(model)
    wanted = next(g for g in tensors.groups if g.name == group)
    return group_types(model, tensors, wanted, file_type, mixture_rules())


def test_every_condition_of_the_table_is_known() -> None:
    used = {c for rules in mixture_rules().choices.values() for conditions, _ in rules for c in conditions}
    assert used <= set(CONDITIONS)


def test_q4_k_m_gives_more_bits_to_edges_and_every_third_block() -> None:
    types = _types("meta-llama/Llama-3.1-8B-Instruct", "ffn_down", "Q4_K_M")
    assert [i for i, t in enumerate(types) if t == "Q6_K"] == [
        0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31,
    ]  # fmt: skip
    assert set(types) == {"Q4_K", "Q6_K"}


def test_70b_class_spends_more_on_values() -> None:
    types = _types("meta-llama/Llama-3.3-70B-Instruct", "attn_v", "Q4_K_M")
    assert set(types) == {"Q5_K", "Q6_K"}


def test_eight_experts_spend_more_on_attention() -> None:
    assert set(_types("mistralai/Mixtral-8x7B-Instruct-v0.1", "attn_k", "Q4_K_M")) == {"Q8_0"}
    assert set(_types("mistralai/Mixtral-8x7B-Instruct-v0.1", "attn_output", "Q4_K_M")) == {"Q5_K"}


def test_rows_that_no_block_divides_fall_back() -> None:
    # gpt-oss: rows of 2,880 are not multiples of 256
    assert set(_types("openai/gpt-oss-20b", "ffn_down_exps", "Q4_K_M")) <= {"Q5_0", "Q8_0"}


def test_vectors_and_routers_stay_in_full_precision() -> None:
    assert set(_types("Qwen/Qwen3-30B-A3B", "ffn_gate_inp", "Q2_K")) == {"F32"}
    assert set(_types("Qwen/Qwen3-30B-A3B", "vectors", "Q2_K")) == {"F32"}


def test_tied_embedding_follows_the_output_rule() -> None:
    assert _types("meta-llama/Llama-3.2-1B-Instruct", "token_embd", "Q4_K_M") == ["Q6_K"]
    assert _types("meta-llama/Llama-3.1-8B-Instruct", "token_embd", "Q4_K_M") == ["Q4_K"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ffn_down_exps", "ffn_down"),
        ("ffn_gate_shexp", "ffn_gate"),
        ("attn_qkv", "attn_v"),
        ("attn_q_a", "other"),
        ("per_layer_token_embd", "token_embd"),
    ],
)
def test_tensor_class(name: str, expected: str) -> None:
    assert tensor_class(name) == expected


def test_names_without_a_recipe_take_their_nearest_file_type() -> None:
    assert mixture_rules().recipe("Q4_K_M", has_experts=False) == ("Q4_K_M", 1.0)
    file_type, ratio = mixture_rules().recipe("UD-Q4_K_XL", has_experts=True)
    assert file_type == "Q4_K_M"
    assert 0.8 < ratio < 1.2
