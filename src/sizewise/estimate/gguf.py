"""GGUF mixtures: the type that llama.cpp's quantizer gives each tensor of a file type, and its bytes.

The rules are data (`MixtureRules`); this file only replays them. The IQ types are taken as made with an
importance matrix, the others without: with one, some file types choose differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.estimate.tensor_group import TensorGroup
    from sizewise.estimate.tensors import TensorList

SEVENTY_B_BLOCKS = 80
"""Block count of the 70B class, which llama.cpp treats apart."""
FEW_EXPERTS = 8
MANY_QUERIES_PER_KEY = 4
UNQUANTIZED = "F32"
"""Type of vectors and routers in every file."""
LAST_RESORT = "F16"
"""Type of rows that fit neither the chosen type nor its fallback."""


@dataclass(frozen=True, kw_only=True)
class BlockType:
    """One ggml type: so many elements in so many bytes."""

    name: str
    block_elements: int
    block_bytes: int
    fallback: str
    """Type taken when a row is not a multiple of the block; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Relative:
    """The nearest file type of a name without a fixed recipe, and the median size ratio to it."""

    file_type: str
    dense_ratio: float
    expert_ratio: float
    """In mixtures of experts."""


@dataclass(frozen=True, kw_only=True)
class MixtureRules:
    """How every file type mixes types."""

    blocks: dict[str, BlockType]
    base_types: dict[str, str]
    """File type to its base type."""
    choices: dict[tuple[str, str], tuple[tuple[tuple[str, ...], str], ...]]
    """(file type, tensor class) to (conditions, type) pairs; the first whose conditions all hold is taken."""
    relatives: dict[str, Relative]
    """Names without a fixed recipe (UD-Q4_K_XL ...)."""

    def recipe(self, file_type: str, *, has_experts: bool) -> tuple[str, float]:
        """The file type whose rules to replay, and the factor on its size."""
        relative = self.relatives.get(file_type)
        if relative is None:
            return file_type, 1.0
        return relative.file_type, relative.expert_ratio if has_experts else relative.dense_ratio


@dataclass(frozen=True, kw_only=True)
class Position:
    """One tensor name over its blocks: arrays of one length."""

    block: Array
    """Block number, or the running count in a dense model."""
    order: Array
    """Running count among tensors of the class."""
    num_blocks: int
    """Blocks of the model; for `attn_v` its tensors of that class."""
    row_elements: int
    num_stacked: int
    base_block_elements: int
    heads_per_kv_head: float
    num_experts: int
    is_70b: bool
    is_tied: bool
    is_falcon: bool
    has_imatrix: bool


Test: TypeAlias = "Callable[[Position], Array | bool]"


