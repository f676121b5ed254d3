"""Memory on the fullest device: what is fixed, what every sequence adds, what may be used.

required(n) = weights + compute + runtime + kv_constant + n x per_sequence;  it fits when required <= budget.
The rule of an engine is chosen by name before arrays are formed; rows shaped [n, 1] meet machines shaped [m].
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.errors import NotSupported
from sizewise.estimate.kv_cache import (
    cache_element_bytes,
    kv_cache_bytes,
    kv_rank_ratio,
    padded,
    paged_window_tokens,
)
from sizewise.estimate.memory_llamacpp import FLOAT_BYTES, compute_bytes, pipeline_copies_bytes, stream_tokens
from sizewise.estimate.pool_profile import HALF_BYTES, activation_peak_bytes, profile_tokens
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.engine import Engine, PoolProfile
    from sizewise.domain.number import Array, Number
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns

SINGLE_PASS = "single_pass"  # noqa: S105 - a rule, no password
"""Rule of models that do not generate: one forward pass, no cache kept."""
CONTEXT_FLOOR_TOKENS = 256
"""Contexts are searched in steps of this. [tokens]."""
RUNTIME_BYTES = 0.4 * GIB
"""Context of the driver and its libraries, one process and device. [bytes].
Assumed: 0.3 to 0.5 GiB in users' measurements."""


@dataclass(frozen=True, kw_only=True)
class MemoryTerms:
    """The parts of the sum on the fullest device, broadcastable. [bytes]."""

    weights: Number
    compute: Number
    runtime: Number
    kv_constant: Number
    per_sequence: Number
    """Cache, state and working set of one sequence that holds the whole context."""
    budget: Number
    sequence_limit: Number
    """Most sequences the engine runs at once. [count]."""

    @property
    def fixed(self) -> Number:
        """Everything but the sequences. [bytes]."""
        return self.weights + (self.compute + self.runtime + self.kv_constant)


@dataclass(frozen=True, kw_only=True)
class MemoryOptions:
    """Switches of an engine that change its memory."""

    uses_flash_attention: bool = True
    num_outputs: Number = 1.0
    """llama.cpp: tokens of a micro-batch whose logits are kept; the micro-batch itself in builds before
    2026."""
    keeps_full_windows: bool = False
    """Sliding layers keep every token (--swa-full; vLLM without its hybrid cache manager)."""


DEFAULT_OPTIONS = MemoryOptions()


@dataclass(frozen=True, kw_only=True)
class MemoryQuestion:
    """The columns and settings that every rule reads."""

    weights: WeightColumns
    models: ModelColumns
    machines: MachineColumns
    engine: Engine
    context_tokens: Number
    element_bytes: Number
    """Mean bytes of a cached element."""
    split: str
    options: MemoryOptions


def memory_terms(
    rule: str,
    *,
    weights: WeightColumns,
    models: ModelColumns,
    machines: MachineColumns,
    engine: Engine,
    context_tokens: Number,
    k_bytes_per_element: Number,
    v_bytes_per_element: Number,
    split: str = "none",
    options: MemoryOptions = DEFAULT_OPTIONS,
) -> MemoryTerms:
    """Terms of the memory sum on the fullest device. [bytes].

    Arguments: `rule` one of RULES; `split` none, layer or tensor; every sequence holds `context_tokens`.
    Array shapes: models and weights [n, 1] or [n]; machines [m] or [n].
    Raises: NotSupported for a rule nobody wrote.
    """
    if rule not in RULES:
        raise NotSupported(
            "no memory rule is called '{given}'; known: {known}", given=rule, known=", ".join(RULES)
        )
    element_bytes = cache_element_bytes(
        k_bytes_per_element=k_bytes_per_element,
        v_bytes_per_element=v_bytes_per_element,
        is_latent=models.is_latent > 0,
    )
    question = MemoryQuestion(
        weights=weights, models=models, machines=machines, engine=engine, context_tokens=context_tokens,
        element_bytes=element_bytes, split=split, options=options,
    )  # fmt: skip
    return RULES[rule](question)


def _llamacpp_terms(q: MemoryQuestion) -> MemoryTerms:
    """Everything at start; whole layers per device, buffers on each; looked-up embeddings on the host."""
    ubatch = np.minimum(q.engine.ubatch_tokens, q.context_tokens)
    cells, window = stream_tokens(models=q.models, context_tokens=q.context_tokens, ubatch_tokens=ubatch)
    kept = np.where(q.options.keeps_full_windows, cells, window)
    elements = q.models.full_elements_per_token * cells + q.models.sliding_elements_per_token * kept
    uses_flash_attention = q.options.uses_flash_attention and q.engine.uses_flash_attention
    compute = compute_bytes(
        models=q.models, cells_tokens=cells, window_cells_tokens=window, ubatch_tokens=ubatch,
        num_outputs=ubatch if q.engine.keeps_all_logits else q.options.num_outputs,
        uses_flash_attention=uses_flash_attention,
    )  # fmt: skip
    if q.split == "layer":
        copies = pipeline_copies_bytes(
            models=q.models,
            cells_tokens=cells + window,
            ubatch_tokens=ubatch,
            uses_flash_attention=uses_flash_attention,
        )
        compute = compute + copies * (q.machines.num_devices > 1)
    share = device_ratio(q)
    return MemoryTerms(
        weights=_placed(q, q.weights.dense_read_bytes + q.weights.expert_bytes, share),
        compute=compute,
        runtime=_runtime_bytes(q.machines),
        kv_constant=0.0,
        per_sequence=(elements * q.element_bytes + q.models.state_bytes) * share,
        budget=q.machines.usable_bytes,
        sequence_limit=q.engine.max_num_seqs,
    )


