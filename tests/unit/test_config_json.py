"""Models read from a config.json: known architectures exactly, everything else refused in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, InvalidFile, NotSupported
from sizewise.sources.config_json import model_from_folder

if TYPE_CHECKING:
    from pathlib import Path

LLAMA_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "max_position_embeddings": 131072, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
QWEN3_8B = LLAMA_8B | {
    "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "intermediate_size": 12288, "num_hidden_layers": 36,
    "head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 40960, "sliding_window": None,
    "use_sliding_window": False,
}  # fmt: skip
GEMMA3_27B = {
    "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "torch_dtype": "bfloat16",
    "vision_config": {"hidden_size": 1152},
    "text_config": {
        "model_type": "gemma3_text", "hidden_size": 5376, "intermediate_size": 21504, "num_hidden_layers": 62,
        "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128, "vocab_size": 262208,
        "sliding_window": 1024, "max_position_embeddings": 131072,
    },
}  # fmt: skip
GPT_OSS_20B = {
    "architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "hidden_size": 2880, "intermediate_size": 2880,
    "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 201088,
    "num_local_experts": 32, "num_experts_per_tok": 4, "sliding_window": 128, "max_position_embeddings": 131072,
    "layer_types": ["sliding_attention", "full_attention"] * 12, "tie_word_embeddings": False,
    "quantization_config": {"quant_method": "mxfp4"},
}  # fmt: skip
MIXTRAL = {
    "architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "hidden_size": 4096, "intermediate_size": 14336,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 32000,
    "num_local_experts": 8, "num_experts_per_tok": 2, "max_position_embeddings": 32768, "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}  # fmt: skip
DEEPSEEK_V3 = {
    "architectures": ["DeepseekV3ForCausalLM"], "model_type": "deepseek_v3", "hidden_size": 7168,
    "intermediate_size": 18432, "moe_intermediate_size": 2048, "num_hidden_layers": 61, "num_attention_heads": 128,
    "num_key_value_heads": 128, "vocab_size": 129280, "n_routed_experts": 256, "n_shared_experts": 1,
    "num_experts_per_tok": 8, "first_k_dense_replace": 3, "moe_layer_freq": 1, "kv_lora_rank": 512, "q_lora_rank": 1536,
    "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "max_position_embeddings": 163840,
    "tie_word_embeddings": False, "quantization_config": {"quant_method": "fp8"},
}  # fmt: skip
PAIRS = [
    (LLAMA_8B, "meta-llama/Llama-3.1-8B"),
    (QWEN3_8B, "Qwen/Qwen3-8B"),
    (GEMMA3_27B, "google/gemma-3-27b-it"),
    (GPT_OSS_20B, "openai/gpt-oss-20b"),
    (MIXTRAL, "mistralai/Mixtral-8x7B-Instruct-v0.1"),
    (DEEPSEEK_V3, "deepseek-ai/DeepSeek-V3"),
]


def _folder(tmp_path: Path, config: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("config", "name"), PAIRS, ids=[name for _, name in PAIRS])
def test_a_configuration_gives_the_shape_that_the_catalog_has(
    tmp_path: Path, config: object, name: str
) -> None:
    read, known = model_from_folder(_folder(tmp_path, config)), load_catalog().models[name]
    for field in (
        "cache",
        "layers",
        "latent",
        "num_heads",
        "head_dim",
        "ffn_size",
        "native_format",
        "attention",
        "kind",
    ):
        assert getattr(read, field) == getattr(known, field), field
    assert read.num_params == pytest.approx(known.num_params, rel=5e-4)  # expert biases are not counted
    assert read.num_active_params == pytest.approx(known.num_active_params, rel=5e-3)


def test_llama_8b_is_counted_to_the_last_parameter(tmp_path: Path) -> None:
    assert model_from_folder(_folder(tmp_path, LLAMA_8B)).num_params == 8_030_261_248


def test_the_file_itself_is_as_good_as_its_folder(tmp_path: Path) -> None:
    folder = _folder(tmp_path, LLAMA_8B)
    assert model_from_folder(folder / "config.json") == model_from_folder(folder)


@pytest.mark.parametrize(
    ("architecture", "kind"),
    [("LlamaForSequenceClassification", "classifier"), ("LlamaModelForScore", "score"), ("LlamaModel", "embedding"),
     ("InternLM2ForRewardModel", "reward"), ("LlamaForCausalLM", "generator")],
)  # fmt: skip
def test_heads_that_write_no_text_are_told_by_their_architecture(
    tmp_path: Path, architecture: str, kind: str
) -> None:
    read = model_from_folder(_folder(tmp_path, LLAMA_8B | {"architectures": [architecture]}))
    assert read.kind == kind
    assert read.is_generator == (kind == "generator")


def test_a_score_model_has_no_output_matrix(tmp_path: Path) -> None:
    score = model_from_folder(_folder(tmp_path, LLAMA_8B | {"architectures": ["LlamaModelForScore"]}))
    assert score.num_params == 8_030_261_248 - 128_256 * 4096


def test_a_window_in_every_layer_still_counts_all_tokens(tmp_path: Path) -> None:
    layers = model_from_folder(
        _folder(tmp_path, LLAMA_8B | {"model_type": "mistral", "sliding_window": 4096})
    ).layers
    assert (layers.full, layers.sliding) == (32, 0)


def test_every_second_layer_of_gemma_2_is_windowed(tmp_path: Path) -> None:
    gemma2 = LLAMA_8B | {"model_type": "gemma2", "sliding_window": 4096, "head_dim": 256}
    read = model_from_folder(_folder(tmp_path, gemma2))
    assert (read.layers.full, read.layers.sliding, read.cache.window_tokens) == (16, 16, 4096)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model_type": "qwen3_next"}, "model_type"),
        ({"model_type": ""}, "model_type"),
        ({"mamba_d_state": 128}, "mamba_d_state"),
        ({"num_kv_shared_layers": 10}, "num_kv_shared_layers"),
        ({"layer_types": ["linear_attention"] * 32}, "layer_types"),
        ({"quantization_config": {"quant_method": "unheard-of"}}, "quant_method"),
        ({"num_experts": 8, "decoder_sparse_step": 2}, "decoder_sparse_step"),
    ],
)
def test_what_is_not_known_fails_closed_and_names_the_field(
    tmp_path: Path, change: dict[str, object], field: str
) -> None:
    with pytest.raises(NotSupported, match=field):
        model_from_folder(_folder(tmp_path, LLAMA_8B | change))


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "4096", 1e30, float("nan"), float("inf"), [], {}, None])
@pytest.mark.parametrize(
    "field", ["hidden_size", "num_hidden_layers", "vocab_size", "max_position_embeddings"]
)
def test_a_dimension_that_is_no_positive_whole_number_is_refused(
    tmp_path: Path, field: str, value: object
) -> None:
    with pytest.raises(InvalidFile, match=field):
        model_from_folder(_folder(tmp_path, LLAMA_8B | {field: value}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"num_key_value_heads": 64}, "num_key_value_heads"),
        ({"layer_types": ["full_attention"]}, "layer_types"),
        ({"layer_types": "full"}, "layer_types"),
        ({"torch_dtype": "int3"}, "torch_dtype"),
        ({"architectures": [1]}, "architectures"),
        ({"text_config": []}, "text_config"),
        ({"tie_word_embeddings": "yes"}, "tie_word_embeddings"),
    ],
)
def test_contradicting_fields_are_refused(tmp_path: Path, change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidFile, match=field):
        model_from_folder(_folder(tmp_path, LLAMA_8B | change))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe\x00", b"[" * 100_000, b'{"model_type": ' + b"9" * 5_000 + b"}",
     b'{"model_type": "llama"}'],
    ids=["empty", "truncated", "list", "null", "string", "not-utf8", "nested", "huge-number", "fields-missing"],
)  # fmt: skip
def test_hostile_files_are_one_line_errors(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        model_from_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_folder_or_configuration_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InvalidFile, match=r"config\.json"):
            model_from_folder(path)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(InvalidFile, match="larger than"):
        model_from_folder(tmp_path)
