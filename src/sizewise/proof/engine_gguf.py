"""Model files without weights: a real GGUF header and tensor table, and a hole where the weights would be.

A file that stands for 400 GB takes a few KB of disk; llama.cpp loads it when it is told not to allocate.
Format: GGUF version 3 (ggml documentation, gguf.md).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from sizewise.estimate.gguf import group_types
from sizewise.estimate.tensor_group import GLOBAL
from sizewise.estimate.tensors import tensor_list
from sizewise.proof.engine_architectures import VECTORS, architecture_of, block_vectors, file_settings
from sizewise.proof.engine_values import write_values
from sizewise.proof.engine_words import word_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sizewise.domain.model import Model
    from sizewise.estimate.gguf import MixtureRules
    from sizewise.estimate.tensor_group import TensorGroup
    from sizewise.proof.engine_architecture import Architecture, Value

MAGIC, VERSION = b"GGUF", 3
ALIGNMENT_BYTES = 32
"""Every tensor starts at a multiple of this. [bytes]"""
TYPE_NUMBERS = {
    "F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q3_K": 11, "Q4_K": 12,
    "Q5_K": 13, "Q6_K": 14, "IQ2_XXS": 16, "IQ2_XS": 17, "IQ3_XXS": 18, "IQ1_S": 19, "IQ4_NL": 20, "IQ3_S": 21,
    "IQ2_S": 22, "IQ4_XS": 23, "IQ1_M": 29, "BF16": 30, "TQ1_0": 34, "TQ2_0": 35, "MXFP4": 39, "NVFP4": 40,
}  # fmt: skip
"""Numbers of the tensor types in a file. Source: ggml.h of b11549."""
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
"""Numbers of the metadata types."""


class FileTensor(NamedTuple):
    """One line of the tensor table."""

    name: str
    shape: tuple[int, ...]
    """Row length first. [elements]"""
    type_name: str
    num_bytes: int


def write_shape_file(  # noqa: PLR0913 - what the file is of, and what it is for
    path: Path,
    model: Model,
    file_type: str,
    rules: MixtureRules,
    *,
    has_values: bool = False,
    has_words: bool = False,
) -> int:
    """Write the file; returns the bytes of all tensors, each padded to the alignment. [bytes].

    With values it can be run, not only loaded: see `engine_values`; with words a server can speak it: `engine_words`.

    Raises: NotSupported for an architecture that cannot be written.
    """
    architecture = architecture_of(model)
    tensors = tuple(file_tensors(architecture, model, file_type, rules))
    table, weight_bytes = _tensor_table(tensors)
    settings = file_settings(architecture, model) | (word_settings(model.vocab_size) if has_words else {})
    head = MAGIC + struct.pack("<IQQ", VERSION, len(tensors), len(settings))
    head += b"".join(_text(key) + _value(value) for key, value in settings.items()) + table
    with path.open("wb") as file:
        file.write(head)
        file.truncate(_aligned(len(head)) + weight_bytes)
        if has_values:
            write_values(file, _placed(tensors, _aligned(len(head))))
    return weight_bytes


def _placed(tensors: tuple[FileTensor, ...], start_bytes: int) -> Iterator[tuple[FileTensor, int]]:
    """Each tensor and where it begins in the file. [bytes]"""
    for tensor in tensors:
        yield tensor, start_bytes
        start_bytes += _aligned(tensor.num_bytes)


def file_tensors(
    architecture: Architecture, model: Model, file_type: str, rules: MixtureRules
) -> Iterator[FileTensor]:
    """All tensors of the file, with the types that the quantizer would give them."""
    listed = tensor_list(model)
    recipe, _ = rules.recipe(file_type, has_experts=model.experts is not None)
    for group in listed.groups:
        if group.name == VECTORS or group.name in architecture.merged:
            continue
        name, num_merged = _merged_name(architecture, group.name)
        types = group_types(model, listed, group, recipe, rules)
        for block, type_name in zip(group.blocks, types, strict=True):
            shape = _shape(group, num_merged=num_merged)
            yield _tensor(_tensor_name(f"{name}.weight", block), shape, type_name, rules)
    for end, shape in architecture.ends(model).items():
        yield _tensor(end, shape, "F32", rules)
    uncounted = architecture.uncounted_block(model)
    for block, shapes in enumerate(block_vectors(architecture, model)):
        for vector, shape in {**shapes, **uncounted}.items():
            yield _tensor(_tensor_name(vector, block), shape, "F32", rules)


def _merged_name(architecture: Architecture, name: str) -> tuple[str, int]:
    """Name of a matrix in the file, and how many are in the tensor."""
    joined = [new for kept, new in architecture.merged.values() if kept == name]
    return (joined[0], 1 + len(joined)) if joined else (name, 1)


def _tensor_name(name: str, block: int) -> str:
    return name if (block,) == GLOBAL else f"blk.{block}.{name}"


def _shape(group: TensorGroup, *, num_merged: int) -> tuple[int, ...]:
    stacked = (group.num_stacked,) if group.num_stacked > 1 or group.is_expert else ()
    return (group.row_elements, num_merged * group.num_rows, *stacked)


def _tensor(name: str, shape: tuple[int, ...], type_name: str, rules: MixtureRules) -> FileTensor:
    block = rules.blocks[type_name]
    num_bytes = shape[0] // block.block_elements * block.block_bytes
    for length in shape[1:]:
        num_bytes *= length
    return FileTensor(name, shape, type_name, num_bytes)


def _tensor_table(tensors: tuple[FileTensor, ...]) -> tuple[bytes, int]:
    table, offset = [], 0
    for tensor in tensors:
        shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
        table.append(_text(tensor.name) + shape + struct.pack("<IQ", TYPE_NUMBERS[tensor.type_name], offset))
        offset += _aligned(tensor.num_bytes)
    return b"".join(table), offset


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("<Q", len(encoded)) + encoded


def _value(value: Value) -> bytes:
    if isinstance(value, tuple):
        parts = [_of_array(one) for one in value]
        return (
            struct.pack("<I", ARRAY)
            + parts[0][:4]
            + struct.pack("<Q", len(parts))
            + b"".join(p[4:] for p in parts)
        )
    if isinstance(value, str):
        return struct.pack("<I", STRING) + _text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", UINT32, value)
    return struct.pack("<If", FLOAT32, value)


def _of_array(value: Value) -> bytes:
    """Arrays hold signed numbers, as engines demand of the kinds of tokens."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return struct.pack("<Ii", INT32, value) if is_number else _value(value)


def _aligned(num_bytes: int) -> int:
    return -(-num_bytes // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
