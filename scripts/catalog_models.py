"""Rows of models.csv: published models, from facts/models.csv and facts/models_attention.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog_languages import language_codes
from catalog_shape import (
    Cells,
    cache_columns,
    counted_params,
    has_outside_parts,
    number,
    short_convolution_ffn,
)
from sizewise.catalog.rows import MODEL_COLUMNS, model_from_row
from sizewise.estimate.tensors import tensor_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NATIVE_FORMATS = {
    "bfloat16": "BF16", "float16": "F16", "float32": "F32", "fp8_e4m3": "FP8", "mxfp4 (experts)": "MXFP4",
    "fp4 experts + fp8": "MXFP4", "int4 (QAT experts)": "GPTQ-4",
}  # fmt: skip
"""Published number format to quantization name; 4-bit integers with 16-bit activations are GPTQ-4."""
RE_UPLOADERS = frozenset({"huggyllama"})
"""Publishers of copies of other people's models."""
KIND_OF_TASK = {"embedding": "embedding", "reranker": "reranker", "reward": "reward"}

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
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5": "49 attention layers assumed as in v1",
    "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1": "cache is an upper bound: some blocks have no attention",
    "tencent/Hunyuan-A13B-Instruct": "cache is an upper bound: cross-layer sharing not read",
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
        "mla_kv_lora_rank": "256", "mla_q_lora_rank": "1024", "mla_qk_nope_dim": "64",
        "mla_qk_rope_dim": "64",
        "mla_v_dim": "128",
    },
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct": {"first_dense_layers": "24"},
    "Qwen/Qwen2-57B-A14B-Instruct": {"n_shared_experts": "8"},
    "Qwen/Qwen1.5-MoE-A2.7B-Chat": {"n_shared_experts": "4"},
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": {"first_dense_layers": "29"},
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16": {"first_dense_layers": "48", "moe_intermediate": "672"},
    "nvidia/NVIDIA-Nemotron-3-Ultra-550B-A55B-BF16": {"first_dense_layers": "60", "moe_intermediate": "1280"},
    "Qwen/Qwen3-VL-2B-Instruct": {"tie_embeddings": "true"},
    "Qwen/Qwen2-VL-2B-Instruct": {"tie_embeddings": "true"},
    "HuggingFaceTB/SmolVLM2-2.2B-Instruct": {"tie_embeddings": "true"},
    "microsoft/Phi-4-multimodal-instruct": {"tie_embeddings": "true"},
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": {"intermediate": "28672"},
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1_5": {"intermediate": "28672"},
    "nvidia/Llama-3_1-Nemotron-Ultra-253B-v1": {"intermediate": "53248"},
}  # fmt: skip
"""Dimensions that the facts lack or state otherwise; latent ranks are kept only where the recount of the
parameters agrees (`FILL_TOLERANCE`)."""
FILL_NOTES = {
    "mla_kv_lora_rank": "missing dimensions recalled; the recount agrees with the parameter count",
    "intermediate": "feed-forward width of the parent model: the pruned blocks differ",
    "tie_embeddings": "one matrix for embedding and output, as in the text model it is built on",
    "n_shared_experts": "shared expert counted in widths of a routed one",
    "first_dense_layers": "num_dense_layers: layers without experts, wherever they stand",
    "moe_intermediate": "experts work in a narrower latent space: their width is scaled to the hidden size",
}
"""Why each dimension was filled."""
FILL_TOLERANCE = 0.02
"""Largest relative difference between recount and published count for recalled dimensions. [ratio]"""
UNEXPLAINED = 0.003
"""A checkpoint larger than its recount by more than this holds other parts, said or not. [ratio]"""


def model_rows(facts: Iterable[Mapping[str, str]], attention: Mapping[str, Mapping[str, str]]) -> list[Cells]:
    """All models that can be sized."""
    return [model_row(row, attention.get(row["hf_id"], {})) for row in facts if not dropped_because(row)]


def dropped_rows(facts: Iterable[Mapping[str, str]]) -> list[Cells]:
    """Models left out, with the reason."""
    reasons = ((row, dropped_because(row)) for row in facts)
    return [{"name": row["hf_id"], "reason": reason, "source": row["source"], "as_of": row["as_of"]}
            for row, reason in reasons if reason]  # fmt: skip


