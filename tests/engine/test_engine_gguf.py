"""Model files without weights: read back by another reader, and refused where they would stand for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules, weights_of
from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof import engine_oracle
from sizewise.proof.engine_architectures import architecture_of
from sizewise.proof.engine_gguf import TYPE_NUMBERS, write_shape_file
from sizewise.proof.engine_oracle import Oracle

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURES = [
    ("meta-llama/Llama-3.1-8B-Instruct", "llama"), ("Qwen/Qwen2.5-7B-Instruct", "qwen2"),
    ("deepseek-ai/DeepSeek-R1-Distill-Qwen-14B", "qwen2"), ("Qwen/Qwen3-8B", "qwen3"),
    ("Qwen/Qwen3-30B-A3B", "qwen3moe"), ("mistralai/Mixtral-8x7B-Instruct-v0.1", "llama"),
    ("google/gemma-2-9b-it", "gemma2"), ("google/gemma-3-27b-it", "gemma3"), ("microsoft/phi-4", "phi3"),
    ("openai/gpt-oss-20b", "gpt-oss"), ("deepseek-ai/DeepSeek-V3", "deepseek2"),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", "qwen3next"), ("Qwen/Qwen3.5-27B", "qwen35"),
    ("Qwen/Qwen3.6-35B-A3B", "qwen35moe"), ("zai-org/GLM-4.5-Air", "glm4moe"), ("zai-org/GLM-Z1-32B-0414", "glm4"),
    ("meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama4"), ("LiquidAI/LFM2-1.2B", "lfm2"),
    ("deepseek-ai/DeepSeek-V3.2", "deepseek32"), ("zai-org/GLM-5", "glm-dsa"),
    ("tiiuae/Falcon-H1-7B-Instruct", "falcon-h1"), ("ibm-granite/granite-4.0-h-small", "granitehybrid"),
    ("nvidia/NVIDIA-Nemotron-Nano-9B-v2", "nemotron_h"), ("inclusionAI/Ling-1T", "bailingmoe2"),
    ("swiss-ai/Apertus-8B-Instruct-2509", "apertus"), ("google/gemma-4-31B-it", "gemma4"),
    ("google/gemma-4-E2B-it", "gemma4"), ("google/gemma-4-26B-A4B-it", "gemma4"),
    ("google/gemma-3n-E4B-it", "gemma3n"), ("LiquidAI/LFM2-24B-A2B", "lfm2moe"),
    ("LGAI-EXAONE/K-EXAONE-236B-A23B", "exaone-moe"), ("tencent/Hy3", "hy_v3"),
    ("arcee-ai/Trinity-Mini", "afmoe"), ("poolside/Laguna-M.1", "laguna"), ("stepfun-ai/Step-3.5-Flash", "step35"),
    ("MiniMaxAI/MiniMax-M1-80k", "minimax-01"), ("nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16", "nemotron_h_moe"),
    ("mistralai/Mistral-Small-4-119B-2603", "mistral4"), ("mistralai/Ministral-8B-Instruct-2410", "llama"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "architecture"), ARCHITECTURES)
def test_architecture_is_recognised_by_the_parameter_count(name: str, architecture: str) -> None:
    assert architecture_of(load_catalog().model(name)).name == architecture


@pytest.mark.parametrize("name", ["moonshotai/Kimi-K3", "BAAI/bge-m3", "deepseek-ai/DeepSeek-V4-Flash"])
def test_no_file_is_written_for_an_architecture_that_does_not_add_up(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="not known one by one"):
        write_shape_file(tmp_path / "shape.gguf", load_catalog().model(name), "Q4_K_M", mixture_rules())


@pytest.mark.parametrize(
    ("name", "architecture"),
    [("EleutherAI/gpt-j-6b", "gptj"), ("meta-llama/Llama-3.2-11B-Vision-Instruct", "mllama")],
)
def test_what_this_build_of_the_engine_does_not_know_is_said_as_that(name: str, architecture: str) -> None:
    with pytest.raises(
        NotSupported, match=f"b11549 does not know the architecture {architecture}.*not verified"
    ):
        architecture_of(load_catalog().model(name))


def test_a_file_of_400_gb_takes_little_disk_and_has_the_full_length(tmp_path: Path) -> None:
    catalog, path = load_catalog(), tmp_path / "shape.gguf"
    model = catalog.model("deepseek-ai/DeepSeek-V3")
    write_shape_file(path, model, "Q4_K_M", mixture_rules())
    assert path.stat().st_size > weights_of(catalog, model, catalog.quantization("Q4_K_M")).file_bytes
    assert path.stat().st_blocks * 512 < 1_000_000


def test_another_reader_finds_every_tensor(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    catalog, path = load_catalog(), tmp_path / "shape.gguf"
    model = catalog.model("Qwen/Qwen3-0.6B")
    write_shape_file(path, model, "Q4_K_M", mixture_rules())
    reader = gguf.GGUFReader(path)
    assert sum(int(tensor.n_elements) for tensor in reader.tensors) == model.num_params
    assert (
        sum(int(tensor.n_bytes) for tensor in reader.tensors)
        == weights_of(catalog, model, catalog.quantization("Q4_K_M")).file_bytes
    )
    assert reader.get_field("qwen3.block_count").contents() == model.num_layers
    assert reader.get_field("tokenizer.ggml.model").contents() == "no_vocab"


def test_numbers_of_tensor_types_are_those_of_the_format() -> None:
    gguf = pytest.importorskip("gguf")
    for name, number in TYPE_NUMBERS.items():
        assert gguf.GGMLQuantizationType[name] == number


def test_another_version_of_the_engine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_oracle, "engine_version", lambda: "2026.11.0")
    with pytest.raises(MissingExtra, match="engine"):
        Oracle()
