"""Compute buffers and whole devices against the engine's allocator and hand-worked sums."""

from __future__ import annotations

import csv
import dataclasses
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import weight_columns
from sizewise.domain.device import Machine
from sizewise.estimate.columns import machine_columns, model_columns
from sizewise.estimate.memory import MemoryTerms, max_sequences, memory_terms, required_bytes
from sizewise.estimate.memory_answers import max_context_tokens
from sizewise.estimate.memory_llamacpp import compute_bytes, stream_tokens
from sizewise.units import GIB, MIB

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number

LLAMA_8B, LLAMA_70B = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"
QWEN_32B, GEMMA_27B = "Qwen/Qwen3-32B", "google/gemma-3-27b-it"
GPT_OSS, DEEPSEEK = "openai/gpt-oss-20b", "deepseek-ai/DeepSeek-V3"
ALL_OUTPUTS = 512.0
COMPUTE_MIB = [
    (LLAMA_8B, 8_192, 512, True, ALL_OUTPUTS, 298.52),
    (LLAMA_8B, 131_072, 512, True, ALL_OUTPUTS, 418.52),
    (LLAMA_8B, 8_192, 2_048, True, 2_048.0, 1_194.08),
    (LLAMA_8B, 8_192, 512, True, 1.0, 132.02),
    (LLAMA_8B, 8_192, 512, False, ALL_OUTPUTS, 580.02),
    (LLAMA_8B, 16_384, 512, False, ALL_OUTPUTS, 1_108.02),
    (QWEN_32B, 8_192, 512, True, ALL_OUTPUTS, 354.77),
    (QWEN_32B, 8_192, 512, True, 1.0, 208.02),
    (QWEN_32B, 8_192, 512, False, ALL_OUTPUTS, 1_126.02),
    (LLAMA_70B, 8_192, 512, True, ALL_OUTPUTS, 338.52),
    (LLAMA_70B, 8_192, 512, True, 1.0, 256.02),
    (GEMMA_27B, 8_192, 512, True, ALL_OUTPUTS, 574.15),
    (GEMMA_27B, 8_192, 512, True, 1.0, 188.03),
    (GPT_OSS, 8_192, 512, True, ALL_OUTPUTS, 429.65),
    (GPT_OSS, 8_192, 512, True, 1.0, 104.40),
    (DEEPSEEK, 8_192, 512, True, 1.0, 414.01),
    (DEEPSEEK, 8_192, 512, False, ALL_OUTPUTS, 2_470.02),
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", 8_192, 512, True, ALL_OUTPUTS, 216.02),
]
"""MiB that the allocator of llama.cpp b11549 answers; all outputs = builds before 2026, one = llama-server."""


def one(number: Number) -> float:
    """The single value of an array."""
    return float(np.asarray(number).reshape(-1)[0])


def _compute_mib(name: str, context: float, ubatch: float, *, flash: bool, outputs: float) -> float:
    models = model_columns([load_catalog().models[name]])
    ubatch = min(ubatch, context)
    cells, window = stream_tokens(models=models, context_tokens=context, ubatch_tokens=ubatch)
    buffer = compute_bytes(
        models=models,
        cells_tokens=cells,
        window_cells_tokens=window,
        ubatch_tokens=ubatch,
        num_outputs=outputs,
        uses_flash_attention=flash,
    )
    return float(buffer[0]) / MIB


@pytest.mark.parametrize(("name", "context", "ubatch", "flash", "outputs", "expected_mib"), COMPUTE_MIB)
def test_compute_buffer_is_what_the_allocator_says(
    name: str,
    context: int,
    ubatch: int,
    flash: bool,  # noqa: FBT001 - a column of the table above
    outputs: float,
    expected_mib: float,
) -> None:
    assert _compute_mib(name, context, ubatch, flash=flash, outputs=outputs) == pytest.approx(
        expected_mib, abs=0.2
    )


