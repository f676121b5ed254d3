"""Architectures of llama.cpp: which small vectors and which settings a model file of each one has.

An architecture is recognised by counting: the matrices of a model follow from its shape, and what its parameter
count leaves must be exactly the norms, biases and sinks of one architecture. Published counts of some families are
rounded; theirs is taken by name.
Source: tensor lists and settings that llama.cpp b11549 asks for when it loads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from sizewise.errors import NotSupported
from sizewise.estimate.tensors import tensor_list

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.model import Model

    Shapes = dict[str, tuple[int, ...]]
    Settings = dict[str, int | float | str | bool]

VECTORS = "vectors"
"""Name of the group of everything that is no matrix in a tensor list."""
NORM_EPSILON = 1e-5
ROPE_BASE = 10_000.0
ROUNDED_RATIO = 1e-3
"""A published parameter count may be off by this share."""
SIGMOID_GATE = 2
"""Expert gating function of DeepSeek-V3 in GGUF metadata."""


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """What a model file of one architecture has beside its matrices."""

    name: str
    """As in `general.architecture`."""
    accepts: Callable[[Model], bool]
    """Could a model of this shape be one?"""
    block: Callable[[Model], Shapes]
    """Vectors of every block, by name with suffix."""
    expert_block: Callable[[Model], Shapes] = lambda _: {}
    """Further vectors of the blocks with experts."""
    families: tuple[str, ...] = ()
    """Beginnings of the names of families whose counts may be rounded."""
    sliding_period: int = 0
    """Every so many blocks the last one keeps all tokens, the others a window; 0: no windows."""
    is_fused: bool = False
    """Gate and up matrix are one tensor."""
    settings: Callable[[Model], Settings] = lambda _: {}
    """Further metadata, without the prefix."""


def _is_plain(model: Model) -> bool:
    return model.latent is None and model.layers.full == model.num_layers


def _is_dense(model: Model) -> bool:
    return _is_plain(model) and model.experts is None


def _is_sparse(model: Model) -> bool:
    return _is_plain(model) and model.experts is not None and not model.experts.num_dense_layers


def _is_unshared(model: Model) -> bool:
    """A mixture of experts without shared ones."""
    return _is_sparse(model) and model.experts is not None and not model.experts.num_shared_experts


def _is_llama(model: Model) -> bool:
    return _is_dense(model) or _is_unshared(model)


def _has_square_query(model: Model) -> bool:
    return _is_dense(model) and model.num_heads * model.head_dim == model.hidden_size


def _is_latent(model: Model) -> bool:
    """Latent attention with compressed queries or plain ones, and a cache of nothing but the latent vector."""
    latent = model.latent
    if latent is None:
        return False
    elements = model.num_layers * (latent.kv_lora_rank + latent.qk_rope_dim)
    return model.cache.full_elements_per_token == elements


def _has_experts(model: Model) -> bool:
    return _is_plain(model) and model.experts is not None


def _has_windows(model: Model) -> bool:
    return model.latent is None and model.layers.sliding > 0 and not (model.layers.linear or model.layers.ssm)


def _two_norms(model: Model) -> Shapes:
    return {"attn_norm.weight": (model.hidden_size,), "ffn_norm.weight": (model.hidden_size,)}


def _head_norms(model: Model) -> Shapes:
    return {"attn_q_norm.weight": (model.head_dim,), "attn_k_norm.weight": (model.head_dim,)}


def _input_biases(model: Model) -> Shapes:
    key = model.num_kv_heads * model.head_dim
    return {
        "attn_q.bias": (model.num_heads * model.head_dim,),
        "attn_k.bias": (key,),
        "attn_v.bias": (key,),
    }


def _four_norms(model: Model) -> Shapes:
    return {
        **_two_norms(model),
        "post_attention_norm.weight": (model.hidden_size,),
        "post_ffw_norm.weight": (model.hidden_size,),
    }


def _gpt_oss_block(model: Model) -> Shapes:
    hidden = model.hidden_size
    return {
        "attn_norm.weight": (hidden,),
        "post_attention_norm.weight": (hidden,),
        "attn_sinks.weight": (model.num_heads,),
        "attn_output.bias": (hidden,),
        **_input_biases(model),
    }


def _gpt_oss_experts(model: Model) -> Shapes:
    if model.experts is None:
        return {}
    count, width = model.experts.num_experts, model.experts.ffn_size
    return {
        "ffn_gate_inp.bias": (count,),
        "ffn_gate_exps.bias": (width, count),
        "ffn_up_exps.bias": (width, count),
        "ffn_down_exps.bias": (model.hidden_size, count),
    }


def _latent_block(model: Model) -> Shapes:
    if model.latent is None:
        return {}
    query = {"attn_q_a_norm.weight": (model.latent.q_lora_rank,)} if model.latent.q_lora_rank else {}
    return {**_two_norms(model), "attn_kv_a_norm.weight": (model.latent.kv_lora_rank,), **query}


def _latent_settings(model: Model) -> Settings:
    latent = model.latent
    if latent is None:
        return {}
    settings: Settings = {
        "attention.kv_lora_rank": latent.kv_lora_rank,
        "attention.key_length": latent.kv_lora_rank + latent.qk_rope_dim,
        "attention.value_length": latent.kv_lora_rank,
        "attention.key_length_mla": latent.qk_nope_dim + latent.qk_rope_dim,
        "attention.value_length_mla": latent.v_dim,
        "attention.head_count_kv": 1,
        "rope.dimension_count": latent.qk_rope_dim,
        "expert_weights_scale": 1.0,
        "expert_weights_norm": True,
        "expert_gating_func": SIGMOID_GATE,
    }
    return settings | ({"attention.q_lora_rank": latent.q_lora_rank} if latent.q_lora_rank else {})


def _one_norm(model: Model) -> Shapes:
    return {"attn_norm.weight": (model.hidden_size,)}


def _row_norms(model: Model) -> Shapes:
    """Norms of queries and keys over all heads together."""
    return {
        "attn_q_norm.weight": (model.num_heads * model.head_dim,),
        "attn_k_norm.weight": (model.num_kv_heads * model.head_dim,),
    }


def _head_row_norms(model: Model) -> Shapes:
    """Norms of queries and keys with weights of their own for each head."""
    return {
        "attn_q_norm.weight": (model.head_dim, model.num_heads),
        "attn_k_norm.weight": (model.head_dim, model.num_kv_heads),
    }


def _norms_after(model: Model) -> Shapes:
    return {"post_attention_norm.weight": (model.hidden_size,), "post_ffw_norm.weight": (model.hidden_size,)}


def _cohere_settings(_model: Model) -> Settings:
    return {"logit_scale": 0.0625, "attention.layer_norm_epsilon": NORM_EPSILON}


def _shared_gate(model: Model) -> Shapes:
    return {"ffn_gate_inp_shexp.weight": (model.hidden_size,)}


def _shared_settings(model: Model) -> Settings:
    experts = model.experts
    width = experts.num_shared_experts * experts.ffn_size if experts else 0
    return {
        "expert_shared_feed_forward_length": width,
        "expert_weights_scale": 1.0,
        "interleave_moe_layer_step": 1,
    }


def _sigmoid_settings(_model: Model) -> Settings:
    return {"expert_weights_scale": 1.0, "expert_gating_func": SIGMOID_GATE}


def _expert_bias(model: Model) -> Shapes:
    return {"exp_probs_b.bias": (model.experts.num_experts,)} if model.experts else {}


ARCHITECTURES = (
    Architecture(
        name="llama", accepts=_is_llama, block=_two_norms,
        families=("Llama 1", "Llama 2", "Llama 3", "Mistral", "Ministral", "Mixtral", "Safe-RLHF", "SmolVLM2"),
    ),
    Architecture(name="qwen2", accepts=_has_square_query, block=lambda m: {**_two_norms(m), **_input_biases(m)}),
    Architecture(
        name="qwen3", accepts=_is_dense, block=lambda m: {**_two_norms(m), **_head_norms(m)},
        families=("Hermes",),
    ),
    Architecture(name="qwen3moe", accepts=_is_unshared, block=lambda m: {**_two_norms(m), **_head_norms(m)}),
    Architecture(
        name="olmoe", accepts=_is_sparse,
        block=lambda m: {**_two_norms(m), **_row_norms(m)},
    ),
    Architecture(
        name="qwen2moe", accepts=_is_sparse, block=lambda m: {**_two_norms(m), **_input_biases(m)},
        expert_block=_shared_gate, settings=_shared_settings,
    ),
    Architecture(
        name="dots1", accepts=lambda m: _has_experts(m) and m.num_kv_heads == m.num_heads,
        block=lambda m: {**_two_norms(m), **_head_norms(m)},
        expert_block=_expert_bias, settings=_sigmoid_settings,
    ),
    Architecture(
        name="ernie4_5-moe", accepts=_has_experts, block=_two_norms, expert_block=_expert_bias,
        settings=_shared_settings,
    ),
    Architecture(name="olmo2", accepts=_is_dense, block=lambda m: {**_norms_after(m), **_row_norms(m)}),
    Architecture(
        name="olmo2", accepts=_has_windows, block=lambda m: {**_norms_after(m), **_row_norms(m)}, sliding_period=4,
    ),
    Architecture(name="command-r", accepts=_is_dense, block=_one_norm, settings=_cohere_settings),
    Architecture(
        name="command-r", accepts=_is_dense, block=lambda m: {**_one_norm(m), **_head_row_norms(m)},
        settings=_cohere_settings,
    ),
    Architecture(
        name="cohere2", accepts=_has_windows, block=_one_norm, sliding_period=4, settings=_cohere_settings,
    ),
    Architecture(
        name="exaone4", accepts=_has_windows, block=lambda m: {**_norms_after(m), **_head_norms(m)}, sliding_period=4,
    ),
    Architecture(name="phi3", accepts=_is_dense, block=_two_norms, is_fused=True, families=("Phi 4",)),
    Architecture(
        name="gemma2", accepts=_has_windows, block=_four_norms, sliding_period=2,
        settings=lambda _: {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    ),
    Architecture(
        name="gemma3", accepts=_has_windows, block=lambda m: {**_four_norms(m), **_head_norms(m)},
        sliding_period=6, families=("Gemma 3",),
    ),
    Architecture(
        name="gpt-oss", accepts=_has_windows, block=_gpt_oss_block, expert_block=_gpt_oss_experts,
        sliding_period=2,
    ),
    Architecture(
        name="deepseek2", accepts=_is_latent, block=_latent_block,
        settings=_latent_settings,
    ),
    Architecture(
        name="deepseek2", accepts=_is_latent, block=_latent_block, expert_block=_expert_bias,
        settings=_latent_settings, families=("DeepSeek V3", "DeepSeek R1", "Kimi K2", "Kimi"),
    ),
)  # fmt: skip
"""Those that can be written. The first that adds up is taken."""


def architecture_of(model: Model) -> Architecture:
    """The architecture whose tensors add up to the parameters of this model.

    Raises: NotSupported where none does, so that no file is written that stands for another model.
    """
    possible = [a for a in ARCHITECTURES if _is_possible(a, model)]
    missing = [abs(_num_other_elements(model) - num_vector_elements(a, model)) for a in possible]
    named = [any(model.family.startswith(f) for f in a.families) for a in possible]
    for architecture, num in zip(possible, missing, strict=True):
        if num == 0:
            return architecture
    for architecture, num, is_named in zip(possible, missing, named, strict=True):
        if is_named and num <= ROUNDED_RATIO * model.num_params:
            return architecture
    raise NotSupported(
        "the engine can be asked about the architectures {known}; the tensors of {model} add up to none of them",
        known=", ".join(sorted({a.name for a in ARCHITECTURES})), model=model.name,
    )  # fmt: skip


def _is_possible(architecture: Architecture, model: Model) -> bool:
    tensors = tensor_list(model)
    is_fused = any(group.name == "attn_qkv" for group in tensors.groups)
    return (
        tensors.is_gated
        and architecture.accepts(model)
        and architecture.is_fused == is_fused
        and num_sliding_blocks(architecture, model.num_layers) == model.layers.sliding
    )


def _num_other_elements(model: Model) -> float:
    """Parameters that are in no matrix. [count]."""
    groups = tensor_list(model).groups
    return model.num_params - sum(g.num_elements for g in groups if g.name != VECTORS)


def num_sliding_blocks(architecture: Architecture, num_layers: int) -> int:
    """Blocks that keep a window. [count]."""
    period = architecture.sliding_period
    return num_layers - num_layers // period if period else 0


def num_vector_elements(architecture: Architecture, model: Model) -> int:
    """Elements of norms, biases and sinks of the whole file. [count]."""
    dense = sum(map(prod, architecture.block(model).values()))
    sparse = sum(map(prod, architecture.expert_block(model).values()))
    num_dense = model.experts.num_dense_layers if model.experts else model.num_layers
    return model.hidden_size + model.num_layers * dense + (model.num_layers - num_dense) * sparse


def file_settings(architecture: Architecture, model: Model) -> Settings:
    """Metadata of a file of this architecture, without tokens: `tokenizer.ggml.model` is no_vocab."""
    own: Settings = {
        "context_length": model.max_context_tokens,
        "embedding_length": model.hidden_size,
        "block_count": model.num_layers,
        "feed_forward_length": model.ffn_size or _expert_width(model),
        "attention.head_count": model.num_heads,
        "attention.head_count_kv": model.num_kv_heads,
        "attention.key_length": model.head_dim,
        "attention.value_length": model.head_dim,
        "rope.dimension_count": model.head_dim,
        "attention.layer_norm_rms_epsilon": NORM_EPSILON,
        "rope.freq_base": ROPE_BASE,
        "vocab_size": model.vocab_size,
        **_expert_settings(model),
        **({"attention.sliding_window": model.cache.window_tokens} if architecture.sliding_period else {}),
        **architecture.settings(model),
    }
    prefixed: Settings = {f"{architecture.name}.{key}": value for key, value in own.items()}
    named: Settings = {"general.architecture": architecture.name, "general.name": model.name}
    return {**named, "tokenizer.ggml.model": "no_vocab", **prefixed}


def _expert_width(model: Model) -> int:
    return model.experts.ffn_size if model.experts else 0


def _expert_settings(model: Model) -> Settings:
    experts = model.experts
    if experts is None:
        return {}
    return {
        "expert_count": experts.num_experts,
        "expert_used_count": experts.num_experts_per_token,
        "expert_feed_forward_length": experts.ffn_size,
        "expert_shared_count": experts.num_shared_experts,
        "leading_dense_block_count": experts.num_dense_layers,
    }
