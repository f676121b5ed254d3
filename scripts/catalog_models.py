"""Rows of models.csv: published models, from facts/models.csv and facts/models_attention.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog_corrections import CORRECTION_NOTES, CORRECTIONS, DROPPED, FILL_NOTES, SHAPE_FILLS
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
        "num_extra_params": str(extra_params), "note": note_of(shape, attention), "source": source_of(row, attention),
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
    if recounted := number(row.get("recounted_params", "")):
        return recounted, max(0, total - recounted, number(row["params_hf_safetensors"]) - recounted)
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
    width = number(row["intermediate"])
    if "short-convolution" in row["note"] and not row["n_experts"]:
        return short_convolution_ffn(row, number(row["full_attn_layers"])) or width
    return width


def head_dim(row: Mapping[str, str]) -> str:
    """Width of one head; of queries and keys in latent attention."""
    if row["mla_qk_nope_dim"]:
        return str(number(row["mla_qk_nope_dim"]) + number(row["mla_qk_rope_dim"]))
    return row["head_dim"]


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
