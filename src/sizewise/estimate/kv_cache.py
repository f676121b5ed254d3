"""The KV cache: what a sequence needs, and what each engine allocates for it.

A model's cache is counted in elements per token (domain.CacheShape), whatever its attention: full and grouped
layers keep every token, sliding layers a window, latent layers one vector without V, linear layers a fixed state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Number

CELL_PADDING_TOKENS = 256
"""llama.cpp rounds the cells of a stream up to this. [tokens] Source: allocator of b11549."""

KV_TYPE_BYTES = {
    "f32": 4.0, "f16": 2.0, "bf16": 2.0, "fp8": 1.0, "int8": 1.0, "q8_0": 34 / 32, "q5_1": 24 / 32,
    "q5_0": 22 / 32, "q4_1": 20 / 32, "q4_0": 18 / 32, "iq4_nl": 18 / 32,
}  # fmt: skip
"""Bytes of a cached element by type, scales included. [bytes] Source: ggml block table."""


def padded(tokens: Number, multiple: Number) -> Number:
    """Tokens rounded up to a multiple. [tokens].

    >>> float(padded(8100, 256))
    8192.0
    """
    return np.ceil(np.asarray(tokens) / multiple) * multiple


def cache_element_bytes(
    *, k_bytes_per_element: Number, v_bytes_per_element: Number, is_latent: Number
) -> Number:
    """Mean bytes of a cached element: half of them are keys; a latent cache has no values. [bytes]."""
    return np.where(
        is_latent, k_bytes_per_element, 0.5 * (np.asarray(k_bytes_per_element) + v_bytes_per_element)
    )


def kv_cache_bytes(
    *,
    full_elements_per_token: Number,
    sliding_elements_per_token: Number = 0.0,
    window_tokens: Number = 0.0,
    tokens: Number,
    bytes_per_element: Number,
) -> Number:
    """KV cache that one sequence needs. [bytes].

    (full elements x tokens + sliding elements x min(tokens, window)) x bytes per element, without the fixed
    state of linear layers.
    Valid for: full, grouped, latent, sliding and hybrid attention.
    Source: published configurations; nine hand-worked rows in tests/golden/test_kv_cache.py.

    >>> float(kv_cache_bytes(full_elements_per_token=65536, tokens=131072, bytes_per_element=2))
    17179869184.0
    """
    kept = np.minimum(tokens, window_tokens)
    elements = np.asarray(full_elements_per_token) * tokens + np.asarray(sliding_elements_per_token) * kept
    needed: Number = np.multiply(elements, bytes_per_element)
    return needed


def llamacpp_kv_cache_bytes(
    *,
    full_elements_per_token: Number,
    sliding_elements_per_token: Number = 0.0,
    window_tokens: Number = 0.0,
    state_bytes: Number = 0.0,
    context_tokens: Number,
    num_slots: Number = 1,
    is_unified: bool = False,
    keeps_full_windows: bool = False,
    ubatch_tokens: Number = 512,
    bytes_per_element: Number = 2.0,
) -> Number:
    """KV cache that llama.cpp allocates at start for all slots together. [bytes].

    Cells of a stream = pad(context / streams, 256), streams = slots, or 1 when unified; sliding layers hold
    pad(min(cells, window x (slots if unified else 1) + ubatch), 256) cells a stream; each slot has its state.
    Arguments: `context_tokens` is n_ctx, shared by all slots; `keeps_full_windows` is --swa-full.
    Source: allocator of llama.cpp b11549; older builds padded to 32 without flash attention.
    """
    streams = np.ones_like(num_slots) if is_unified else np.asarray(num_slots)
    cells = padded(np.asarray(context_tokens) / streams, CELL_PADDING_TOKENS)
    held = window_cells(
        cells=cells,
        window_tokens=np.asarray(window_tokens) * (num_slots if is_unified else 1),
        ubatch_tokens=ubatch_tokens,
    )
    sliding = cells if keeps_full_windows else held
    per_stream = (
        np.asarray(full_elements_per_token) * cells + np.asarray(sliding_elements_per_token) * sliding
    )
    allocated: Number = per_stream * bytes_per_element * streams + np.asarray(state_bytes) * num_slots
    return allocated


def window_cells(*, cells: Number, window_tokens: Number, ubatch_tokens: Number) -> Number:
    """Cells of a sliding layer in a stream of llama.cpp: pad(min(cells, window + ubatch), 256). [tokens]."""
    return padded(np.minimum(cells, np.asarray(window_tokens) + ubatch_tokens), CELL_PADDING_TOKENS)


def paged_window_tokens(
    *, window_tokens: Number, block_tokens: Number, prefill_tokens: Number = 0.0
) -> Number:
    """Tokens of pages that a sliding layer of vLLM keeps for one sequence. [tokens].

    (ceil((window - 1 + prefill chunk) / block) + 1) x block; without a chunk the steady state of decoding.
    Source: vLLM hybrid KV cache manager, single_type_kv_cache_manager.
    """
    held = np.asarray(window_tokens) - 1 + prefill_tokens
    return padded(np.maximum(held, 0.0), block_tokens) + block_tokens


def kv_rank_ratio(*, num_kv_heads: Number, num_devices: Number, is_latent: Number) -> Number:
    """Share of the cache on one rank of tensor parallelism.

    ceil(KV heads / ranks) / KV heads: heads are replicated when there are fewer than ranks; a latent cache is
    replicated on every rank.
    """
    heads = np.maximum(num_kv_heads, 1.0)
    return np.where(is_latent, 1.0, np.ceil(heads / num_devices) / heads)
