"""Weights against the quantizer's own count and published files."""

from __future__ import annotations

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import counted_sizes, mixture_rules, weights_of
from sizewise.estimate.indexer import is_indexed
from sizewise.estimate.tensors import tensor_list
from sizewise.estimate.weights import weight_bytes
from sizewise.units import MIB

LLAMA_8B, LLAMA_70B = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.3-70B-Instruct"
GOLDEN = [
    (LLAMA_8B, "Q8_0", 8_532_934_656),
    (LLAMA_8B, "Q6_K", 6_588_170_240),
    (LLAMA_8B, "Q5_K_M", 5_725_151_232),
    (LLAMA_8B, "Q4_K_M", 4_912_898_048),  # 193 Q4_K + 33 Q6_K + 65 F32 tensors
    (LLAMA_8B, "Q3_K_M", 4_011_081_728),
    (LLAMA_8B, "Q2_K", 3_171_295_232),
    (LLAMA_70B, "Q8_0", 74_967_187_456),
    (LLAMA_70B, "Q4_K_M", 42_512_531_456),
    (LLAMA_70B, "Q2_K", 26_367_246_336),
    ("Qwen/Qwen3-32B", "Q4_K_M", 19_756_174_336),
    ("Qwen/Qwen3-30B-A3B", "Q4_K_M", 18_550_716_416),
    ("google/gemma-3-27b-it", "Q4_K_M", 16_539_843_584),  # the converter trims the vocabulary to 262,144
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Q4_K_M", 28_447_727_616),
    ("Qwen/Qwen3-8B", "Q4_K_M", 5_021_827_072),
]
"""Bytes of all tensors in a file made by llama-quantize b11549, without importance matrix (its dry run)."""
COUNTED_TOLERANCE = 1e-4
"""Vectors of models whose published parameter count leaves norms or a padded vocabulary out."""


@pytest.mark.parametrize(("name", "file_type", "expected"), GOLDEN)
def test_file_type_weighs_what_the_quantizer_counts(name: str, file_type: str, expected: int) -> None:
    catalog = load_catalog()
    assert weights_of(catalog, catalog.models[name], catalog.quantizations[file_type]).file_bytes == expected


def test_mixture_rules_replay_every_counted_size() -> None:
    catalog, rules = load_catalog(), mixture_rules()
    by_shape = {
        (m.num_layers, m.hidden_size, int(m.num_params)): m
        for m in catalog.models.values()
        if not is_indexed(m)  # the quantizer counted the same model without an indexer
    }
    errors = {}
    for (*shape, file_type), counted in counted_sizes().items():
        num_layers, hidden_size, num_params = (int(str(part)) for part in shape)
        model = by_shape[num_layers, hidden_size, num_params]
        quantization = catalog.quantizations.get(str(file_type))
        if quantization is not None and quantization.container == "gguf" and tensor_list(model).is_exact:
            computed = weight_bytes(model, quantization, rules).file_bytes
            errors[model.name, file_type] = abs(computed / counted - 1.0)
    exact = [pair for pair, error in errors.items() if error == 0.0]
    assert len(errors) > 800
    assert len(exact) > 0.7 * len(errors)
    assert {
        pair: e for pair, e in errors.items() if e > COUNTED_TOLERANCE and "GLM-4.5-Air" not in pair[0]
    } == {}


def test_untied_embedding_stays_on_the_host() -> None:
    catalog = load_catalog()
    weights = weights_of(catalog, catalog.models[LLAMA_8B], catalog.quantizations["Q4_K_M"])
    assert weights.device_bytes / MIB == pytest.approx(4_403.49, abs=0.01)
    assert weights.host_bytes / MIB == pytest.approx(281.81, abs=0.01)


def test_M01_beaver_cost_has_no_output_matrix() -> None:
    # PKU-Alignment/beaver-7b-v1.0-cost: LLaMA-7B body, 6,607,351,808 parameters, 13,214,703,616 B in bf16
    catalog = load_catalog()
    model = catalog.models["PKU-Alignment/beaver-7b-v1.0-cost"]
    weights = weights_of(catalog, model, catalog.quantizations["BF16"])
    assert weights.file_bytes == pytest.approx(13_214_703_616, rel=1e-4)
    assert not tensor_list(model).has_output


def test_fp8_70b_on_two_ranks_weighs_what_vllm_printed() -> None:
    # vLLM 0.11 on H100: 33.88 GiB a rank
    catalog = load_catalog()
    weights = weights_of(catalog, catalog.models[LLAMA_70B], catalog.quantizations["FP8"])
    assert weights.device_bytes / 2 == pytest.approx(33.88 * 2**30, rel=0.01)


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 4.8944),
        ("meta-llama/Llama-3.3-70B-Instruct", 4.8204),
        ("deepseek-ai/DeepSeek-V2-Lite-Chat", 5.28),
        ("openai/gpt-oss-20b", 6.04),  # rows of 2,880 are no multiple of 256: other types take their place
    ],
)
def test_q4_k_m_has_the_bits_of_its_mixture_not_4_8(name: str, bits: float) -> None:
    catalog = load_catalog()
    model = catalog.models[name]
    size = weights_of(catalog, model, catalog.quantizations["Q4_K_M"]).file_bytes
    assert 8.0 * size / model.num_params == pytest.approx(bits, abs=0.005)
