"""Vectors of the blocks of llama.cpp's architectures, and the settings that go with them.

Source: tensor lists and settings that llama.cpp b11549 asks for when it loads a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.estimate.delta_net import HEAD_ELEMENTS, KEPT_INPUTS, SHORT_KERNEL, delta_net
from sizewise.estimate.indexer import INDEX_KEY_ELEMENTS, PICKED_TOKENS, num_index_heads
from sizewise.estimate.mamba import KERNEL, latent_ffn_size, mamba
from sizewise.estimate.tensors import attention_blocks, feed_forward_blocks

if TYPE_CHECKING:
    from sizewise.domain.model import Model
    from sizewise.proof.engine_architecture import Settings, Shapes

NORM_EPSILON = 1e-5
SIGMOID_GATE = 2
"""Expert gating function of DeepSeek-V3 in GGUF metadata."""


def two_norms(model: Model) -> Shapes:
    """Norms before attention and before the feed-forward block."""
    return {"attn_norm.weight": (model.hidden_size,), "ffn_norm.weight": (model.hidden_size,)}


def head_norms(model: Model) -> Shapes:
    """Norms of the queries and keys of a head."""
    return {"attn_q_norm.weight": (model.head_dim,), "attn_k_norm.weight": (model.head_dim,)}


def input_biases(model: Model) -> Shapes:
    """Biases of queries, keys and values."""
    key = model.num_kv_heads * model.head_dim
    return {
        "attn_q.bias": (model.num_heads * model.head_dim,),
        "attn_k.bias": (key,),
        "attn_v.bias": (key,),
    }


def four_norms(model: Model) -> Shapes:
    """Norms before and after both halves of a block."""
    return {
        **two_norms(model),
        "post_attention_norm.weight": (model.hidden_size,),
        "post_ffw_norm.weight": (model.hidden_size,),
    }


def gpt_oss_block(model: Model) -> Shapes:
    """Norms, sinks and biases of gpt-oss."""
    hidden = model.hidden_size
    return {
        "attn_norm.weight": (hidden,),
        "post_attention_norm.weight": (hidden,),
        "attn_sinks.weight": (model.num_heads,),
        "attn_output.bias": (hidden,),
        **input_biases(model),
    }


def gpt_oss_experts(model: Model) -> Shapes:
    """Biases of its router and experts."""
    if model.experts is None:
        return {}
    count, width = model.experts.num_experts, model.experts.ffn_size
    return {
        "ffn_gate_inp.bias": (count,),
        "ffn_gate_exps.bias": (width, count),
        "ffn_up_exps.bias": (width, count),
        "ffn_down_exps.bias": (model.hidden_size, count),
    }


def latent_block(model: Model) -> Shapes:
    """Norms around the latent vectors."""
    if model.latent is None:
        return {}
    query = {"attn_q_a_norm.weight": (model.latent.q_lora_rank,)} if model.latent.q_lora_rank else {}
    return {**two_norms(model), "attn_kv_a_norm.weight": (model.latent.kv_lora_rank,), **query}


def latent_settings(model: Model) -> Settings:
    """Widths of latent attention."""
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


def one_norm(model: Model) -> Shapes:
    """One norm for both halves of a block."""
    return {"attn_norm.weight": (model.hidden_size,)}


def row_norms(model: Model) -> Shapes:
    """Norms of queries and keys over all heads together."""
    return {
        "attn_q_norm.weight": (model.num_heads * model.head_dim,),
        "attn_k_norm.weight": (model.num_kv_heads * model.head_dim,),
    }


def head_row_norms(model: Model) -> Shapes:
    """Norms of queries and keys with weights of their own for each head."""
    return {
        "attn_q_norm.weight": (model.head_dim, model.num_heads),
        "attn_k_norm.weight": (model.head_dim, model.num_kv_heads),
    }


def norms_after(model: Model) -> Shapes:
    """Norms after both halves of a block."""
    return {"post_attention_norm.weight": (model.hidden_size,), "post_ffw_norm.weight": (model.hidden_size,)}


def cohere_settings(_model: Model) -> Settings:
    """Scale of the logits."""
    return {"logit_scale": 0.0625, "attention.layer_norm_epsilon": NORM_EPSILON}


def shared_gate(model: Model) -> Shapes:
    """Gate of the shared experts."""
    return {"ffn_gate_inp_shexp.weight": (model.hidden_size,)}


def shared_settings(model: Model) -> Settings:
    """Width of the shared experts."""
    experts = model.experts
    width = experts.num_shared_experts * experts.ffn_size if experts else 0
    return {
        "expert_shared_feed_forward_length": width,
        "expert_weights_scale": 1.0,
        "interleave_moe_layer_step": 1,
    }


def sigmoid_settings(_model: Model) -> Settings:
    """A sigmoid router."""
    return {"expert_weights_scale": 1.0, "expert_gating_func": SIGMOID_GATE}


def expert_bias(model: Model) -> Shapes:
    """Biases that choose experts."""
    return {"exp_probs_b.bias": (model.experts.num_experts,)} if model.experts else {}


def bare_expert_bias(model: Model) -> Shapes:
    """The same under a name without suffix."""
    return {"exp_probs_b": (model.experts.num_experts,)} if model.experts else {}


def norms_around(model: Model) -> Shapes:
    """Norms before attention and after it, where the second stands before the feed-forward block."""
    return {**one_norm(model), "post_attention_norm.weight": (model.hidden_size,)}


def layer_norms(model: Model) -> Shapes:
    """The two norms of a block with their biases."""
    hidden = (model.hidden_size,)
    return {**two_norms(model), "attn_norm.bias": hidden, "ffn_norm.bias": hidden}


def layer_norm_ends(model: Model) -> Shapes:
    """The last norm with its bias."""
    return {"output_norm.weight": (model.hidden_size,), "output_norm.bias": (model.hidden_size,)}


def biased_ends(model: Model) -> Shapes:
    """The last norm and the output, both with a bias."""
    return {**layer_norm_ends(model), "output.bias": (model.vocab_size,)}


def fused_bias(model: Model) -> Shapes:
    """Bias of queries, keys and values in one tensor."""
    heads = model.num_heads + 2 * model.num_kv_heads
    return {"attn_qkv.bias": (heads * model.head_dim,)}


def output_bias(model: Model) -> Shapes:
    """Bias of the attention output."""
    return {"attn_output.bias": (model.hidden_size,)}


def feed_forward_biases(model: Model) -> Shapes:
    """Biases of a feed-forward block of two matrices."""
    return {"ffn_up.bias": (model.ffn_size,), "ffn_down.bias": (model.hidden_size,)}


def delta_block(model: Model) -> Shapes:
    """Convolution, step, decay and norm of a gated delta net."""
    net = delta_net(model)
    if net is None:
        return {}
    return {
        **norms_around(model),
        "ssm_conv1d.weight": (KEPT_INPUTS + 1, net.num_channels),
        "ssm_dt.bias": (net.num_value_heads,),
        "ssm_a": (net.num_value_heads,),
        "ssm_norm.weight": (HEAD_ELEMENTS,),
    }


def delta_settings(model: Model) -> Settings:
    """Heads and convolution of the delta nets, and which blocks have softmax attention."""
    net = delta_net(model)
    if net is None:
        return {}
    return {
        "ssm.conv_kernel": KEPT_INPUTS + 1,
        "ssm.inner_size": net.num_values,
        "ssm.state_size": HEAD_ELEMENTS,
        "ssm.time_step_rank": net.num_value_heads,
        "ssm.group_count": net.num_key_heads,
        "full_attention_interval": model.num_layers // model.layers.full,
        "rope.dimension_sections": (11, 11, 10, 0),
        **(shared_settings(model) if model.experts else {}),
    }


def short_convolution_block(model: Model) -> Shapes:
    """Norms and kernel of a short convolution."""
    return {**two_norms(model), "shortconv.conv.weight": (SHORT_KERNEL, model.hidden_size)}


def short_convolution_settings(model: Model) -> Settings:
    """Kernel, and KV heads block by block: none where there is a convolution."""
    attending = set(attention_blocks(model))
    heads = tuple(model.num_kv_heads * (block in attending) for block in range(model.num_layers))
    gate: Settings = sigmoid_settings(model) if model.experts else {}
    return {"shortconv.l_cache": SHORT_KERNEL, "attention.head_count_kv": heads, **gate}


def embedding_norm_ends(model: Model) -> Shapes:
    """The last norm under the name of a norm of the embedding."""
    return {"token_embd_norm.weight": (model.hidden_size,)}


def layer_norm_settings(_model: Model) -> Settings:
    """Norms that subtract the mean."""
    return {"attention.layer_norm_epsilon": NORM_EPSILON}


def chunk_settings(model: Model) -> Settings:
    """Experts in every so many blocks, with one shared one."""
    experts = model.experts
    sparse = model.num_layers - experts.num_dense_layers if experts else model.num_layers
    return {
        "interleave_moe_layer_step": model.num_layers // sparse,
        "attention.chunk_size": model.cache.window_tokens,
        "expert_feed_forward_length": experts.ffn_size if experts else 0,
        "leading_dense_block_count": 0,
    }


def doubled_width(model: Model) -> Settings:
    """A feed-forward width that counts gate and up together."""
    return {"feed_forward_length": 2 * model.ffn_size}


def activation_curves(model: Model) -> Settings:
    """Parameters of a learned activation, block by block."""
    ones = tuple(1.0 for _ in range(model.num_layers))
    return {f"xielu.{name}": ones for name in ("alpha_p", "alpha_n", "beta", "eps")}


def index_norm(_model: Model) -> Shapes:
    """Norm of the indexer's keys."""
    key = (INDEX_KEY_ELEMENTS,)
    return {"indexer.k_norm.weight": key, "indexer.k_norm.bias": key}


