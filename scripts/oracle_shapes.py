"""Random model shapes and settings to ask llama.cpp about: tiny to 700B, every architecture that can be written.

The parameter count is formed here, matrix by matrix, without the package's own tensor lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.catalog.weights_table import mixture_rules
from sizewise.domain.model import CacheShape, Experts, Latent, LayerCounts, Model
from sizewise.estimate.columns import model_columns
from sizewise.estimate.gguf import gguf_group_bytes
from sizewise.estimate.kv_cache import (
    CELL_PADDING_TOKENS,
    KV_TYPE_BYTES,
    cache_element_bytes,
    llamacpp_kv_cache_bytes,
    padded,
    window_cells,
)
from sizewise.estimate.memory_llamacpp import compute_bytes
from sizewise.estimate.tensors import tensor_list
from sizewise.proof.engine_architectures import architecture_of, copied_bytes
from sizewise.proof.engine_gguf import ALIGNMENT_BYTES, file_tensors
from sizewise.proof.engine_oracle import OracleSettings

if TYPE_CHECKING:
    from random import Random


SLIDING_PERIODS = {"gemma2": 2, "gemma3": 6, "gpt-oss": 2}
MIXTURES = frozenset({"mixtral", "qwen3moe", "gpt-oss", "deepseek2"})
KINDS = ("llama", "mixtral", "qwen2", "qwen3", "qwen3moe", "phi3", "gemma2", "gemma3", "gpt-oss", "deepseek2")
FILE_TYPES = ("Q2_K", "Q3_K_M", "Q4_K_S", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0", "Q4_0", "F16", "BF16")
SQUARE, TIED, UNTIED = (
    frozenset({"qwen2", "phi3"}),
    frozenset({"gemma2"}),
    frozenset({"gpt-oss", "deepseek2"}),
)
"""Kinds whose query matrix is square; whose output is the embedding, and whose never is."""
MOST_CHOSEN = {"phi3": -1, "mixtral": 4}
"""Kinds with few tensors for many operations: with a quantized cache, slots and more experts a token than this
b11549 aborts, because its graph is larger than it allows ("fatal error" of ggml-impl.h)."""
PLAIN_QUERY_LAYERS = 27
"""Layer count by which llama.cpp knows the small DeepSeek, which does not compress queries."""
OTHER_PLAIN_LAYERS = frozenset({26, 48})
"""Further layer counts that it takes for such models, with conditions on the vocabulary; not drawn."""
FAMILIES = {"phi3": "Phi 3"}
ROUND_LAYERS, TIED_RATIO, FLASH_RATIO, UNIFIED_RATIO, FULL_WINDOWS_RATIO = 0.5, 0.4, 0.6, 0.3, 0.1
"""Shares of the draws: layer counts of real models, tied embeddings, and switches of the engine."""
LARGEST_PARAMS = 7e11
SMALLEST_PARAMS = 1e6


class Shape(NamedTuple):
    """Sizes of one model; 0 where they do not apply."""

    kind: str
    num_layers: int
    hidden_size: int
    ffn_size: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    vocab_size: int
    is_tied: int
    num_experts: int
    num_chosen: int
    num_shared: int
    expert_ffn_size: int
    num_dense_layers: int
    window_tokens: int
    kv_rank: int
    q_rank: int
    nope_dim: int
    rope_dim: int
    v_dim: int


def draw_shape(random: Random) -> Shape:
    """One shape between a million and 700 billion parameters; feed-forward blocks are wider than the rest."""
    while True:
        shape = _any_shape(random, random.choice(KINDS))
        if SMALLEST_PARAMS <= num_params(shape) <= LARGEST_PARAMS:
            return shape


def _any_shape(random: Random, kind: str) -> Shape:
    num_kv_heads = random.choice((1, 2, 3, 4, 5, 8, 16))
    sparse = kind in MIXTURES
    latent = kind == "deepseek2"
    num_layers = (
        random.choice((6, 12, 24, 27, 32, 48, 61, 80))
        if random.random() < ROUND_LAYERS
        else random.randint(6, 90)
    )
    num_layers += latent and num_layers in OTHER_PLAIN_LAYERS
    num_experts = random.choice((4, 8, 16, 64, 128)) if sparse else 0
    num_heads = num_kv_heads * random.choice((1, 2, 3, 4, 7, 8))
    head_dim = random.choice((32, 40, 48, 64, 72, 80, 96, 112, 128, 160, 192, 256))
    hidden_size = random.choice((32, 64, 256)) * random.randint(4, 64)
    width = num_heads * head_dim if kind in SQUARE else hidden_size
    return Shape(
        kind=kind,
        num_layers=num_layers,
        hidden_size=width,
        ffn_size=max(64 * random.randint(4, 500), 64 * (width // 64 + 1)),
        num_heads=num_heads,
        num_kv_heads=num_kv_heads,
        head_dim=head_dim,
        vocab_size=random.choice((random.randint(500, 262_144), 32_000, 128_256, 151_936)),
        is_tied=int(kind in TIED or (random.random() < TIED_RATIO and kind not in UNTIED)),
        num_experts=num_experts,
        num_chosen=random.randint(1, min(8, num_experts)) if sparse else 0,
        num_shared=random.randint(1, 2) if latent else 0,
        expert_ffn_size=32 * random.randint(4, 128) if sparse else 0,
        num_dense_layers=random.randint(0, 2) if latent else 0,
        window_tokens=random.choice((128, 512, 1024, 4096)) if kind in SLIDING_PERIODS else 0,
        kv_rank=random.choice((128, 256, 512)) if latent else 0,
        q_rank=random.choice((512, 1536)) if latent and num_layers != PLAIN_QUERY_LAYERS else 0,
        nope_dim=random.choice((64, 128)) if latent else 0,
        rope_dim=random.choice((32, 64)) if latent else 0,
        v_dim=random.choice((64, 128)) if latent else 0,
    )


def draw_settings(random: Random, shape: Shape) -> OracleSettings:
    """Context, micro-batch, flash attention, cache types, slots and outputs."""
    uses_flash_attention = random.random() < FLASH_RATIO
    can_quantize = shape.head_dim % 32 == 0 and shape.kind != "deepseek2"
    can_quantize &= shape.num_chosen <= MOST_CHOSEN.get(shape.kind, shape.num_chosen)
    plain = ("f16", "bf16")
    cached = (*plain, "q8_0", "q4_0", "q5_1") if can_quantize else plain
    num_slots = random.choice((1, 1, 2, 3, 4, 8))
    k_type = random.choice(cached)
    v_type = random.choice(cached if uses_flash_attention else plain)
    return OracleSettings(
        context_tokens=num_slots * random.choice((256, 1000, 2048, 4096, 8191, 16_384, 40_960)),
        ubatch_tokens=random.choice((64, 128, 512, 512, 1024, 2048)),
        uses_flash_attention=uses_flash_attention,
        k_type=k_type,
        v_type=k_type if shape.kind == "deepseek2" else v_type,
        num_slots=num_slots,
        outputs_per_slot=random.choice((0, 1, 1)),
        is_unified=random.random() < UNIFIED_RATIO,
        keeps_full_windows=random.random() < FULL_WINDOWS_RATIO,
    )


def _head_params(shape: Shape) -> int:
    """Attention of one block, biases and head norms of its kind included. [count]"""
    d, h, k, size = shape.hidden_size, shape.num_heads, shape.num_kv_heads, shape.head_dim
    if shape.kind == "deepseek2":
        query_width = h * (shape.nope_dim + shape.rope_dim)
        query = d * shape.q_rank + shape.q_rank * (query_width + 1) if shape.q_rank else d * query_width
        shared = d * (shape.kv_rank + shape.rope_dim) + shape.kv_rank
        return query + shared + h * shape.kv_rank * (shape.nope_dim + shape.v_dim) + h * shape.v_dim * d
    total = d * size * 2 * (h + k)
    if shape.kind in {"qwen2", "gpt-oss"}:
        total += (h + 2 * k) * size
    if shape.kind in {"qwen3", "qwen3moe", "gemma3"}:
        total += 2 * size
    return total + (d + h if shape.kind == "gpt-oss" else 0)


def _expert_params(shape: Shape) -> int:
    """Experts of one sparse block with router, biases and shared experts. [count]"""
    d, e, width = shape.hidden_size, shape.num_experts, shape.expert_ffn_size
    total = d * e + 3 * d * width * (e + shape.num_shared)
    return total + (e + 2 * e * width + e * d if shape.kind == "gpt-oss" else 0)


def num_params(shape: Shape) -> int:
    """Parameters of the model. [count]"""
    d, layers = shape.hidden_size, shape.num_layers
    num_dense = shape.num_dense_layers if shape.kind in MIXTURES else layers
    norms = 4 if shape.kind in {"gemma2", "gemma3"} else 2
    total = (
        d * shape.vocab_size * (1 if shape.is_tied else 2) + d + layers * (norms * d + _head_params(shape))
    )
    total += num_dense * 3 * d * shape.ffn_size
    return total + ((layers - num_dense) * _expert_params(shape) if shape.kind in MIXTURES else 0)


def model_of(shape: Shape) -> Model:
    """The shape as a model."""
    is_latent = shape.kv_rank > 0
    period = SLIDING_PERIODS.get(shape.kind, 0)
    num_full = shape.num_layers // period if period else shape.num_layers
    num_sliding = shape.num_layers - num_full
    row = shape.kv_rank + shape.rope_dim if is_latent else 2 * shape.num_kv_heads * shape.head_dim
    experts = Experts(
        num_experts=shape.num_experts, num_experts_per_token=shape.num_chosen, num_shared_experts=shape.num_shared,
        ffn_size=shape.expert_ffn_size, num_dense_layers=shape.num_dense_layers,
    )  # fmt: skip
    has_dense_blocks = not shape.num_experts or shape.num_dense_layers
    return Model(
        name=f"drawn/{shape.kind}", family=FAMILIES.get(shape.kind, "drawn"), kind="generator",
        num_params=float(num_params(shape)), num_active_params=float(num_params(shape)), num_layers=shape.num_layers,
        hidden_size=shape.hidden_size, ffn_size=shape.ffn_size if has_dense_blocks else 0, num_heads=shape.num_heads,
        num_kv_heads=shape.num_kv_heads, head_dim=shape.head_dim, vocab_size=shape.vocab_size,
        ties_embeddings=bool(shape.is_tied), attention="mla" if is_latent else "sliding" if period else "gqa",
        layers=LayerCounts(full=num_full, sliding=num_sliding),
        cache=CacheShape(
            full_elements_per_token=num_full * row, sliding_elements_per_token=num_sliding * row,
            window_tokens=shape.window_tokens, state_bytes=0.0, state_bytes_vllm=0.0, is_latent=is_latent,
            num_kv_heads=1 if is_latent else shape.num_kv_heads,
        ),
        latent=Latent(
            kv_lora_rank=shape.kv_rank, q_lora_rank=shape.q_rank, qk_nope_dim=shape.nope_dim,
            qk_rope_dim=shape.rope_dim, v_dim=shape.v_dim,
        ) if is_latent else None,
        experts=experts if shape.num_experts else None, max_context_tokens=1_048_576, native_format="BF16",
        licence="apache-2.0", commercial_use="yes", languages=("en",), released="2026-01", tasks=("chat",),
        is_instruct=True, source="drawn at random", as_of="2026-11-24",
    )  # fmt: skip


class Predicted(NamedTuple):
    """What the package says; weights without the padding of tensors, with what is loaded twice. [bytes]"""

    weights_bytes: float
    kv_bytes: float
    compute_bytes: float


def predict(model: Model, file_type: str, settings: OracleSettings) -> Predicted:
    """Weights, cache and compute buffer by the estimates under test. [bytes]"""
    cache, columns = model.cache, model_columns([model])
    streams = 1 if settings.is_unified else settings.num_slots
    cells = padded(settings.context_tokens / streams, CELL_PADDING_TOKENS)
    ubatch = min(settings.ubatch_tokens, int(cells) * streams)
    kv = llamacpp_kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token, window_tokens=cache.window_tokens,
        state_bytes=cache.state_bytes, context_tokens=settings.context_tokens, num_slots=settings.num_slots,
        is_unified=settings.is_unified, keeps_full_windows=settings.keeps_full_windows, ubatch_tokens=ubatch,
        bytes_per_element=cache_element_bytes(
            k_bytes_per_element=KV_TYPE_BYTES[settings.k_type], v_bytes_per_element=KV_TYPE_BYTES[settings.v_type],
            is_latent=cache.is_latent,
        ),
    )  # fmt: skip
    window = cache.window_tokens * (settings.num_slots if settings.is_unified else 1)
    sliding = window_cells(cells=cells, window_tokens=window, ubatch_tokens=ubatch)
    kept = cells if settings.keeps_full_windows else sliding
    compute = compute_bytes(
        models=columns, cells_tokens=cells, window_cells_tokens=kept if cache.sliding_elements_per_token else 0.0,
        ubatch_tokens=ubatch, num_outputs=min(settings.outputs_per_slot * settings.num_slots or ubatch, ubatch),
        uses_flash_attention=settings.uses_flash_attention, num_streams=float(streams),
    )  # fmt: skip
    by_name = gguf_group_bytes(model, tensor_list(model), file_type, mixture_rules())
    loaded = sum(by_name.values()) + copied_bytes(model, by_name["token_embd"])
    return Predicted(loaded, float(kv), float(np.max(compute)))


def padding_bytes(model: Model, file_type: str) -> int:
    """What the alignment of every tensor adds to a file and to the engine's buffers. [bytes]"""
    tensors = file_tensors(architecture_of(model), model, file_type, mixture_rules())
    return sum(-tensor.num_bytes % ALIGNMENT_BYTES for tensor in tensors)
