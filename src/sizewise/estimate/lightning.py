"""Lightning attention (MiniMax-01 and M1): linear layers with a square state a head and no convolution.

Source: tensor list of llama.cpp b11549 (minimax-01); the count of the published checkpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.estimate.tensor_group import TensorGroup

if TYPE_CHECKING:
    from sizewise.domain.model import Model

FLOAT_BYTES = 4


def has_lightning(model: Model) -> bool:
    """Is the state that of one square matrix in F32 a head and linear layer, and nothing else?"""
    state = FLOAT_BYTES * model.num_heads * model.head_dim**2 * model.layers.linear
    return state > 0 and model.cache.state_bytes == state and model.latent is None


def lightning_groups(model: Model, blocks: tuple[int, ...]) -> list[TensorGroup]:
    """Queries, keys and values in one matrix, the gate and the output."""
    hidden, width = model.hidden_size, model.num_heads * model.head_dim
    rows = {"attn_qkv": (hidden, 3 * width), "attn_gate": (hidden, width), "attn_output": (width, hidden)}
    return [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]