def indexed_settings(model: Model) -> Settings:
    """Widths of latent attention and of the indexer."""
    return latent_settings(model) | {
        "attention.indexer.head_count": num_index_heads(model),
        "attention.indexer.key_length": INDEX_KEY_ELEMENTS,
        "attention.indexer.top_k": PICKED_TOKENS,
        "attention.indexer.types": tuple(1 for _ in range(model.num_layers)),  # one of its own in every block
    }


def mamba_vectors(model: Model) -> Shapes:
    """Convolution, steps, decay, skip and norm of a Mamba-2 block."""
    net = mamba(model)
    if net is None:
        return {}
    norm = {"ssm_norm.weight": (net.inner_size // net.num_groups, net.num_groups)} if net.has_norm else {}
    return {
        "ssm_conv1d.weight": (KERNEL, net.num_channels),
        "ssm_conv1d.bias": (net.num_channels,),
        "ssm_dt.bias": (net.num_heads,),
        "ssm_a": (1, net.num_heads),
        "ssm_d": (1, net.num_heads),
        **norm,
    }


def mamba_settings(model: Model) -> Settings:
    """Widths of Mamba-2."""
    net = mamba(model)
    if net is None:
        return {}
    return {
        "ssm.conv_kernel": KERNEL,
        "ssm.inner_size": net.inner_size,
        "ssm.state_size": net.state_size,
        "ssm.time_step_rank": net.num_heads,
        "ssm.group_count": net.num_groups,
    }


def attending_heads(model: Model) -> Settings:
    """KV heads block by block: none where there is no attention."""
    attending = set(attention_blocks(model))
    return {
        "attention.head_count_kv": tuple(
            model.num_kv_heads * (block in attending) for block in range(model.num_layers)
        )
    }


def granite_settings(model: Model) -> Settings:
    """Mamba instead of attention, with the scales of Granite."""
    scales: Settings = {
        "logit_scale": 1.0,
        "residual_scale": 1.0,
        "embedding_scale": 1.0,
        "attention.scale": 1.0,
    }
    return {**mamba_settings(model), **attending_heads(model), **scales, **shared_settings(model)}


def _latent_settings(model: Model) -> Settings:
    """The narrower space of routed experts, where they have one."""
    net = mamba(model)
    if net is None or not net.latent_size:
        return {}
    return {
        "moe_latent_size": net.latent_size,
        "expert_feed_forward_length": latent_ffn_size(model, net.latent_size),
    }


def apart_settings(model: Model) -> Settings:
    """Blocks of one kind each."""
    feeding = set(feed_forward_blocks(model))
    experts = model.experts
    width = experts.num_shared_experts * experts.ffn_size if experts else model.ffn_size
    widths = tuple(width * (block in feeding) for block in range(model.num_layers))
    return {
        **(shared_settings(model) if experts else {}),
        **_latent_settings(model),
        **mamba_settings(model),
        **attending_heads(model),
        **layer_norm_settings(model),
        "feed_forward_length": widths,
    }


def lightning_block(model: Model) -> Shapes:
    """Norms, and that of the linear attention's output."""
    return {**two_norms(model), "attn_norm_2.weight": (model.num_heads * model.head_dim,)}


def lightning_settings(model: Model) -> Settings:
    """Which blocks are linear; experts as wide as the file says of all blocks."""
    experts, attending = model.experts, set(attention_blocks(model))
    return {
        "feed_forward_length": experts.ffn_size if experts else model.ffn_size,
        "residual_scale": 1.0,
        "attention.recurrent_layers": tuple(b not in attending for b in range(model.num_layers)),
    }


def falcon_block(model: Model) -> Shapes:
    """Norms and Mamba beside attention; the second norm has no suffix in its name."""
    hidden = (model.hidden_size,)
    return {"attn_norm.weight": hidden, "ffn_norm": hidden, **mamba_vectors(model)}
