"""Architectures of llama.cpp: which small vectors and which settings a model file of each one has.

An architecture is recognised by counting: the matrices of a model follow from its shape, and what its parameter
count leaves must be exactly the norms, biases and sinks of one architecture. Published counts of some families are
rounded; theirs is taken by name.
Source: tensor lists and settings that llama.cpp b11549 asks for when it loads a file.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from sizewise.errors import NotSupported
from sizewise.estimate.tensors import (
    attention_blocks,
    feed_forward_blocks,
    is_counted,
    sparse_blocks,
    tensor_list,
)
from sizewise.proof.engine_table import ARCHITECTURES
from sizewise.proof.engine_vectors import NORM_EPSILON

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.proof.engine_architecture import Architecture, Settings, Shapes

VECTORS = "vectors"
"""Name of the group of everything that is no matrix in a tensor list."""
ROPE_BASE = 10_000.0
UNPREFIXED = ("xielu.",)
"""Beginnings of settings that stand without the name of the architecture."""
BUILD = "b11549"
"""Build of llama.cpp whose tensor lists these are."""
UNKNOWN_TO_ENGINE = {"GPT-J": "gptj", "Llama 3.2": "mllama"}
"""Families whose models that build refuses, by the name of their architecture ("unsupported model architecture",
"unknown model architecture")."""
ROUNDED_RATIO = 1e-3
"""A published parameter count may be off by this share."""


def architecture_of(model: Model) -> Architecture:
    """The architecture whose tensors add up to the parameters of this model.

    Raises: NotSupported where none does, so that no file is written that stands for another model.
    """
    possible = [a for a in ARCHITECTURES if _is_possible(a, model)]
    missing = [abs(_num_other_elements(model) - num_vector_elements(a, model)) for a in possible]
    named = [any(model.family.startswith(f) for f in a.families) for a in possible]
    for architecture, num in zip(possible, missing, strict=True):
        if num == 0:
            return architecture
    for architecture, num, is_named in zip(possible, missing, named, strict=True):
        if is_named and num <= ROUNDED_RATIO * model.num_params:
            return architecture
    if model.family in UNKNOWN_TO_ENGINE:
        raise NotSupported(
            "llama.cpp {build} does not know the architecture {name} of {model}; without --ask-engine its sizes are "
            "estimated, not verified by the engine",
            build=BUILD, name=UNKNOWN_TO_ENGINE[model.family], model=model.name,
        )  # fmt: skip
    raise NotSupported(
        "llama.cpp {build} cannot be asked about {model}, whose tensors are not known one by one; without --ask-engine "
        "its sizes are estimated, not verified by the engine",
        build=BUILD, model=model.name,
    )  # fmt: skip


def _is_possible(architecture: Architecture, model: Model) -> bool:
    tensors = tensor_list(model)
    attending = attention_blocks(model)
    fuses = any(group.name == "attn_qkv" and group.blocks == attending for group in tensors.groups)
    return (
        architecture.is_gated == tensors.is_gated
        and architecture.accepts(model)
        and architecture.fuses_queries == fuses
        and (
            architecture.block_at is not None
            or num_sliding_blocks(architecture, model.num_layers) == model.layers.sliding
        )
    )


def _num_other_elements(model: Model) -> float:
    """Parameters that are in no matrix. [count]."""
    groups = tensor_list(model).groups
    return model.num_params - sum(g.num_elements for g in groups if g.name != VECTORS and is_counted(g))


def num_sliding_blocks(architecture: Architecture, num_layers: int) -> int:
    """Blocks that keep a window. [count]."""
    period = architecture.sliding_period
    return num_layers - num_layers // period if period else 0


def num_vector_elements(architecture: Architecture, model: Model) -> int:
    """Elements of norms, biases and sinks of the whole file. [count]."""
    inside = sum(sum(map(prod, shapes.values())) for shapes in block_vectors(architecture, model))
    return inside + sum(map(prod, architecture.ends(model).values()))


def block_vectors(architecture: Architecture, model: Model) -> list[Shapes]:
    """Vectors of every block."""
    if architecture.block_at is not None:
        return [architecture.block_at(model, block) for block in range(model.num_layers)]
    attending = set(attention_blocks(model))
    sparse = set(sparse_blocks(model))
    feeding = set(feed_forward_blocks(model)) if architecture.feed_block is not None else set()
    found = []
    for block in range(model.num_layers):
        of_block = architecture.block
        if architecture.linear_block is not None and block not in attending:
            of_block = architecture.linear_block
        if architecture.feed_block is not None and block in feeding:
            of_block = architecture.feed_block
        shapes = of_block(model)
        found.append({**shapes, **(architecture.expert_block(model) if block in sparse else {})})
    return found


def copied_bytes(model: Model, output_bytes: float) -> float:
    """What this build holds of a tied embedding a second time where no device takes the output matrix. [bytes]"""
    return output_bytes if model.ties_embeddings and architecture_of(model).copies_tied else 0.0


def file_settings(architecture: Architecture, model: Model) -> Settings:
    """Metadata of a file of this architecture, without tokens: `tokenizer.ggml.model` is no_vocab."""
    own: Settings = {
        "context_length": model.max_context_tokens,
        "embedding_length": model.hidden_size,
        "block_count": model.num_layers,
        "feed_forward_length": model.ffn_size or _expert_width(model),
        "attention.head_count": model.num_heads,
        "attention.head_count_kv": model.num_kv_heads,
        "attention.key_length": model.head_dim,
        "attention.value_length": model.head_dim,
        "rope.dimension_count": model.head_dim,
        "attention.layer_norm_rms_epsilon": NORM_EPSILON,
        "rope.freq_base": ROPE_BASE,
        "vocab_size": model.vocab_size,
        **_expert_settings(model),
        **({"attention.sliding_window": model.cache.window_tokens} if architecture.sliding_period else {}),
        **architecture.settings(model),
    }
    prefixed: Settings = {
        key if key.startswith(UNPREFIXED) else f"{architecture.name}.{key}": value
        for key, value in own.items()
    }
    named: Settings = {"general.architecture": architecture.name, "general.name": model.name}
    return {**named, "tokenizer.ggml.model": "no_vocab", **prefixed}


def _expert_width(model: Model) -> int:
    return model.experts.ffn_size if model.experts else 0


def _expert_settings(model: Model) -> Settings:
    experts = model.experts
    if experts is None:
        return {}
    return {
        "expert_count": experts.num_experts,
        "expert_used_count": experts.num_experts_per_token,
        "expert_feed_forward_length": experts.ffn_size,
        "expert_shared_count": experts.num_shared_experts,
        "leading_dense_block_count": experts.num_dense_layers,
    }
