"""GGUF headers: the metadata and the table of tensors, never the weights.

A header is read front to back in pieces, and everything it claims is bounded before it is believed: counts,
lengths, shapes, offsets. Values that no estimate needs (the vocabulary above all) are stepped over.
Source: GGUF specification, versions 2 and 3 (ggml repository).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from sizewise.catalog.weights_table import mixture_rules
from sizewise.errors import InvalidFile
from sizewise.sources.gguf_types import PLAIN_TYPES, TENSOR_TYPES

if TYPE_CHECKING:
    from sizewise.sources.byte_source import ByteSource

Value: TypeAlias = "int | float | bool | str | tuple[int | float | bool, ...]"

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_HEADER_BYTES = 128 * 2**20
"""Longest header read; a vocabulary of 262,144 entries with its merges takes 15 MiB. [bytes]"""
PIECE_BYTES = 2**20
"""Read at once. [bytes]"""
MAX_ENTRIES = 4096
"""Metadata entries; published files have about 50."""
MAX_TENSORS = 65_536
"""Published files have at most about 2,000."""
MAX_STRINGS = 1_200_000
"""Strings in all arrays: vocabulary and merges of published models stay below 800,000."""
MAX_NAME_BYTES = 1024
"""Longest key or tensor name. [bytes]"""
MAX_KEPT_BYTES = 1024
"""Longest text that is kept; chat templates are longer and not needed. [bytes]"""
MAX_KEPT_ITEMS = 1024
"""Longest array of numbers that is kept: one a layer."""
MAX_DIMENSIONS = 4
MAX_ELEMENTS = 2**50
"""Elements of one tensor."""
ALIGNMENT_BYTES = 32
"""Where `general.alignment` is missing. [bytes]"""
MAX_ALIGNMENT_BYTES = 2**16
STRING, ARRAY, BOOL = 8, 9, 7
NUMBERS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<B",
    10: "<Q",
    11: "<q",
    12: "<d",
}
"""Metadata type number to the layout of its value."""


@dataclass(frozen=True, kw_only=True)
class GgufTensor:
    """One row of the table of tensors."""

    name: str
    type_name: str
    shape: tuple[int, ...]
    """Elements along each dimension, rows first."""
    offset_bytes: int
    """From the start of the data."""
    num_bytes: int

    @property
    def num_elements(self) -> int:
        """Elements of the tensor. [count]"""
        return prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class GgufHeader:
    """What a GGUF file says about itself."""

    name: str
    values: dict[str, Value]
    """Metadata, without long texts and long arrays."""
    tensors: tuple[GgufTensor, ...]


class _Cursor:
    """A position in a file that is read in pieces; it never goes past the file or past MAX_HEADER_BYTES."""

    def __init__(self, source: ByteSource) -> None:
        self.source, self.position = source, 0
        self._end = min(source.size_bytes, MAX_HEADER_BYTES)
        self._piece, self._piece_begin = b"", 0
        self.num_strings = 0

    def skip(self, length: int) -> int:
        """Step over so many bytes; gives where they began."""
        begin = self.position
        if length > self._end - begin:
            raise self._past_end(length)
        self.position = begin + length
        return begin

    def unpack(self, layout: str, width: int) -> int | float:
        """One number."""
        begin = self.position
        at = begin - self._piece_begin
        if at + width > len(self._piece):
            self._load(width)
            at = 0
        self.position = begin + width
        number: int | float = struct.unpack_from(layout, self._piece, at)[0]
        return number

    def count(self) -> int:
        """An unsigned 64-bit number."""
        return int(self.unpack("<Q", 8))

    def text(self, most_bytes: int) -> str | None:
        """A string; None where it is longer than wanted."""
        length = self.count()
        if length > most_bytes:
            self.skip(length)
            return None
        if self.position - self._piece_begin + length > len(self._piece):
            self._load(length)
        at = self.skip(length) - self._piece_begin
        return self._piece[at : at + length].decode("utf-8", errors="replace")

    def _load(self, width: int) -> None:
        """The piece that begins here and holds at least so many bytes."""
        left = self._end - self.position
        if width > left:
            raise self._past_end(width)
        self._piece_begin = self.position
        self._piece = self.source.read(self.position, min(max(width, PIECE_BYTES), left))

    def _past_end(self, length: int) -> InvalidFile:
        if self._end < self.source.size_bytes:
            return InvalidFile("{path}: the GGUF header claims more than {most} MiB",
                               path=self.source.name, most=MAX_HEADER_BYTES >> 20)  # fmt: skip
        return InvalidFile(
            "{path}: the GGUF header is cut off: {length} bytes at byte {begin}, the file has {size}",
            path=self.source.name, length=length, begin=self.position, size=self.source.size_bytes,
        )  # fmt: skip

    def invalid(self, what: str, given: object, allowed: str) -> InvalidFile:
        """The error for one claim of the header."""
        return InvalidFile("{path}: {what} is '{given}' in the GGUF header, it must be {allowed}",
                           path=self.source.name, what=what, given=given, allowed=allowed)  # fmt: skip


def read_gguf_header(source: ByteSource) -> GgufHeader:
    """Metadata and tensors of one file. [exact bytes]

    Raises: InvalidFile for anything but a complete, consistent GGUF file of version 2 or 3.
    """
    cursor = _Cursor(source)
    if source.size_bytes < len(MAGIC) or source.read(0, len(MAGIC)) != MAGIC:
        raise InvalidFile("{path} is not a GGUF file: it does not begin with 'GGUF'", path=source.name)
    cursor.skip(len(MAGIC))
    version = int(cursor.unpack("<I", 4))
    if version not in VERSIONS:
        raise cursor.invalid("the version", version, "2 or 3, little-endian")
    num_tensors, num_entries = cursor.count(), cursor.count()
    if num_tensors > MAX_TENSORS:
        raise cursor.invalid("the number of tensors", num_tensors, f"at most {MAX_TENSORS}")
    if num_entries > MAX_ENTRIES:
        raise cursor.invalid("the number of entries", num_entries, f"at most {MAX_ENTRIES}")
    values = _metadata(cursor, num_entries)
    alignment = values.get("general.alignment", ALIGNMENT_BYTES)
    if not isinstance(alignment, int) or not 1 <= alignment <= MAX_ALIGNMENT_BYTES or alignment % 8:
        raise cursor.invalid("general.alignment", alignment, f"a multiple of 8 up to {MAX_ALIGNMENT_BYTES}")
    tensors = tuple(_tensor(cursor) for _ in range(num_tensors))
    data_begin = -(-cursor.position // alignment) * alignment
    _check_layout(cursor, tensors, alignment, source.size_bytes - data_begin)
    return GgufHeader(name=source.name, values=values, tensors=tensors)


def _metadata(cursor: _Cursor, num_entries: int) -> dict[str, Value]:
    values: dict[str, Value] = {}
    seen: set[str] = set()
    for _ in range(num_entries):
        key = cursor.text(MAX_NAME_BYTES)
        if not key or key in seen:
            raise cursor.invalid("a key", key or "empty or very long", "a short name that occurs once")
        seen.add(key)
        value = _value(cursor, int(cursor.unpack("<I", 4)), key)
        if value is not None:
            values[key] = value
    return values


def _value(cursor: _Cursor, kind: int, key: str) -> Value | None:
    """A value of the metadata; None for one that is not kept."""
    if kind == STRING:
        return cursor.text(MAX_KEPT_BYTES)
    if kind == ARRAY:
        return _array(cursor, key)
    if kind not in NUMBERS:
        raise cursor.invalid(f"the type of {key}", kind, "0 to 12")
    number = cursor.unpack(NUMBERS[kind], struct.calcsize(NUMBERS[kind]))
    return bool(number) if kind == BOOL else number


def _array(cursor: _Cursor, key: str) -> tuple[int | float | bool, ...] | None:
    kind, length = int(cursor.unpack("<I", 4)), cursor.count()
    if kind == STRING:
        cursor.num_strings += length
        if cursor.num_strings > MAX_STRINGS:
            raise cursor.invalid(f"the length of {key}", length, f"at most {MAX_STRINGS} in all arrays")
        for _ in range(length):
            cursor.skip(cursor.count())
        return None
    if kind not in NUMBERS:
        raise cursor.invalid(f"the type of the items of {key}", kind, "a number, truth value or string")
    layout = NUMBERS[kind]
    width = struct.calcsize(layout)
    if length > MAX_KEPT_ITEMS:
        cursor.skip(length * width)
        return None
    items = tuple(cursor.unpack(layout, width) for _ in range(length))
    return tuple(bool(item) for item in items) if kind == BOOL else items


def _tensor(cursor: _Cursor) -> GgufTensor:
    name = cursor.text(MAX_NAME_BYTES)
    if not name:
        raise cursor.invalid("a tensor name", "empty or very long", f"1 to {MAX_NAME_BYTES} bytes")
    num_dimensions = int(cursor.unpack("<I", 4))
    if not 1 <= num_dimensions <= MAX_DIMENSIONS:
        raise cursor.invalid(f"the number of dimensions of {name}", num_dimensions, "1 to 4")
    shape = tuple(cursor.count() for _ in range(num_dimensions))
    if not 1 <= prod(shape) <= MAX_ELEMENTS:
        raise cursor.invalid(f"the shape of {name}", shape, f"1 to {MAX_ELEMENTS} elements")
    type_name = TENSOR_TYPES.get(type_number := int(cursor.unpack("<I", 4)))
    if type_name is None:
        raise cursor.invalid(f"the type of {name}", type_number, "a ggml type that is known here")
    elements, size = _block(type_name)
    if shape[0] % elements:
        raise cursor.invalid(f"the row of {name}", shape[0], f"a multiple of {elements} for {type_name}")
    return GgufTensor(
        name=name, type_name=type_name, shape=shape, offset_bytes=cursor.count(),
        num_bytes=prod(shape) // elements * size,
    )  # fmt: skip


def _block(type_name: str) -> tuple[int, int]:
    """Elements and bytes of a block. [count, bytes]"""
    if type_name in PLAIN_TYPES:
        return PLAIN_TYPES[type_name]
    block = mixture_rules().blocks[type_name]
    return block.block_elements, block.block_bytes


def _check_layout(cursor: _Cursor, tensors: tuple[GgufTensor, ...], alignment: int, data_bytes: int) -> None:
    """Names occur once; tensors lie inside the file, aligned, none on another."""
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise InvalidFile("{path}: two tensors have the same name in the GGUF header",
                          path=cursor.source.name)  # fmt: skip
    end = 0
    for tensor in sorted(tensors, key=lambda tensor: tensor.offset_bytes):
        if tensor.offset_bytes % alignment or tensor.offset_bytes < end:
            raise cursor.invalid(
                f"the offset of {tensor.name}", tensor.offset_bytes,
                f"a multiple of {alignment}, behind the tensor before it",
            )  # fmt: skip
        end = tensor.offset_bytes + tensor.num_bytes
    if end > data_bytes:
        raise InvalidFile(
            "{path} is incomplete: its tensors end {missing} bytes behind the end of the file",
            path=cursor.source.name, missing=end - data_bytes,
        )  # fmt: skip
