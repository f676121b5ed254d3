"""Parameters of a decoder counted from its shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.model import Experts, Latent


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The dimensions that decide the parameter count."""

    num_layers: int
    hidden_size: int
    ffn_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    vocab_size: int
    num_embeddings: int
    """Matrices of vocabulary size: 2 with an output matrix of its own, else 1."""
    num_ffn_matrices: int
    """3 in a gated block (gate, up, down), else 2."""
    num_block_norms: int
    """Norms of hidden size in one layer."""
    has_qkv_bias: bool
    has_head_norms: bool
    """Norms of head size on queries and keys."""
    latent: Latent | None
    experts: Experts | None


def total_params(shape: Shape) -> int:
    """All parameters. [count]

    embeddings + layers x (attention + norms) + dense and expert blocks + last norm.

    Source: tensor lists of llama.cpp and transformers for these architectures.
    """
    num_experts = shape.experts.num_experts if shape.experts else 0
    return _params(shape, num_experts)


def active_params(shape: Shape) -> int:
    """Parameters used for one token: as all, but only the chosen experts. [count]"""
    return _params(shape, shape.experts.num_experts_per_token if shape.experts else 0)


def _params(shape: Shape, num_experts: int) -> int:
    hidden, layers, experts = shape.hidden_size, shape.num_layers, shape.experts
    num_dense = experts.num_dense_layers if experts else layers
    blocks = num_dense * shape.num_ffn_matrices * hidden * shape.ffn_size
    if experts:
        width = (num_experts + experts.num_shared_experts) * experts.ffn_size
        blocks += (layers - num_dense) * hidden * (shape.num_ffn_matrices * width + experts.num_experts)
    embeddings = shape.num_embeddings * shape.vocab_size * hidden
    return embeddings + layers * (_attention_params(shape) + _vector_params(shape)) + blocks + hidden


def _attention_params(shape: Shape) -> int:
    """Matrices of one attention block. [count]"""
    hidden, heads, latent = shape.hidden_size, shape.num_heads, shape.latent
    if latent is None:
        return 2 * hidden * shape.head_dim * (heads + shape.num_kv_heads)
    query = heads * (latent.qk_nope_dim + latent.qk_rope_dim)
    queries = latent.q_lora_rank * (hidden + query) if latent.q_lora_rank else hidden * query
    keys = hidden * (latent.kv_lora_rank + latent.qk_rope_dim)
    expanded = latent.kv_lora_rank * heads * (latent.qk_nope_dim + latent.v_dim)
    return queries + keys + expanded + heads * latent.v_dim * hidden


def _vector_params(shape: Shape) -> int:
    """Norms and biases of one layer. [count]"""
    vectors = shape.num_block_norms * shape.hidden_size
    if shape.has_qkv_bias:
        vectors += shape.head_dim * (shape.num_heads + 2 * shape.num_kv_heads)
    if shape.has_head_norms:
        vectors += 2 * shape.head_dim
    if shape.latent:
        vectors += shape.latent.kv_lora_rank + shape.latent.q_lora_rank
    return vectors
