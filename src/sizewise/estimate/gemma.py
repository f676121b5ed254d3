"""Gemma 3n and Gemma 4: blocks of several widths, a cache that later blocks share, a second embedding.

A model's row has the elements that it caches, not the heads of its global blocks. Their widths are fixed in each of the
two families, so heads and pattern follow from the cache; whether later feed-forward blocks are twice as wide is taken
from the parameter count, which all matrices must reach but for small vectors.
Source: tensor lists of llama.cpp b11549 (gemma3n, gemma4); counts of the published checkpoints.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sizewise.estimate.tensor_group import TensorGroup

if TYPE_CHECKING:
    from sizewise.domain.model import Model

GEMMA_3N, GEMMA_4 = "Gemma 3n", "Gemma 4"
PER_LAYER_EMBEDDING = "per_layer_token_embd"
PER_LAYER_ELEMENTS = 256
"""Length of the second embedding in one layer. Source: hidden_size_per_layer_input of their configurations."""
GLOBAL_HEAD_ELEMENTS = 512
"""Head of a global block of Gemma 4. Source: global_head_dim of its configurations."""
ALTERNATIVES, LAUREL_RANK = 4, 64
"""Parallel hidden states of Gemma 3n, and the rank of its residual path. Source: its configurations."""
ROPE_FREQUENCIES = "rope_freqs"
"""Factors that files of Gemma 4 hold for llama.cpp; in no checkpoint."""
MAX_VECTORS_PER_BLOCK = 20
"""Vectors of hidden size in one block, at most. [count]"""


class GemmaLayout(NamedTuple):
    """What differs from block to block."""

    num_blocks: int
    period: int
    """Every so many blocks the last one is global."""
    num_owners: int
    """First blocks, which own a cache; the others use theirs."""
    global_head_dim: int
    num_global_kv_heads: int
    has_global_values: bool
    """False: the keys of global blocks serve as values too."""
    widens: bool
    """Have the blocks without a cache of their own twice the feed-forward width?"""

    @property
    def shares(self) -> bool:
        """Do later blocks use the cache of earlier ones? The models that do have the second embedding."""
        return self.num_owners < self.num_blocks

    @property
    def global_blocks(self) -> tuple[int, ...]:
        """Blocks that keep all tokens."""
        return tuple(range(self.period - 1, self.num_blocks, self.period))

    @property
    def window_blocks(self) -> tuple[int, ...]:
        """Blocks with a window."""
        return tuple(i for i in range(self.num_blocks) if (i + 1) % self.period)


@lru_cache(maxsize=256)
def gemma_layout(model: Model) -> GemmaLayout | None:
    """The layout with which the parameters add up; None for other models and where none does."""
    if model.family not in {GEMMA_3N, GEMMA_4} or not (model.layers.full and model.layers.sliding):
        return None
    owners = model.layers.full + model.layers.sliding
    head_dim = GLOBAL_HEAD_ELEMENTS if model.family == GEMMA_4 else model.head_dim
    kv_heads, left = divmod(int(model.cache.full_elements_per_token), 2 * head_dim * model.layers.full)
    if left or owners % model.layers.full:
        return None
    shares = owners < model.num_layers
    bound = MAX_VECTORS_PER_BLOCK * model.num_layers * model.hidden_size
    for widens in (False, True)[: 1 + shares]:
        layout = GemmaLayout(
            model.num_layers, owners // model.layers.full, owners, head_dim, kv_heads,
            has_global_values=shares or model.family == GEMMA_3N, widens=widens,
        )  # fmt: skip
        rest = model.num_params - sum(g.num_elements for g in gemma_groups(model, layout))
        if 0 <= rest <= bound:
            return layout
    return None


def gemma_groups(model: Model, layout: GemmaLayout) -> tuple[TensorGroup, ...]:
    """All matrices, those that no quantizer touches among them."""
    hidden, everywhere = model.hidden_size, tuple(range(model.num_layers))
    groups = [TensorGroup(name="token_embd", row_elements=hidden, num_rows=model.vocab_size)]
    groups += _attention(model, layout.window_blocks, model.head_dim, model.num_kv_heads, has_values=True)
    groups += _attention(
        model, layout.global_blocks, layout.global_head_dim, layout.num_global_kv_heads,
        has_values=layout.has_global_values,
    )  # fmt: skip
    groups += _feed_forward(model, layout)
    if layout.shares or model.family == GEMMA_3N:
        groups += _per_layer(model, everywhere)
    if model.family == GEMMA_3N:
        groups += _alternatives(hidden, everywhere)
    return tuple(groups)


def rope_frequency_groups(model: Model) -> tuple[TensorGroup, ...]:
    """The factors of global blocks in a GGUF file, half a head of them; none for other models."""
    layout = gemma_layout(model)
    if layout is None or model.family != GEMMA_4:
        return ()
    half = layout.global_head_dim // 2
    return (TensorGroup(name=ROPE_FREQUENCIES, row_elements=half, num_rows=1, is_matrix=False),)


def _attention(
    model: Model, blocks: tuple[int, ...], head_dim: int, num_kv_heads: int, *, has_values: bool
) -> list[TensorGroup]:
    hidden, query, key = model.hidden_size, model.num_heads * head_dim, num_kv_heads * head_dim
    rows = {"attn_q": (hidden, query), "attn_k": (hidden, key)}
    if has_values:
        rows["attn_v"] = (hidden, key)
    rows["attn_output"] = (query, hidden)
    return [TensorGroup(name=n, row_elements=r, num_rows=c, blocks=blocks) for n, (r, c) in rows.items()]


def _feed_forward(model: Model, layout: GemmaLayout) -> list[TensorGroup]:
    """Gate, up and down in every block; in mixtures they are the shared expert beside the routed ones."""
    experts, hidden = model.experts, model.hidden_size
    width = experts.num_shared_experts * experts.ffn_size if experts else model.ffn_size
    wide = range(layout.num_owners, layout.num_blocks) if layout.widens else range(0)
    narrow = tuple(i for i in range(layout.num_blocks) if i not in wide)
    groups = []
    for blocks, size in ((narrow, width), (tuple(wide), 2 * width)):
        if blocks:
            groups += [
                TensorGroup(name=name, row_elements=row, num_rows=rows, blocks=blocks)
                for name, row, rows in (
                    ("ffn_gate", hidden, size), ("ffn_up", hidden, size), ("ffn_down", size, hidden),
                )
            ]  # fmt: skip
    if experts:
        count, size = experts.num_experts, experts.ffn_size
        both = {"ffn_gate_up_exps": (hidden, 2 * size), "ffn_down_exps": (size, hidden)}
        groups += [
            TensorGroup(name=n, row_elements=r, num_rows=c, num_stacked=count, blocks=narrow)
            for n, (r, c) in both.items()
        ]
        router = TensorGroup(
            name="ffn_gate_inp", row_elements=hidden, num_rows=count, blocks=narrow, is_matrix=False
        )
        groups.append(router)
    return groups


def _per_layer(model: Model, blocks: tuple[int, ...]) -> list[TensorGroup]:
    """The second embedding and what brings it into each block."""
    hidden, row = model.hidden_size, PER_LAYER_ELEMENTS * model.num_layers
    return [
        TensorGroup(name=PER_LAYER_EMBEDDING, row_elements=row, num_rows=model.vocab_size),
        TensorGroup(name="per_layer_model_proj", row_elements=hidden, num_rows=row, is_kept=True),
        TensorGroup(name="inp_gate", row_elements=hidden, num_rows=PER_LAYER_ELEMENTS, blocks=blocks),
        TensorGroup(name="proj", row_elements=PER_LAYER_ELEMENTS, num_rows=hidden, blocks=blocks),
    ]


def _alternatives(hidden: int, blocks: tuple[int, ...]) -> list[TensorGroup]:
    """Projections between the parallel hidden states, and the low-rank residual path."""
    beside = ALTERNATIVES - 1
    return [
        *(
            TensorGroup(name=name, row_elements=hidden, num_rows=hidden, num_stacked=beside, is_kept=True)
            for name in ("altup_proj", "altup_unembd_proj")
        ),
        *(
            TensorGroup(name=name, row_elements=row, num_rows=rows, blocks=blocks, is_kept=True)
            for name, row, rows in (
                ("altup_router", hidden, ALTERNATIVES), ("laurel_l", hidden, LAUREL_RANK),
                ("laurel_r", LAUREL_RANK, hidden),
            )
        ),
    ]  # fmt: skip