def dropped_because(row: Mapping[str, str]) -> str:
    """Why this model cannot be sized; empty when it can."""
    name = row["hf_id"]
    if name in DROPPED:
        return DROPPED[name]
    if "mla_kv_lora_rank" in SHAPE_FILLS.get(name, {}) and not _fill_agrees(row):
        return "latent-attention ranks not sourced, and recalled ones do not reproduce the parameter count"
    return ""


def _fill_agrees(row: Mapping[str, str]) -> bool:
    filled = {**row, **SHAPE_FILLS[row["hf_id"]]}
    published = number(row["params_total"])
    counts = [counted_params(filled, is_tied=tied) for tied in (False, True)]
    return min(abs(c / published - 1) for c in counts) <= FILL_TOLERANCE


def shape_of(row: Mapping[str, str]) -> Cells:
    """The row with its missing dimensions filled."""
    return {**row, **SHAPE_FILLS.get(row["hf_id"], {})}


def with_exactness(row: Cells) -> Cells:
    """The row, marked by whether its tensors add up one by one to its parameters."""
    cells = {column.name: column.read(row[column.name]) if row.get(column.name) else column.default
             for column in MODEL_COLUMNS}  # fmt: skip
    return {**row, "has_exact_shape": yes(tensor_list(model_from_row(cells, "")).is_exact)}


def model_row(row: Mapping[str, str], attention: Mapping[str, str]) -> Cells:
    """One line of models.csv."""
    name, shape = row["hf_id"], shape_of(row)
    params, extra_params = parameters(shape)
    cache = cache_columns(shape, attention) | CORRECTIONS.get(name, {})
    tasks = row["tasks"].split("|")
    cells = {
        "name": name, "family": row["family"], "kind": kind_of(name, tasks), **cache,
        "num_params": str(params), "num_active_params": active_params(shape, params),
        "num_layers": shape["layers"], "hidden_size": shape["hidden"], "ffn_size": str(ffn_size(shape)),
        "num_heads": shape["heads"], "num_kv_heads": shape["kv_heads"], "head_dim": head_dim(shape),
        "vocab_size": shape["vocab"], "ties_embeddings": yes(ties_embeddings(shape, params)),
        "attention": attention_of(shape, cache),
        "kv_lora_rank": shape["mla_kv_lora_rank"], "q_lora_rank": shape["mla_q_lora_rank"],
        "qk_nope_dim": shape["mla_qk_nope_dim"], "qk_rope_dim": shape["mla_qk_rope_dim"],
        "v_dim": shape["mla_v_dim"], **expert_columns(shape),
        "max_context_tokens": shape["max_context"], "native_format": NATIVE_FORMATS[row["dtype"]],
        "licence": row["licence"], "commercial_use": row["commercial_use"],
        "languages": language_codes(row["languages"])[0],
        "released": row["release"], "tasks": row["tasks"], "is_instruct": yes(row["instruct"] == "yes"),
        "is_official": yes(name.split("/")[0] not in RE_UPLOADERS),
        "num_extra_params": str(extra_params), "note": note_of(row, attention), "source": source_of(row, attention),
        "as_of": row["as_of"],
    }  # fmt: skip
    return with_exactness(cells)


def attention_of(row: Mapping[str, str], cache: Cells) -> str:
    """The attention kind; a sliding model whose layers all count as full is grouped-query."""
    has_window = cache.get("num_sliding_layers", "0") != "0"
    return "gqa" if row["attention"] == "sliding" and not has_window else row["attention"]


def yes(is_true: bool) -> str:  # noqa: FBT001 - a cell, not an option
    """A truth value as a cell."""
    return "yes" if is_true else "no"


def kind_of(name: str, tasks: list[str]) -> str:
    """What the model gives: text, a score, a vector. Guard models that write their verdict generate."""
    kinds = [KIND_OF_TASK[task] for task in tasks if task in KIND_OF_TASK]
    if name.endswith("-cost"):
        return "score"
    return kinds[0] if kinds else "generator"