def _more_bits(at: Position) -> Array:
    """First and last eighth of the blocks, and every third between."""
    eighth = at.num_blocks // 8
    is_edge = (at.block < eighth) | (at.block >= 7 * at.num_blocks // 8)
    return np.asarray(is_edge | ((at.block - eighth) % 3 == 2))  # noqa: PLR2004 - the quantizer's rule


CONDITIONS: dict[str, Test] = {
    "tied": lambda at: at.is_tied,
    "untied": lambda at: not at.is_tied,
    "arch==falcon": lambda at: at.is_falcon,
    "arch!=falcon": lambda at: not at.is_falcon,
    "row%block!=0": lambda at: at.row_elements % at.base_block_elements != 0,
    "3d": lambda at: at.num_stacked > 1,
    "n_expert==8": lambda at: at.num_experts == FEW_EXPERTS,
    "n_expert>=4": lambda at: at.num_experts >= MANY_QUERIES_PER_KEY,
    "gqa>=4": lambda at: at.heads_per_kv_head >= MANY_QUERIES_PER_KEY,
    "type==70B": lambda at: at.is_70b,
    "imatrix": lambda at: at.has_imatrix,
    "!imatrix": lambda at: not at.has_imatrix,
    "more_bits": _more_bits,
    "i<n/8": lambda at: at.block < at.num_blocks // 8,
    "i<n/16": lambda at: at.block < at.num_blocks // 16,
    "n/8<=i<7n/8": lambda at: (at.block >= at.num_blocks // 8) & (at.block < 7 * at.num_blocks // 8),
    "ord<2": lambda at: at.order < 2,  # noqa: PLR2004 - the name of the condition
    "ord<4": lambda at: at.order < 4,  # noqa: PLR2004 - same
    "ord<n/8": lambda at: at.order < at.num_blocks // 8,
}
"""Conditions of the rule table. Source: definitions beside it, checked against the quantizer's dry run."""


ALIASES = {"attn_qkv": "attn_v", "per_layer_token_embd": "token_embd"}
"""Tensors that follow the rule of another class."""


def tensor_class(name: str) -> str:
    """Class under which the mixtures treat a tensor."""
    for prefix in ("ffn_down", "ffn_up", "ffn_gate"):
        if name.startswith(prefix):
            return prefix
    if name in ALIASES:
        return ALIASES[name]
    known = {"token_embd", "output", "attn_q", "attn_k", "attn_v", "attn_output"}
    return name if name in known else "other"


def gguf_group_bytes(
    model: Model, tensors: TensorList, file_type: str, rules: MixtureRules
) -> dict[str, int]:
    """Bytes of each tensor group in this file type, by name. [bytes].

    elements / block elements x block bytes, tensor by tensor. Source: gguf_mixtures.csv, replayed.
    """
    by_name: dict[str, int] = {}
    for group in tensors.groups:
        size = group_bytes(group, group_types(model, tensors, group, file_type, rules), rules)
        by_name[group.name] = by_name.get(group.name, 0) + size
    return by_name


def group_bytes(group: TensorGroup, types: list[str], rules: MixtureRules) -> int:
    """Bytes of a group whose tensors have these types. [bytes]."""
    total = 0
    for name in set(types):
        block = rules.blocks[name]
        tensor_bytes = group.tensor_elements // block.block_elements * block.block_bytes
        total += tensor_bytes * types.count(name)
    return total


def group_types(
    model: Model, tensors: TensorList, group: TensorGroup, file_type: str, rules: MixtureRules
) -> list[str]:
    """Type of every tensor of a group, in block order."""
    if not group.is_matrix:
        return [UNQUANTIZED] * len(group.blocks)
    if group.is_kept:
        return [UNQUANTIZED if file_type == UNQUANTIZED else LAST_RESORT] * len(group.blocks)
    at = _position(model, tensors, group, file_type, rules.blocks[rules.base_types[file_type]])
    chosen = np.full(len(group.blocks), "", dtype=object)
    for conditions, name in rules.choices[file_type, tensor_class(group.name)]:
        holds = np.broadcast_to(
            np.logical_and.reduce([np.broadcast_to(CONDITIONS[c](at), chosen.shape) for c in conditions])
            if conditions
            else np.True_,
            chosen.shape,
        )
        chosen[holds & (chosen == "")] = name
    return [_fitting_type(name, group.row_elements, rules) for name in chosen.tolist()]


def _fitting_type(name: str, row_elements: int, rules: MixtureRules) -> str:
    block = rules.blocks[name]
    if row_elements % block.block_elements == 0:
        return name
    if block.fallback and row_elements % rules.blocks[block.fallback].block_elements == 0:
        return block.fallback
    return LAST_RESORT


def has_imatrix(file_type: str) -> bool:
    """Are published files of this type made with an importance matrix? Those of the IQ types are."""
    return file_type.startswith("IQ")


def _position(
    model: Model, tensors: TensorList, group: TensorGroup, file_type: str, base: BlockType
) -> Position:
    blocks = np.array(group.blocks)
    order, count = _running_count(model, group)
    is_attention_value = tensor_class(group.name) == "attn_v"
    if is_attention_value:
        all_blocks = sorted(b for g in tensors.groups if tensor_class(g.name) == "attn_v" for b in g.blocks)
        order, count = np.searchsorted(all_blocks, blocks), len(all_blocks)
    return Position(
        block=blocks if model.experts and not is_attention_value else order,
        order=order,
        num_blocks=count if is_attention_value else model.num_layers,
        row_elements=group.row_elements,
        num_stacked=group.num_stacked,
        base_block_elements=base.block_elements,
        heads_per_kv_head=model.num_heads / (1 if model.latent else max(model.num_kv_heads, 1)),
        num_experts=model.experts.num_experts if model.experts else 0,
        is_70b=_is_70b(model),
        is_tied=not tensors.has_output,
        is_falcon=model.family == "Falcon" and not tensors.is_gated,
        has_imatrix=has_imatrix(file_type),
    )


def _running_count(model: Model, group: TensorGroup) -> tuple[Array, int]:
    """Tensors of the class before each one, and their total; shared experts come after routed ones."""
    index = np.arange(len(group.blocks))
    experts = model.experts
    is_mixed = experts is not None and experts.num_shared_experts > 0 and group.name.startswith("ffn_")
    if not is_mixed or not (group.is_expert or group.name.endswith("_shexp")):
        if experts and group.is_expert:
            index = index + experts.num_dense_layers
        return index, len(group.blocks)
    first = experts.num_dense_layers if experts else 0
    return first + 2 * index + (0 if group.is_expert else 1), model.num_layers


def _is_70b(model: Model) -> bool:
    """Llama-like or Qwen2-like with 80 blocks and grouped queries, dense."""
    is_grouped = model.num_kv_heads < model.num_heads
    return model.num_layers == SEVENTY_B_BLOCKS and is_grouped and not model.experts and not model.latent
