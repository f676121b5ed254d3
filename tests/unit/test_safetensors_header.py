"""safetensors headers: exact bytes by kind of tensor, one line for what is not valid; formats by configuration."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from tests.header_bytes import safetensors_head, tiny_safetensors

from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, InvalidFile, NotSupported
from sizewise.sources.byte_source import MemoryBytes
from sizewise.sources.config_json import text_part
from sizewise.sources.json_object import JsonObject
from sizewise.sources.number_format import native_format
from sizewise.sources.resolve import resolve_model
from sizewise.sources.safetensors_header import read_safetensors_header
from sizewise.sources.safetensors_weights import checkpoint, shard_names

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 32, "intermediate_size": 64,
    "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 64,
    "max_position_embeddings": 4096, "torch_dtype": "bfloat16", "tie_word_embeddings": False,
}  # fmt: skip
TENSORS: dict[str, tuple[str, tuple[int, ...]]] = {
    "model.embed_tokens.weight": ("BF16", (64, 32)), "lm_head.weight": ("BF16", (64, 32)),
    "model.layers.0.self_attn.q_proj.weight": ("BF16", (32, 32)),
    "model.layers.0.self_attn.o_proj.weight": ("BF16", (32, 32)),
    "model.layers.0.self_attn.k_proj.weight": ("BF16", (16, 32)),
    "model.layers.0.self_attn.v_proj.weight": ("BF16", (16, 32)),
    "model.layers.0.mlp.gate_proj.weight": ("BF16", (64, 32)), "model.layers.0.mlp.up_proj.weight": ("BF16", (64, 32)),
    "model.layers.0.mlp.down_proj.weight": ("BF16", (32, 64)), "model.layers.0.input_layernorm.weight": ("BF16", (32,)),
    "model.layers.0.post_attention_layernorm.weight": ("BF16", (32,)), "model.norm.weight": ("BF16", (32,)),
}  # fmt: skip
EMBEDDING_BYTES = 64 * 32 * 2
NUM_PARAMS = 2 * 64 * 32 + 2 * 32 * 32 + 2 * 16 * 32 + 3 * 64 * 32 + 3 * 32


def file_bytes(tensors: dict[str, tuple[str, tuple[int, ...]]]) -> bytes:
    head, size = safetensors_head(tensors)
    return head + bytes(size - len(head))


def folder(tmp_path: Path, tensors: dict[str, tuple[str, tuple[int, ...]]], **changes: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG | changes))
    (tmp_path / "model.safetensors").write_bytes(file_bytes(tensors))
    return tmp_path


def header_error(content: bytes) -> str:
    with pytest.raises(InvalidFile) as caught:
        read_safetensors_header(MemoryBytes("x.safetensors", content))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def raw(fields: object, data_bytes: int = 0) -> bytes:
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text + bytes(data_bytes)


def test_a_folder_gives_the_bytes_and_parameters_of_its_headers(tmp_path: Path) -> None:
    found = resolve_model(str(folder(tmp_path, TENSORS)), load_catalog())
    assert found.weights is not None
    assert (found.weights.file_bytes, found.weights.device_bytes) == (2 * NUM_PARAMS, 2 * NUM_PARAMS)
    assert (found.weights.host_bytes, found.weights.output_bytes) == (0, EMBEDDING_BYTES)
    assert found.weights.dense_read_bytes == 2 * NUM_PARAMS - EMBEDDING_BYTES
    assert (found.model.num_params, found.weights.basis) == (NUM_PARAMS, "exact")
    assert (found.quantization, found.container, found.origin) == ("BF16", "safetensors", "folder")


def test_the_file_itself_is_as_good_as_its_folder(tmp_path: Path) -> None:
    path = folder(tmp_path, TENSORS)
    by_file = resolve_model(str(path / "model.safetensors"), load_catalog())
    assert by_file.weights == resolve_model(str(path), load_catalog()).weights


def test_shards_of_an_index_are_added_up(tmp_path: Path) -> None:
    expected = resolve_model(str(folder(tmp_path, TENSORS)), load_catalog()).weights
    (tmp_path / "model.safetensors").unlink()
    names = list(TENSORS)
    shards = {"a.safetensors": names[:5], "b.safetensors": names[5:]}
    for file, part in shards.items():
        (tmp_path / file).write_bytes(file_bytes({name: TENSORS[name] for name in part}))
    index = {"weight_map": {name: file for file, part in shards.items() for name in part}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert resolve_model(str(tmp_path), load_catalog()).weights == expected


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "x.bin", "", 5]
)
def test_an_index_that_leaves_its_folder_is_refused(name: object) -> None:
    with pytest.raises(InvalidFile, match="weight_map"):
        shard_names(Path("i.json"), json.dumps({"weight_map": {"t": name}}).encode())


def test_a_tied_output_stored_again_counts_once(tmp_path: Path) -> None:
    found = resolve_model(str(folder(tmp_path, TENSORS, tie_word_embeddings=True)), load_catalog())
    assert found.weights is not None
    assert found.weights.device_bytes == 2 * NUM_PARAMS - EMBEDDING_BYTES
    assert found.weights.output_bytes == EMBEDDING_BYTES


def test_towers_are_loaded_too_and_layers_for_further_tokens_are_not() -> None:
    extra: dict[str, tuple[str, tuple[int, ...]]] = {
        "visual.blocks.0.attn.qkv.weight": ("BF16", (100,)), "model.layers.1.mlp.down_proj.weight": ("BF16", (1000,)),
        "model.layers.0.mlp.experts.3.up_proj.weight": ("BF16", (10,)),
        "model.layers.0.mlp.shared_experts.up_proj.weight": ("BF16", (7,)),
    }  # fmt: skip
    tensors = read_safetensors_header(MemoryBytes("x", file_bytes(TENSORS | extra)))
    found = checkpoint("x", tensors, num_layers=1, ties_embeddings=False)
    assert found.weights.file_bytes == 2 * NUM_PARAMS + 20 + 14
    assert found.weights.device_bytes == found.weights.file_bytes + 200
    assert (found.weights.expert_bytes, found.num_extra_params) == (20, 1100)
    assert found.total_bytes == found.weights.file_bytes + 2200


def test_a_tensor_in_two_files_is_refused() -> None:
    tensors = read_safetensors_header(MemoryBytes("x", file_bytes(TENSORS)))
    with pytest.raises(InvalidFile, match="in two files"):
        checkpoint("x", tensors + tensors, num_layers=1, ties_embeddings=False)


def test_an_unknown_architecture_fails_closed_with_the_field_and_the_exact_bytes(tmp_path: Path) -> None:
    with pytest.raises(NotSupported, match="model_type") as caught:
        resolve_model(str(folder(tmp_path, TENSORS, model_type="quantum")), load_catalog())
    assert f"{2 * NUM_PARAMS:,} bytes" in str(caught.value)


def test_a_file_without_a_configuration_says_its_exact_bytes(tmp_path: Path) -> None:
    path = tmp_path / "lone.safetensors"
    path.write_bytes(file_bytes(TENSORS))
    with pytest.raises(NotSupported, match=r"config\.json") as caught:
        resolve_model(str(path), load_catalog())
    assert f"{2 * NUM_PARAMS:,} bytes" in str(caught.value)


def test_a_folder_without_headers_is_sized_by_its_shape(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    found = resolve_model(str(tmp_path), load_catalog())
    assert (found.weights, found.model.num_params) == (None, NUM_PARAMS)
    assert "no safetensors headers" in str(found.caveats[0])


def test_headers_of_another_model_are_noticed(tmp_path: Path) -> None:
    found = resolve_model(str(folder(tmp_path, TENSORS, intermediate_size=640)), load_catalog())
    assert "other parameters" in str(found.caveats[0])


def test_the_header_cut_off_at_every_byte_is_one_line() -> None:
    whole = tiny_safetensors()
    said = [header_error(whole[:length]) for length in range(len(whole) - 1)]
    assert all("x.safetensors" in line for line in said)


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "0 bytes"),
        (struct.pack("<Q", 2**60) + b"{}", "claims"),
        (struct.pack("<Q", 2**63 + 5) + b"{}", "claims"),
        (struct.pack("<Q", 100) + b"{}", "cut off"),
        (struct.pack("<Q", 3) + b"{]}", "not JSON"),
        (struct.pack("<Q", 40_000) + b"[" * 40_000, "not JSON"),
        (struct.pack("<Q", 600_000) + b"[" * 600_000, "more than"),
        (raw([1]), "not a JSON object"),
        (raw({"t": 5}), "an object"),
        (raw({"t": ENTRY | {"dtype": 7}}, 8), "dtype"),
        (raw({"t": ENTRY | {"shape": [2**70]}}, 8), "shape"),
        (raw({"t": ENTRY | {"shape": [-2]}}, 8), "shape"),
        (raw({"t": ENTRY | {"shape": [True, 2]}}, 8), "shape"),
        (raw({"t": ENTRY | {"shape": [3]}}, 8), "data_offsets"),
        (raw({"t": ENTRY | {"data_offsets": [8, 0]}}, 8), "data_offsets"),
        (raw({"t": ENTRY | {"data_offsets": [0]}}, 8), "data_offsets"),
        (raw({"a": ENTRY, "b": ENTRY}, 8), "where the last one ends"),
        (raw({"a": ENTRY, "b": ENTRY | {"data_offsets": [16, 24]}}, 24), "where the last one ends"),
        (raw({"a": ENTRY}, 4), "incomplete"),
        (raw({"a": ENTRY}, 12), "belong to none"),
        (struct.pack("<Q", 22) + b'{"a":1e999,"b":NaN   }', "not JSON"),
        (struct.pack("<Q", 9_010) + b'{"a":[' + b"9" * 9_000 + b"]}  ", "not JSON"),
        (struct.pack("<Q", 17) + b'{"a": {}, "a":{}}', "occurs twice"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_true_is_named(content: bytes, said: str) -> None:
    assert said in header_error(content)


def compressed(weights: dict[str, object], **group: object) -> dict[str, Any]:
    return {"quant_method": "compressed-tensors", "config_groups": {"group_0": {"weights": weights, **group}}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"quant_method": "fp8"}, "FP8"), ({"quant_method": "fbgemm_fp8"}, "FP8"), ({"quant_method": "mxfp4"}, "MXFP4"),
        ({"quant_method": "awq", "bits": 4}, "AWQ-4"), ({"quant_method": "gptq", "bits": 4}, "GPTQ-4"),
        ({"quant_method": "gptq", "bits": 8}, "GPTQ-8"), ({"quant_method": "bitsandbytes"}, "NF4"),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, "INT8"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "NVFP4"), ({"quant_algo": "FP8"}, "FP8"),
        (compressed({"num_bits": 8, "type": "float"}), "FP8"), (compressed({"num_bits": 4, "type": "float"}), "NVFP4"),
        (compressed({"num_bits": 4, "type": "float", "group_size": 32}), "MXFP4"),
        (compressed({"num_bits": 4, "type": "int", "symmetric": True}), "GPTQ-4"),
        (compressed({"num_bits": 4, "type": "int", "symmetric": False}), "AWQ-4"),
        (compressed({"num_bits": 8, "type": "int"}), "GPTQ-8"),
        (compressed({"num_bits": 8, "type": "int"}, input_activations={"num_bits": 8}), "INT8"),
    ],
    ids=str,
)  # fmt: skip
def test_the_number_format_is_told_by_the_configuration(settings: dict[str, Any], expected: str) -> None:
    config = JsonObject(Path("config.json"), {"quantization_config": settings})
    assert native_format(config, text_part(config)) == expected
    assert expected in load_catalog().quantizations


@pytest.mark.parametrize(
    "settings",
    [{"quant_method": "awq", "bits": 3}, {"quant_method": "gptq", "bits": 2}, {"quant_method": "hqq"}, {},
     {"quant_method": "modelopt", "quant_algo": "W1"}, compressed({"num_bits": 2, "type": "int"}),
     {"quant_method": "compressed-tensors", "config_groups": {}},
     compressed({"num_bits": 4, "type": "int"}, input_activations={"num_bits": 8})],
    ids=str,
)  # fmt: skip
def test_a_number_format_that_is_not_known_is_refused(settings: dict[str, Any]) -> None:
    config = JsonObject(Path("config.json"), {"quantization_config": settings})
    with pytest.raises(NotSupported, match="quantization_config"):
        native_format(config, text_part(config))


def test_weight_files_of_other_kinds_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"pickle")
    with pytest.raises(BadInput, match="not read"):
        resolve_model(str(tmp_path / "model.bin"), load_catalog())
