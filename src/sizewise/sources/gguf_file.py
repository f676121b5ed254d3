"""One model in GGUF: the header of a file, or the headers of its parts; its exact weights."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile
from sizewise.estimate.weights import placed_weights
from sizewise.sources.gguf_header import GgufHeader, read_gguf_header
from sizewise.sources.gguf_types import FILE_TYPES, NEAREST_FORMAT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sizewise.estimate.weights import Weights
    from sizewise.sources.byte_source import ByteSource
    from sizewise.sources.gguf_header import GgufTensor, Value

PART = re.compile(r"^(?P<stem>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")
"""Name of one part of a split file."""
MAX_PARTS = 1000
BLOCK = re.compile(r"^blk\.(\d+)\.")
GUESSED_FLAG = 1024
"""Added to `general.file_type` where the writer guessed it."""


@dataclass(frozen=True, kw_only=True)
class GgufFile:
    """A whole model: metadata of the first part, tensors of all parts."""

    name: str
    values: dict[str, Value]
    tensors: tuple[GgufTensor, ...]

    @property
    def architecture(self) -> str:
        """`general.architecture`; empty where it is missing."""
        value = self.values.get("general.architecture", "")
        return value if isinstance(value, str) else ""

    @property
    def num_skipped_layers(self) -> int:
        """Last layers that llama.cpp does not load: they predict further tokens (MTP). [layers]"""
        value = self.values.get(f"{self.architecture}.nextn_predict_layers", 0)
        return value if isinstance(value, int) else 0

    @property
    def is_split(self) -> bool:
        """Was the model written in several files?"""
        return PART.match(self.name) is not None


def read_gguf(name: str, opened: Callable[[str], ByteSource]) -> GgufFile:
    """The model whose file, or one of whose parts, has this name; `opened` gives the file of a name.

    Raises: InvalidFile for a wrong header, a missing part or parts that do not belong together.
    """
    match = PART.match(name)
    if not match:
        header = read_gguf_header(opened(name))
        return GgufFile(name=name, values=header.values, tensors=header.tensors)
    count = int(match["count"])
    if not 1 <= int(match["number"]) <= count <= MAX_PARTS:
        raise InvalidFile("{path}: a split file has parts 1 to at most {most}", path=name, most=MAX_PARTS)
    parts = [
        _part(f"{match['stem']}-{i + 1:05d}-of-{count:05d}.gguf", i, count, opened) for i in range(count)
    ]
    tensors = tuple(tensor for part in parts for tensor in part.tensors)
    if len({tensor.name for tensor in tensors}) < len(tensors):
        raise InvalidFile("{path}: a tensor is in two parts of the split file", path=name)
    claimed = parts[0].values.get("split.tensors.count", len(tensors))
    if claimed != len(tensors):
        raise InvalidFile("{path}: the parts hold {found} tensors, split.tensors.count says {claimed}",
                          path=name, found=len(tensors), claimed=claimed)  # fmt: skip
    return GgufFile(name=name, values=parts[0].values, tensors=tensors)


def _part(name: str, index: int, count: int, opened: Callable[[str], ByteSource]) -> GgufHeader:
    header = read_gguf_header(opened(name))
    claimed = (header.values.get("split.no", index), header.values.get("split.count", count))
    if claimed != (index, count):
        raise InvalidFile(
            "{path}: the header says part {number} of {count}, the name says otherwise",
            path=name, number=claimed[0], count=claimed[1],
        )  # fmt: skip
    return header


def gguf_weights(file: GgufFile) -> Weights:
    """Exact weights as llama.cpp places them: `token_embd` on the host, unused MTP layers in the file only. [bytes]"""
    by_name: Counter[str] = Counter()
    skipped_bytes = 0
    for tensor in file.tensors:
        if is_skipped(file, tensor):
            skipped_bytes += tensor.num_bytes
        else:
            by_name[BLOCK.sub("", tensor.name).rsplit(".", 1)[0]] += tensor.num_bytes
    placed = placed_weights(by_name, has_host_embedding=True, basis="exact")
    return replace(placed, file_bytes=placed.file_bytes + skipped_bytes)


def is_skipped(file: GgufFile, tensor: GgufTensor) -> bool:
    """Does it belong to a layer that llama.cpp does not load?"""
    if not file.num_skipped_layers:
        return False
    num_blocks = file.values.get(f"{file.architecture}.block_count", 0)
    match = BLOCK.match(tensor.name)
    first = num_blocks - file.num_skipped_layers if isinstance(num_blocks, int) else 0
    return match is not None and int(match[1]) >= first


def gguf_format(file: GgufFile, known: Collection[str]) -> str:
    """Quantization of the file: by its name where that is more precise, else `general.file_type`; empty: unknown.

    Names such as UD-Q4_K_XL have no file type of their own, so the writer stores that of a relative.
    """
    number = file.values.get("general.file_type")
    stored = FILE_TYPES.get(number % GUESSED_FLAG, "") if isinstance(number, int) else ""
    named = _format_in_name(file.name, known)
    if named and (not stored or _bits(named) == _bits(stored)):
        return named
    return stored if stored in known else _format_of_tensors(file, known)


def _format_in_name(name: str, known: Collection[str]) -> str:
    """The longest quantization name that stands between separators in a file name."""
    upper = PART.sub(r"\g<stem>", name).upper().removesuffix(".GGUF")
    found = [q for q in known if re.search(rf"(?:^|[-._/:]){re.escape(q.upper())}$", upper)]
    return max(found, key=len, default="")


def _bits(quantization: str) -> str:
    """The digits of a name: 4 in Q4_K_M and in UD-Q4_K_XL."""
    return "".join(re.findall(r"\d+", quantization)[:1])


def _format_of_tensors(file: GgufFile, known: Collection[str]) -> str:
    """By the type that holds most bytes."""
    by_type: Counter[str] = Counter()
    for tensor in file.tensors:
        by_type[tensor.type_name] += tensor.num_bytes
    if not by_type:
        return ""
    most = by_type.most_common(1)[0][0]
    name = NEAREST_FORMAT.get(most, most)
    return name if name in known else ""
