"""Sparse attention that an indexer steers (DeepSeek V3.2, GLM-5): what it adds to a model with a latent cache.

A model's row has the elements that it caches: with an indexer a key more for each token and block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.model import Model

INDEX_KEY_ELEMENTS = 128
"""Key of the indexer. Source: configurations of DeepSeek V3.2 and GLM-5."""
PICKED_TOKENS = 2048
"""Tokens that it picks. [tokens] Source: the same."""


def is_indexed(model: Model) -> bool:
    """Does an indexer keep a key of its own for each token and block?"""
    return model.latent is not None and num_beside_latent(model) == model.num_layers * INDEX_KEY_ELEMENTS


def num_beside_latent(model: Model) -> float:
    """Cached elements of a token beside the latent vectors. [elements]"""
    latent = model.latent
    width = latent.kv_lora_rank + latent.qk_rope_dim if latent else 0
    return model.cache.full_elements_per_token - model.num_layers * width


def num_index_heads(model: Model) -> int:
    """Heads of the indexer: half of those of attention. [count] Source: DeepSeek V3.2 (64 of 128), GLM-5 (32 of 64)."""
    return model.num_heads // 2
