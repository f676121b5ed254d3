"""From a row of a table to a model or a device: the columns, their defaults and what follows from them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sizewise.catalog.table import (
    NAN,
    Column,
    Row,
    amount,
    count,
    float_or_nan,
    one_of,
    positive,
    size_bytes,
    text,
    texts,
    truth,
    whole,
)
from sizewise.domain.device import DEVICE_CLASSES, Device
from sizewise.domain.model import (
    ATTENTIONS,
    GENERATOR,
    KINDS,
    CacheShape,
    Experts,
    Latent,
    LayerCounts,
    Model,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

DEVICE_KINDS = ("consumer", "datacenter", "workstation", "cpu", "apple-soc", "npu", "laptop", "apu", "edge")
RESERVE_BYTES = 0.6 * 2**30
"""Kept free on a headless accelerator when a row does not say what is usable. [bytes] Assumed."""

MODEL_COLUMNS = (
    Column("name", text, is_required=True),
    Column("family", text, ""),
    Column("kind", one_of(*KINDS), GENERATOR),
    Column("num_params", positive, is_required=True),
    Column("num_active_params", positive),
    Column("num_layers", count, is_required=True),
    Column("hidden_size", count, is_required=True),
    Column("ffn_size", whole, 0),
    Column("num_heads", count, is_required=True),
    Column("num_kv_heads", count, is_required=True),
    Column("head_dim", count),
    Column("vocab_size", count, is_required=True),
    Column("ties_embeddings", truth, default=False),
    Column("attention", one_of(*ATTENTIONS)),
    Column("num_full_layers", whole),
    Column("num_sliding_layers", whole, 0),
    Column("num_linear_layers", whole, 0),
    Column("num_ssm_layers", whole, 0),
    Column("full_elements_per_token", amount),
    Column("sliding_elements_per_token", amount),
    Column("window_tokens", whole, 0),
    Column("state_bytes", amount, 0.0),
    Column("state_bytes_vllm", amount),
    Column("kv_lora_rank", count),
    Column("q_lora_rank", whole, 0),
    Column("qk_nope_dim", whole, 0),
    Column("qk_rope_dim", whole, 0),
    Column("v_dim", whole, 0),
    Column("num_experts", count),
    Column("num_experts_per_token", count, 1),
    Column("num_shared_experts", whole, 0),
    Column("expert_ffn_size", count),
    Column("num_dense_layers", whole, 0),
    Column("max_context_tokens", count, is_required=True),
    Column("native_format", text, "BF16"),
    Column("licence", text, "unknown"),
    Column("commercial_use", one_of("yes", "no", "conditional"), "conditional"),
    Column("languages", texts, ()),
    Column("released", text, ""),
    Column("tasks", texts, ("chat",)),
    Column("is_instruct", truth, default=True),
    Column("is_official", truth, default=True),
    Column("has_exact_shape", truth, default=True),
    Column("num_extra_params", amount, 0.0),
    Column("note", text, ""),
    Column("source", text),
    Column("as_of", text, ""),
)

DEVICE_COLUMNS = (
    Column("name", text, is_required=True),
    Column("aliases", texts, ()),
    Column("vendor", text, ""),
    Column("kind", one_of(*DEVICE_KINDS), is_required=True),
    Column("device_class", one_of(*DEVICE_CLASSES), is_required=True),
    Column("architecture", text, ""),
    Column("memory_bytes", size_bytes),
    Column("usable_bytes", size_bytes),
    Column("usable_basis", one_of("measured", "derived", "assumed"), "assumed"),
    Column("bandwidth_bytes_per_s", positive),
    Column("fp32_flop_per_s", positive),
    Column("fp16_flop_per_s", positive),
    Column("fp8_flop_per_s", positive),
    Column("int8_op_per_s", positive),
    Column("fp4_flop_per_s", positive),
    Column("link_bytes_per_s", positive),
    Column("compute_capability", positive),
    Column("tdp_watts", positive),
    Column("buy_usd", positive),
    Column("rent_usd_per_hour", positive),
    Column("released", text, ""),
    Column("evidence", one_of("file", "partly", "recalled", "user"), "user"),
    Column("note", text, ""),
    Column("source", text),
    Column("as_of", text, ""),
)

PRICE_COLUMNS = (
    Column("device", text, is_required=True),
    Column("buy_usd", positive),
    Column("buy_usd_low", positive),
    Column("buy_usd_high", positive),
    Column("buy_price_kind", text, ""),
    Column("buy_price_as_of", text, ""),
    Column("buy_price_source", text, ""),
    Column("rent_usd_per_hour", positive),
    Column("rent_usd_per_hour_low", positive),
    Column("rent_usd_per_hour_high", positive),
    Column("rent_num_offers", whole, 0),
    Column("rent_price_as_of", text, ""),
    Column("rent_price_source", text, ""),
)


DROPPED_COLUMNS = (
    Column("name", text, is_required=True),
    Column("reason", text, is_required=True),
    Column("source", text, is_required=True),
    Column("as_of", text, is_required=True),
)


THINKS_FIRST = re.compile(r"thinking|(?:^|[-/])r1(?:[-.]|$)|qwq|reasoning|magistral", re.IGNORECASE)
"""Names under which makers publish models that always reason first; models with a switch have other names."""


def model_from_row(row: Row, default_source: str) -> Model:
    """The model of one checked row; what it leaves out follows from the rest."""
    head_dim = row["head_dim"] or max(1, row["hidden_size"] // row["num_heads"])
    active = row["num_active_params"]
    if active is None:
        active = NAN if row["num_experts"] else row["num_params"]
    return Model(
        name=row["name"], family=row["family"] or row["name"], kind=row["kind"],
        num_params=row["num_params"], num_active_params=active, num_layers=row["num_layers"],
        hidden_size=row["hidden_size"], ffn_size=row["ffn_size"], num_heads=row["num_heads"],
        num_kv_heads=row["num_kv_heads"], head_dim=head_dim, vocab_size=row["vocab_size"],
        ties_embeddings=row["ties_embeddings"], attention=_attention(row), layers=_layers(row),
        cache=_cache(row, head_dim), latent=_latent(row), experts=_experts(row),
        max_context_tokens=row["max_context_tokens"], native_format=row["native_format"],
        licence=row["licence"], commercial_use=row["commercial_use"], languages=row["languages"],
        released=row["released"], tasks=row["tasks"], is_instruct=row["is_instruct"],
        thinks_first=bool(THINKS_FIRST.search(row["name"])),
        is_official=row["is_official"], has_exact_shape=row["has_exact_shape"],
        num_extra_params=row["num_extra_params"], note=row["note"],
        source=row["source"] or default_source, as_of=row["as_of"],
    )  # fmt: skip


def _attention(row: Row) -> str:
    if row["attention"]:
        return str(row["attention"])
    if row["kv_lora_rank"]:
        return "mla"
    if row["num_linear_layers"] or row["num_ssm_layers"]:
        return "hybrid"
    if row["num_sliding_layers"]:
        return "sliding"
    return "mha" if row["num_kv_heads"] == row["num_heads"] else "gqa"


def _layers(row: Row) -> LayerCounts:
    sliding, linear, ssm = row["num_sliding_layers"], row["num_linear_layers"], row["num_ssm_layers"]
    full = row["num_full_layers"]
    if full is None:
        full = max(0, row["num_layers"] - sliding - linear - ssm)
    return LayerCounts(full=full, sliding=sliding, linear=linear, ssm=ssm)


def _cache(row: Row, head_dim: int) -> CacheShape:
    """What one sequence keeps: 2 x KV heads x head dim of every caching layer, or what the row says."""
    layers = _layers(row)
    element_count = 2 * row["num_kv_heads"] * head_dim
    if row["kv_lora_rank"]:
        element_count = row["kv_lora_rank"] + row["qk_rope_dim"]
    full, sliding = row["full_elements_per_token"], row["sliding_elements_per_token"]
    state_vllm = row["state_bytes_vllm"]
    return CacheShape(
        full_elements_per_token=float(element_count * layers.full) if full is None else full,
        sliding_elements_per_token=float(element_count * layers.sliding) if sliding is None else sliding,
        window_tokens=row["window_tokens"],
        state_bytes=row["state_bytes"],
        state_bytes_vllm=row["state_bytes"] if state_vllm is None else state_vllm,
        is_latent=row["kv_lora_rank"] is not None or row["attention"] == "mla",
        num_kv_heads=row["num_kv_heads"],
    )


def _latent(row: Row) -> Latent | None:
    if row["kv_lora_rank"] is None:
        return None
    return Latent(
        kv_lora_rank=row["kv_lora_rank"], q_lora_rank=row["q_lora_rank"], qk_nope_dim=row["qk_nope_dim"],
        qk_rope_dim=row["qk_rope_dim"], v_dim=row["v_dim"],
    )  # fmt: skip


def _experts(row: Row) -> Experts | None:
    if row["num_experts"] is None:
        return None
    return Experts(
        num_experts=row["num_experts"], num_experts_per_token=row["num_experts_per_token"],
        num_shared_experts=row["num_shared_experts"], ffn_size=row["expert_ffn_size"] or row["ffn_size"],
        num_dense_layers=row["num_dense_layers"],
    )  # fmt: skip


def device_from_row(row: Row, price: Mapping[str, Any], default_source: str) -> Device:
    """The device of one checked row and its prices; a missing matrix rate is the FP32 rate."""
    memory, fp32, fp16 = (
        float_or_nan(row, n) for n in ("memory_bytes", "fp32_flop_per_s", "fp16_flop_per_s")
    )
    usable = row["usable_bytes"]
    return Device(
        name=row["name"], vendor=row["vendor"], kind=row["kind"], device_class=row["device_class"],
        architecture=row["architecture"], memory_bytes=memory,
        usable_bytes=memory - RESERVE_BYTES if usable is None else usable, usable_basis=row["usable_basis"],
        bandwidth_bytes_per_s=float_or_nan(row, "bandwidth_bytes_per_s"),
        fp32_flop_per_s=fp32, fp16_flop_per_s=fp32 if row["fp16_flop_per_s"] is None else fp16,
        fp8_flop_per_s=float_or_nan(row, "fp8_flop_per_s"), int8_op_per_s=float_or_nan(row, "int8_op_per_s"),
        fp4_flop_per_s=float_or_nan(row, "fp4_flop_per_s"), link_bytes_per_s=float_or_nan(row,
        "link_bytes_per_s"),
        compute_capability=float_or_nan(row, "compute_capability"), tdp_watts=float_or_nan(row, "tdp_watts"),
        released=row["released"], evidence=row["evidence"], source=row["source"] or default_source,
        as_of=row["as_of"], note=row["note"], **_prices(row, price, row["source"] or default_source),
    )  # fmt: skip


def _prices(row: Row, price: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Prices of the price table, or those that stand in the row itself (a user's own device)."""
    if price:
        numbers = {c.name: float_or_nan(price, c.name) for c in PRICE_COLUMNS if c.read is positive}
        words = {c.name: price[c.name] for c in PRICE_COLUMNS[1:] if c.read is text}
        return {**numbers, **words, "rent_num_offers": price["rent_num_offers"]}
    buy, rent = float_or_nan(row, "buy_usd"), float_or_nan(row, "rent_usd_per_hour")
    has_buy, has_rent = row["buy_usd"] is not None, row["rent_usd_per_hour"] is not None
    return {
        "buy_usd": buy, "buy_usd_low": buy, "buy_usd_high": buy,
        "buy_price_kind": "street" if has_buy else "",
        "buy_price_as_of": row["as_of"] if has_buy else "", "buy_price_source": source if has_buy else "",
        "rent_usd_per_hour": rent, "rent_usd_per_hour_low": rent, "rent_usd_per_hour_high": rent,
        "rent_num_offers": int(has_rent), "rent_price_as_of": row["as_of"] if has_rent else "",
        "rent_price_source": source if has_rent else "",
    }  # fmt: skip
