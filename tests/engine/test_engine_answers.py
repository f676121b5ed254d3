"""Random models and settings: what we predict against what the installed llama.cpp would allocate."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from build_oracle_published import answers, read_answers
from oracle_shapes import FILE_TYPES, draw_settings, draw_shape, model_of, padding_bytes, predict
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules, weights_of
from sizewise.errors import NotSupported
from sizewise.proof.engine_oracle import Oracle, OracleSettings

NUM_SHAPES, NUM_SOAK_SHAPES = 300, 2_000
SETTINGS_PER_SHAPE = 2
PUBLISHED = (
    "meta-llama/Llama-3.1-8B-Instruct", "Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen3-0.6B", "Qwen/Qwen3-30B-A3B",
    "google/gemma-2-9b-it", "google/gemma-3-270m-it", "microsoft/Phi-4-mini-instruct", "openai/gpt-oss-20b",
    "allenai/OLMo-2-0325-32B-Instruct", "allenai/Olmo-3-7B-Instruct", "CohereLabs/c4ai-command-r-plus-08-2024",
    "CohereLabs/c4ai-command-a-03-2025", "LGAI-EXAONE/EXAONE-4.0-32B", "Qwen/Qwen1.5-MoE-A2.7B-Chat",
    "rednote-hilab/dots.llm1.inst", "baidu/ERNIE-4.5-21B-A3B-Thinking",
    "zai-org/GLM-Z1-9B-0414", "ByteDance-Seed/Seed-OSS-36B-Instruct", "tencent/Hunyuan-A13B-Instruct",
    "inclusionAI/Ling-flash-2.0", "microsoft/Phi-3.5-MoE-instruct", "meta-llama/Llama-4-Scout-17B-16E-Instruct",
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct", "bigcode/starcoder2-7b", "microsoft/phi-2",
    "EleutherAI/pythia-6.9b", "tiiuae/falcon-7b-instruct", "Qwen/Qwen-7B-Chat",
    "stabilityai/stablelm-2-1_6b-chat", "LiquidAI/LFM2-1.2B",
    "LiquidAI/LFM2-24B-A2B", "stepfun-ai/Step-3.5-Flash", "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16",
    "deepseek-ai/DeepSeek-V3", "mistralai/Mixtral-8x7B-Instruct-v0.1", "meta-llama/Llama-3.1-405B-Instruct",
)  # fmt: skip


def _compare(num_shapes: int, random: Random) -> list[float]:
    """Relative errors of the total; weights and cache are checked to the byte on the way."""
    errors = []
    with Oracle() as oracle:
        for _ in range(num_shapes):
            shape = draw_shape(random)
            model, file_type = model_of(shape), random.choice(FILE_TYPES)
            settings = [draw_settings(random, shape) for _ in range(SETTINGS_PER_SHAPE)]
            padding = padding_bytes(model, file_type)
            replies = oracle.ask(model, file_type, mixture_rules(), settings)
            for one, reply in zip(settings, replies, strict=True):
                assert reply.error == "", (shape, one)
                predicted = predict(model, file_type, one)
                assert predicted.weights_bytes + padding == reply.weights_bytes, (shape, file_type)
                assert predicted.kv_bytes == reply.kv_bytes, (shape, one)
                errors.append(abs((sum(predicted) + padding) / reply.total_bytes - 1))
    return errors


@pytest.mark.engine
@pytest.mark.slow
def test_weights_and_cache_equal_the_engine_and_the_total_is_close() -> None:
    errors = _compare(NUM_SHAPES, Random(20_261_124))  # noqa: S311 - shapes, no secrets
    assert len(errors) == NUM_SHAPES * SETTINGS_PER_SHAPE
    assert np.median(errors) < 0.03
    assert max(errors) < 0.08


@pytest.mark.engine
@pytest.mark.soak
def test_thousands_of_shapes_equal_the_engine(soak_scale: float) -> None:
    errors = _compare(round(NUM_SOAK_SHAPES * soak_scale), Random(1))  # noqa: S311 - same
    assert np.median(errors) < 0.03
    assert max(errors) < 0.08


@pytest.mark.engine
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_models_have_the_weights_that_the_engine_loads(name: str) -> None:
    catalog = load_catalog()
    model = catalog.model(name)
    with Oracle() as oracle:
        reply = oracle.ask(model, "Q4_K_M", mixture_rules(), [OracleSettings(context_tokens=8_192)])[0]
    assert reply.weights_bytes == weights_of(catalog, model, catalog.quantization("Q4_K_M")).file_bytes


@pytest.mark.engine
@pytest.mark.slow
def test_the_engine_says_of_published_models_what_is_stored() -> None:
    assert list(answers()) == list(read_answers())


@pytest.mark.engine
def test_an_abort_inside_the_engine_is_an_error_and_the_next_question_is_answered() -> None:
    model = load_catalog().model("microsoft/phi-4")  # b11549 aborts over its quantized cache and slots
    quantized = OracleSettings(context_tokens=8_192, k_type="q8_0", v_type="q8_0", num_slots=4)
    with Oracle() as oracle:
        with pytest.raises(NotSupported, match="ended"):
            oracle.ask(model, "Q4_K_M", mixture_rules(), [quantized])
        reply = oracle.ask(model, "Q4_K_M", mixture_rules(), [OracleSettings(context_tokens=8_192)])[0]
    assert reply.kv_bytes == 40 * 2 * 10 * 128 * 8_192 * 2


@pytest.mark.engine
def test_a_question_that_takes_too_long_is_an_error() -> None:
    model = load_catalog().model("Qwen/Qwen3-0.6B")
    with Oracle(timeout_s=0.001) as oracle, pytest.raises(NotSupported, match="longer than"):
        oracle.ask(model, "Q4_K_M", mixture_rules(), [OracleSettings(context_tokens=256)])


@pytest.mark.engine
def test_a_refusal_says_what_the_engine_said() -> None:
    model = load_catalog().model("Qwen/Qwen3-0.6B")
    refused = OracleSettings(context_tokens=256, uses_flash_attention=False, v_type="q8_0")
    with Oracle() as oracle:
        reply = oracle.ask(model, "Q4_K_M", mixture_rules(), [refused])[0]
    assert "flash" in reply.error.lower()
