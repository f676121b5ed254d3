"""Headers of weight files, byte by byte, for tests: valid ones, and any part of them changed."""

from __future__ import annotations

import json
import struct
from math import prod
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Entry: TypeAlias = "int | float | bool | str | Sequence[int | float] | Sequence[str]"
WIDTHS = {"BF16": 2, "F16": 2, "F32": 4, "U8": 1, "I8": 1, "I32": 4, "F8_E4M3": 1}
ALIGNMENT_BYTES = 32


def safetensors_head(tensors: Mapping[str, tuple[str, tuple[int, ...]]]) -> tuple[bytes, int]:
    """The header of these (type, shape), and the size of the whole file. [bytes]"""
    entries, offset = {}, 0
    for name, (type_name, shape) in tensors.items():
        end = offset + WIDTHS[type_name] * prod(shape)
        entries[name] = {"dtype": type_name, "shape": list(shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps({"__metadata__": {"format": "pt"}, **entries}).encode()
    return struct.pack("<Q", len(text)) + text, 8 + len(text) + offset


def text(value: str) -> bytes:
    """A GGUF string."""
    return struct.pack("<Q", len(value.encode())) + value.encode()


def gguf_value(value: Entry) -> bytes:
    """A GGUF value with its type number."""
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    return _gguf_array(value)


def _gguf_array(items: Sequence[int | float] | Sequence[str]) -> bytes:
    if items and isinstance(items[0], str):
        return struct.pack("<IIQ", 9, 8, len(items)) + b"".join(text(str(item)) for item in items)
    if items and isinstance(items[0], bool):
        return struct.pack(f"<IIQ{len(items)}?", 9, 7, len(items), *items)
    return struct.pack("<IIQ", 9, 4, len(items)) + struct.pack(f"<{len(items)}I", *items)


def gguf_tensor(name: str, shape: tuple[int, ...], type_number: int, offset: int) -> bytes:
    """One row of the table of tensors."""
    dimensions = struct.pack(f"<I{len(shape)}Q", len(shape), *shape)
    return text(name) + dimensions + struct.pack("<IQ", type_number, offset)


BLOCKS = {0: (1, 4), 1: (1, 2), 8: (32, 34), 12: (256, 144), 14: (256, 210), 30: (1, 2), 39: (32, 17)}
"""Type number: elements and bytes of a block."""


def gguf_head(
    values: Mapping[str, Entry], tensors: Mapping[str, tuple[int, tuple[int, ...]]]
) -> tuple[bytes, int]:
    """The header of these (type number, shape), and the size of the whole file. [bytes]"""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(text(key) + gguf_value(value) for key, value in values.items())
    offset = 0
    for name, (type_number, shape) in tensors.items():
        head += gguf_tensor(name, shape, type_number, offset)
        elements, size = BLOCKS[type_number]
        offset += -(-prod(shape) // elements * size // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    begin = -(-len(head) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
    return head + bytes(begin - len(head)), begin + offset


def tiny_gguf() -> bytes:
    """A small complete file: a dense model of two layers, with a vocabulary and a split entry."""
    values: dict[str, Entry] = {
        "general.architecture": "llama", "general.file_type": 15, "llama.block_count": 2, "llama.context_length": 4096,
        "llama.embedding_length": 256, "llama.feed_forward_length": [512, 512], "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": [2, 2], "llama.rope.freq_base": 1e4, "tokenizer.ggml.add_bos": True,
        "tokenizer.ggml.tokens": [f"token {i}" for i in range(64)],
    }  # fmt: skip
    tensors: dict[str, tuple[int, tuple[int, ...]]] = {
        "token_embd.weight": (12, (256, 64)), "output.weight": (14, (256, 64)), "output_norm.weight": (0, (256,)),
    }  # fmt: skip
    for i in range(2):
        tensors |= {
            f"blk.{i}.attn_q.weight": (12, (256, 256)), f"blk.{i}.attn_k.weight": (12, (256, 128)),
            f"blk.{i}.attn_v.weight": (14, (256, 128)), f"blk.{i}.attn_output.weight": (12, (256, 256)),
            f"blk.{i}.attn_norm.weight": (0, (256,)), f"blk.{i}.ffn_norm.weight": (0, (256,)),
            f"blk.{i}.ffn_gate.weight": (12, (256, 512)), f"blk.{i}.ffn_up.weight": (12, (256, 512)),
            f"blk.{i}.ffn_down.weight": (14, (512, 256)),
        }  # fmt: skip
    head, size = gguf_head(values, tensors)
    return head + bytes(size - len(head))


def tiny_safetensors() -> bytes:
    """A small complete file."""
    head, size = safetensors_head({
        "model.embed_tokens.weight": ("BF16", (64, 32)), "model.layers.0.self_attn.q_proj.weight": ("BF16", (32, 32)),
        "model.layers.0.mlp.down_proj.weight": ("F8_E4M3", (32, 64)), "model.norm.weight": ("F32", (32,)),
    })  # fmt: skip
    return head + bytes(size - len(head))
