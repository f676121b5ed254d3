"""Attention with a gate on its output: Step 3.5, Laguna and Trinity.

A matrix more in every block, one row a head or one an element, and in some models more query heads in blocks with a
window than in the others. A model's row has the heads of the blocks without one; the rest is what makes all of its
parameters add up to the last one.
Source: tensor lists of llama.cpp b11549 (afmoe, laguna, step35); counts of the published checkpoints.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from sizewise.estimate.tensor_group import TensorGroup

if TYPE_CHECKING:
    from sizewise.domain.model import Model

NORMS_PER_BLOCK = {"Trinity": 4, "Laguna": 2, "Step": 2}
"""Families with gates, and their norms of hidden size in a block. [count]"""
PERIOD = 4
"""The first of every so many blocks has no window."""
HEAD_STEP = 8
"""Head counts of blocks with windows are multiples of this. [count]"""
NUM_TENSORS_PER_EXPERT = 3


class GatedAttention(NamedTuple):
    """Widths of the two kinds of blocks."""

    num_heads: int
    num_window_heads: int
    """Query heads of blocks that have a window in the family's pattern. [count]"""
    gate_rows_per_head: int

    def heads_of(self, block: int) -> int:
        """Query heads of a block. [count]"""
        return self.num_window_heads if block % PERIOD else self.num_heads


@lru_cache(maxsize=256)
def gated_attention(model: Model) -> GatedAttention | None:
    """The widths with which the parameters add up; None for other families and where none does."""
    if model.family not in NORMS_PER_BLOCK or model.experts is None or model.latent:
        return None
    given = int(model.num_params) - _num_other_params(model)
    heads = range(model.num_heads, 2 * model.num_heads + 1, HEAD_STEP)
    for rows, num_window_heads in product((1, model.head_dim), heads):
        gated = GatedAttention(model.num_heads, num_window_heads, rows)
        if given == sum(g.num_elements for g in gated_attention_groups(model, gated)):
            return gated
    return None


def gated_attention_groups(model: Model, gated: GatedAttention) -> list[TensorGroup]:
    """Query, key, value, gate and output of both kinds of blocks."""
    hidden, dim, groups = model.hidden_size, model.head_dim, []
    by_heads: dict[int, list[int]] = {}
    for block in range(model.num_layers):
        by_heads.setdefault(gated.heads_of(block), []).append(block)
    for heads, blocks in by_heads.items():
        rows = {
            "attn_q": (hidden, heads * dim),
            "attn_k": (hidden, model.num_kv_heads * dim),
            "attn_v": (hidden, model.num_kv_heads * dim),
            "attn_gate": (hidden, heads * gated.gate_rows_per_head),
            "attn_output": (heads * dim, hidden),
        }
        groups += [
            TensorGroup(name=n, row_elements=r, num_rows=c, blocks=tuple(blocks))
            for n, (r, c) in rows.items()
        ]
    return groups


def _num_other_params(model: Model) -> int:
    """Everything but the attention matrices: embeddings, norms, experts with router and its bias. [count]"""
    experts, hidden = model.experts, model.hidden_size
    if experts is None:
        return 0
    norms = NORMS_PER_BLOCK[model.family] * hidden + 2 * model.head_dim
    embeddings = model.vocab_size * hidden * (1 if model.ties_embeddings else 2)
    width = experts.ffn_size * (experts.num_experts + experts.num_shared_experts)
    sparse = NUM_TENSORS_PER_EXPERT * hidden * width + (hidden + 1) * experts.num_experts
    dense = NUM_TENSORS_PER_EXPERT * hidden * model.ffn_size
    num_sparse = model.num_layers - experts.num_dense_layers
    blocks = model.num_layers * norms + experts.num_dense_layers * dense + num_sparse * sparse
    return embeddings + hidden + blocks
