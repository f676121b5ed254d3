"""How many fit, and how fast: answers that other tools get wrong; the id of the case stands in the name of the test."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sizewise.advisor import Question, fit, recommend
from sizewise.catalog import load_catalog
from sizewise.domain.device import Machine
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.errors import UnknownName
from sizewise.estimate.columns import machine_columns
from sizewise.units import MIB

LLAMA_8B, LLAMA_2_70B = "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-2-70b-chat-hf"


def rate(
    model: str, device: str, quantization: str, context: int = 2_048, engine: str = "llama.cpp"
) -> float:
    """One stream alone. [tokens/s]"""
    answer = fit(model, device=device, quantization=quantization, engine=engine, context=context)
    assert isinstance(answer.decode_tokens_per_s, Estimate)
    return answer.decode_tokens_per_s.likely


def test_C01_32_users_on_24_gb_fit_with_an_8_bit_cache_and_fit_says_so() -> None:
    plain = fit(LLAMA_8B, device="RTX 4090", context=8_192, users=32, engine="llama.cpp")
    assert plain.fits == "no"
    assert any("q8_0" in str(lift) for lift in plain.lifts)
    smaller = fit(
        LLAMA_8B,
        device="RTX 4090",
        context=8_192,
        users=32,
        engine="llama.cpp",
        kv_type="q8_0",
        quantization="Q4_K_M",
    )
    assert smaller.fits != "no"
    assert 32 <= smaller.max_concurrency <= 37


def test_C02_expected_and_guaranteed_concurrency_are_both_told() -> None:
    answer = fit(
        "Qwen/Qwen2.5-32B-Instruct", device="2x RTX 4090", quantization="AWQ-4", engine="vllm", context=8_192
    )
    assert 7 <= answer.max_concurrency < answer.expected_concurrency <= 29


@pytest.mark.parametrize("context", [1_024, 4_096])
@pytest.mark.parametrize("device", ["RTX 4090", "2x RTX 4090", "4x RTX 4090"])
def test_C03_what_fits_runs_at_least_what_was_asked_at_once(device: str, context: int) -> None:
    answer = fit(LLAMA_2_70B, device=device, quantization="AWQ-4", engine="vllm", context=context)
    assert (answer.fits != "no") == (answer.max_concurrency >= answer.num_sequences)


def test_C04_llama_2_70b_in_q4_k_m_runs_on_two_4090_as_measured() -> None:
    answer = fit(LLAMA_2_70B, device="2x RTX 4090", quantization="Q4_K_M", engine="llama.cpp", context=4_096)
    assert answer.fits == "yes"
    assert isinstance(answer.decode_tokens_per_s, Estimate)
    assert answer.decode_tokens_per_s.low <= 19.2 <= answer.decode_tokens_per_s.high


def test_C05_refusal_names_the_format_that_comes_closest_and_the_second_card() -> None:
    answer = fit("meta-llama/Llama-3.3-70B-Instruct", device="RTX 4090", context=8_192)
    assert answer.fits == "no"
    assert load_catalog().quantizations[answer.quantization].nominal_bits == 4
    assert answer.shortfall_bytes < 20 * 2**30
    assert any(str(lift) == "2x NVIDIA GeForce RTX 4090" for lift in answer.lifts)


@pytest.mark.parametrize("engine", ["vllm", "llama.cpp"])
def test_C06_launch_flags_pass_the_fit_that_made_them(engine: str) -> None:
    question = Question(
        task="chat", device=("RTX 4090",), engine=(engine,), model=("Qwen/Qwen3-8B",), min_quality=1, users=3
    )
    decision = recommend(question)
    assert decision.answer is not None
    chosen, flags = decision.answer.deployment, decision.command
    if engine == "vllm":
        context, slots = (
            int(re.findall(rf"{flag} (\d+)", flags)[0]) for flag in ("--max-model-len", "--max-num-seqs")
        )
    else:
        total, slots = (int(re.findall(rf" {flag} (\d+)", flags)[0]) for flag in ("-c", "-np"))
        context = total // slots
    again = fit(
        chosen.model,
        device="RTX 4090",
        quantization=chosen.quantization,
        engine=engine,
        context=context,
        users=slots,
    )
    assert again.fits != "no"
    assert (context, slots) == (chosen.context_tokens, chosen.num_sequences)


def test_S02_what_does_not_fit_has_no_speed() -> None:
    answer = fit(
        "meta-llama/Llama-3.3-70B-Instruct", device="RTX 4090", quantization="Q4_K_M", engine="llama.cpp"
    )
    assert isinstance(answer.decode_tokens_per_s, Unknown)
    assert any("host memory" in str(lift) and "tokens/s" in str(lift) for lift in answer.lifts)


def test_S04_mixture_is_faster_than_a_dense_model_of_its_size_but_not_by_its_active_share() -> None:
    mixture, dense = (
        rate("Qwen/Qwen3-30B-A3B", "RTX 4090", "Q4_K_M"),
        rate("Qwen/Qwen3-32B", "RTX 4090", "Q4_K_M"),
    )
    assert 2 < mixture / dense < 32.8 / 3.3


def test_S05_laptop_variant_has_its_own_bandwidth() -> None:
    catalog = load_catalog()
    laptop, desktop = catalog.device("RTX 5070 Mobile"), catalog.device("RTX 5070")
    assert laptop.bandwidth_bytes_per_s == 384e9
    assert desktop.bandwidth_bytes_per_s == 672e9


def test_S06_short_and_full_names_give_the_same_answer() -> None:
    short, full = (
        fit("Llama-3.1-8B-Instruct", device="RTX 4090"),
        fit(LLAMA_8B, device="NVIDIA GeForce RTX 4090"),
    )
    assert short == full


@pytest.mark.parametrize("quantization", ["Q2_K", "Q4_K_M", "Q8_0"])
def test_S07_reading_the_weights_never_reaches_the_peak_bandwidth(quantization: str) -> None:
    answer = fit(LLAMA_8B, device="RTX 4090", quantization=quantization, engine="llama.cpp", context=1_024)
    weights = next(p.size.likely for p in answer.memory if p.name == "weights")
    assert isinstance(answer.decode_tokens_per_s, Estimate)
    assert answer.decode_tokens_per_s.likely * weights < 0.95 * 1_008e9


def test_S08_more_bytes_are_slower() -> None:
    rates = [rate(LLAMA_8B, "RTX 4090", name) for name in ("Q4_K_M", "Q5_K_M", "Q8_0", "BF16")]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) == len(rates)


def test_S09_two_cards_in_a_layer_split_are_no_faster_for_one_stream() -> None:
    one, two = (rate(LLAMA_8B, device, "Q4_K_M") for device in ("RTX 3090", "2x RTX 3090"))
    assert 0.8 * one < two <= one


def test_S10_ollama_has_no_tensor_parallelism() -> None:
    answer = fit(
        "deepseek-ai/DeepSeek-V3", device="8x H200", engine="ollama", quantization="Q2_K", context=8_192
    )
    assert answer.split == "layer"
    assert "tensor" not in answer.command
    assert load_catalog().model("DeepSeek-V3").num_active_params == pytest.approx(37.5e9, rel=0.02)
    assert isinstance(answer.decode_tokens_per_s, Estimate)
    assert 1 / answer.decode_tokens_per_s.likely > 5e-3


def test_S14_unknown_device_is_an_error_with_the_nearest_names() -> None:
    with pytest.raises(UnknownName, match="nearest: NVIDIA GeForce RTX 4090"):
        recommend(Question(task="chat", device=("RTX 4091",)))


def test_S15_the_same_question_has_the_same_answer() -> None:
    question = Question(task="chat", device=("RTX 4090",), model=("Qwen/Qwen3-8B",), min_quality=1)
    assert repr(recommend(question)) == repr(recommend(question))


def test_S16_a10_has_23_028_mib() -> None:
    columns = machine_columns([Machine(device=load_catalog().device("A10"))])
    assert np.asarray(columns.memory_bytes).item() == 23_028 * MIB
