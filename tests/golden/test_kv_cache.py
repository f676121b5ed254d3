"""KV caches against published truth: the nine rows every sizing tool is measured by, and llama.cpp's allocator."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sizewise.catalog import load_catalog
from sizewise.estimate.kv_cache import (
    KV_TYPE_BYTES,
    cache_element_bytes,
    kv_cache_bytes,
    llamacpp_kv_cache_bytes,
    paged_window_tokens,
)
from sizewise.units import MIB

LLAMA_8B, GEMMA_27B = "meta-llama/Llama-3.1-8B-Instruct", "google/gemma-3-27b-it"
DEEPSEEK, QWEN_32B = "deepseek-ai/DeepSeek-V3", "Qwen/Qwen3-32B"
TRUTH_ROWS = [
    pytest.param(DEEPSEEK, 8_192, 575_668_224, id="KV01"),  # 61 layers x 576 elements x 2 B x s
    pytest.param(DEEPSEEK, 131_072, 9_210_691_584, id="KV02"),
    pytest.param(GEMMA_27B, 8_192, 1_107_296_256, id="KV03"),  # (10 s + 52 x 1,024) x 8,192 B
    pytest.param(GEMMA_27B, 131_072, 11_173_625_856, id="KV04"),
    pytest.param(
        "Qwen/Qwen3-Next-80B-A3B-Instruct", 131_072, 3_221_225_472, id="KV05"
    ),  # 12 of 48 layers; without the fixed state
    pytest.param("openai/gpt-oss-120b", 131_072, 4_836_556_800, id="KV06"),  # 18 x 2,048 B x (s + 128)
    pytest.param(LLAMA_8B, 131_072, 17_179_869_184, id="KV07"),  # 131,072 B x s
    pytest.param(QWEN_32B, 131_072, 34_359_738_368, id="KV08"),  # 262,144 B x s
    pytest.param("huggyllama/llama-7b", 8_192, 4_294_967_296, id="KV09"),  # 524,288 B x s, all heads
]
"""Derived from the published configurations; what the model needs for one 16-bit sequence. Other tools are up to 25
times off on them (ids of their errors)."""
ALLOCATIONS = [
    (LLAMA_8B, 8_192, {}, 1_024),
    (LLAMA_8B, 8_100, {}, 1_024),
    (LLAMA_8B, 8_192, {"kv": "q8_0/q8_0"}, 544),
    (LLAMA_8B, 8_192, {"kv": "q4_0/q4_0"}, 288),
    (LLAMA_8B, 8_192, {"kv": "f16/q8_0"}, 784),
    (LLAMA_8B, 8_191, {"num_slots": 3}, 1_056),
    (GEMMA_27B, 8_192, {}, 1_264),
    (GEMMA_27B, 8_192, {"ubatch_tokens": 128}, 1_160),
    (GEMMA_27B, 8_192, {"ubatch_tokens": 2_048}, 1_888),
    (GEMMA_27B, 8_192, {"keeps_full_windows": True}, 3_968),
    (GEMMA_27B, 8_192, {"num_slots": 4}, 3_136),
    (GEMMA_27B, 8_192, {"num_slots": 4, "is_unified": True}, 2_512),
    (GEMMA_27B, 131_072, {}, 10_864),
    (GEMMA_27B, 1_024, {}, 496),
    ("openai/gpt-oss-20b", 8_192, {}, 210),
    ("openai/gpt-oss-20b", 131_072, {}, 3_090),
    (DEEPSEEK, 8_192, {}, 549),
    (DEEPSEEK, 131_072, {}, 8_784),
    (QWEN_32B, 40_960, {}, 10_240),
    ("meta-llama/Llama-3.3-70B-Instruct", 8_192, {}, 2_560),
]
"""MiB that the allocator of llama.cpp b11549 answers for header-only files."""


@pytest.mark.parametrize(("name", "tokens", "expected"), TRUTH_ROWS)
def test_kv_cache_is_the_published_number_to_the_byte(name: str, tokens: int, expected: int) -> None:
    cache = load_catalog().models[name].cache
    needed = kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token,
        window_tokens=cache.window_tokens,
        tokens=tokens,
        bytes_per_element=2.0,
    )
    assert needed == expected


@pytest.mark.parametrize(("name", "context", "options", "expected_mib"), ALLOCATIONS)
def test_llamacpp_allocates_what_its_allocator_says(
    name: str, context: int, options: dict[str, object], expected_mib: float
) -> None:
    keys, values = str(options.get("kv", "f16/f16")).split("/")
    cache = load_catalog().models[name].cache
    element = cache_element_bytes(
        k_bytes_per_element=KV_TYPE_BYTES[keys],
        v_bytes_per_element=KV_TYPE_BYTES[values],
        is_latent=cache.is_latent,
    )
    allocated = llamacpp_kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token,
        window_tokens=cache.window_tokens,
        context_tokens=context,
        num_slots=float(str(options.get("num_slots", 1))),
        is_unified=bool(options.get("is_unified")),
        keeps_full_windows=bool(options.get("keeps_full_windows")),
        ubatch_tokens=float(str(options.get("ubatch_tokens", 512))),
        bytes_per_element=element,
    )
    assert allocated == expected_mib * MIB


def test_llamacpp_cache_equals_the_engine_on_a_grid() -> None:
    with (Path(__file__).parent / "llamacpp_grid.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    wrong = []
    for row in rows:
        cache = load_catalog().models[row["model"]].cache
        allocated = llamacpp_kv_cache_bytes(
            full_elements_per_token=cache.full_elements_per_token,
            sliding_elements_per_token=cache.sliding_elements_per_token,
            window_tokens=cache.window_tokens,
            context_tokens=float(row["context_tokens"]),
            num_slots=float(row["num_slots"]),
            ubatch_tokens=float(row["ubatch_tokens"]),
            bytes_per_element=KV_TYPE_BYTES[row["kv_type"]],
        )
        if abs(float(allocated) / MIB - float(row["kv_mib"])) > 0.001:
            wrong.append(row)
    assert len(rows) > 400
    assert wrong == []


@pytest.mark.parametrize(
    ("batched_tokens", "expected_pages"), [(2_048, 9_350), (8_192, 11_654), (16_384, 14_726)]
)
def test_vllm_admits_gemma_with_window_and_chunk(batched_tokens: int, expected_pages: int) -> None:
    # Gemma-3-27B at 131,072: 10 full layers are one group, 52 sliding ones six groups of 10; pages of 16 tokens
    sliding = paged_window_tokens(window_tokens=1_024, block_tokens=16, prefill_tokens=batched_tokens)
    assert 131_072 / 16 + 6 * float(sliding) / 16 == expected_pages
