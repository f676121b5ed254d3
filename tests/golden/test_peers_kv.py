"""Cache sizes that other tools get wrong, to the byte, as `fit` shows them.

Right values: layers x elements x tokens x 2 bytes of the published configurations (what the model needs) and the
allocator of llama.cpp b11549 (what the engine takes).
"""

from __future__ import annotations

import numpy as np
import pytest

from sizewise.advisor import fit
from sizewise.advisor.fit_terms import Case
from sizewise.catalog import load_catalog
from sizewise.domain.device import Machine
from sizewise.estimate.kv_cache import kv_cache_bytes
from sizewise.estimate.memory import MemoryOptions, memory_terms
from sizewise.units import GIB, MIB

DEEPSEEK, GEMMA = "deepseek-ai/DeepSeek-V3", "google/gemma-3-27b-it"


def model_bytes(model: str, tokens: int) -> int:
    """What one 16-bit sequence needs, without the fixed state. [bytes]"""
    cache = load_catalog().models[model].cache
    needed = kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token,
        window_tokens=cache.window_tokens,
        tokens=tokens,
        bytes_per_element=2,
    )
    return int(needed)


def engine_bytes(model: str, tokens: int, engine: str = "llama.cpp") -> float:
    """The cache line of `fit` on one device. [bytes]"""
    answer = fit(model, device="H200", engine=engine, context=tokens)
    return next(part.size.likely for part in answer.memory if part.name == "kv_cache")


def test_KV01_latent_cache_of_deepseek_v3_has_no_heads() -> None:
    assert model_bytes(DEEPSEEK, 8_192) == 61 * 576 * 2 * 8_192 == 575_668_224
    assert engine_bytes(DEEPSEEK, 8_192) == 549 * MIB


def test_KV02_latent_cache_of_deepseek_v3_at_128k() -> None:
    assert model_bytes(DEEPSEEK, 131_072) == 9_210_691_584
    assert engine_bytes(DEEPSEEK, 131_072) == 8_784 * MIB


def test_KV03_gemma_3_keeps_windows_in_52_of_62_layers() -> None:
    assert model_bytes(GEMMA, 8_192) == (10 * 8_192 + 52 * 1_024) * 8_192 == 1_107_296_256
    assert engine_bytes(GEMMA, 8_192) == 1_264 * MIB


def test_KV04_gemma_3_at_128k_by_model_and_llamacpp() -> None:
    assert model_bytes(GEMMA, 131_072) == 11_173_625_856
    assert engine_bytes(GEMMA, 131_072) == 10_864 * MIB


def test_KV04_gemma_3_at_128k_in_vllm_depends_on_its_hybrid_cache_manager() -> None:
    catalog = load_catalog()
    case = Case(
        catalog=catalog, model=catalog.models[GEMMA], quantization=catalog.quantizations["FP8"],
        engine=catalog.engines["vllm"], machine=Machine(device=catalog.device("H200")), context_tokens=131_072,
        num_sequences=1, kv_type="f16",
    )  # fmt: skip
    models, weights, machines = case.columns
    admitted = case.terms.kv_constant + case.terms.per_sequence
    off = memory_terms(
        "paged", weights=weights, models=models, machines=machines, engine=case.engine, context_tokens=131_072.0,
        k_bytes_per_element=2.0, v_bytes_per_element=2.0, options=MemoryOptions(keeps_full_windows=True),
    )  # fmt: skip
    assert 10.4 <= np.asarray(admitted).item() / GIB <= 18.0
    assert np.asarray(off.kv_constant + off.per_sequence).item() == 62.0 * GIB


def test_KV05_qwen3_next_keeps_a_state_in_its_linear_layers() -> None:
    model = "Qwen/Qwen3-Next-80B-A3B-Instruct"
    assert model_bytes(model, 131_072) == 12 * 2 * 2 * 256 * 2 * 131_072 == 3_221_225_472
    assert load_catalog().models[model].cache.state_bytes == 75.375 * MIB
    assert engine_bytes(model, 131_072) == 3_221_225_472 + 75.375 * MIB


def test_KV06_every_second_layer_of_gpt_oss_120b_is_windowed() -> None:
    assert model_bytes("openai/gpt-oss-120b", 131_072) == 18 * 2_048 * (131_072 + 128) == 4_836_556_800


def test_KV07_llama_3_1_8b_at_its_full_context() -> None:
    assert model_bytes("meta-llama/Llama-3.1-8B-Instruct", 131_072) == 16 * GIB
    assert engine_bytes("meta-llama/Llama-3.1-8B-Instruct", 131_072) == 16 * GIB


def test_KV08_qwen3_32b_at_128k_is_sized_and_refused_beyond_its_own_context() -> None:
    assert model_bytes("Qwen/Qwen3-32B", 131_072) == 32 * GIB
    answer = fit("Qwen/Qwen3-32B", device="H200", context=131_072)
    assert (answer.fits, answer.binding, answer.max_context_tokens) == ("no", "context", 40_960)


def test_KV09_llama_7b_caches_all_heads_and_llama_3_only_its_kv_heads() -> None:
    assert model_bytes("huggyllama/llama-7b", 8_192) == 4 * GIB
    assert model_bytes("meta-llama/Meta-Llama-3-8B", 8_192) == 1 * GIB
    assert model_bytes("meta-llama/Llama-3.3-70B-Instruct", 8_192) * 8 == 80 * 2 * 64 * 128 * 8_192 * 2


@pytest.mark.parametrize("kv_type", ["q8_0", "q4_0"])
def test_KV07_quantized_caches_are_their_block_size_smaller(kv_type: str) -> None:
    ratio = {"q8_0": 17 / 32, "q4_0": 9 / 32}[kv_type]
    answer = fit(
        "meta-llama/Llama-3.1-8B-Instruct",
        device="H200",
        engine="llama.cpp",
        context=131_072,
        kv_type=kv_type,
    )
    kept = next(part.size.likely for part in answer.memory if part.name == "kv_cache")
    assert kept == ratio * 16 * GIB


def test_KV06_llamacpp_pads_the_windows_of_gpt_oss() -> None:
    catalog = load_catalog()
    small = catalog.models["openai/gpt-oss-20b"]
    assert small.cache.window_tokens == 128
    assert engine_bytes("openai/gpt-oss-20b", 8_192) == 210 * MIB
    assert engine_bytes("openai/gpt-oss-20b", 131_072) == 3_090 * MIB
