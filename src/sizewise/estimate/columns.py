"""Struct-of-arrays views of the catalog: one array a quantity, one entry a model, weight format or machine.

The same formula serves a single question (arrays of length one) and a million candidates: rows shaped [n, 1]
against machines shaped [m] broadcast to a block [n, m] without copying a column.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from sizewise.domain.number import Array, Number  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.gates import live_ffn_widths
from sizewise.estimate.indexer import is_indexed
from sizewise.estimate.mamba import mamba

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model


def first_value(quantity: Number) -> float:
    """The one value of a number or of a column of length one."""
    return float(np.asarray(quantity, dtype=np.float64).reshape(-1)[0])


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Arrays of one length, or broadcast shape."""

    def take(self, index: Array | slice) -> Self:
        """The entries at these positions (integer array, boolean mask or slice)."""
        return type(self)(**{f.name: getattr(self, f.name)[index] for f in fields(self)})

    def as_rows(self) -> Self:
        """The same entries shaped [n, 1], so that they broadcast against machines shaped [m]."""
        return type(self)(**{f.name: getattr(self, f.name)[:, None] for f in fields(self)})

    def __len__(self) -> int:
        """Number of entries."""
        return len(getattr(self, fields(self)[0].name))


@dataclass(frozen=True, kw_only=True)
class ModelColumns(Columns):
    """Shapes of models."""

    num_params: Array
    num_active_params: Array
    num_layers: Array
    hidden_size: Array
    ffn_size: Array
    """Dense feed-forward width; 0 where every layer is a mixture of experts."""
    active_ffn_size: Array
    """Feed-forward width that one token passes: dense width, or experts per token (shared ones too) x their width."""
    live_ffn_widths: Array
    """Tensors of a feed-forward block as wide as it is, that llama.cpp holds at once: 3 with a gate, 1 without."""
    mamba_elements: Array
    """What a Mamba block holds of one token beside its residuals in llama.cpp; 0: there is none. [elements]"""
    mamba_state_elements: Array
    """State of one sequence in one Mamba block; 0: there is none. [elements]"""
    indexed_layers: Array
    """Blocks whose attention reads the tokens that an indexer picks. [count]"""
    num_heads: Array
    num_kv_heads: Array
    head_dim: Array
    vocab_size: Array
    ties_embeddings: Array
    full_elements_per_token: Array
    sliding_elements_per_token: Array
    window_tokens: Array
    state_bytes: Array
    state_bytes_vllm: Array
    is_latent: Array
    latent_rank: Array
    """kv_lora_rank + qk_rope_dim; 0 without latent attention."""
    latent_query_dim: Array
    """qk_nope_dim + qk_rope_dim of one head; 0 without latent attention."""
    expert_ffn_size: Array
    """Width of one routed expert; 0 in a dense model."""
    num_full_layers: Array
    num_sliding_layers: Array
    num_experts: Array
    """Routed experts of a layer; 0 in a dense model."""
    num_experts_per_token: Array
    expert_ratio: Array
    """Experts per token / experts; 1 in a dense model."""
    max_context_tokens: Array


def model_columns(models: Sequence[Model]) -> ModelColumns:
    """Columns of these models, in their order."""
    return ModelColumns(**_transpose([_model_entry(m) for m in models]))