def parameters(row: Mapping[str, str]) -> tuple[int, int]:
    """Parameters of the language model and those beside it (vision tower, MTP layers). [count]"""
    total, computed = number(row["params_total"]), number(row["params_computed"])
    outside = has_outside_parts(row["note"])
    if computed and (outside or abs(computed / total - 1) > UNEXPLAINED):
        return computed, max(0, number(row["params_hf_safetensors"]) - computed)
    counted = counted_text_params(row) if outside and not computed else 0
    if 0 < counted < total:
        return counted, total - counted
    return total, 0


def counted_text_params(row: Mapping[str, str]) -> int:
    """Language-model parameters by recount, for vision models whose text part is a plain decoder; else 0."""
    if row["attention"] not in {"gqa", "mha"} or not (row["intermediate"] or row["n_experts"]):
        return 0
    tied = [row["tie_embeddings"] == "true"] if row["tie_embeddings"] else [False, True]
    counts = [counted_params(row, is_tied=is_tied) for is_tied in tied]
    return max((c for c in counts if c <= number(row["params_total"])), default=0)


def ties_embeddings(row: Mapping[str, str], params: int) -> bool:
    """Is one matrix stored for embedding and output? Unknown: what the recount fits better."""
    if row["tie_embeddings"]:
        return row["tie_embeddings"] == "true"
    if "encoder" in row["note"] or not row["head_dim"]:
        return "encoder" in row["note"]
    tied, untied = (abs(counted_params(row, is_tied=t) - params) for t in (True, False))
    return tied < untied


def active_params(row: Mapping[str, str], params: int) -> str:
    """Parameters used for one token: all of a dense model; of a mixture the published or recounted number.

    Empty where neither is known: the recount counts only if it explains all parameters.
    """
    if not row["n_experts"]:
        return str(params)
    if row["params_active"]:
        return row["params_active"]
    counted = counted_params(row, is_tied=False)
    if abs(counted / params - 1) > FILL_TOLERANCE:
        return ""
    return str(counted_params(row, is_tied=False, num_experts=number(row["experts_per_token"])))


def ffn_size(row: Mapping[str, str]) -> int:
    """Width of the dense block; 0 where every layer is a mixture of experts."""
    if row["n_experts"] and not number(row["first_dense_layers"]):
        return 0
    if not row["intermediate"] and "short-convolution" in row["note"]:
        return short_convolution_ffn(row, number(row["full_attn_layers"]))
    return number(row["intermediate"])


def head_dim(row: Mapping[str, str]) -> str:
    """Width of one head: of queries and keys in latent attention."""
    if row["head_dim"]:
        return row["head_dim"]
    return str(number(row["mla_qk_nope_dim"]) + number(row["mla_qk_rope_dim"]))


def expert_columns(row: Mapping[str, str]) -> Cells:
    """Mixture of experts, empty for a dense model."""
    if not row["n_experts"]:
        return {}
    return {
        "num_experts": row["n_experts"], "num_experts_per_token": row["experts_per_token"],
        "num_shared_experts": row["n_shared_experts"] or "0", "expert_ffn_size": row["moe_intermediate"],
        "num_dense_layers": row["first_dense_layers"] or "0",
    }  # fmt: skip


def source_of(row: Mapping[str, str], attention: Mapping[str, str]) -> str:
    """Where the shape and, for other than plain caches, the cache were read."""
    return f"{row['source']}; cache: {attention['source']}" if attention else row["source"]


def note_of(row: Mapping[str, str], attention: Mapping[str, str]) -> str:
    """The notes of the facts, with what was filled or corrected here."""
    name = row["hf_id"]
    added = [note for column, note in FILL_NOTES.items() if column in SHAPE_FILLS.get(name, {})]
    if "mla_kv_lora_rank" in SHAPE_FILLS.get(name, {}):
        added = [FILL_NOTES["mla_kv_lora_rank"]]
    cache = CORRECTION_NOTES.get(name) or attention.get("note", "")
    if attention and attention["num_sliding_layers"] == row["layers"]:
        cache = f"cache counts all tokens: the window of {attention['sliding_window_tokens']} is not used by llama.cpp"
    evidence = "cache shape recalled" if attention.get("evidence") == "recalled" else ""
    parts = (row["note"], *added, cache, evidence, language_codes(row["languages"])[1])
    return "; ".join(part for part in parts if part)
