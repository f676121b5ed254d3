"""Whether the blocks of a model have a gate, told quickly: a search asks it of every model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.model import Model

GATED_WIDTHS, UNGATED_WIDTHS = 3.0, 1.0
"""Tensors of a feed-forward block, as wide as it is, that llama.cpp holds at once: gate, up and their product; or one,
which the activation changes in place. [count] Source: allocator answers of b11549 over 12 models without a gate."""


def live_ffn_widths(model: Model) -> float:
    """Feed-forward widths that live at once. [count]

    Without a gate where three matrices a block, the attention and one embedding would be more than all parameters.
    Valid for: dense models with softmax attention in every block; others count as gated, which is the upper value.
    """
    is_mixed = model.experts or model.latent or model.layers.linear or model.layers.ssm
    is_plain = model.has_exact_shape and not is_mixed
    attention = 2 * (model.num_heads + model.num_kv_heads) * model.head_dim
    of_block = model.hidden_size * (attention + 3 * model.ffn_size)
    least = model.num_layers * of_block + model.vocab_size * model.hidden_size
    return UNGATED_WIDTHS if is_plain and least > model.num_params else GATED_WIDTHS
