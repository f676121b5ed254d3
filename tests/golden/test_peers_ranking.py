"""Choices that other tools get wrong; the id of the case stands in the name of the test."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING

import pytest

from sizewise.advisor import Question, fit, recommend
from sizewise.catalog import load_catalog
from sizewise.domain.estimate import BASES, Estimate
from sizewise.errors import NotSupported, SizewiseError, UnknownName
from sizewise.sources.config_json import model_from_folder
from sizewise.units import GIB

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.domain.decision import Decision, Option

CARD_24 = ("RTX 4090",)


def chosen(decision: Decision) -> Option:
    """The answer, which must be there."""
    assert decision.answer is not None
    return decision.answer


def test_Q07_24_gb_list_holds_official_instruct_models_of_4_bits_and_more() -> None:
    catalog = load_catalog()
    decision = recommend(Question(task="chat", device=CARD_24, min_quality=20), top=20)
    assert len(decision.options) > 5
    for option in decision.options:
        model = catalog.models[option.deployment.model]
        assert model.is_official
        assert model.is_instruct
        assert model.is_generator
        assert catalog.quantizations[option.deployment.quantization].nominal_bits >= 4
        assert isinstance(option.quality, Estimate)


def test_Q08_more_memory_lifts_what_can_be_reached() -> None:
    small, large = (
        recommend(
            Question(
                task="chat",
                device=(device,),
                model=("Llama-3.3-70B-Instruct",),
                min_quality=1,
                max_ttft=60,
                max_tpot=1,
            )
        )
        for device in ("RTX 4090", "RTX A6000")
    )
    assert small.answer is None
    assert [r.constraint for r in small.rejected] == ["memory"]
    assert chosen(large).deployment.model == "meta-llama/Llama-3.3-70B-Instruct"


def test_Q10_a_sentence_is_never_taken_for_a_task() -> None:
    with pytest.raises(UnknownName, match="unknown task"):
        recommend(Question(task="research on the side, mostly legal letters", device=CARD_24))


def test_R01_at_the_same_cost_the_most_bits_that_fit_win() -> None:
    decision = recommend(
        Question(task="chat", model=("Qwen/Qwen2.5-7B-Instruct",), device=CARD_24, min_quality=1)
    )
    assert load_catalog().quantizations[chosen(decision).deployment.quantization].nominal_bits >= 8


def test_R02_a_size_that_was_asked_for_is_never_replaced() -> None:
    with pytest.raises(UnknownName, match=r"nearest: .*13b"):
        recommend(Question(task="chat", model=("13b",), device=CARD_24))
    decision = recommend(Question(task="chat", model=("Llama-2-13b-chat-hf",), device=CARD_24))
    assert decision.answer is None
    assert [(str(r.option), r.constraint) for r in decision.rejected] == [
        ("meta-llama/Llama-2-13b-chat-hf", "context")
    ]


@pytest.mark.slow
def test_R03_10_and_100_users_get_different_answers() -> None:
    few, many = (
        chosen(
            recommend(
                Question(task="chat", model=("Qwen/Qwen3-8B",), device=("any",), min_quality=1, users=users)
            )
        )
        for users in (10, 100)
    )
    assert isinstance(few.monthly_usd, Estimate)
    assert isinstance(many.monthly_usd, Estimate)
    assert few.monthly_usd.likely < 0.7 * many.monthly_usd.likely
    assert (few.deployment.device, few.deployment.num_devices, few.deployment.replicas) != (
        many.deployment.device, many.deployment.num_devices, many.deployment.replicas,
    )  # fmt: skip


def test_R04_no_option_names_the_constraint_that_binds() -> None:
    question = Question(
        task="chat", model=("Qwen/Qwen3-8B",), device=("any",), min_quality=1, monthly_budget=1
    )
    decision = recommend(question)
    assert decision.answer is None
    assert {r.constraint for r in decision.rejected} == {"budget"}
    assert "budget" in str(decision.verdict)


def test_R06_mixtral_stays_a_mixture_when_its_shape_is_given_by_hand(tmp_path: Path) -> None:
    config = {
        "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
        "num_local_experts": 8, "num_experts_per_tok": 2, "max_position_embeddings": 32768, "torch_dtype": "bfloat16",
        "tie_word_embeddings": False,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert model_from_folder(tmp_path).experts is not None
    by_hand, known = (
        fit(model, device="RTX A6000", quantization="Q4_K_M", engine="llama.cpp").decode_tokens_per_s
        for model in (str(tmp_path), "Mixtral-8x7B-Instruct-v0.1")
    )
    assert isinstance(by_hand, Estimate)
    assert isinstance(known, Estimate)
    assert by_hand.likely == pytest.approx(known.likely, rel=0.01)
    dense_ceiling = 768e9 / (46.7e9 * 4.85 / 8)
    assert known.likely > 1.5 * dense_ceiling


def test_R07_gpt_oss_20b_is_proposed_in_its_published_format() -> None:
    answer = fit("openai/gpt-oss-20b", device="RTX 4090")
    assert answer.quantization == "MXFP4"
    weights = sum(p.size.likely for p in answer.memory if p.name in {"weights", "host_weights"})
    assert weights < 13 * GIB


def test_R08_counts_are_the_same_in_the_answer_and_in_the_command() -> None:
    question = Question(
        task="chat", model=("Llama-3.3-70B-Instruct",), engine=("vllm",), device=("4x RTX 4090",), min_quality=1,
        max_ttft=60, max_tpot=1,
    )  # fmt: skip
    decision = recommend(question)
    deployment = chosen(decision).deployment
    assert deployment.num_devices > 1
    assert f"--tensor-parallel-size {deployment.num_devices}" in decision.command
    assert f"{deployment.num_devices}x NVIDIA GeForce RTX 4090" in str(decision.verdict)


@pytest.mark.parametrize("engine", ["llama.cpp", "ollama"])
def test_R09_commands_fetch_exactly_the_model_of_the_answer(engine: str) -> None:
    decision = recommend(
        Question(task="chat", model=("Qwen/Qwen3-8B",), engine=(engine,), device=CARD_24, min_quality=1)
    )
    assert re.findall(r"hf download (\S+)", " ".join(decision.prepare)) == [chosen(decision).deployment.model]


def test_R10_llama_3_1_8b_has_131_072_tokens() -> None:
    assert load_catalog().model("Llama-3.1-8B-Instruct").max_context_tokens == 131_072
    assert fit("Llama-3.1-8B-Instruct", device="H200", context="1M").binding == "context"


def test_R11_what_is_missing_is_a_named_card_with_a_price() -> None:
    lifts = [str(lift) for lift in fit("Llama-3.3-70B-Instruct", device="RTX 4090").lifts]
    assert any(re.search(r"one \S+ .*\(about [\d,]+ USD\)", lift) for lift in lifts)


def test_R12_models_of_40_960_tokens_are_not_kept_for_128k() -> None:
    catalog = load_catalog()
    decision = recommend(
        Question(
            task="chat", device=("RTX A6000",), context=131_072, min_quality=1, max_ttft=600, max_tpot=1
        ),
        top=20,
    )
    assert decision.options
    assert all(catalog.models[o.deployment.model].max_context_tokens >= 131_072 for o in decision.options)
    assert all(o.deployment.context_tokens == 131_072 for o in decision.options)


def test_X01_answers_come_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    decision = recommend(Question(task="chat", model=("Qwen/Qwen3-8B",), device=CARD_24, min_quality=1))
    assert decision.answer is not None
    assert fit("Qwen/Qwen3-8B", device="RTX 4090").fits == "yes"


@pytest.mark.parametrize("path", ["missing.gguf", "/nowhere/model.gguf", "./nowhere", "/nowhere/folder"])
def test_X03_a_path_that_cannot_be_read_says_so_in_one_line(path: str) -> None:
    with pytest.raises(SizewiseError, match=r"not read|cannot be read") as caught:
        fit(path, device="RTX 4090")
    assert "\n" not in str(caught.value)
    assert path.removeprefix("./") in str(caught.value)


def test_X04_hardware_that_one_does_not_own_can_be_asked_about() -> None:
    answer = fit("Llama-3.3-70B-Instruct", device="2x RTX 3090", quantization="Q4_K_M", engine="llama.cpp")
    assert (answer.fits, answer.device, answer.num_devices) == ("yes", "NVIDIA GeForce RTX 3090", 2)


def test_X05_no_basis_is_called_a_benchmark_or_is_simulated() -> None:
    assert BASES == ("exact", "measured", "calibrated", "fitted", "derived", "assumed")


def test_X06_a_gap_in_support_is_named_with_the_next_step() -> None:
    with pytest.raises(NotSupported, match=r"vllm runs Qwen/Qwen3-8B.*Apple M2 Ultra.*name another"):
        fit("Qwen/Qwen3-8B", device="Apple M2 Ultra (76-core GPU)", engine="vllm")
