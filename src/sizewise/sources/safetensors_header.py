"""safetensors headers: names, types, shapes and places of the tensors of one file, never the weights.

8 bytes (little-endian length), that many bytes of JSON, then the data. Every claim is bounded before it is
believed: the JSON by its length and its punctuation before it is parsed, each entry while it is parsed.
Source: safetensors format specification.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, TypeGuard

from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from sizewise.sources.byte_source import ByteSource

LENGTH_BYTES = 8
MAX_HEADER_BYTES = 16 * 2**20
"""Longest header read; one tensor takes about 150 bytes. [bytes]"""
FIRST_READ_BYTES = 2**17
"""Read at first: enough for the whole header of most files. [bytes]"""
MAX_PUNCTUATION = {b"{": 100_000, b"[": 200_000, b",": 1_200_000, b":": 500_000}
"""Marks in a header: they bound the objects that parsing makes, so its memory too."""
MAX_BYTES = 2**60
"""No file is larger. [bytes]"""
METADATA = "__metadata__"
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64":
    64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip
"""Width of an element. [bits] The bytes of a tensor of another type are taken from its offsets."""


@dataclass(frozen=True)
class SafeTensor:
    """One tensor of the header."""

    name: str
    type_name: str
    num_elements: int
    begin_bytes: int
    """From the start of the data."""
    end_bytes: int

    @property
    def num_bytes(self) -> int:
        """Bytes of the tensor. [bytes]"""
        return self.end_bytes - self.begin_bytes


def read_safetensors_header(source: ByteSource) -> tuple[SafeTensor, ...]:
    """The tensors of one file. [exact bytes]

    Raises: InvalidFile for anything but a complete, consistent safetensors file.
    """
    if source.size_bytes < LENGTH_BYTES:
        raise InvalidFile("{path} is not a safetensors file: it has {size} bytes",
                          path=source.name, size=source.size_bytes)  # fmt: skip
    first = source.read(0, min(FIRST_READ_BYTES, source.size_bytes))
    length = int.from_bytes(first[:LENGTH_BYTES], "little")
    if length > MAX_HEADER_BYTES:
        raise InvalidFile(
            "{path} is not a safetensors file: its header claims {length} bytes, at most {most} are read",
            path=source.name, length=length, most=MAX_HEADER_BYTES,
        )  # fmt: skip
    end = LENGTH_BYTES + length
    if end > source.size_bytes:
        raise InvalidFile("{path}: the safetensors header is cut off: it ends at byte {end}, the file has {size}",
                          path=source.name, end=end, size=source.size_bytes)  # fmt: skip
    text = first[LENGTH_BYTES:end]
    if len(text) < length:
        text += source.read(len(first), end - len(first))
    tensors = tuple(_tensors(source.name, text))
    _check_layout(source.name, tensors, source.size_bytes - end)
    return tensors


def check_marks(path: str, text: bytes) -> None:
    """Refuse JSON of so many parts that parsing it would need much memory."""
    for mark, most in MAX_PUNCTUATION.items():
        if text.count(mark) > most:
            raise InvalidFile("{path}: the list of tensors has more than {most} '{mark}'",
                              path=path, most=most, mark=mark.decode())  # fmt: skip


def _tensors(path: str, text: bytes) -> list[SafeTensor]:
    check_marks(path, text)
    try:
        fields = json.loads(text, object_pairs_hook=_pairs, parse_float=_no_number, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise InvalidFile("{path}: the safetensors header is not JSON of the right form: {reason}",
                          path=path, reason=reason) from error  # fmt: skip
    if not isinstance(fields, dict):
        raise InvalidFile("{path}: the safetensors header is not a JSON object", path=path)
    return [_tensor(path, name, entry) for name, entry in fields.items() if name != METADATA]


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of the header; a name that occurs twice hides a tensor."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_number(given: str) -> None:
    raise ValueError(f"{given[:20]} is no whole number")


def _tensor(path: str, name: str, entry: object) -> SafeTensor:
    if not isinstance(entry, dict):
        raise _invalid(path, name, "the entry", entry, "an object")
    type_name, shape, offsets = entry.get("dtype"), entry.get("shape"), entry.get("data_offsets")
    if not isinstance(type_name, str):
        raise _invalid(path, name, "dtype", type_name, "a text")
    if not _are_sizes(shape):
        raise _invalid(path, name, "shape", shape, "a list of whole numbers")
    if not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:  # noqa: PLR2004 - begin and end
        raise _invalid(path, name, "data_offsets", offsets, "the bytes at which it begins and ends")
    num_elements, bits = prod(shape), BITS.get(type_name)
    if bits is not None and num_elements * bits != 8 * (offsets[1] - offsets[0]):
        raise _invalid(
            path, name, "data_offsets", offsets, f"as long as {num_elements} elements of {bits} bits"
        )
    return SafeTensor(name, type_name, num_elements, offsets[0], offsets[1])


def _are_sizes(value: object) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) <= 16  # noqa: PLR2004 - no tensor has more dimensions
        and all(type(item) is int and 0 <= item <= MAX_BYTES for item in value)
    )


def _check_layout(path: str, tensors: tuple[SafeTensor, ...], data_bytes: int) -> None:
    """The tensors cover the data without gap or overlap."""
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: (tensor.begin_bytes, tensor.end_bytes)):
        if tensor.begin_bytes != end:
            raise _invalid(
                path, tensor.name, "data_offsets", tensor.begin_bytes, f"{end}, where the last one ends"
            )
        end = tensor.end_bytes
    if end > data_bytes:
        raise InvalidFile("{path} is incomplete: its tensors end {missing} bytes behind the end of the file",
                          path=path, missing=end - data_bytes)  # fmt: skip
    if end < data_bytes:
        raise InvalidFile("{path}: {left} bytes behind the last tensor belong to none",
                          path=path, left=data_bytes - end)  # fmt: skip


def _invalid(path: str, name: str, what: str, given: object, allowed: str) -> InvalidFile:
    return InvalidFile("{path}: {what} of tensor {name} is '{given}', it must be {allowed}",
                       path=path, what=what, name=name, given=given, allowed=allowed)  # fmt: skip
