"""Small tensors and settings of models with a gate on their attention, in a model file of llama.cpp.

Source: tensor lists and settings that llama.cpp b11549 asks for when it loads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.estimate.gated_attention import PERIOD, gated_attention
from sizewise.estimate.tensors import sparse_blocks
from sizewise.proof.engine_vectors import (
    expert_bias,
    head_norms,
    shared_settings,
    sigmoid_settings,
    two_norms,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.model import Model
    from sizewise.proof.engine_architecture import Settings, Shapes


def has_gates(family: str) -> Callable[[Model], bool]:
    """Is it a model of this family whose gates add up?"""
    return lambda model: model.family == family and gated_attention(model) is not None


def gated_block(model: Model, block: int) -> Shapes:
    """Norms of the block and its heads, and the bias that chooses experts."""
    bias = expert_bias(model) if block in sparse_blocks(model) else {}
    return {**two_norms(model), **head_norms(model), **bias}


def gated_settings(model: Model) -> Settings:
    """Query heads block by block, and the windows where the cache has some."""
    gated = gated_attention(model)
    if gated is None:
        return {}
    heads = tuple(gated.heads_of(block) for block in range(model.num_layers))
    window: Settings = {"attention.sliding_window": model.cache.window_tokens} if model.layers.sliding else {}
    return {"attention.head_count": heads, **shared_settings(model), **sigmoid_settings(model), **window}


def unread_window_settings(model: Model) -> Settings:
    """A window as long as the longest text, because that of the model was not read: the engine asks for one."""
    return {**sigmoid_settings(model), "attention.sliding_window": model.max_context_tokens}


def window_settings(model: Model) -> Settings:
    """Which blocks have a window, and the heads of keys of each."""
    return {
        "attention.sliding_window_pattern": tuple(b % PERIOD > 0 for b in range(model.num_layers)),
        "rope.freq_base_swa": 10_000.0,
    }