def _paged_terms(q: MemoryQuestion) -> MemoryTerms:
    """A pool of pages in what weights, activations and graphs leave."""
    block, profile = q.engine.block_tokens, _profile(q)
    context = padded(q.context_tokens, block)
    window = context
    if not (q.options.keeps_full_windows or profile.keeps_full_windows):
        window = np.minimum(
            context, paged_window_tokens(window_tokens=q.models.window_tokens, block_tokens=block)
        )
    sliding = q.models.sliding_elements_per_token * q.element_bytes
    per_sequence = (q.models.full_elements_per_token * q.element_bytes) * context + sliding * window
    share = _rank_ratio(q)
    batched = profile_tokens(profile, machines=q.machines, context_tokens=q.context_tokens)
    prefilling = sliding * np.minimum(padded(batched, block), context - window)
    reserve = POOL_RESERVES.get(q.engine.name, _total_reserve)(q, batched)
    return replace(
        reserve,
        kv_constant=prefilling * share,
        per_sequence=(per_sequence + q.models.state_bytes_vllm) * share,
    )


def _profile(q: MemoryQuestion) -> PoolProfile:
    """The profile run of a paged engine.

    Raises: NotSupported for an engine that has none.
    """
    if q.engine.profile is None:
        raise NotSupported("{engine} has no pool of pages", engine=q.engine.title)
    return q.engine.profile


def _total_reserve(q: MemoryQuestion, batched_tokens: Number) -> MemoryTerms:
    """vLLM: weights, activations and all else inside a share of the whole device."""
    profile = _profile(q)
    return MemoryTerms(
        weights=device_weights(q, device_ratio(q)),
        compute=activation_peak_bytes(
            profile, models=q.models, num_sequences=q.engine.max_num_seqs, tokens=batched_tokens,
            num_ranks=q.machines.num_devices,
        ),
        runtime=_non_torch_bytes(q) + profile.graph_bytes,
        kv_constant=0.0,
        per_sequence=0.0,
        budget=q.engine.memory_utilization * pool_memory_bytes(q.machines),
        sequence_limit=q.engine.max_num_seqs,
    )  # fmt: skip


def _non_torch_bytes(q: MemoryQuestion) -> Number:
    """Memory of one rank outside the allocator. [bytes]."""
    profile = _profile(q)
    return np.where(q.machines.num_devices > 1, profile.non_torch_split_bytes, profile.non_torch_bytes)


def _static_reserve(q: MemoryQuestion, batched_tokens: Number) -> MemoryTerms:
    """SGLang: a share of what is free before loading holds weights and pool; activations and graphs live in the rest.

    Before loading, the driver's context is there, and with several ranks their communication.
    Source: SGLang model runner, profile_max_num_token.
    """
    total = _total_reserve(q, batched_tokens)
    is_split = q.machines.num_devices > 1
    before = _runtime_bytes(q.machines) + np.where(is_split, _non_torch_bytes(q), 0.0)
    free = pool_memory_bytes(q.machines) - before
    return replace(total, compute=0.0, runtime=0.0, budget=q.engine.memory_utilization * free)


def _free_reserve(q: MemoryQuestion, batched_tokens: Number) -> MemoryTerms:
    """TensorRT-LLM, LMDeploy: a share of what is free after weights and buffers."""
    total = _total_reserve(q, batched_tokens)
    held = total.weights + total.compute + total.runtime
    free = pool_memory_bytes(q.machines) - held
    return replace(total, budget=held + q.engine.memory_utilization * free)


POOL_RESERVES: dict[str, Callable[[MemoryQuestion, Number], MemoryTerms]] = {
    "sglang": _static_reserve,
    "tensorrt-llm": _free_reserve,
    "lmdeploy": _free_reserve,
}
"""What the memory share of a paged engine is a share of; vLLM's way for all others. Source: engines.csv."""


