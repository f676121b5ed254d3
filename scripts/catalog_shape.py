"""Shapes of models out of the facts: cache, expert and latent dimensions, parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Cells = dict[str, str]
"""One row as printed: column name to cell."""


def number(cell: str, default: int = 0) -> int:
    """A whole number of a cell; the default where it is empty."""
    return int(float(cell)) if cell else default


def owning_layers(layers: int, full: int, shared: int) -> tuple[int, int]:
    """Full and sliding layers that own a cache when the last `shared` reuse it; every p-th is full."""
    owning = layers - shared
    if not shared or not full:
        return full, owning - full
    own_full = owning // (layers // full)
    return own_full, owning - own_full


def cache_columns(model: Mapping[str, str], extra: Mapping[str, str]) -> Cells:
    """Cache columns of a model: elements of full and sliding layers, window, state.

    Where every layer has a window, all tokens are counted: llama.cpp keeps them for these models, so a window would
    promise a fit that fails.
    """
    layers = number(model["layers"])
    if not extra:
        return {"num_full_layers": str(number(model["full_attn_layers"], layers))}
    full, sliding = number(extra["num_full_layers"]), number(extra["num_sliding_layers"])
    linear, ssm = number(extra["num_linear_layers"]), number(extra["num_ssm_layers"])
    if sliding == layers:
        full, sliding = layers, 0
    own_full, own_sliding = full, sliding
    if number(extra["kv_shared_layers"]):
        own_full, own_sliding = owning_layers(layers, full, number(extra["kv_shared_layers"]))
    state = extra["state_bytes_per_seq_llamacpp"]
    return {
        "num_full_layers": str(own_full),
        "num_sliding_layers": str(own_sliding),
        "num_linear_layers": str(linear),
        "num_ssm_layers": str(ssm),
        "full_elements_per_token": str(own_full * elements_per_layer(model, extra, "global")),
        "sliding_elements_per_token": str(own_sliding * elements_per_layer(model, extra, "local")),
        "window_tokens": str(number(extra["sliding_window_tokens"]) if own_sliding else 0),
        "state_bytes": state,
        "state_bytes_vllm": extra["state_bytes_per_seq_vllm_default"],
    }


def elements_per_layer(model: Mapping[str, str], extra: Mapping[str, str], kind: str) -> int:
    """Cached elements of one token in one layer: latent (and index keys), or K and V heads."""
    indexer = number(extra["indexer_cached_elements_per_layer"])
    if extra["mla_cached_elements_per_layer"]:
        return number(extra["mla_cached_elements_per_layer"]) + indexer
    heads = number(extra[f"{kind}_kv_heads"], number(model["kv_heads"]))
    dim = number(extra[f"{kind}_head_dim"], number(model["head_dim"]))
    return 2 * heads * dim + indexer


def counted_params(model: Mapping[str, str], *, is_tied: bool, num_experts: int | None = None) -> int:
    """Matrices of a gated decoder from its shape: a lower bound of its parameters. [count]

    `num_experts`: routed experts counted in a layer, all of them unless given (active parameters).
    """
    layers, hidden, dim = number(model["layers"]), number(model["hidden"]), number(model["head_dim"])
    heads, kv_heads = number(model["heads"]), number(model["kv_heads"])
    attention = hidden * dim * 2 * (heads + kv_heads)
    if model["mla_kv_lora_rank"]:
        attention = latent_params(model)
    experts = number(model["n_experts"])
    dense = number(model["first_dense_layers"]) if experts else layers
    expert = 3 * hidden * number(model["moe_intermediate"])
    counted = experts if num_experts is None else num_experts
    routed = (counted + number(model["n_shared_experts"])) * expert + hidden * experts
    blocks = (
        layers * attention + dense * 3 * hidden * number(model["intermediate"]) + (layers - dense) * routed
    )
    return blocks + number(model["vocab"]) * hidden * (1 if is_tied else 2)


def latent_params(model: Mapping[str, str]) -> int:
    """Matrices of one latent-attention layer. [count]"""
    hidden, heads, rank = number(model["hidden"]), number(model["heads"]), number(model["mla_kv_lora_rank"])
    nope, rope, v_dim = (number(model[f"mla_{n}_dim"]) for n in ("qk_nope", "qk_rope", "v"))
    q_rank, query = number(model["mla_q_lora_rank"]), heads * (nope + rope)
    queries = q_rank * (hidden + query) if q_rank else hidden * query
    return queries + hidden * (rank + rope) + rank * heads * (nope + v_dim) + heads * v_dim * hidden


def short_convolution_ffn(model: Mapping[str, str], num_full_layers: int) -> int:
    """Feed-forward width of a short-convolution hybrid that makes its parameters add up; 0 where none does.

    Layer: 3 matrices of the feed-forward block and 2 norms; convolution layers 4 hidden^2 and a kernel of 3,
    attention layers the usual four matrices and 2 head norms; tied embedding and one norm at the end.
    """
    layers, hidden, dim = number(model["layers"]), number(model["hidden"]), number(model["head_dim"])
    heads, kv_heads = number(model["heads"]), number(model["kv_heads"])
    convolution = (layers - num_full_layers) * (4 * hidden**2 + 3 * hidden)
    attention = num_full_layers * (2 * hidden * dim * (heads + kv_heads) + 2 * dim)
    other = number(model["vocab"]) * hidden + (2 * layers + 1) * hidden
    width, left = divmod(number(model["params_total"]) - convolution - attention - other, 3 * hidden * layers)
    return 0 if left else width


def has_outside_parts(note: str) -> bool:
    """Does the note say that the checkpoint holds more than the language model?"""
    return bool(re.search(r"vision|MTP|multi-token|indexer|SigLIP|embedder", note))
