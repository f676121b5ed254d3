"""How long one decode step and one prefill take.

A step reads the weights once and every sequence's cache, pays for launching its kernels, and can be held back by
arithmetic when many sequences share it:

    step(b) = fixed + max(dense + experts x coverage(b), b x compute) + b x sequence

The terms are arrays of models [n, 1] against machines [m]; everything that depends on one side only is formed in
that side's small shape first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.estimate.interconnect import all_reduce_s, hand_over_s
from sizewise.estimate.kv_cache import cache_element_bytes, kv_cache_bytes

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns

SPLITS = ("none", "layer", "tensor", "row")
"""How several devices share one model: not at all, whole layers after one another, every matrix side by side, or every
matrix side by side with activations gathered over the host (llama.cpp)."""
SIDE_BY_SIDE = frozenset({"tensor", "row"})
"""Splits that divide the work of every layer."""
VECTOR_SHARE_DATACENTER, VECTOR_SHARE = 1 / 16, 1 / 4
"""FP32 rate of the vector units / FP16 rate of the matrix units where only the latter is listed: NVIDIA parts with
HBM (compute capability x.0), and all others.
Recalled from data sheets, not re-read: A100 (19.5 / 312), H100 SXM (67 / 989), L40S (91.6 / 362),
RTX A6000 (38.7 / 154.8 TFLOP/s)."""
MATRIX_UNITS_RATIO = 1.1
"""A device whose FP16 rate is not above this multiple of its FP32 rate has no matrix units."""
RATE_CHAINS = {
    "fp16": ("fp16_flop_per_s",),
    "int8": ("fp16_flop_per_s", "int8_op_per_s"),
    "fp8": ("fp16_flop_per_s", "fp8_flop_per_s"),
    "fp4": ("fp16_flop_per_s", "fp8_flop_per_s", "fp4_flop_per_s"),
}
"""Rates of a device that a compute class may use, the last known one counts."""


@dataclass(frozen=True, kw_only=True)
class SpeedCoefficients:
    """Fitted constants of one engine and one weight format; arrays run along machines [m]."""

    read_efficiency: Number
    """Share of the peak memory bandwidth at which weights are read."""
    expert_efficiency: Number
    """The same for routed experts, relative to `read_efficiency`."""
    cache_efficiency: Number
    """Share of the peak memory bandwidth at which the KV cache is read."""
    vector_flop_per_byte: Number
    """Work of the vector units for every weight byte read (unpacking, scaling, adding). [FLOP/byte]"""
    legacy_vector_ratio: Number
    """The same work on devices without matrix units, relative to those with."""
    step_s: Number
    """Overhead of a step. [s]"""
    layer_s: Number
    """Overhead of a layer in a step: kernel launches and what does not overlap. [s]"""
    sequence_s: Number
    """Overhead of a running sequence in a step: sampling, scheduling. [s]"""
    decode_utilisation: Number
    """Share of the peak matrix rate that a decode step with many sequences reaches."""
    prefill_utilisation: Number
    """Share of the peak matrix rate that the matrices of a prefill reach."""
    expert_utilisation: Number
    """The same for mixtures of experts, relative to dense models: their matrices are many and small."""
    attention_utilisation: Number
    """Share of the peak matrix rate that the attention of a prefill reaches."""
    prefill_passes: Number
    """How often a chunk of a prefill reads the weights, as multiples of what a decode step does: unpacked copies are
    written and read again, and what overlaps with arithmetic does not count."""
    prefill_layer_s: Number
    """Overhead of a layer in one chunk of a prefill. [s]"""
    all_reduce_s: Number
    """One round of the log2(g) rounds in which g devices of a tensor split add up what each has computed. [s]"""
    link_efficiency: Number
    """Share of the listed link bandwidth that its messages reach."""
    row_hop_s: Number
    """What a row split adds to every layer for each device: gathering activations over the host. [s]"""
    chunk_tokens: float
    """Prompt tokens that one forward pass takes. [tokens]"""
    ingest_s: float
    """Time before a request reaches the model: HTTP, tokenizer, scheduler. [s]"""
    compute_class: str
    """Peak rate that multiplies the matrices: fp16, fp8, int8 or fp4."""


@dataclass(frozen=True, kw_only=True)
class StepTerms:
    """Seconds that make up one decode step; see `step_s`."""

    fixed_s: Number
    """Paid by every step: overheads and communication. [s]"""
    dense_s: Number
    """Weights that every step reads. [s]"""
    expert_s: Number
    """All routed experts; 0 in a dense model. [s]"""
    expert_ratio: Number
    """Chosen experts / experts; 1 in a dense model."""
    sequence_s: Number
    """Paid for every running sequence: its cache, its state, its share of communication. [s]"""
    compute_s: Number
    """Arithmetic of one sequence. [s]"""
    ingest_s: Number
    """Time before a request reaches the model. [s]"""

    @property
    def has_experts(self) -> bool:
        """Is any candidate a mixture of experts? Decides which formula a whole block takes."""
        return bool(np.any(np.asarray(self.expert_s) > 0))


def expert_coverage(*, expert_ratio: Number, num_tokens: Number) -> Number:
    """Share of the routed experts that a step with so many tokens reads.

    1 - (1 - k/E)^b, the mean under uniform routing; an upper bound for small b, as real routing is skewed.

    >>> round(float(expert_coverage(expert_ratio=8 / 128, num_tokens=8)), 3)
    0.403
    """
    return 1.0 - np.power(1.0 - np.asarray(expert_ratio), num_tokens)


def step_s(terms: StepTerms, num_sequences: Number) -> Number:
    """One decode step with so many running sequences. [s]

    fixed + max(dense + experts x coverage(b), b x compute) + b x sequence. With one sequence, tokens/s = 1 / step.
    """
    weights_s = terms.dense_s
    if terms.has_experts:
        coverage = expert_coverage(expert_ratio=terms.expert_ratio, num_tokens=num_sequences)
        weights_s = weights_s + terms.expert_s * coverage
    return step_of_weights_s(terms, num_sequences, weights_s)


def step_of_weights_s(terms: StepTerms, num_sequences: Number, weights_s: Number) -> Number:
    """The same with the time of reading the weights given. [s]"""
    bound_s: Array = np.maximum(weights_s, num_sequences * terms.compute_s)
    return bound_s + num_sequences * terms.sequence_s + terms.fixed_s


def step_terms(
    *,
    models: ModelColumns,
    weights: WeightColumns,
    machines: MachineColumns,
    coefficients: SpeedCoefficients,
    context_tokens: Number,
    k_bytes_per_element: Number,
    v_bytes_per_element: Number,
    split: str,
) -> StepTerms:
    """Terms of a decode step whose sequences hold `context_tokens` on average.

    Weights: bytes x (1 / (efficiency x bandwidth) + vector work / vector rate); cache: bytes / (efficiency x
    bandwidth); arithmetic: 2 x active parameters / (utilisation x matrix rate). A tensor split divides all of them
    among the devices and adds two all-reduces a layer; a layer split divides nothing and adds the hand-overs.
    Valid for: models that lie wholly in the memory of the devices.
    """
    ways = machines.num_devices if split in SIDE_BY_SIDE else 1.0
    byte_s = read_s_per_byte(machines=machines, coefficients=coefficients) / ways
    cache_byte_s = 1.0 / (coefficients.cache_efficiency * machines.bandwidth_bytes_per_s)
    cache_bytes = cache_read_bytes(
        models=models,
        context_tokens=context_tokens,
        k_bytes_per_element=k_bytes_per_element,
        v_bytes_per_element=v_bytes_per_element,
    )
    embedding = (1 - models.ties_embeddings) * models.vocab_size * models.hidden_size
    token_flop = 2.0 * (models.num_active_params - embedding)
    rate = matrix_flop_per_s(machines, coefficients.compute_class)
    fixed_s, shared_s = _communication_s(models, machines, coefficients, split)
    return StepTerms(
        fixed_s=coefficients.layer_s * models.num_layers + coefficients.step_s + fixed_s,
        dense_s=weights.dense_read_bytes * byte_s,
        expert_s=weights.expert_bytes * (byte_s / coefficients.expert_efficiency),
        expert_ratio=models.expert_ratio,
        sequence_s=cache_bytes * _cache_share_s(models, cache_byte_s, ways)
        + shared_s
        + coefficients.sequence_s,
        compute_s=token_flop * (1.0 / (coefficients.decode_utilisation * rate * ways)),
        ingest_s=coefficients.ingest_s,
    )


def read_s_per_byte(*, machines: MachineColumns, coefficients: SpeedCoefficients) -> Number:
    """Time of reading one weight byte on one device, unpacking included. [s/byte]

    1 / (efficiency x bandwidth) + vector work / vector rate. Devices without matrix units of their own unpack and
    multiply on the same vector units, which the coefficient `legacy_vector_ratio` counts.
    """
    memory_s: Number = 1.0 / (coefficients.read_efficiency * machines.bandwidth_bytes_per_s)
    vector_s = coefficients.vector_flop_per_byte / vector_flop_per_s(machines)
    has_matrix_units = machines.fp16_flop_per_s > MATRIX_UNITS_RATIO * vector_flop_per_s(machines)
    return memory_s + np.where(has_matrix_units, 1.0, coefficients.legacy_vector_ratio) * vector_s


def vector_flop_per_s(machines: MachineColumns) -> Array:
    """FP32 rate of the vector units; derived from the matrix rate where no data sheet gives it. [FLOP/s]"""
    listed = machines.fp32_flop_per_s
    share = np.where(
        np.asarray(machines.compute_capability) % 1.0 == 0.0, VECTOR_SHARE_DATACENTER, VECTOR_SHARE
    )
    return np.where(np.isnan(listed), machines.fp16_flop_per_s * share, listed)


def matrix_flop_per_s(machines: MachineColumns, compute_class: str) -> Array:
    """Peak rate of the matrix units in this format, or in the wider one that a device without it computes in. [FLOP/s]

    Raises: KeyError for a format that is not in RATE_CHAINS (our own error).
    """
    rate: Array = np.asarray(machines.fp32_flop_per_s, dtype=np.float64)
    for name in RATE_CHAINS[compute_class]:
        listed = getattr(machines, name)
        rate = np.where(np.isnan(listed), rate, listed)
    return rate


def cache_read_bytes(
    *, models: ModelColumns, context_tokens: Number, k_bytes_per_element: Number, v_bytes_per_element: Number
) -> Number:
    """What one sequence's step reads besides weights. [bytes]

    Cached elements x bytes, windows capped, plus the recurrent state, which is read and written back. A latent cache
    is one vector of the K type.
    """
    cache_bytes = kv_cache_bytes(
        full_elements_per_token=models.full_elements_per_token,
        sliding_elements_per_token=models.sliding_elements_per_token,
        window_tokens=models.window_tokens,
        tokens=context_tokens,
        bytes_per_element=cache_element_bytes(
            k_bytes_per_element=k_bytes_per_element,
            v_bytes_per_element=v_bytes_per_element,
            is_latent=models.is_latent,
        ),
    )
    return cache_bytes + 2.0 * models.state_bytes


def _cache_share_s(models: ModelColumns, byte_s: Number, ways: Number) -> Number:
    """Time of one cache byte on the busiest device of a tensor split: heads divide, a latent vector does not."""
    if np.ndim(ways) == 0 and ways == 1.0:
        return byte_s
    heads = np.where(models.is_latent, 1.0, models.num_kv_heads)
    return byte_s / np.minimum(heads, ways)


def _communication_s(
    models: ModelColumns, machines: MachineColumns, coefficients: SpeedCoefficients, split: str
) -> tuple[Number, Number]:
    """Communication of a step: once, and for every sequence. [s]"""
    if split == "row":
        return models.num_layers * (machines.num_devices * coefficients.row_hop_s), 0.0
    if split == "tensor":
        once_s, byte_s = all_reduce_s(
            num_devices=machines.num_devices,
            link_bytes_per_s=machines.link_bytes_per_s,
            round_s=coefficients.all_reduce_s,
            link_efficiency=coefficients.link_efficiency,
        )
        return 2 * models.num_layers * once_s, 2 * models.num_layers * models.hidden_size * 2 * byte_s
    if split == "layer":
        once_s, byte_s = hand_over_s(
            num_devices=machines.num_devices, link_bytes_per_s=machines.link_bytes_per_s
        )
        return once_s, models.hidden_size * 2 * byte_s
    return 0.0, 0.0
