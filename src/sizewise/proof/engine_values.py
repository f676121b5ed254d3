"""Values for a file of shapes, where values matter: zeros multiply as fast as anything, but routers tie on them.

Norms are ones, the first token embeddings and all routers are random; everything else stays a hole, which reads as
zeros. So the hidden state is that of the token, and each token goes to experts of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

# At the top, before a file is begun: a Ctrl-C while numpy imports this module is lost.
from numpy.random import Generator, default_rng

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sizewise.proof.engine_gguf import FileTensor

NUM_TOKENS = 1_024
"""Tokens that have an embedding; the runs draw theirs from these. [count]"""
LARGEST_BYTE = 0x2F
"""Random bytes up to this form small positive numbers wherever a scale of a quantized block lies: none is infinite."""
ROUTER = "ffn_gate_inp.weight"
EMBEDDING = "token_embd.weight"
PLAIN_TYPES = {"F32": "<f4", "F16": "<f2"}
FLOAT_BYTES = 4


def write_values(file: BinaryIO, placed: Iterable[tuple[FileTensor, int]]) -> None:
    """Fill in the tensors whose values matter; `placed` says where each begins in the file. [bytes]"""
    random = default_rng(0)
    for tensor, start_bytes in placed:
        content = _content(tensor, random)
        if content:
            file.seek(start_bytes)
            file.write(content)


def filled_bytes(tensors: Iterable[FileTensor]) -> int:
    """Bytes that take disk space. [bytes]"""
    return sum(_filled(tensor) for tensor in tensors)


def _filled(tensor: FileTensor) -> int:
    if tensor.name == EMBEDDING:
        return tensor.num_bytes // tensor.shape[1] * min(NUM_TOKENS, tensor.shape[1])
    is_filled = tensor.type_name == "F32" and (tensor.name.endswith((ROUTER, "norm.weight")))
    return tensor.num_bytes if is_filled else 0


def _content(tensor: FileTensor, random: Generator) -> bytes:
    num_bytes = _filled(tensor)
    if not num_bytes:
        return b""
    if tensor.name.endswith("norm.weight"):
        return np.ones(num_bytes // FLOAT_BYTES, "<f4").tobytes()
    if tensor.name.endswith(ROUTER):
        return random.standard_normal(num_bytes // FLOAT_BYTES, np.float32).tobytes()
    if tensor.type_name == "BF16":
        return _bfloat16(random.standard_normal(num_bytes // 2, np.float32))
    if tensor.type_name in PLAIN_TYPES:
        kind = np.dtype(PLAIN_TYPES[tensor.type_name])
        return random.standard_normal(num_bytes // kind.itemsize, np.float32).astype(kind).tobytes()
    return random.integers(0, LARGEST_BYTE, num_bytes, np.uint8, endpoint=True).tobytes()


def _bfloat16(values: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    """The upper half of each number."""
    return (values.view(np.uint32) >> 16).astype("<u2").tobytes()
