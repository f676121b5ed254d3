"""The facts about models: shapes, caches, kinds, names."""

from __future__ import annotations

import math

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.check import check
from sizewise.catalog.names import AmbiguousName
from sizewise.estimate.tensors import is_counted, tensor_list

CATALOG = load_catalog()

# The nine truth rows of the KV cache (one sequence, 16-bit): layers x elements x 2 bytes x tokens, windows capped.
# Row 1: 61 layers x (512 + 64) x 2 x 8192; 3: (10 s + 52 x 1024) x 8192; 5: 12 x 2 x 2 x 256 x 2 x s;
# 6: 18 x 2048 x (s + 128); 7: 2 x 32 x 8 x 128 x 2 x s; 8: 2 x 64 x 8 x 128 x 2 x s; 9: 2 x 32 x 32 x 128 x 2 x s.
KV_TRUTHS = [
    ("deepseek-ai/DeepSeek-V3", 8_192, 575_668_224),
    ("deepseek-ai/DeepSeek-V3", 131_072, 9_210_691_584),
    ("google/gemma-3-27b-it", 8_192, 1_107_296_256),
    ("google/gemma-3-27b-it", 131_072, 11_173_625_856),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", 131_072, 3_221_225_472),
    ("openai/gpt-oss-120b", 131_072, 4_836_556_800),
    ("meta-llama/Llama-3.1-8B", 131_072, 17_179_869_184),
    ("Qwen/Qwen3-32B", 131_072, 34_359_738_368),
    ("huggyllama/llama-7b", 8_192, 4_294_967_296),
    ("PKU-Alignment/beaver-7b-v1.0-cost", 8_192, 4_294_967_296),
]


@pytest.mark.parametrize(("name", "tokens", "expected"), KV_TRUTHS)
def test_kv_truth_rows_follow_exactly_from_the_cache_shape(name: str, tokens: int, expected: int) -> None:
    cache = CATALOG.models[name].cache
    windowed = cache.sliding_elements_per_token * min(tokens, cache.window_tokens)
    assert 2 * (cache.full_elements_per_token * tokens + windowed) == expected


def test_state_of_gated_delta_net_is_75_mib() -> None:
    # 36 layers x (2 MiB + 96 KiB): 32 x 128 x 128 x 4 bytes and 3 x (2 x 16 x 128 + 32 x 128) x 4 bytes
    assert CATALOG.model("Qwen3-Next-80B-A3B-Instruct").cache.state_bytes == 75.375 * 2**20


@pytest.mark.parametrize(
    ("name", "full", "sliding"),
    [
        ("google/gemma-3n-E2B-it", 4, 16),
        ("google/gemma-3n-E4B-it", 4, 16),
        ("google/gemma-4-E2B-it", 3, 12),
        ("google/gemma-4-E4B-it", 4, 20),
    ],
)
def test_layers_that_share_a_cache_are_not_counted(name: str, full: int, sliding: int) -> None:
    layers = CATALOG.models[name].layers
    assert (layers.full, layers.sliding) == (full, sliding)


def test_sliding_layers_with_other_kv_heads_count_their_own() -> None:
    # MiMo-V2-Flash: 39 windowed layers of 8 KV heads, 9 full ones of 4; K 192 and V 128 elements a head
    cache = CATALOG.models["XiaomiMiMo/MiMo-V2-Flash"].cache
    assert cache.full_elements_per_token == 9 * 4 * 320
    assert cache.sliding_elements_per_token == 39 * 8 * 320


def test_a_window_in_every_layer_still_counts_all_tokens() -> None:
    model = CATALOG.model("mistralai/Mistral-7B-v0.1")
    assert model.cache.full_elements_per_token == 32 * 2 * 8 * 128
    assert (model.attention, model.layers.sliding) == ("gqa", 0)