def test_compute_buffer_follows_the_engine_on_a_grid() -> None:
    with (Path(__file__).parent / "llamacpp_grid.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    errors = []
    for row in rows:
        context, ubatch = float(row["context_tokens"]) / float(row["num_slots"]), float(row["ubatch_tokens"])
        kept = float(row["num_outputs"]) or min(ubatch, context)
        mib = _compute_mib(row["model"], context, ubatch, flash=row["flash_attention"] == "1", outputs=kept)
        errors.append(abs(mib / float(row["compute_mib"]) - 1.0))
    assert np.median(errors) < 0.001
    assert np.quantile(errors, 0.9) < 0.05


def _terms(
    name: str, quantization: str, device: str, engine: str, *, num_devices: int = 1, split: str = "none",
    context: Number = 8_192.0, kv_bytes: float = 2.0,
) -> MemoryTerms:  # fmt: skip
    catalog = load_catalog()
    model = catalog.models[name]
    chosen = catalog.engine(engine)
    return memory_terms(
        chosen.memory_rule,
        weights=weight_columns([(model, catalog.quantization(quantization))]),
        models=model_columns([model]),
        machines=machine_columns([Machine(device=catalog.device(device), num_devices=num_devices)]),
        engine=chosen,
        context_tokens=context,
        k_bytes_per_element=kv_bytes,
        v_bytes_per_element=kv_bytes,
        split=split,
    )


def test_llama_8b_on_one_gpu_needs_under_six_gib() -> None:
    # 4,403.5 weights + 1,024 KV + 132 compute + 300..500 context = 5.72..5.92 GiB (llama-server b11549)
    required = one(required_bytes(_terms(LLAMA_8B, "Q4_K_M", "RTX 4090", "llama.cpp"), 1.0))
    assert 5.72 * GIB < required < 5.92 * GIB


@pytest.mark.parametrize(
    ("kv_bytes", "expected_tokens"), [(2.0, 19_456), (34 / 32, 36_608), (18 / 32, 40_960)]
)
def test_largest_context_of_qwen3_32b_on_a_24_gb_card(kv_bytes: float, expected_tokens: int) -> None:
    # usable 23,949.6 - weights 18,423.66 - context 409.6 - compute 200 = 4,916 MiB; per token KV + 2 x 512 B mask;
    # the q4_0 cache would hold 68,864 tokens, beyond the model's own 40,960
    def terms_at(context: Array) -> MemoryTerms:
        return _terms(QWEN_32B, "Q4_K_M", "RTX 4090", "llama.cpp", context=context, kv_bytes=kv_bytes)

    found = max_context_tokens(terms_at, num_sequences=1.0, native_tokens=np.array([40_960.0]))
    assert found.tolist() == [expected_tokens]


def test_llama_70b_runs_on_two_24_gb_cards_and_not_on_one_40_gb_card() -> None:
    # measured to run on 2 x RTX 3090 and 2 x RTX 4090 at 8,192 tokens
    pair = _terms(LLAMA_70B, "Q4_K_M", "RTX 3090", "llama.cpp", num_devices=2, split="layer")
    single = _terms(LLAMA_70B, "Q4_K_M", "NVIDIA A100 PCIe 40GB", "llama.cpp")
    assert one(max_sequences(pair)) >= 1
    assert one(max_sequences(single)) == 0


def test_fp8_70b_leaves_vllm_no_room_on_one_h100_and_half_of_two() -> None:
    # measured with vLLM 0.11: nothing left for the cache on one card, 32 GiB a card (163,840 B a token) on two
    single = _terms(LLAMA_70B, "FP8", "NVIDIA H100 SXM5 80GB", "vllm")
    pair = _terms(LLAMA_70B, "FP8", "NVIDIA H100 SXM5 80GB", "vllm", num_devices=2, split="tensor")
    assert one(max_sequences(single)) <= 1
    assert one(max_sequences(pair)) * 8_192 * 163_840 == pytest.approx(32 * GIB, rel=0.25)


def test_terms_of_a_single_pass_model_hold_no_cache() -> None:
    # beaver cost model: 12.307 GiB + 16 texts x 2,048 tokens: 2.34 GiB of one layer's activations
    catalog = load_catalog()
    model = catalog.models["PKU-Alignment/beaver-7b-v1.0-cost"]
    terms = memory_terms(
        "single_pass",
        weights=weight_columns([(model, catalog.quantization("BF16"))]),
        models=model_columns([model]),
        machines=machine_columns([Machine(device=catalog.device("RTX 4090"))]),
        engine=dataclasses.replace(catalog.engine("transformers")),
        context_tokens=2_048.0,
        k_bytes_per_element=2.0,
        v_bytes_per_element=2.0,
    )
    assert 16 * one(terms.per_sequence) / GIB == pytest.approx(2.34, abs=0.01)
    assert one(terms.weights) / GIB == pytest.approx(12.307, abs=0.01)
    assert not math.isfinite(float(terms.sequence_limit))


def test_M04_gemma_with_128k_of_context_fits_an_h100_in_fp8() -> None:
    # 25.2 GiB weights + 10.4 KV + at most 4 of activations; another tool refuses for a phantom 72 GB activation
    terms = _terms(GEMMA_27B, "FP8", "NVIDIA H100 SXM5 80GB", "vllm", context=131_072.0)
    assert one(max_sequences(terms)) >= 1
    assert one(terms.compute) < 4 * GIB


def test_M06_gpt_oss_120b_is_wholly_resident() -> None:
    # 64.38 GiB measured by vLLM; another tool counts the active experts only and lets it run in 3 GB
    terms = _terms("openai/gpt-oss-120b", "MXFP4", "NVIDIA RTX A6000", "vllm")
    assert 60 * GIB < one(terms.weights) < 65 * GIB
    assert one(max_sequences(terms)) == 0


def test_M15_slots_of_llamacpp_split_the_context() -> None:
    # four slots of 2,048 cells hold what one slot of 8,192 holds
    whole = _terms(LLAMA_8B, "Q4_K_M", "RTX 4090", "llama.cpp")
    quarter = _terms(LLAMA_8B, "Q4_K_M", "RTX 4090", "llama.cpp", context=2_048.0)
    assert 4 * one(quarter.per_sequence) == one(whole.per_sequence) == 1_024 * MIB
