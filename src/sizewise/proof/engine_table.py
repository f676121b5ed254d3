"""The architectures of llama.cpp that can be written."""

from __future__ import annotations

from sizewise.estimate.indexer import is_indexed
from sizewise.estimate.lightning import has_lightning
from sizewise.proof import engine_gated as a
from sizewise.proof import engine_gemma as g
from sizewise.proof import engine_vectors as v
from sizewise.proof.engine_architecture import (
    Architecture,
    has_chunks,
    has_delta_nets,
    has_experts,
    has_mamba,
    has_mamba_apart,
    has_short_convolution_blocks,
    has_square_query,
    has_windows,
    is_dense,
    is_latent,
    is_llama,
    is_sparse,
    is_unshared,
)

GATE_WITH_UP = {"ffn_gate": ("ffn_up", "ffn_up")}
"""Gate and up matrix are one tensor."""

ARCHITECTURES = (
    Architecture(
        name="llama", accepts=is_llama, block=v.two_norms,
        families=("Llama 1", "Llama 2", "Llama 3", "Mistral", "Ministral", "Mixtral", "Safe-RLHF", "SmolVLM2"),
    ),
    Architecture(
        name="qwen2", accepts=has_square_query, block=lambda m: {**v.two_norms(m), **v.input_biases(m)},
        families=("Qwen2-VL",),
    ),
    Architecture(
        name="qwen3", accepts=is_dense, block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        families=("Hermes", "Qwen3-VL", "Intern"),
    ),
    Architecture(
        name="qwen3moe", accepts=is_unshared, block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        families=("Qwen3-VL", "InternLM"),
    ),
    Architecture(
        name="olmoe", accepts=is_sparse,
        block=lambda m: {**v.two_norms(m), **v.row_norms(m)},
    ),
    Architecture(
        name="qwen2moe", accepts=is_sparse, block=lambda m: {**v.two_norms(m), **v.input_biases(m)},
        expert_block=v.shared_gate, settings=v.shared_settings,
    ),
    Architecture(
        name="dots1", accepts=lambda m: has_experts(m) and m.num_kv_heads == m.num_heads,
        block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        expert_block=v.expert_bias, settings=v.sigmoid_settings,
    ),
    Architecture(
        name="ernie4_5-moe", accepts=has_experts, block=v.two_norms, expert_block=v.expert_bias,
        settings=v.shared_settings, families=("ERNIE 4.5",),
    ),
    Architecture(name="olmo2", accepts=is_dense, block=lambda m: {**v.norms_after(m), **v.row_norms(m)}),
    Architecture(
        name="olmo2", accepts=has_windows, block=lambda m: {**v.norms_after(m), **v.row_norms(m)}, sliding_period=4,
    ),
    Architecture(name="command-r", accepts=is_dense, block=v.one_norm, settings=v.cohere_settings),
    Architecture(
        name="command-r", accepts=is_dense, block=lambda m: {**v.one_norm(m), **v.head_row_norms(m)},
        settings=v.cohere_settings,
    ),
    Architecture(
        name="cohere2", accepts=has_windows, block=v.one_norm, sliding_period=4, settings=v.cohere_settings,
    ),
    Architecture(
        name="exaone4", accepts=has_windows, block=lambda m: {**v.norms_after(m), **v.head_norms(m)}, sliding_period=4,
    ),
    Architecture(
        name="phi3", accepts=is_dense, block=v.two_norms, merged=GATE_WITH_UP, fuses_queries=True,
        families=("Phi 4",),
    ),
    Architecture(
        name="gemma2", accepts=has_windows, block=v.four_norms, sliding_period=2,
        settings=lambda _: {"attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0},
    ),
    Architecture(
        name="gemma3", accepts=has_windows, block=lambda m: {**v.four_norms(m), **v.head_norms(m)},
        sliding_period=6, families=("Gemma 3",),
    ),
    Architecture(
        name="gemma4", accepts=g.is_gemma_4, block=v.four_norms, block_at=g.gemma_4_block, ends=g.gemma_ends,
        settings=g.gemma_settings, copies_tied=True,
    ),
    Architecture(
        name="gemma3n", accepts=g.is_gemma_3n, block=v.four_norms, block_at=g.gemma_3n_block, ends=g.gemma_ends,
        settings=g.gemma_settings, copies_tied=True,
    ),
    Architecture(
        name="gpt-oss", accepts=has_windows, block=v.gpt_oss_block, expert_block=v.gpt_oss_experts,
        sliding_period=2,
    ),
    Architecture(
        name="mistral4", accepts=lambda m: is_latent(m) and m.family == "Mistral", block=v.latent_block,
        settings=v.latent_settings,
    ),
    Architecture(
        name="deepseek2", accepts=is_latent, block=v.latent_block,
        settings=v.latent_settings,
    ),
    Architecture(
        name="deepseek2", accepts=is_latent, block=v.latent_block, expert_block=v.expert_bias,
        settings=v.latent_settings, families=("DeepSeek V3", "DeepSeek R1", "Kimi K2", "Kimi", "GLM-4.7"),
    ),
    Architecture(
        name="deepseek32", accepts=is_indexed, block=v.latent_block, uncounted_block=v.index_norm,
        settings=v.indexed_settings, families=("DeepSeek V3.2",),
    ),
    Architecture(
        name="glm-dsa", accepts=is_indexed, block=v.latent_block, uncounted_block=v.index_norm,
        settings=v.indexed_settings, families=("GLM-5",),
    ),
    Architecture(
        name="falcon-h1", accepts=has_mamba, block=v.falcon_block,
        settings=v.mamba_settings, families=("Falcon",),
    ),
    Architecture(
        name="granitehybrid", accepts=has_mamba, block=v.two_norms,
        linear_block=lambda m: {**v.two_norms(m), **v.mamba_vectors(m)}, settings=v.granite_settings,
    ),
    Architecture(
        name="nemotron_h_moe", accepts=lambda m: has_mamba_apart(m) and m.experts is not None, block=v.one_norm,
        feed_block=lambda m: {**v.one_norm(m), **v.expert_bias(m)},
        linear_block=lambda m: {**v.one_norm(m), **v.mamba_vectors(m)}, settings=v.apart_settings, is_gated=False,
    ),
    Architecture(
        name="nemotron_h", accepts=lambda m: has_mamba_apart(m) and m.experts is None, block=v.one_norm,
        feed_block=v.one_norm,
        linear_block=lambda m: {**v.one_norm(m), **v.mamba_vectors(m)}, settings=v.apart_settings, is_gated=False,
    ),
    Architecture(
        name="glm4", accepts=is_dense, block=v.four_norms, merged=GATE_WITH_UP,
    ),
    Architecture(
        name="glm4", accepts=is_dense, block=lambda m: {**v.four_norms(m), **v.input_biases(m)}, merged=GATE_WITH_UP,
        families=("GLM-4",),
    ),
    Architecture(
        name="glm4moe", accepts=has_experts, families=("GLM-4.5", "GLM-4.6", "GLM-4.7"),
        block=lambda m: {**v.norms_around(m), **v.input_biases(m)}, expert_block=v.expert_bias,
        settings=v.sigmoid_settings,
    ),
    Architecture(
        name="glm4moe", accepts=lambda m: has_experts(m) and m.family == "Solar", block=v.norms_around,
        uncounted_block=v.expert_bias, settings=v.sigmoid_settings,
    ),
    Architecture(
        name="seed_oss", accepts=is_dense, block=lambda m: {**v.norms_around(m), **v.input_biases(m)},
    ),
    Architecture(
        name="hunyuan-moe", accepts=has_experts, block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        settings=v.shared_settings,
    ),
    Architecture(
        name="bailingmoe2", accepts=has_experts, block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        expert_block=v.expert_bias, fuses_queries=True,
        settings=lambda m: {**v.shared_settings(m), **v.sigmoid_settings(m)},
    ),
    Architecture(
        name="phimoe", accepts=is_unshared,
        block=lambda m: {**v.layer_norms(m), **v.input_biases(m), **v.output_bias(m)}, ends=v.biased_ends,
    ),
    Architecture(
        name="llama4", accepts=has_chunks, block=v.two_norms, sliding_period=4, settings=v.chunk_settings,
    ),
    Architecture(name="arcee", accepts=is_dense, block=v.two_norms, is_gated=False),
    Architecture(
        name="apertus", accepts=is_dense, block=lambda m: {**v.two_norms(m), **v.head_norms(m)}, is_gated=False,
        families=("Apertus",), settings=v.activation_curves,
    ),
    Architecture(
        name="starcoder2", accepts=is_dense, is_gated=False, ends=v.layer_norm_ends, settings=v.layer_norm_settings,
        block=lambda m: {
            **v.layer_norms(m), **v.input_biases(m), **v.output_bias(m), **v.feed_forward_biases(m),
        },
    ),
    Architecture(
        name="phi2", accepts=is_dense, is_gated=False, fuses_queries=True, ends=v.biased_ends,
        settings=v.layer_norm_settings,
        block=lambda m: {
            **v.one_norm(m), "attn_norm.bias": (m.hidden_size,), **v.fused_bias(m), **v.output_bias(m),
            **v.feed_forward_biases(m),
        },
    ),
    Architecture(
        name="gptneox", accepts=is_dense, is_gated=False, fuses_queries=True, ends=v.layer_norm_ends,
        settings=lambda m: {**v.layer_norm_settings(m), "use_parallel_residual": True},
        block=lambda m: {**v.layer_norms(m), **v.fused_bias(m), **v.output_bias(m), **v.feed_forward_biases(m)},
    ),
    Architecture(
        name="falcon", accepts=is_dense, is_gated=False, fuses_queries=True, ends=v.layer_norm_ends,
        settings=v.layer_norm_settings,
        block=lambda m: {**v.one_norm(m), "attn_norm.bias": (m.hidden_size,)},
    ),
    Architecture(
        name="falcon", accepts=is_dense, is_gated=False, fuses_queries=True, ends=v.layer_norm_ends,
        settings=v.layer_norm_settings, families=("Falcon",),
        block=lambda m: {
            **v.one_norm(m), "attn_norm.bias": (m.hidden_size,), "attn_norm_2.weight": (m.hidden_size,),
            "attn_norm_2.bias": (m.hidden_size,),
        },
    ),
    Architecture(
        name="qwen", accepts=is_dense, fuses_queries=True, block=lambda m: {**v.two_norms(m), **v.fused_bias(m)},
        settings=v.doubled_width,
    ),
    Architecture(
        name="stablelm", accepts=is_dense, ends=v.layer_norm_ends, block=v.layer_norms,
        settings=lambda m: {**v.layer_norm_settings(m), "use_parallel_residual": False},
    ),
    Architecture(
        name="stablelm", accepts=is_dense, ends=v.layer_norm_ends,
        block=lambda m: {**v.layer_norms(m), **v.input_biases(m)},
        settings=lambda m: {**v.layer_norm_settings(m), "use_parallel_residual": False},
    ),
    Architecture(
        name="qwen3next", accepts=lambda m: has_delta_nets(m) and m.experts is not None,
        block=lambda m: {**v.norms_around(m), **v.head_norms(m)}, linear_block=v.delta_block,
        expert_block=v.shared_gate, merged={"ssm_alpha": ("ssm_beta", "ssm_ba")}, settings=v.delta_settings,
        families=("Qwen3-Next", "Qwen3-Coder"),
    ),
    Architecture(
        name="qwen35moe", accepts=lambda m: has_delta_nets(m) and m.experts is not None,
        block=lambda m: {**v.norms_around(m), **v.head_norms(m)}, linear_block=v.delta_block,
        expert_block=v.shared_gate, settings=v.delta_settings, families=("Qwen3.5", "Qwen3.6", "Qwen3.8"),
    ),
    Architecture(
        name="qwen35", accepts=lambda m: has_delta_nets(m) and m.experts is None,
        block=lambda m: {**v.norms_around(m), **v.head_norms(m)}, linear_block=v.delta_block,
        settings=v.delta_settings, families=("Qwen3.5", "Qwen3.6", "Qwen3.8"),
    ),
    Architecture(
        name="lfm2", accepts=lambda m: has_short_convolution_blocks(m) and m.experts is None,
        block=lambda m: {**v.two_norms(m), **v.head_norms(m)}, linear_block=v.short_convolution_block,
        ends=v.embedding_norm_ends, settings=v.short_convolution_settings, families=("LFM2",),
    ),
    Architecture(
        name="lfm2moe", accepts=lambda m: has_short_convolution_blocks(m) and m.experts is not None,
        block=lambda m: {**v.two_norms(m), **v.head_norms(m)}, linear_block=v.short_convolution_block,
        expert_block=v.expert_bias, ends=v.embedding_norm_ends, settings=v.short_convolution_settings,
    ),
    Architecture(
        name="exaone-moe", accepts=lambda m: has_chunks(m) and m.family == "EXAONE",
        block=lambda m: {**v.two_norms(m), **v.head_norms(m)},
        expert_block=v.expert_bias, sliding_period=4, settings=v.sigmoid_settings,
    ),
    Architecture(
        name="afmoe", accepts=a.has_gates("Trinity"), block=lambda m: {**v.four_norms(m), **v.head_norms(m)},
        expert_block=v.expert_bias, settings=a.unread_window_settings,
    ),
    Architecture(
        name="laguna", accepts=a.has_gates("Laguna"), block=v.two_norms, block_at=a.gated_block,
        settings=a.gated_settings,
    ),
    Architecture(
        name="step35", accepts=a.has_gates("Step"), block=v.two_norms, block_at=a.gated_block,
        settings=lambda m: {**a.gated_settings(m), **a.window_settings(m)},
    ),
    Architecture(
        name="minimax-01", accepts=lambda m: has_lightning(m) and m.experts is not None, block=v.two_norms,
        linear_block=v.lightning_block, settings=v.lightning_settings,
    ),
    Architecture(
        name="hy_v3", accepts=lambda m: has_experts(m) and m.family == "Hunyuan",
        block=lambda m: {**v.two_norms(m), **v.head_norms(m)}, expert_block=v.bare_expert_bias,
        settings=lambda m: {**v.shared_settings(m), **v.sigmoid_settings(m)},
    ),
)  # fmt: skip
"""Those that can be written. The first that adds up is taken."""
