from __future__ import annotations

import dataclasses
import shlex

import pytest

from sizewise.domain.decision import Deployment
from sizewise.export import TARGETS, launch

DEPLOYMENT = Deployment(
    model="Qwen/Qwen3-8B",
    quantization="Q4_K_M",
    engine="llama.cpp",
    engine_version="b11549",
    device="NVIDIA GeForce RTX 3090",
    num_devices=2,
    replicas=1,
    context_tokens=8192,
    num_sequences=4,
    kv_type="q8_0",
    split="layer",
    path="owned",
)


def of(**changes: object) -> Deployment:
    return dataclasses.replace(DEPLOYMENT, **changes)  # type: ignore[arg-type]  # names and types are checked by the dataclass


def test_llama_cpp_gets_slots_times_context_cache_type_and_split() -> None:
    words = shlex.split(launch(DEPLOYMENT).command)
    assert words[words.index("-c") + 1] == str(4 * 8192)
    assert words[words.index("-np") + 1] == "4"
    assert words[words.index("-ctk") + 1] == "q8_0"
    assert words[words.index("-sm") + 1] == "layer"
    assert words[words.index("-ngl") + 1] == "all"


def test_llama_cpp_on_a_processor_offloads_nothing() -> None:
    words = shlex.split(launch(of(device_is_cpu=True, num_devices=1, kv_type="f16")).command)
    assert words[words.index("-ngl") + 1] == "0"
    assert "-ctk" not in words
    assert "-sm" not in words


def test_a_gguf_is_made_from_the_publishers_weights_not_from_an_unknown_upload() -> None:
    download, convert, quantize = launch(DEPLOYMENT).prepare
    assert "Qwen/Qwen3-8B" in download
    assert "convert_hf_to_gguf.py" in convert
    assert quantize.endswith("Q4_K_M")
    assert len(launch(of(quantization="Q8_0")).prepare) == 2


def test_ollama_sets_context_parallel_requests_and_cache_type() -> None:
    command = launch(of(engine="ollama")).command
    for setting in ("OLLAMA_CONTEXT_LENGTH=8192", "OLLAMA_NUM_PARALLEL=4", "OLLAMA_KV_CACHE_TYPE=q8_0"):
        assert setting in command


def test_vllm_sets_length_sequences_parallelism_share_and_formats() -> None:
    done = launch(
        of(engine="vllm", quantization="FP8", kv_type="fp8", split="tensor", memory_utilization=0.92)
    )
    words = shlex.split(done.command)
    assert words[:3] == ["vllm", "serve", "Qwen/Qwen3-8B"]
    assert words[words.index("--max-model-len") + 1] == "8192"
    assert words[words.index("--max-num-seqs") + 1] == "4"
    assert words[words.index("--tensor-parallel-size") + 1] == "2"
    assert words[words.index("--gpu-memory-utilization") + 1] == "0.92"
    assert words[words.index("--quantization") + 1] == "fp8"
    assert words[words.index("--kv-cache-dtype") + 1] == "fp8"
    assert done.prepare == ()


def test_a_published_fp8_checkpoint_is_served_as_it_is() -> None:
    done = launch(of(engine="vllm", quantization="FP8", is_native_format=True))
    assert "--quantization" not in done.command


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_four_bit_checkpoint_is_made_first(engine: str) -> None:
    done = launch(of(engine=engine, quantization="AWQ-4", kv_type="f16"))
    assert "llmcompressor" in done.prepare[1]
    assert "./Qwen3-8B-AWQ-4" in done.command


def test_sglang_sets_length_requests_share_and_ranks() -> None:
    words = shlex.split(launch(of(engine="sglang", quantization="FP8", kv_type="fp8")).command)
    assert words[words.index("--context-length") + 1] == "8192"
    assert words[words.index("--max-running-requests") + 1] == "4"
    assert words[words.index("--tp") + 1] == "2"


def test_mlx_converts_once_and_serves_the_copy() -> None:
    done = launch(of(engine="mlx", quantization="MLX-4"))
    assert "--q-bits 4" in done.prepare[0]
    assert done.command == "mlx_lm.server --model ./Qwen3-8B-mlx-4bit"
    assert launch(of(engine="mlx", quantization="BF16")).command == "mlx_lm.server --model Qwen/Qwen3-8B"


def test_an_engine_without_a_target_has_no_command() -> None:
    assert "tensorrt-llm" not in TARGETS
    assert launch(of(engine="tensorrt-llm")).command == ""


@pytest.mark.parametrize("engine", sorted(TARGETS))
@pytest.mark.parametrize("quantization", ["Q4_K_M", "AWQ-4", "BF16", "MLX-4"])
def test_a_hostile_model_name_cannot_leave_its_word(engine: str, quantization: str) -> None:
    hostile = "x/a'; rm -rf ~ #\" $(id)"
    done = launch(of(engine=engine, quantization=quantization, model=hostile))
    for line in (*done.prepare, done.command):
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        tokens = list(lexer)
        assert "rm" not in tokens
        assert "$(id)" not in tokens
