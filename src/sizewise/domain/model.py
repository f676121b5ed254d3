"""A published model: its shape, what it may be used for and where that was read."""

from __future__ import annotations

from dataclasses import dataclass

GENERATOR = "generator"
KINDS = (GENERATOR, "score", "reward", "embedding", "reranker", "classifier")
"""What a model gives: text; or one number, a vector or a label by a single forward pass, without decoding."""
ATTENTIONS = ("mha", "gqa", "mla", "sliding", "hybrid")


@dataclass(frozen=True, kw_only=True)
class LayerCounts:
    """How many layers keep which cache. Their sum may be below the layer count (shared or cache-free layers)."""

    full: int
    """Layers that keep every token. [layers]"""
    sliding: int = 0
    """Layers that keep a window. [layers]"""
    linear: int = 0
    """Linear-attention layers with a fixed state. [layers]"""
    ssm: int = 0
    """State-space (Mamba) or short-convolution layers with a fixed state. [layers]"""


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Multi-head latent attention (MLA)."""

    kv_lora_rank: int
    q_lora_rank: int
    """0: queries are not compressed."""
    qk_nope_dim: int
    qk_rope_dim: int
    v_dim: int


@dataclass(frozen=True, kw_only=True)
class Experts:
    """A mixture of experts."""

    num_experts: int
    """Routed experts of a layer."""
    num_experts_per_token: int
    num_shared_experts: int
    ffn_size: int
    """Hidden width of one routed expert."""
    num_dense_layers: int
    """First layers with an ordinary feed-forward block."""


@dataclass(frozen=True, kw_only=True)
class CacheShape:
    """What one sequence keeps, in elements; multiply by the bytes of the cache type."""

    full_elements_per_token: float
    """K and V (or latent) elements that every token adds over all full layers."""
    sliding_elements_per_token: float
    """K and V elements of one token over all sliding layers."""
    window_tokens: int
    """Window of the sliding layers; 0 without. [tokens]"""
    state_bytes: float
    """Fixed recurrent state of one sequence over all linear and state-space layers, as llama.cpp keeps it. [bytes]"""
    state_bytes_vllm: float
    """The same as vLLM keeps it by default. [bytes]"""
    is_latent: bool
    """MLA: one latent vector, the same on every tensor-parallel rank; no separate V."""
    num_kv_heads: int
    """KV heads of the full layers: limits how tensor parallelism divides the cache."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One row of the catalog, or a model read from its own configuration."""

    name: str
    """Hugging Face id, or the name that its user gave it."""
    family: str
    kind: str
    """One of KINDS."""
    num_params: float
    """Parameters of the language model. [count]"""
    num_active_params: float
    """Parameters used for one token; equals `num_params` in a dense model. NaN: not known. [count]"""
    num_layers: int
    hidden_size: int
    ffn_size: int
    """Width of the dense feed-forward block. 0: every layer is a mixture of experts."""
    num_heads: int
    num_kv_heads: int
    head_dim: int
    vocab_size: int
    ties_embeddings: bool
    attention: str
    """One of ATTENTIONS."""
    layers: LayerCounts
    cache: CacheShape
    latent: Latent | None = None
    experts: Experts | None = None
    max_context_tokens: int
    native_format: str
    """Quantization name of the published weights: BF16, F16, F32, FP8, MXFP4 ..."""
    licence: str
    commercial_use: str
    """yes, no or conditional: a reading aid, not legal advice."""
    languages: tuple[str, ...]
    released: str
    """ISO date, year-month or empty."""
    tasks: tuple[str, ...]
    """chat, code, reasoning, vision, base, embedding, reranker, reward, safety."""
    is_instruct: bool
    thinks_first: bool = False
    """Does it write its reasoning before every answer, and cannot be told not to?"""
    is_official: bool = True
    """Published by its maker, not a merge or a re-upload."""
    has_exact_shape: bool = True
    """False: tensors not known one by one (vision tower, unknown layer mix), so weights are params times bits."""
    num_extra_params: float = 0.0
    """Parameters of the checkpoint outside the language model: vision tower, MTP layers. [count]"""
    note: str = ""
    source: str
    as_of: str

    @property
    def is_generator(self) -> bool:
        """Does it write text, token by token?"""
        return self.kind == GENERATOR

    @property
    def active_ratio(self) -> float:
        """Share of the parameters used for one token."""
        return self.num_active_params / self.num_params