def _growing_terms(q: MemoryQuestion) -> MemoryTerms:
    """The cache grows with the sequence; each one also needs a working set while it is read."""
    kv = kv_cache_bytes(
        full_elements_per_token=q.models.full_elements_per_token,
        sliding_elements_per_token=q.models.sliding_elements_per_token,
        window_tokens=q.context_tokens if q.options.keeps_full_windows else q.models.window_tokens,
        tokens=q.context_tokens,
        bytes_per_element=q.element_bytes,
    )
    share = device_ratio(q)
    return MemoryTerms(
        weights=device_weights(q, share),
        compute=_working_set_bytes(q, _prefill_tokens(q)),
        runtime=_runtime_bytes(q.machines),
        kv_constant=0.0,
        per_sequence=(kv + q.models.state_bytes) * share + FLOAT_BYTES * q.models.vocab_size,
        budget=q.machines.usable_bytes,
        sequence_limit=q.engine.max_num_seqs,
    )


def _single_pass_terms(q: MemoryQuestion) -> MemoryTerms:
    """Score, reward, embedding and rerank models: weights and one layer's working set for every text."""
    return MemoryTerms(
        weights=device_weights(q, device_ratio(q)),
        compute=0.0,
        runtime=_runtime_bytes(q.machines),
        kv_constant=0.0,
        per_sequence=_working_set_bytes(q, q.context_tokens),
        budget=q.machines.usable_bytes,
        sequence_limit=np.inf,
    )


RULES: dict[str, Callable[[MemoryQuestion], MemoryTerms]] = {
    "llamacpp": _llamacpp_terms,
    "paged": _paged_terms,
    "growing": _growing_terms,
    SINGLE_PASS: _single_pass_terms,
}
"""Memory rules by name (domain.engine.MEMORY_RULES, and the one of models that do not generate)."""


def device_ratio(q: MemoryQuestion) -> Number:
    """Share of the blocks on the fullest device: whole layers, or an equal part of every matrix."""
    if q.split == "none":
        return 1.0
    if q.split == "tensor":
        return 1.0 / q.machines.num_devices
    return np.ceil(q.models.num_layers / q.machines.num_devices) / q.models.num_layers


def device_weights(q: MemoryQuestion, share: Number) -> Number:
    """Weights on the fullest device, embeddings included. [bytes]."""
    return _placed(q, q.weights.device_bytes, share)


def _placed(q: MemoryQuestion, resident_bytes: Number, share: Number) -> Number:
    """So many bytes on the fullest device. [bytes]  In a layer split it also has the output matrix."""
    if q.split == "layer":
        return (resident_bytes - q.weights.output_bytes) * share + q.weights.output_bytes
    return resident_bytes * share


def pool_memory_bytes(machines: MachineColumns) -> Number:
    """Memory of which a paged engine takes its share: a whole discrete device, what the system leaves of a shared one.

    [bytes]
    """
    return np.where(machines.is_unified > 0, machines.usable_bytes, machines.memory_bytes)


def _rank_ratio(q: MemoryQuestion) -> Number:
    """Share of the cache on one rank."""
    if q.split == "tensor":
        return kv_rank_ratio(
            num_kv_heads=q.models.num_kv_heads,
            num_devices=q.machines.num_devices,
            is_latent=q.models.is_latent > 0,
        )
    return device_ratio(q)


def _runtime_bytes(machines: MachineColumns) -> Number:
    """Driver context of a discrete device; systems on a chip have it in the host's reserve. [bytes]."""
    return np.where(machines.is_unified > 0, 0.0, RUNTIME_BYTES)


def _prefill_tokens(q: MemoryQuestion) -> Number:
    """Tokens that a growing engine reads at once: its chunk, or the whole prompt. [tokens]."""
    chunk = q.engine.ubatch_tokens or np.inf
    return np.minimum(q.context_tokens, chunk)


def _working_set_bytes(q: MemoryQuestion, tokens: Number) -> Number:
    """One layer's activations: tokens x (2 ffn + 4 hidden) x 2 B. [bytes].

    Source: derived from the shapes of the widest tensors (upper bound with memory-efficient attention).
    """
    width = 2.0 * np.maximum(q.models.active_ffn_size, q.models.ffn_size) + 4.0 * q.models.hidden_size
    return HALF_BYTES * width * tokens


def required_bytes(terms: MemoryTerms, num_sequences: Number) -> Number:
    """Memory on the fullest device with so many sequences. [bytes]."""
    return terms.fixed + num_sequences * terms.per_sequence


def shortfall_bytes(terms: MemoryTerms, num_sequences: Number) -> Number:
    """Missing memory, positive where it does not fit. [bytes]."""
    return required_bytes(terms, num_sequences) - terms.budget


def fits(terms: MemoryTerms, num_sequences: Number) -> Array:
    """Is there room for so many sequences, each with its whole context?"""
    is_room = np.less_equal(required_bytes(terms, num_sequences), terms.budget)
    return np.logical_and(is_room, np.less_equal(num_sequences, terms.sequence_limit))


def max_sequences(terms: MemoryTerms) -> Number:
    """Most sequences that hold their whole context at once; 0: none, so the model does not run. [count].

    floor((budget - fixed) / per sequence), at most the engine's own limit.
    """
    room = np.floor((terms.budget - terms.fixed) / terms.per_sequence)
    return np.minimum(np.maximum(room, 0.0), terms.sequence_limit)
