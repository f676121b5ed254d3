"""Memory sums that other tools get wrong; the id of the case stands in the name of the test."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sizewise.advisor import Question, fit, recommend
from sizewise.advisor.fit_terms import Case
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import weights_of
from sizewise.domain.device import Machine
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.errors import UnknownName
from sizewise.estimate.columns import first_value
from sizewise.estimate.kv_cache import llamacpp_kv_cache_bytes
from sizewise.sources.config_json import model_from_folder
from sizewise.units import GIB, format_bytes, parse_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.answers import FitAnswer

LLAMA_8B, BEAVER = "meta-llama/Llama-3.1-8B-Instruct", "PKU-Alignment/beaver-7b-v1.0-cost"
LLAMA_CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip


def part(answer: FitAnswer, name: str) -> float:
    """One line of the sum. [bytes]"""
    return next(p.size.likely for p in answer.memory if p.name == name)


def case_of(model: str, quantization: str, engine: str, device: str, **changes: Any) -> Case:
    """One case of `fit`, 8,192 tokens of context and one sequence unless changed."""
    catalog = load_catalog()
    asked: dict[str, Any] = {"context_tokens": 8_192, "num_sequences": 1, "kv_type": "f16"} | changes
    return Case(
        catalog=catalog, model=catalog.model(model), quantization=catalog.quantization(quantization),
        engine=catalog.engine(engine), machine=Machine(device=catalog.device(device)), **asked,
    )  # fmt: skip


def test_M01_score_model_is_one_forward_pass_and_no_server() -> None:
    answer = fit(BEAVER, device="RTX 4090")
    assert (answer.kind, answer.engine, answer.quantization) == ("score", "transformers", "BF16")
    assert part(answer, "weights") == 13_214_703_616
    assert {p.name for p in answer.memory} == {"weights", "activations", "compute", "runtime"}
    assert answer.decode_tokens_per_s is None
    assert isinstance(answer.texts_per_s, Estimate | Unknown)
    assert answer.command == ""
    assert any("not a generator" in str(caveat) for caveat in answer.caveats)


def test_M01_score_model_is_refused_where_text_is_wanted() -> None:
    decision = recommend(Question(task="chat", model=(BEAVER,), device=("RTX 4090",)))
    assert decision.answer is None
    assert [r.constraint for r in decision.rejected] == ["generator"]


def test_M02_q4_k_m_of_an_8b_is_4_576_gib() -> None:
    catalog = load_catalog()
    weights = weights_of(catalog, catalog.model(LLAMA_8B), catalog.quantization("Q4_K_M"))
    assert weights.file_bytes == 4_912_898_048
    assert weights.file_bytes / GIB == pytest.approx(4.576, abs=0.001)
    answer = fit(LLAMA_8B, device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp")
    assert part(answer, "weights") + part(answer, "host_weights") == 4_912_898_048


def test_M03_a_671b_model_is_sized_from_its_shapes_alone() -> None:
    load_catalog().model("DeepSeek-V3")
    tracemalloc.start()
    try:
        answer = fit("DeepSeek-V3", device="8x H200", engine="vllm", quantization="FP8")
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert part(answer, "weights") * 8 > 600e9
    assert peak_bytes < 300e6


@pytest.mark.parametrize("device", ["8x H200", "8x H100 SXM5", "2x H100 SXM5", "RTX 4090"])
def test_M05_there_is_one_verdict_on_deepseek_v3(device: str) -> None:
    answer = fit("DeepSeek-V3", device=device, context=131_072)
    assert (answer.fits == "no") == (answer.shortfall_bytes > 0)
    assert (answer.fits == "no") == (answer.max_concurrency < 1)
    assert (answer.command == "") == (answer.fits == "no")
    assert part(answer, "kv_cache") <= 8.9 * GIB


def test_M06_48_gb_do_not_hold_gpt_oss_120b_and_offloading_states_its_speed() -> None:
    answer = fit("openai/gpt-oss-120b", device="L40S")
    assert (answer.fits, answer.quantization) == ("no", "MXFP4")
    assert isinstance(answer.decode_tokens_per_s, Unknown)
    offload = [str(lift) for lift in answer.lifts if "host memory" in str(lift)]
    assert offload
    assert all("tokens/s" in text for text in offload)


def test_M07_overhead_of_vllm_follows_its_sequences_and_the_vocabulary() -> None:
    base = case_of(LLAMA_8B, "FP8", "vllm", "H100 SXM5")
    wide = replace(base, engine=replace(base.engine, max_num_seqs=1_024))
    growth = first_value(wide.terms.compute) - first_value(base.terms.compute)
    # vLLM 0.19: 14.2 bytes x sequences x vocabulary (fit of the llm-d planner on ten profiles)
    assert 0 < growth <= 14.2 * (1_024 - base.engine.max_num_seqs) * 128_256 + 1
    assert 1.5 * GIB < first_value(wide.terms.compute) < 2.5 * GIB
    assert fit(LLAMA_8B, device="H100 SXM5", engine="vllm").engine_version == base.engine.version != ""


def test_M08_latent_cache_in_fit_is_the_same_on_one_and_on_eight_ranks() -> None:
    answer = fit("DeepSeek-V3", device="8x H200", engine="vllm", context=8_192)
    assert answer.split == "tensor"
    assert part(answer, "kv_cache") == 575_668_224


def test_M09_reranker_needs_its_weights_and_no_reservation() -> None:
    answer = fit("Qwen/Qwen3-Reranker-0.6B", device="RTX 4090", context=8_192)
    assert answer.kind == "reranker"
    assert answer.memory_bytes.likely < 2 * GIB
    assert "kv_cache" not in {p.name for p in answer.memory}


def test_M10_lm_studio_needs_the_sum_of_its_parts() -> None:
    engines = [
        fit(LLAMA_8B, device="RTX 4090", quantization="Q4_K_M", engine=e) for e in ("llama.cpp", "lm-studio")
    ]
    assert engines[0].memory == engines[1].memory
    assert engines[1].memory_bytes.likely < 6.1 * GIB


def test_M11_nvfp4_counts_the_parameters_of_the_model_not_of_the_packed_tensors() -> None:
    catalog = load_catalog()
    model, packed = catalog.model("deepseek-ai/DeepSeek-R1"), catalog.quantization("NVFP4")
    assert model.num_params == pytest.approx(671.03e9, rel=1e-4)
    assert packed.container == "safetensors"
    weights = weights_of(catalog, model, packed)
    assert 0.5625 * 671e9 < weights.file_bytes < 0.62 * 671e9


def test_M12_fp8_checkpoint_stays_fp8_in_safetensors(tmp_path: Path) -> None:
    config = LLAMA_CONFIG | {"quantization_config": {"quant_method": "fp8"}}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert model_from_folder(tmp_path).native_format == "FP8"
    answer = fit(str(tmp_path), device="H100 SXM5")
    assert (answer.quantization, answer.engine) == ("FP8", "vllm")
    assert part(answer, "weights") < 9.2e9


def test_M13_gib_and_gb_are_never_taken_for_each_other() -> None:
    assert format_bytes(48e9) == "44.7 GiB"
    assert format_bytes(80 * GIB) == "80.0 GiB"
    assert parse_bytes("80GB") == 80e9
    assert parse_bytes("80GiB") == 80 * GIB


def test_M14_128_sequences_need_128_times_one() -> None:
    one = case_of(LLAMA_8B, "FP8", "vllm", "H100 SXM5", context_tokens=2_048)
    many = replace(one, num_sequences=128)
    caches = [next(p.size.likely for p in case.parts if p.name == "kv_cache") for case in (one, many)]
    assert caches == [0.25 * GIB, 32 * GIB]


def test_M15_every_slot_gets_the_whole_context_that_was_asked_for() -> None:
    answer = fit(
        LLAMA_8B, device="RTX 4090", engine="llama.cpp", quantization="Q4_K_M", context=2_048, users=4
    )
    shared = llamacpp_kv_cache_bytes(
        full_elements_per_token=65_536, context_tokens=8_192, num_slots=4, is_unified=True
    )
    assert part(answer, "kv_cache") == shared == 1 * GIB
    assert "-c 8192 -np 4" in answer.command


@pytest.mark.parametrize("device", ["L40S", "RTX A6000", "RTX 4090"])
def test_M16_the_sum_and_what_is_usable_have_one_unit(device: str) -> None:
    answer = fit(
        "meta-llama/Llama-3.3-70B-Instruct", device=device, quantization="Q4_K_M", engine="llama.cpp"
    )
    on_device = sum(p.size.likely for p in answer.memory if p.placement == "device")
    assert answer.memory_bytes.likely == pytest.approx(on_device, rel=1e-12)
    missing = max(on_device - answer.usable_bytes, 0.0)
    assert answer.shortfall_bytes == pytest.approx(missing, rel=1e-9, abs=1.0)
    assert answer.usable_bytes < load_catalog().device(device).memory_bytes


def test_M17_8b_with_8k_needs_5_9_gib_without_hidden_factors() -> None:
    answer = fit(LLAMA_8B, device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp", context=8_192)
    # 4,403.5 weights + 1,024 cache + 132 (server) to 266 compute + 300 to 500 driver context [MiB]
    assert 5.72 <= answer.memory_bytes.likely / GIB <= 6.05


@pytest.mark.parametrize("model", ["Llama-3.3-70B-Instruct", "gemma-3-27b-it", "Qwen3-30B-A3B"])
def test_M17_current_models_are_known(model: str) -> None:
    assert load_catalog().model(model).is_generator


def test_M18_gemma_3_with_windows_is_far_from_139_gb() -> None:
    answer = fit(
        "google/gemma-3-27b-it", device="H100 SXM5", quantization="Q8_0", engine="llama.cpp", context=8_192
    )
    assert 27 * GIB < answer.memory_bytes.likely < 33 * GIB


def test_M20_the_total_is_a_sum_of_terms_and_no_multiple_of_the_weights() -> None:
    short, long = (
        case_of(LLAMA_8B, "Q4_K_M", "llama.cpp", "RTX 4090", context_tokens=n) for n in (2_048, 65_536)
    )
    assert first_value(short.terms.weights) == first_value(long.terms.weights)
    ratios = [case.total.likely / first_value(case.terms.weights) for case in (short, long)]
    assert ratios[0] < 1.2
    assert ratios[1] > 2.0


def test_M21_each_page_gets_its_own_model() -> None:
    vicuna, llama = (
        fit("lmsys/vicuna-7b-v1.5", device="RTX 4090", context=4_096),
        fit(LLAMA_8B, device="RTX 4090", context=4_096),
    )
    assert part(vicuna, "kv_cache") == 4 * part(llama, "kv_cache")
    assert fit("lmsys/vicuna-7b-v1.5", device="RTX 4090", context=8_192).binding == "context"


def test_M21_a_metric_model_is_not_answered_with_a_size_table() -> None:
    with pytest.raises(UnknownName, match="unknown model 'bleurt-tiny-512'"):
        fit("bleurt-tiny-512", device="RTX 4090")


def test_M20_memory_grows_by_the_cache_and_the_mask_alone() -> None:
    short, long = (
        case_of(LLAMA_8B, "Q4_K_M", "llama.cpp", "RTX 4090", context_tokens=n) for n in (8_192, 16_384)
    )
    cache = first_value(long.terms.per_sequence) - first_value(short.terms.per_sequence)
    compute = first_value(long.terms.compute) - first_value(short.terms.compute)
    assert cache == 1 * GIB
    assert long.total.likely - short.total.likely == pytest.approx(np.asarray(cache + compute).item())
