"""What the facts about models lack or cannot express, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from catalog_shape import Cells

DROPPED = {
    "deepseek-ai/DeepSeek-V4.1-Flash": "layer pattern, compression ratios and head sizes not sourced",
    "Qwen/Qwen3.8-2.4T-A95B": "layer pattern and linear-attention heads not sourced",
    "tiiuae/Falcon-H1-1.5B-Instruct": "no shape in the sources",
    "zai-org/GLM-5.3-Flash": "latent-attention head sizes not sourced",
    "microsoft/Phi-3-small-8k-instruct": "block-sparse attention and feed-forward width not sourced",
    "baidu/ERNIE-4.5-VL-28B-A3B-PT": "expert counts not sourced",
}
"""Models whose memory cannot be computed honestly, and why."""

CORRECTIONS: dict[str, Cells] = {
    "deepseek-ai/DeepSeek-V4-Flash": {
        "num_full_layers": "41", "num_sliding_layers": "2", "window_tokens": "128",
        "full_elements_per_token": str(21 * (512 + 128) / 4 + 20 * 512 / 128),
        "sliding_elements_per_token": str(43 * 512),
    },
    "deepseek-ai/DeepSeek-V4-Pro": {
        "num_full_layers": "61", "num_sliding_layers": "0", "window_tokens": "128",
        "full_elements_per_token": str(30 * (512 + 128) / 4 + 31 * 512 / 128),
        "sliding_elements_per_token": str(61 * 512),
    },
    "XiaomiMiMo/MiMo-V2-Flash": {
        "full_elements_per_token": str(9 * 4 * (192 + 128)),
        "sliding_elements_per_token": str(39 * 8 * (192 + 128)),
    },
    "MiniMaxAI/MiniMax-M3": {"full_elements_per_token": str(60 * 2 * 4 * 128 + 57 * 128)},
    "meta-llama/Llama-3.2-11B-Vision-Instruct": {"num_full_layers": "32"},
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5": {"num_full_layers": "49"},
    "mistralai/Ministral-8B-Instruct-2410": {
        "num_full_layers": "36", "num_sliding_layers": "0", "window_tokens": "0", "sliding_elements_per_token": "0",
        "full_elements_per_token": str(36 * 2 * 8 * 128),
    },
    "arcee-ai/Trinity-Mini": {
        "num_full_layers": "32", "num_sliding_layers": "0", "sliding_elements_per_token": "0",
        "full_elements_per_token": str(32 * 2 * 4 * 128),
    },
    "poolside/Laguna-S-2.1": {
        "num_full_layers": "48", "num_sliding_layers": "0", "sliding_elements_per_token": "0",
        "full_elements_per_token": str(48 * 2 * 8 * 128),
    },
}  # fmt: skip
"""Caches that the regular columns cannot express, worked out from the notes of the facts: compressed entries
(one per 4 or 128 tokens) beside a window, differing head counts, index keys; bounds for unknown windows."""

CORRECTION_NOTES = {
    "deepseek-ai/DeepSeek-V4-Flash": "cache: 21 layers one entry of 512 + 128 per 4 tokens, 20 layers one of 512"
    " per 128 tokens, all 43 a window of 128 tokens; elements in the cache type",
    "deepseek-ai/DeepSeek-V4-Pro": "cache: 30 layers one entry of 512 + 128 per 4 tokens, 31 layers one of 512"
    " per 128 tokens, all 61 a window of 128 tokens; elements in the cache type",
    "XiaomiMiMo/MiMo-V2-Flash": "cache: 9 full layers of 4 KV heads, 39 windowed of 8; K 192, V 128",
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5": "49 attention layers assumed as in v1;"
    " feed-forward width of the parent model: the pruned blocks differ",
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": "feed-forward width of the parent model: the pruned blocks differ",
    "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1": "cache is an upper bound: some blocks have no attention;"
    " feed-forward width of the parent model: the pruned blocks differ",
    "tencent/Hunyuan-A13B-Instruct": "cache is an upper bound: cross-layer sharing not read",
    "LGAI-EXAONE/K-EXAONE-236B-A23B": "MTP layer in the checkpoint count, 1.3 % above the recount",
    "inclusionAI/Ring-flash-2.0": "dense layer as in Ling-flash-2.0",
    "inclusionAI/Ling-1T": "dense layers recalled; the recount agrees with the parameter count",
    "zai-org/GLM-4.5V": "dense layer as in GLM-4.5-Air",
    "mistralai/Ministral-8B-Instruct-2410": "cache counts all tokens: its windows of 32,768 are as long as its longest"
    " text, and llama.cpp does not use them",
    "arcee-ai/Trinity-Mini": "cache is an upper bound: window not read, all layers counted full",
    "poolside/Laguna-S-2.1": "cache is an upper bound: window not sourced, all layers counted full",
}

SHAPE_FILLS: dict[str, Cells] = {
    "moonshotai/Moonlight-16B-A3B-Instruct": {
        "mla_kv_lora_rank": "512", "mla_q_lora_rank": "0", "mla_qk_nope_dim": "128", "mla_qk_rope_dim": "64",
        "mla_v_dim": "128", "intermediate": "11264", "n_shared_experts": "2", "first_dense_layers": "1",
    },
    "openbmb/MiniCPM3-4B": {
        "mla_kv_lora_rank": "256", "mla_q_lora_rank": "768", "mla_qk_nope_dim": "64", "mla_qk_rope_dim": "32",
        "mla_v_dim": "64",
    },
    "mistralai/Mistral-Large-3-675B-Instruct-2512": {
        "mla_kv_lora_rank": "512", "mla_q_lora_rank": "1536", "mla_qk_nope_dim": "128",
        "mla_qk_rope_dim": "64",
        "mla_v_dim": "128", "intermediate": "16384", "first_dense_layers": "3",
    },
    "mistralai/Mistral-Small-4-119B-2603": {
        "recounted_params": "118972826624", "tie_embeddings": "false",
        "mla_kv_lora_rank": "256", "mla_q_lora_rank": "1024", "mla_qk_nope_dim": "64",
        "mla_qk_rope_dim": "64",
        "mla_v_dim": "128",
    },
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct": {"first_dense_layers": "24"},
    "Qwen/Qwen2-57B-A14B-Instruct": {"n_shared_experts": "8"},
    "Qwen/Qwen1.5-MoE-A2.7B-Chat": {"n_shared_experts": "4"},
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16": {
        "first_dense_layers": "48", "moe_intermediate": "672", "n_shared_experts": "8",
        "recounted_params": "120668707840",
    },
    "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16": {
        "first_dense_layers": "60", "moe_intermediate": "1280", "n_shared_experts": "8",
        "recounted_params": "549308993536",
    },
    "moonshotai/Kimi-K3": {"moe_intermediate": "1536"},
    "inclusionAI/Ring-flash-2.0": {"first_dense_layers": "1", "intermediate": "9216"},
    "inclusionAI/Ling-1T": {"first_dense_layers": "4", "intermediate": "18432"},
    "zai-org/GLM-4.5V": {"intermediate": "10944"},
    "internlm/Intern-S1": {"note": "vision tower in the checkpoint count; params_active: vendor label"},
    "Qwen/Qwen3-VL-2B-Instruct": {"tie_embeddings": "true"},
    "ibm-granite/granite-4.0-h-small": {"n_shared_experts": "2"},
    "ibm-granite/granite-4.0-h-tiny": {"n_shared_experts": "2"},
    "nvidia/NVIDIA-Nemotron-Nano-9B-v2": {"tie_embeddings": "false"},
    "nvidia/NVIDIA-Nemotron-3-Nano-4B-BF16": {"tie_embeddings": "false"},
    "Qwen/Qwen3-0.6B": {"tie_embeddings": "true"},
    "Qwen/Qwen3-1.7B": {"tie_embeddings": "true"},
    "Qwen/Qwen2-VL-2B-Instruct": {"tie_embeddings": "true"},
    "HuggingFaceTB/SmolVLM2-2.2B-Instruct": {"tie_embeddings": "true"},
    "microsoft/Phi-4-multimodal-instruct": {"tie_embeddings": "true"},
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": {"intermediate": "28672"},
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5": {"intermediate": "28672"},
    "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1": {"intermediate": "53248"},
    "google/gemma-3n-E2B-it": {"recounted_params": "4458122848"},
    "google/gemma-3n-E4B-it": {"recounted_params": "6868990448"},
    "google/gemma-4-E2B-it": {"recounted_params": "4647449891"},
    "google/gemma-4-E4B-it": {"recounted_params": "7518069034"},
    "google/gemma-4-12B-it": {"recounted_params": "11907350320"},
    "google/gemma-4-26B-A4B-it": {"recounted_params": "25233141790", "n_shared_experts": "3"},
    "google/gemma-4-31B-it": {"recounted_params": "30697345340"},
    "LiquidAI/LFM2-8B-A1B": {
        "recounted_params": "8339930560", "intermediate": "7168", "first_dense_layers": "2", "tie_embeddings": "true",
    },
    "LiquidAI/LFM2.5-8B-A1B": {"intermediate": "7168", "first_dense_layers": "2", "tie_embeddings": "true"},
    "LiquidAI/LFM2-24B-A2B": {"intermediate": "11776", "first_dense_layers": "2", "tie_embeddings": "true"},
    "LGAI-EXAONE/K-EXAONE-236B-A23B": {
        "recounted_params": "236571156352", "intermediate": "18432", "first_dense_layers": "1",
        "tie_embeddings": "false",
    },
    "arcee-ai/Trinity-Mini": {"intermediate": "6144", "first_dense_layers": "2", "tie_embeddings": "false"},
    "poolside/Laguna-XS.2": {"intermediate": "8192", "first_dense_layers": "1", "tie_embeddings": "false"},
    "poolside/Laguna-XS-2.1": {"intermediate": "8192", "first_dense_layers": "1", "tie_embeddings": "false"},
    "poolside/Laguna-S-2.1": {"intermediate": "12288", "first_dense_layers": "1", "tie_embeddings": "false"},
    "poolside/Laguna-M.1": {"intermediate": "16384", "first_dense_layers": "3", "tie_embeddings": "false"},
    "stepfun-ai/Step-3.5-Flash": {"recounted_params": "196956130368"},
    "stepfun-ai/Step-3.7-Flash": {"recounted_params": "196956130368"},
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": {
        "recounted_params": "31577940288", "first_dense_layers": "29", "n_shared_experts": "2",
    },
    "tencent/Hy3": {
        "recounted_params": "295033543488", "intermediate": "13312", "first_dense_layers": "1",
        "n_shared_experts": "1", "tie_embeddings": "false",
    },
}  # fmt: skip
"""Dimensions that the facts lack or state otherwise; latent ranks are kept only where the recount of the
parameters agrees (`FILL_TOLERANCE`)."""
FILL_NOTES = {
    "mla_kv_lora_rank": "missing dimensions recalled; the recount agrees with the parameter count",
    "tie_embeddings": "one matrix for embedding and output, as in the text model it is built on",
    "n_shared_experts": "shared expert counted in widths of a routed one",
    "first_dense_layers": "num_dense_layers: layers without experts, wherever they stand",
    "recounted_params": "tensors of the language model as llama.cpp lists them; with the parts outside of it they"
    " reproduce the checkpoint count",
    "moe_intermediate": "experts work in a narrower latent space: their width is scaled to the hidden size",
}
"""Why each dimension was filled."""
