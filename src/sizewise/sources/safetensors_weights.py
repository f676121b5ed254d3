"""Exact weights of a safetensors checkpoint, from the headers of its files.

Which tensors are the language model's is told by their names, as transformers and vLLM write them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile
from sizewise.estimate.weights import placed_weights
from sizewise.sources.json_object import JsonObject
from sizewise.sources.safetensors_header import check_marks

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sizewise.estimate.weights import Weights
    from sizewise.sources.safetensors_header import SafeTensor

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
FILE_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$")
"""A shard lies beside its index: no folder, no way up."""
MAX_INDEX_BYTES = 32 * 2**20
"""Largest list of tensors read; that of a 671B model in 4 bits has 12 MiB. [bytes]"""
MAX_SHARDS = 2000
VISION = re.compile(
    r"(?:^|\.)(?:visual|vision_\w+|vit|audio_\w+|multi_modal_projector|mm_projector|mlp1|connector)\."
)
"""Towers and projectors of other senses: loaded beside the language model."""
NEXT_TOKENS = re.compile(r"(?:^|\.)mtp(?:_\w+)?\.")
LAYER = re.compile(r"(?:^|\.)layers\.(\d+)\.")
EXPERT = re.compile(r"(?:^|\.)experts(?:\.|$)")
OUTPUT = re.compile(r"(?:^|\.)(?:lm_head|embed_out)(?:\.|$)")
EMBEDDING = re.compile(r"(?:^|\.)(?:embed_tokens|wte|word_embeddings|tok_embeddings|embed_in)(?:\.|$)")
PACKED_TYPES = frozenset({"U8", "I8", "I32", "U32", "F4"})
"""Types that hold several weights in an element, or one of them with a scale elsewhere."""
EXPERTS, TOKEN_EMBEDDING = "rest_exps", "token_embd"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What the headers say, over all files."""

    weights: Weights
    num_params: int
    """Parameters of the language model; 0 where the format packs them. [count]"""
    num_extra_params: int
    """Elements of towers and MTP layers. [count]"""
    total_bytes: int
    """All tensors of all files. [bytes]"""


def shard_names(index_path: Path, content: bytes) -> tuple[str, ...]:
    """Files that an index lists, in order.

    Raises: InvalidFile for a wrong index, too many files or a name that leaves the folder.
    """
    check_marks(str(index_path), content)
    index = JsonObject.parse(index_path, content, MAX_INDEX_BYTES)
    weight_map = index.child("weight_map")
    names = sorted({weight_map.text(tensor) for tensor in weight_map.names})
    if not 1 <= len(names) <= MAX_SHARDS:
        raise index.invalid("weight_map", f"{len(names)} files", f"1 to {MAX_SHARDS} files")
    for name in names:
        if not FILE_NAME.match(name):
            raise index.invalid("weight_map", name, "names of .safetensors files beside the index")
    return tuple(names)


def checkpoint(
    path: str, tensors: Iterable[SafeTensor], *, num_layers: int, ties_embeddings: bool
) -> Checkpoint:
    """Exact weights as a GPU engine loads them: towers too, MTP layers and a second copy of a tied matrix not. [bytes]

    Raises: InvalidFile where two files have the same tensor.
    """
    seen: set[str] = set()
    by_part: dict[str, Counter[str]] = {part: Counter() for part in ("text", "tower", "unused")}
    elements: Counter[str] = Counter()
    is_packed = False
    for tensor in tensors:
        if tensor.name in seen:
            raise InvalidFile("{path}: tensor {name} is in two files", path=path, name=tensor.name)
        seen.add(tensor.name)
        part = _part(tensor.name, num_layers, ties_embeddings=ties_embeddings)
        by_part[part][_group(tensor.name)] += tensor.num_bytes
        elements[part] += tensor.num_elements
        is_packed = is_packed or tensor.type_name in PACKED_TYPES or tensor.type_name.startswith("F8")
    placed = placed_weights(by_part["text"], has_host_embedding=False, basis="exact")
    tower_bytes = by_part["tower"].total()
    return Checkpoint(
        weights=replace(placed, device_bytes=placed.device_bytes + tower_bytes),
        num_params=0 if is_packed else elements["text"],
        num_extra_params=elements["tower"] + (0 if is_packed else elements["unused"]),
        total_bytes=sum(part.total() for part in by_part.values()),
    )


def _part(name: str, num_layers: int, *, ties_embeddings: bool) -> str:
    """text, tower, or unused: layers past the last one predict further tokens, a tied output is a copy."""
    if VISION.search(name):
        return "tower"
    layer = LAYER.search(name)
    if NEXT_TOKENS.search(name) or (layer and int(layer[1]) >= num_layers):
        return "unused"
    return "unused" if ties_embeddings and OUTPUT.search(name) else "text"


def _group(name: str) -> str:
    if EXPERT.search(name):
        return EXPERTS
    if OUTPUT.search(name):
        return "output"
    return TOKEN_EMBEDDING if EMBEDDING.search(name) else "rest"
