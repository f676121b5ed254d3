"""Memory of llama.cpp: weights, cache and compute buffers, all allocated at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.indexer import PICKED_TOKENS
from sizewise.estimate.kv_cache import CELL_PADDING_TOKENS, padded, window_cells

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number
    from sizewise.estimate.columns import ModelColumns

FLOAT_BYTES = 4.0
"""Activations are F32. [bytes]."""
HALF_BYTES = 2.0
"""A cached element of 16 bits. [bytes]."""
RESIDUALS = 5.0
"""Residual-sized tensors alive in a phase. [count] Source: 2,385 allocator answers of b11549."""

PIPELINE_COPIES = 4.0
"""Copies of the inputs that a layer split over devices keeps. [count] Source: llama.cpp scheduler."""


def dense_phase_elements(models: ModelColumns) -> Number:
    """Elements of one token in the feed-forward phase of a dense block. [elements].

    3 ffn + 5 hidden; ffn + 5 hidden without a gate.
    """
    widths = models.live_ffn_widths * models.ffn_size
    return np.where(models.ffn_size > 0, widths + RESIDUALS * models.hidden_size, 0.0)


def expert_phase_elements(models: ModelColumns) -> Number:
    """Elements of one token in the expert phase. [elements].

    With f = k ffn, the width of k chosen experts: 3 f + 5 hidden where two of them make room for the k outputs
    (2 f >= k hidden); else k outputs beside 5 hidden, and what lies between them that is too small to be used
    again: 3 f where f > hidden, of shared experts 3 f from hidden and 2 f from hidden / 2 on.
    Source: 180 allocator answers of b11549 over experts, widths and hidden sizes.
    """
    chosen, hidden = models.num_experts_per_token, models.hidden_size
    width = chosen * models.expert_ffn_size
    has_shared = models.active_ffn_size > width
    num_wasted = np.where(
        has_shared & (width >= hidden) | (width > hidden),
        3.0,
        np.where(has_shared & (2.0 * width >= hidden), 2.0, 0.0),
    )
    outputs = (chosen + RESIDUALS) * hidden + num_wasted * width
    elements = np.where(
        2.0 * width >= chosen * hidden,
        np.maximum(3.0 * width, chosen * hidden) + RESIDUALS * hidden,
        outputs,
    )
    return np.where(chosen > 0, elements, 0.0)


def attention_phase_elements(models: ModelColumns) -> Number:
    """Elements of one token in the attention phase, without the score matrix. [elements].

    5 hidden + q (twice where q > hidden) + k + v; latent: 5 hidden + heads (2 latent rank + query dim).
    """
    query = models.num_heads * models.head_dim
    grouped = (
        query * np.where(query > models.hidden_size, 2.0, 1.0) + 2.0 * models.num_kv_heads * models.head_dim
    )
    latent = models.num_heads * (2.0 * models.latent_rank + models.latent_query_dim)
    return RESIDUALS * models.hidden_size + np.where(models.is_latent > 0, latent, grouped)


def mamba_phase_elements(models: ModelColumns, streams_per_token: Number) -> Number:
    """Elements of one token in a Mamba-2 block: 5 hidden, what it holds, and its share of the states. [elements]."""
    states = models.mamba_state_elements * streams_per_token
    elements = RESIDUALS * models.hidden_size + models.mamba_elements + states
    return np.where(models.mamba_elements > 0, elements, 0.0)


def compute_bytes(
    *,
    models: ModelColumns,
    cells_tokens: Number,
    window_cells_tokens: Number,
    ubatch_tokens: Number,
    num_outputs: Number,
    uses_flash_attention: Number,
    num_streams: Number = 1.0,
) -> Array:
    """Compute buffer of one device. [bytes].

    ubatch x 4 x max(feed-forward, experts, attention (+ heads x cells without flash attention),
    logits of the kept outputs) + mask (2 bytes a cell with flash attention, 4 without); latent attention without
    flash attention also turns a copy of its cache, in 16 bits; an indexer keeps the tokens that it picked in every
    block, and a second mask. Logits that fit where the mask was need no more.
    Arguments: cells of one stream in full and in sliding layers; `num_outputs` whose logits are kept
    (the whole micro-batch in builds before 2026; one a slot in llama-server b11549).
    Valid for: real model shapes within +-15 %, an upper value for phases that run on a GPU.
    Source: allocator of llama.cpp b11549 on header-only files.
    """
    scores = np.where(uses_flash_attention, 0.0, models.num_heads * _score_growth(models, cells_tokens))
    turned = np.where(uses_flash_attention, 0.0, HALF_BYTES / FLOAT_BYTES * models.latent_rank)
    copied = RESIDUALS * models.hidden_size + turned * (
        cells_tokens * num_streams / np.asarray(ubatch_tokens)
    )
    picked = models.indexed_layers * np.minimum(cells_tokens, PICKED_TOKENS) + 0.5 * cells_tokens * (
        models.indexed_layers > 0
    )
    attention = np.maximum(attention_phase_elements(models), copied) + scores + picked
    blocks = np.maximum(dense_phase_elements(models), expert_phase_elements(models))
    blocks = np.maximum(blocks, mamba_phase_elements(models, num_streams / np.asarray(ubatch_tokens)))
    cell_bytes = np.where(uses_flash_attention, HALF_BYTES, FLOAT_BYTES)
    mask = cell_bytes / FLOAT_BYTES * (np.asarray(cells_tokens) + window_cells_tokens)
    logits = models.vocab_size * num_outputs / np.asarray(ubatch_tokens)
    last = logits + RESIDUALS * models.hidden_size + np.where(logits > mask, mask, 0.0)
    widest = np.maximum(np.maximum(blocks, attention) + mask, last)
    buffer: Array = FLOAT_BYTES * ubatch_tokens * widest
    return buffer


def _score_growth(models: ModelColumns, cells_tokens: Number) -> Number:
    """What the scores of one head add to a buffer without flash attention. [elements]

    All cells; with latent attention none where they fit into what the query (its width Q) and its latent form
    (width L) leave, and where Q >= L, so that the joined query fits there too, only what goes beyond.
    Source: 338 allocator answers of b11549 over ranks, head widths and cells.
    """
    cells = np.asarray(cells_tokens)
    left = models.latent_rank + models.latent_query_dim
    beyond = np.where(models.latent_query_dim >= models.latent_rank, cells - left, cells)
    return np.where(models.is_latent > 0, np.where(cells <= left, 0.0, beyond), cells)


def stream_tokens(
    *, models: ModelColumns, context_tokens: Number, ubatch_tokens: Number
) -> tuple[Number, Number]:
    """Cells of the full and of the sliding layers in the stream of one slot. [tokens]."""
    cells = padded(context_tokens, CELL_PADDING_TOKENS)
    window = window_cells(cells=cells, window_tokens=models.window_tokens, ubatch_tokens=ubatch_tokens)
    return cells, np.where(models.sliding_elements_per_token > 0, window, 0.0)


def pipeline_copies_bytes(
    *, models: ModelColumns, cells_tokens: Number, ubatch_tokens: Number, uses_flash_attention: Number
) -> Array:
    """What pipelining over devices adds on each: three more masks, four copies of hidden states. [bytes].

    Source: llama.cpp logs of 2024, Llama-3-8B over 2 to 8 GPUs: 640 MiB a GPU instead of 560.
    """
    mask = np.where(uses_flash_attention, 2.0, FLOAT_BYTES) * cells_tokens
    hidden = PIPELINE_COPIES * FLOAT_BYTES * models.hidden_size
    copies: Array = ubatch_tokens * (hidden + (PIPELINE_COPIES - 1.0) * mask)
    return copies


def legacy_compute_bytes(*, models: ModelColumns, context_tokens: Number, ubatch_tokens: Number) -> Array:
    """Compute buffer of llama.cpp builds of 2023, without flash attention. [bytes].

    ubatch x 4 x max(vocabulary + hidden, heads x context + 3.5 hidden, 2 ffn + 2 hidden).
    Source: logs of builds 1619 to 1691, Llama 1 and 2 from 7B to 70B (within 2 %).
    """
    logits = models.vocab_size + models.hidden_size
    attention = models.num_heads * context_tokens + 3.5 * models.hidden_size
    feed_forward = 2.0 * (models.ffn_size + models.hidden_size)
    widest = np.maximum(np.maximum(logits, attention), feed_forward)
    buffer: Array = FLOAT_BYTES * ubatch_tokens * widest
    return buffer
