"""Weights outside GGUF, and where they are kept."""

from __future__ import annotations

import dataclasses

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import as_read, computed_weights, counted_sizes, mixture_rules, weights_of
from sizewise.errors import NotSupported
from sizewise.estimate.tensors import tensor_list
from sizewise.estimate.weights import Weights, weight_bytes


def _weights(name: str, quantization: str) -> Weights:
    catalog = load_catalog()
    return computed_weights(catalog.models[name], catalog.quantizations[quantization])


def test_sixteen_bits_are_two_bytes_a_parameter() -> None:
    weights = _weights("meta-llama/Llama-3.1-8B-Instruct", "BF16")
    assert weights.file_bytes == 2 * 8_030_261_248
    assert weights.basis == "derived"


def test_four_bits_leave_embeddings_in_sixteen() -> None:
    weights = _weights("meta-llama/Llama-3.1-8B-Instruct", "AWQ-4")
    embeddings = 2 * 2 * 128_256 * 4_096
    assert weights.file_bytes == pytest.approx(
        embeddings + 0.5195 * (8_030_261_248 - embeddings / 2), rel=1e-3
    )


def test_mlx_quantizes_embeddings_as_well() -> None:
    weights = _weights("meta-llama/Llama-3.1-8B-Instruct", "MLX-4")
    assert weights.file_bytes == pytest.approx(0.5625 * 8_030_261_248, rel=1e-3)


def test_mxfp4_touches_the_experts_only() -> None:
    # openai/gpt-oss-120b: published checkpoint of 65.2 GB
    assert _weights("openai/gpt-oss-120b", "MXFP4").file_bytes == pytest.approx(65.2e9, rel=0.02)


def test_mixture_of_experts_is_wholly_resident() -> None:
    weights = _weights("Qwen/Qwen3-30B-A3B", "Q4_K_M")
    assert weights.device_bytes > 18e9
    assert weights.dense_read_bytes + weights.expert_bytes == weights.device_bytes
    assert weights.expert_bytes > 0.9 * weights.device_bytes


def test_tied_embedding_counts_once_in_the_file_and_twice_in_places() -> None:
    weights = _weights("meta-llama/Llama-3.2-1B-Instruct", "Q4_K_M")
    assert weights.device_bytes == weights.file_bytes
    assert weights.host_bytes == weights.output_bytes > 0


def test_checkpoint_that_stores_a_tied_matrix_twice_is_loaded_once() -> None:
    # Qwen3-0.6B stores lm_head beside the embedding; vLLM 0.11 printed 1.12 GiB
    catalog = load_catalog()
    tied = dataclasses.replace(catalog.models["Qwen/Qwen3-0.6B"], ties_embeddings=True)
    weights = computed_weights(tied, catalog.quantizations["BF16"])
    assert weights.device_bytes == pytest.approx(1.12 * 2**30, rel=0.01)


def test_file_type_without_a_recipe_is_an_error() -> None:
    catalog = load_catalog()
    unknown = dataclasses.replace(catalog.quantizations["Q4_K_M"], name="Q9_Z")
    with pytest.raises(NotSupported, match="Q9_Z"):
        weight_bytes(catalog.models["Qwen/Qwen3-8B"], unknown, mixture_rules())


def test_unknown_recipe_is_an_assumption() -> None:
    assert _weights("Qwen/Qwen3-8B", "UD-Q4_K_XL").basis == "assumed"


@pytest.mark.parametrize(("model", "file_type"), [("Qwen/Qwen3-0.6B", "BF16"), ("Qwen/Qwen3-8B", "F16")])
def test_norms_of_unquantized_gguf_files_are_wider_than_those_of_checkpoints(
    model: str, file_type: str
) -> None:
    catalog = load_catalog()
    shape, quantization = catalog.models[model], catalog.quantizations[file_type]
    gguf, checkpoint = (
        weights_of(catalog, shape, as_read(quantization, catalog.engines[engine]))
        for engine in ("llama.cpp", "vllm")
    )
    vectors = next(g for g in tensor_list(shape).groups if g.name == "vectors")
    tied_bytes = 2 * shape.vocab_size * shape.hidden_size if shape.ties_embeddings else 0
    assert gguf.file_bytes - checkpoint.file_bytes - tied_bytes == 2 * vectors.num_elements
    assert (
        gguf.file_bytes
        == counted_sizes()[shape.num_layers, shape.hidden_size, int(shape.num_params), file_type]
    )
    assert gguf.host_bytes > 0