def test_sparse_attention_keeps_its_index_keys() -> None:
    v3, v32 = CATALOG.model("DeepSeek-V3").cache, CATALOG.model("DeepSeek-V3.2").cache
    assert v32.full_elements_per_token - v3.full_elements_per_token == 61 * 128


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("meta-llama/Llama-3.1-8B", 8_030_261_248),
        ("meta-llama/Llama-3.3-70B-Instruct", 70_553_706_496),
        ("deepseek-ai/DeepSeek-V3", 671_026_279_424),
        ("PKU-Alignment/beaver-7b-v1.0-cost", 6_607_351_808),
        ("google/gemma-3-27b-it", 27_009_330_432),
    ],
)
def test_parameters_are_those_of_the_language_model(name: str, params: int) -> None:
    assert CATALOG.models[name].num_params == params


def test_towers_and_extra_layers_are_counted_apart() -> None:
    assert CATALOG.model("gemma-3-27b-it").num_extra_params == 423_076_208
    assert CATALOG.model("DeepSeek-V3").num_extra_params > 13e9
    assert CATALOG.model("Llama-3.1-8B").num_extra_params == 0


def test_context_is_that_of_the_card() -> None:
    assert CATALOG.model("meta-llama/Llama-3.1-8B-Instruct").max_context_tokens == 131_072


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("PKU-Alignment/beaver-7b-v1.0-cost", "score"),
        ("PKU-Alignment/beaver-7b-v1.0-reward", "reward"),
        ("BAAI/bge-m3", "embedding"),
        ("Qwen/Qwen3-Reranker-8B", "reranker"),
        ("meta-llama/Llama-Guard-3-8B", "generator"),
        ("openai/gpt-oss-20b", "generator"),
    ],
)
def test_kind_says_what_a_model_gives(name: str, kind: str) -> None:
    assert CATALOG.models[name].kind == kind


@pytest.mark.parametrize(
    ("name", "native"),
    [
        ("openai/gpt-oss-20b", "MXFP4"),
        ("deepseek-ai/DeepSeek-R1", "FP8"),
        ("meta-llama/Llama-2-7b-hf", "F16"),
    ],
)
def test_native_format_is_a_quantization(name: str, native: str) -> None:
    assert CATALOG.models[name].native_format == native
    assert native in CATALOG.quantizations


def test_re_uploads_are_not_official() -> None:
    assert not CATALOG.model("huggyllama/llama-7b").is_official
    assert CATALOG.model("Qwen/Qwen3-8B").is_official


def test_languages_are_codes() -> None:
    assert {len(code) for model in CATALOG.models.values() for code in model.languages} == {2}
    assert {"zh", "en"} <= set(CATALOG.model("Qwen3-8B").languages)


def test_matrices_of_exact_shapes_add_up_to_the_parameters() -> None:
    exact = [model for model in CATALOG.models.values() if model.has_exact_shape]
    assert len(exact) > 300
    counted = {m.name: [g for g in tensor_list(m).groups if is_counted(g)] for m in exact}
    off = [m.name for m in exact if sum(group.num_elements for group in counted[m.name]) != m.num_params]
    assert off == []


def test_active_parameters_of_mixtures_are_fewer_and_of_dense_models_all() -> None:
    for model in CATALOG.models.values():
        if model.experts and not math.isnan(model.num_active_params):
            assert model.num_active_params < model.num_params, model.name
        if not model.experts:
            assert model.num_active_params == model.num_params, model.name


def test_check_finds_nothing_wrong() -> None:
    assert check(CATALOG) == []


@pytest.mark.parametrize(
    "given", ["Llama-3.1-8B-Instruct", "llama-3.1-8b-instruct", "meta-llama/LLAMA-3.1-8B-instruct"]
)
def test_short_and_differently_cased_names_are_found(given: str) -> None:
    assert CATALOG.model(given).name == "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize("given", ["13b", "8B", "llama", "", "  ", "gpt-4o", "Qwen3-9000B"])
def test_a_size_or_an_unknown_name_is_never_substituted(given: str) -> None:
    with pytest.raises(Exception, match="unknown model"):
        CATALOG.model(given)


def test_an_ambiguous_short_name_lists_its_candidates() -> None:
    with pytest.raises(AmbiguousName) as caught:
        CATALOG.model("llama-2-7b")
    assert caught.value.candidates == ("meta-llama/Llama-2-7b-chat-hf", "meta-llama/Llama-2-7b-hf")
    assert "\n" not in str(caught.value)