def _model_entry(model: Model) -> dict[str, float]:
    experts, latent, net = model.experts, model.latent, mamba(model)
    chosen = experts.num_experts_per_token + experts.num_shared_experts if experts else 0
    return {
        "num_params": model.num_params,
        "num_active_params": model.num_active_params,
        "num_layers": model.num_layers,
        "hidden_size": model.hidden_size,
        "ffn_size": model.ffn_size,
        "live_ffn_widths": live_ffn_widths(model),
        "mamba_elements": net.num_live_elements if net else 0,
        "mamba_state_elements": net.num_state_elements if net else 0,
        "indexed_layers": model.num_layers if is_indexed(model) else 0,
        "active_ffn_size": chosen * experts.ffn_size if experts else model.ffn_size,
        "num_heads": model.num_heads,
        "num_kv_heads": model.num_kv_heads,
        "head_dim": model.head_dim,
        "vocab_size": model.vocab_size,
        "ties_embeddings": model.ties_embeddings,
        "full_elements_per_token": model.cache.full_elements_per_token,
        "sliding_elements_per_token": model.cache.sliding_elements_per_token,
        "window_tokens": model.cache.window_tokens,
        "state_bytes": model.cache.state_bytes,
        "state_bytes_vllm": model.cache.state_bytes_vllm,
        "is_latent": model.cache.is_latent,
        "latent_rank": latent.kv_lora_rank + latent.qk_rope_dim if latent else 0,
        "latent_query_dim": latent.qk_nope_dim + latent.qk_rope_dim if latent else 0,
        "expert_ffn_size": experts.ffn_size if experts else 0,
        "num_full_layers": model.layers.full,
        "num_sliding_layers": model.layers.sliding,
        "num_experts": experts.num_experts if experts else 0,
        "num_experts_per_token": experts.num_experts_per_token if experts else 0,
        "expert_ratio": experts.num_experts_per_token / experts.num_experts if experts else 1.0,
        "max_context_tokens": model.max_context_tokens,
    }


@dataclass(frozen=True, kw_only=True)
class WeightColumns(Columns):
    """Bytes of a model's weights in one format. [bytes]"""

    file_bytes: Array
    """All tensors of the language model, as in the file."""
    device_bytes: Array
    """What sits on the accelerators when the whole model is loaded there (llama.cpp keeps `token_embd` on the host)."""
    host_bytes: Array
    """What stays in host memory even then."""
    output_bytes: Array
    """The output matrix (a tied embedding counts)."""
    expert_bytes: Array
    """All routed experts."""
    dense_read_bytes: Array
    """What every token reads: attention, dense blocks, shared experts, routers, norms, output; no routed expert."""


@dataclass(frozen=True, kw_only=True)
class MachineColumns(Columns):
    """Machines: so many equal devices in one host."""

    num_devices: Array
    memory_bytes: Array
    """Reported memory of one device. [bytes]"""
    usable_bytes: Array
    """Usable memory of one device. [bytes]"""
    bandwidth_bytes_per_s: Array
    fp32_flop_per_s: Array
    fp16_flop_per_s: Array
    fp8_flop_per_s: Array
    int8_op_per_s: Array
    fp4_flop_per_s: Array
    link_bytes_per_s: Array
    compute_capability: Array
    tdp_watts: Array
    is_unified: Array
    needs_server: Array
    is_owned: Array
    host_memory_bytes: Array
    host_bandwidth_bytes_per_s: Array
    buy_usd: Array
    """Price of one device. [USD]"""
    rent_usd_per_hour: Array
    """Price of one device. [USD/h]"""


def machine_columns(machines: Sequence[Machine]) -> MachineColumns:
    """Columns of these machines, in their order."""
    return MachineColumns(**_transpose([_machine_entry(m) for m in machines]))


def _machine_entry(machine: Machine) -> dict[str, float]:
    device = machine.device
    same = (
        "memory_bytes", "usable_bytes", "bandwidth_bytes_per_s", "fp32_flop_per_s", "fp16_flop_per_s",
        "fp8_flop_per_s", "int8_op_per_s", "fp4_flop_per_s", "link_bytes_per_s", "compute_capability", "tdp_watts",
        "is_unified", "needs_server", "buy_usd", "rent_usd_per_hour",
    )  # fmt: skip
    return {name: getattr(device, name) for name in same} | {
        "num_devices": machine.num_devices,
        "is_owned": machine.is_owned,
        "host_memory_bytes": machine.host_memory_bytes,
        "host_bandwidth_bytes_per_s": machine.host_bandwidth_bytes_per_s,
    }


def _transpose(entries: Sequence[dict[str, float]]) -> dict[str, Array]:
    names = entries[0].keys()
    return {name: np.array([entry[name] for entry in entries], dtype=np.float64) for name in names}
