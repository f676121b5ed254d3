"""GGUF headers: exact bytes of what is valid, one line for what is not."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import gguf
import numpy as np
import pytest
from tests.header_bytes import gguf_head, gguf_tensor, text, tiny_gguf

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.errors import BadInput, InvalidFile, NotSupported
from sizewise.proof.engine_gguf import write_shape_file
from sizewise.sources.byte_source import LocalFile, MemoryBytes
from sizewise.sources.gguf_file import gguf_weights, read_gguf
from sizewise.sources.gguf_header import read_gguf_header
from sizewise.sources.gguf_types import FILE_TYPES, PLAIN_TYPES, TENSOR_TYPES
from sizewise.sources.resolve import resolve_model

if TYPE_CHECKING:
    from pathlib import Path

    from tests.header_bytes import Entry

    from sizewise.domain.model import Model

HEADER = b"GGUF" + struct.pack("<IQQ", 3, 0, 0)


def header_error(content: bytes) -> str:
    with pytest.raises(InvalidFile) as caught:
        read_gguf_header(MemoryBytes("x.gguf", content))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_type_numbers_and_blocks_are_those_of_the_gguf_package() -> None:
    for number, name in TENSOR_TYPES.items():
        block = mixture_rules().blocks.get(name)
        sizes = (block.block_elements, block.block_bytes) if block else PLAIN_TYPES[name]
        if name != "Q1_0":
            assert gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(number)] == sizes
        assert gguf.GGMLQuantizationType(number).name == name


def test_file_types_are_those_of_the_gguf_package() -> None:
    for number, name in FILE_TYPES.items():
        assert gguf.LlamaFileType(number).name.split("_", 1)[1].removesuffix("_MOE") == name


def test_a_file_of_the_gguf_package_is_read_to_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "written.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_token_list(["a", "b", "c"])
    writer.add_array("x.numbers", [1, 2, 3])
    rows = {"F32": 4 * 64, "Q8_0": 64 // 32 * 34, "Q4_0": 64 // 32 * 18}
    for name, row_bytes in rows.items():
        kind = gguf.GGMLQuantizationType[name]
        data = (
            np.zeros((5, row_bytes), dtype=np.uint8) if name != "F32" else np.zeros((5, 64), dtype=np.float32)
        )
        writer.add_tensor(f"t_{name}.weight", data, raw_dtype=None if name == "F32" else kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header = read_gguf_header(LocalFile(path))
    assert {t.type_name: t.num_bytes for t in header.tensors} == {n: 5 * b for n, b in rows.items()}
    assert all(tensor.shape == (64, 5) for tensor in header.tensors)
    assert header.values["x.numbers"] == (1, 2, 3)
    assert "tokenizer.ggml.tokens" not in header.values


WRITTEN = [
    ("meta-llama/Llama-3.1-8B", "Q4_K_M"), ("Qwen/Qwen3-8B", "Q8_0"), ("Qwen/Qwen3-30B-A3B", "Q4_K_M"),
    ("openai/gpt-oss-20b", "Q8_0"), ("google/gemma-3-27b-it", "Q4_K_M"), ("deepseek-ai/DeepSeek-V3", "Q4_K_M"),
    ("mistralai/Mixtral-8x7B-Instruct-v0.1", "Q5_K_M"), ("microsoft/Phi-4-mini-instruct", "Q6_K"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize(("name", "file_type"), WRITTEN, ids=[name for name, _ in WRITTEN])
def test_X03_the_header_of_a_file_gives_the_model_that_the_catalog_has(
    shapes: Path, name: str, file_type: str
) -> None:
    catalog = load_catalog()
    known: Model = catalog.models[name]
    path = shapes / f"{name.rsplit('/', 1)[1]}-{file_type}.gguf"
    num_bytes = write_shape_file(path, known, file_type, mixture_rules())
    found = resolve_model(str(path), catalog)
    assert found.weights is not None
    assert (found.weights.file_bytes, found.weights.basis) == (num_bytes, "exact")
    assert (found.quantization, found.container, found.origin) == (file_type, "gguf", "file")
    for field in ("cache", "layers", "num_heads", "num_kv_heads", "head_dim", "hidden_size", "latent", "num_layers",
                  "vocab_size", "ties_embeddings", "kind"):  # fmt: skip
        assert getattr(found.model, field) == getattr(known, field), field
    assert found.model.num_params == pytest.approx(
        known.num_params, rel=2e-3
    )  # small vectors are not in the list
    assert found.model.num_active_params == pytest.approx(known.num_active_params, rel=1e-2)


def test_the_host_keeps_the_embedding_and_experts_are_told_apart(shapes: Path) -> None:
    catalog = load_catalog()
    path = shapes / "moe-Q4_K_M.gguf"
    write_shape_file(path, catalog.models["Qwen/Qwen3-30B-A3B"], "Q4_K_M", mixture_rules())
    weights = gguf_weights(read_gguf(path.name, lambda name: LocalFile(path.parent / name)))
    assert weights.host_bytes == 151_936 * 2048 // 256 * 144
    assert weights.device_bytes == weights.file_bytes - weights.host_bytes
    assert 0.9 < weights.expert_bytes / weights.file_bytes < 0.97


def split_files(folder: Path, **changes: dict[str, Entry]) -> Path:
    """A tiny model in three parts; `changes` overwrites metadata of parts `one`, `two`, `three`."""
    model = read_gguf_header(MemoryBytes("tiny", tiny_gguf()))
    numbers = {name: number for number, name in TENSOR_TYPES.items()}
    for i, part in enumerate(("one", "two", "three")):
        values: dict[str, Entry] = {
            "split.no": i,
            "split.count": 3,
            "split.tensors.count": len(model.tensors),
        }
        own = {k: list(v) if isinstance(v, tuple) else v for k, v in model.values.items()} if i == 0 else {}
        tensors = {t.name: (numbers[t.type_name], t.shape) for t in model.tensors[i::3]}
        head, size = gguf_head({**own, **values, **changes.get(part, {})}, tensors)
        (folder / f"tiny-Q4_K_M-{i + 1:05d}-of-00003.gguf").write_bytes(head + bytes(size - len(head)))
    return folder / "tiny-Q4_K_M-00001-of-00003.gguf"


def test_a_split_model_is_the_sum_of_its_parts_whichever_is_named(tmp_path: Path) -> None:
    first = split_files(tmp_path)
    whole = tmp_path / "tiny-Q4_K_M.gguf"
    whole.write_bytes(tiny_gguf())
    catalog = load_catalog()
    expected = resolve_model(str(whole), catalog)
    for path in (first, tmp_path / "tiny-Q4_K_M-00002-of-00003.gguf"):
        found = resolve_model(str(path), catalog)
        assert (found.weights, found.quantization) == (expected.weights, "Q4_K_M")
        assert found.model.name == "tiny-Q4_K_M"


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [("two", {"split.no": 0}, "the header says part"), ("one", {"split.count": 9}, "the header says part"),
     ("one", {"split.tensors.count": 5}, "split.tensors.count")],
)  # fmt: skip
def test_parts_that_do_not_belong_together_are_refused(
    tmp_path: Path, part: str, change: dict[str, Entry], said: str
) -> None:
    with pytest.raises(InvalidFile, match=said):
        resolve_model(str(split_files(tmp_path, **{part: change})), load_catalog())


def test_a_part_that_is_another_part_again_is_refused(tmp_path: Path) -> None:
    first = split_files(tmp_path)
    second = tmp_path / "tiny-Q4_K_M-00002-of-00003.gguf"
    second.unlink()
    second.symlink_to(first)
    with pytest.raises(InvalidFile, match="the header says part"):
        resolve_model(str(first), load_catalog())


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    first = split_files(tmp_path)
    (tmp_path / "tiny-Q4_K_M-00003-of-00003.gguf").unlink()
    with pytest.raises(InvalidFile, match="00003-of-00003"):
        resolve_model(str(first), load_catalog())


def test_the_header_cut_off_at_every_byte_is_one_line() -> None:
    whole = tiny_gguf()
    header_bytes = len(whole.rstrip(b"\0"))
    said = [header_error(whole[:length]) for length in (*range(header_bytes), len(whole) - 1)]
    assert all("x.gguf" in line for line in said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a GGUF file"),
        (b"GGML" + bytes(60), "not a GGUF file"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(60), "version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2**60, 0), "number of tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "number of entries"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**32) + bytes(99), "cut off"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IQ", 8, 2**62), "cut off"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 8, 2**40), "length of k"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 9, 3), "type of the items"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<IIQ", 9, 4, 2**61), "cut off"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("k") + struct.pack("<I", 99), "type of k"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (2**40, 2**40), 0, 0), "shape of t"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (0,), 0, 0), "shape of t"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (4,), 77, 0), "type of t"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (33,), 12, 0), "multiple of 256"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (8,), 0, 3), "offset of t"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + gguf_tensor("t", (2**30,), 0, 0), "incomplete"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2, 0) + gguf_tensor("a", (64,), 0, 0) + gguf_tensor("b", (64,), 0, 32)
         + bytes(999), "offset of b"),
        (b"GGUF" + struct.pack("<IQQ", 3, 2, 0) + gguf_tensor("a", (8,), 0, 0) + gguf_tensor("a", (8,), 0, 32)
         + bytes(999), "same name"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("general.alignment") + struct.pack("<II", 4, 0), "alignment"),
    ],
)  # fmt: skip
def test_a_claim_that_cannot_be_true_is_named(content: bytes, said: str) -> None:
    assert said in header_error(content)


def changed_tiny(tmp_path: Path, **changes: Entry) -> Path:
    model = read_gguf_header(MemoryBytes("tiny", tiny_gguf()))
    numbers = {name: number for number, name in TENSOR_TYPES.items()}
    values: dict[str, Entry] = {k: list(v) if isinstance(v, tuple) else v for k, v in model.values.items()}
    values |= {key.replace("__", "."): value for key, value in changes.items()}
    head, size = gguf_head(values, {t.name: (numbers[t.type_name], t.shape) for t in model.tensors})
    path = tmp_path / "changed.gguf"
    path.write_bytes(head + bytes(size - len(head)))
    return path


@pytest.mark.parametrize(
    ("change", "field"),
    [({"general__architecture": "rwkv7"}, "general.architecture"), ({"general__type": "adapter"}, "general.type"),
     ({"llama__attention__kv_lora_rank": 512}, "attention.key_length_mla"),
     ({"llama__expert_count": 8, "llama__expert_used_count": 2}, "leading_dense_block_count"),
     ({"llama__attention__key_length": 64, "llama__attention__value_length": 32}, "attention.value_length")],
)  # fmt: skip
def test_what_is_not_known_fails_closed_with_the_field_and_the_exact_weights(
    tmp_path: Path, change: dict[str, Entry], field: str
) -> None:
    path = changed_tiny(tmp_path, **change)
    exact = sum(tensor.num_bytes for tensor in read_gguf_header(LocalFile(path)).tensors)
    with pytest.raises(NotSupported, match=field) as caught:
        resolve_model(str(path), load_catalog())
    assert f"{exact:,} bytes" in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [{"llama__block_count": 0}, {"llama__embedding_length": "wide"}, {"llama__attention__head_count": 1.5},
     {"llama__context_length": [1, 2]}, {"llama__attention__head_count_kv": 64}, {"llama__nextn_predict_layers": 9}],
    ids=str,
)  # fmt: skip
def test_a_dimension_that_makes_no_sense_is_one_line(tmp_path: Path, change: dict[str, Entry]) -> None:
    with pytest.raises(BadInput) as caught:
        resolve_model(str(changed_tiny(tmp_path, **change)), load_catalog())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("file_name", "file_type", "expected"),
    [("m.gguf", 15, "Q4_K_M"), ("m-UD-Q4_K_XL.gguf", 15, "UD-Q4_K_XL"), ("m-Q8_0.gguf", 15, "Q4_K_M"),
     ("m-q4_k_m.gguf", 15, "Q4_K_M"), ("m-IQ4_XS.gguf", 30, "IQ4_XS"), ("m.gguf", 1039, "Q4_K_M"),
     ("m.gguf", 999, "Q4_K_M")],
)  # fmt: skip
def test_the_format_is_what_the_header_says_refined_by_the_name(
    tmp_path: Path, file_name: str, file_type: int, expected: str
) -> None:
    changed = changed_tiny(tmp_path, general__file_type=file_type)
    path = changed.rename(tmp_path / file_name)
    assert resolve_model(str(path), load_catalog()).quantization == expected


@pytest.mark.parametrize(
    ("pooling", "kind"), [(0, "generator"), (1, "embedding"), (3, "embedding"), (4, "reranker")]
)
def test_pooled_vectors_tell_what_writes_no_text(tmp_path: Path, pooling: int, kind: str) -> None:
    assert (
        resolve_model(str(changed_tiny(tmp_path, llama__pooling_type=pooling)), load_catalog()).model.kind
        == kind
    )


def test_layers_for_further_tokens_are_in_the_file_but_not_loaded(tmp_path: Path) -> None:
    found = resolve_model(str(changed_tiny(tmp_path, llama__nextn_predict_layers=1)), load_catalog())
    whole = resolve_model(str(changed_tiny(tmp_path)), load_catalog())
    assert found.weights is not None
    assert whole.weights is not None
    assert found.weights.file_bytes == whole.weights.file_bytes
    block = read_gguf_header(MemoryBytes("tiny", tiny_gguf())).tensors
    block_bytes = sum(tensor.num_bytes for tensor in block if tensor.name.startswith("blk.1."))
    assert whole.weights.device_bytes - found.weights.device_bytes == block_bytes
    assert (found.model.num_layers, whole.model.num_layers) == (1, 2)
    assert found.model.num_extra_params == whole.model.num_params - found.model.num_params > 0


def test_a_pattern_of_windows_is_counted_layer_by_layer(tmp_path: Path) -> None:
    change: dict[str, Entry] = {
        "llama__attention__sliding_window": 512, "llama__attention__sliding_window_pattern": [True, False],
    }  # fmt: skip
    layers = resolve_model(str(changed_tiny(tmp_path, **change)), load_catalog()).model.layers
    assert (layers.full, layers.sliding) == (1, 1)
