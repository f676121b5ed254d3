"""llama.cpp and its relatives: file, weights, cache, buffers and totals, as engine or driver prints them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.catalog.memory_constants import memory_constants
from sizewise.domain.estimate import Estimate
from sizewise.estimate.kv_cache import llamacpp_kv_cache_bytes
from sizewise.estimate.memory_answers import WEIGHT_BANDS
from sizewise.estimate.memory_llamacpp import (
    FLOAT_BYTES,
    compute_bytes,
    legacy_compute_bytes,
    pipeline_copies_bytes,
    stream_tokens,
)
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sizewise.catalog.memory_constants import TotalConstants
    from sizewise.estimate.weights import Weights
    from sizewise.predict.memory_setup import MemorySetup

PUBLISHED = (0.9975, 1.0025)
"""80 % range of a published file around its recipe, as factors, at least: publishers keep some tensors in other types.
Source: 123 measured files."""
PRINTED_BYTES = 0.05 * MIB
"""Logs print MiB, with one or two digits: half of the last one. [bytes]"""
BYTES_PER_WORD, BYTES_PER_MERGED_WORD = 23.0, 58.0
"""Header of a GGUF file per vocabulary entry: text, score and type; with merges (byte-level BPE). [bytes].
Source: file size minus tensor bytes of Llama-2 and Llama-3.1 files."""
MERGED_VOCABULARY = 65536
"""Vocabularies above come with merges. [count]."""
UNPIPELINED_ENGINES = frozenset({"ik_llama.cpp"})
"""Forks whose layer split keeps no input copies. Source: their logs."""
FEW_LOGITS_MEASURES = frozenset({"process_rss", "vram_peak"})
"""Ways of measuring where logits of one token count: a process shows only touched pages; the driver figures are of
servers of 2026, which reserve one row a slot. Engine logs and older tools reserve the whole micro-batch."""
MAPPED_MEASURES = frozenset({"process_rss"})
"""Ways of measuring that see the whole mapped file, looked-up embeddings included."""
MASK_COPIES = 3.0
"""Extra copies of the inputs that pipelining over devices keeps. [count] Source: llama.cpp,
LLAMA_MAX_PARALLEL 4."""


def file_size(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Tensor bytes, and for a whole file its header. [bytes]."""
    if setup.weights is None:
        return None
    size = setup.weights.file_bytes
    if question["measure"] == "file":
        vocabulary = setup.model.vocab_size
        size += vocabulary * (BYTES_PER_WORD if vocabulary < MERGED_VOCABULARY else BYTES_PER_MERGED_WORD)
    return _published(size, setup.weights.basis)


def weights(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Weights on the devices together, or in host memory. [bytes]."""
    if setup.weights is None or setup.offload == "partial":
        return None
    if setup.offload == "none":
        size = setup.weights.file_bytes if question["placement"] == "host" else 0.0
    else:
        size = (
            _host_weights(setup.weights)
            if question["placement"] == "host"
            else _device_weights(setup.weights)
        )
    return _published(size, setup.weights.basis)


def _published(size_bytes: float, basis: str) -> Estimate:
    """A size of published weights: by its basis, at least as publishers differ. [bytes]"""
    low, high = WEIGHT_BANDS[basis]
    return Estimate.within(size_bytes, min(low, PUBLISHED[0]), max(high, PUBLISHED[1]), basis)


def _device_weights(weights: Weights) -> float:
    """All but the embedding that is only looked up. [bytes]."""
    return weights.dense_read_bytes + weights.expert_bytes


def _host_weights(weights: Weights) -> float:
    """The looked-up embedding; a tied one is on the host as well as on the device. [bytes]."""
    return (weights.file_bytes - _device_weights(weights)) or weights.output_bytes


def kv_cache(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Cache of the one slot, without recurrent state, as a log prints it. [bytes]."""
    size = kv_cache_bytes(setup)
    return Estimate(
        low=max(0.0, size - PRINTED_BYTES), likely=size, high=size + PRINTED_BYTES, basis="derived"
    )


def kv_cache_bytes(setup: MemorySetup) -> float:
    """What the engine allocates for keys and values. [bytes]."""
    cache = setup.model.cache
    size = llamacpp_kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token,
        window_tokens=cache.window_tokens,
        context_tokens=setup.context_tokens,
        ubatch_tokens=setup.ubatch_tokens,
        bytes_per_element=setup.element_bytes,
    )
    return float(size)


def compute_buffer(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Compute buffers of all devices together, or of the host, within the measured 80 % range of ratios. [bytes]."""
    size = compute_buffer_bytes(setup, question)
    if size is None:
        return None
    constants = memory_constants().computes[
        setup.engine if setup.engine in UNPIPELINED_ENGINES else "llama.cpp"
    ]
    return Estimate.within(size, constants.ratio_low, constants.ratio_high, "derived")


def compute_buffer_bytes(setup: MemorySetup, question: Mapping[str, str]) -> float | None:
    """The same by the formula alone; None where it does not say what lies where. [bytes]"""
    if question["placement"] == "host" and setup.offload != "none":
        return _host_compute(setup)
    if setup.offload == "partial":
        return None
    return _device_compute(setup)


def _ubatch(setup: MemorySetup) -> float:
    return min(setup.ubatch_tokens, setup.context_tokens)


def _is_pipelined(setup: MemorySetup) -> bool:
    return setup.num_devices > 1 and setup.split == "layer" and setup.engine not in UNPIPELINED_ENGINES


def _device_compute(setup: MemorySetup, *, num_outputs: float = math.inf) -> float:
    """Compute buffers of all devices together; in a layer split only the last one keeps logits. [bytes].

    Arguments: `num_outputs` at most the micro-batch, whose logits builds before 2026 keep.
    """
    ubatch = _ubatch(setup)
    if setup.is_legacy:
        return float(
            legacy_compute_bytes(
                models=setup.columns, context_tokens=setup.context_tokens, ubatch_tokens=ubatch
            )[0]
        )
    cells, window = stream_tokens(
        models=setup.columns, context_tokens=setup.context_tokens, ubatch_tokens=setup.ubatch_tokens
    )
    last, other = (
        compute_bytes(
            models=setup.columns, cells_tokens=cells, window_cells_tokens=window, ubatch_tokens=ubatch,
            num_outputs=outputs, uses_flash_attention=setup.uses_flash_attention,
        )
        for outputs in (min(num_outputs, ubatch), 0.0)
    )  # fmt: skip
    total_bytes = last + (setup.num_devices - 1.0) * other if setup.split == "layer" else last
    if _is_pipelined(setup):
        total_bytes = total_bytes + setup.num_devices * pipeline_copies_bytes(
            models=setup.columns, cells_tokens=cells + window, ubatch_tokens=ubatch,
            uses_flash_attention=setup.uses_flash_attention,
        )  # fmt: skip
    return float(total_bytes[0])


def _host_compute(setup: MemorySetup) -> float:
    """Inputs kept for the devices: hidden states and the mask, the mask once per pipeline copy. [bytes]."""
    ubatch = _ubatch(setup)
    copies = MASK_COPIES if _is_pipelined(setup) else 1.0
    return ubatch * FLOAT_BYTES * (setup.model.hidden_size + setup.context_tokens) * copies


def total_parts(setup: MemorySetup, measure: str) -> dict[str, float]:
    """Weights, cache with state, compute buffers on the devices. [bytes]."""
    outputs = 1.0 if measure in FEW_LOGITS_MEASURES else math.inf
    weights_bytes = math.nan
    if setup.weights is not None:
        is_mapped = measure in MAPPED_MEASURES
        weights_bytes = setup.weights.file_bytes if is_mapped else _device_weights(setup.weights)
    return {
        "weights": weights_bytes,
        "cache": kv_cache_bytes(setup) + setup.model.cache.state_bytes,
        "compute": _device_compute(setup, num_outputs=outputs),
    }


def total(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Everything at once, as the engine, the driver or the process counts it. [bytes]."""
    constants = memory_constants().totals.get(f"llama.cpp {question['measure']}")
    if constants is None or setup.weights is None or setup.offload == "partial":
        return None
    parts = total_parts(setup, question["measure"])
    return measured_total(parts, constants, setup.num_devices)


def measured_total(parts: Mapping[str, float], constants: TotalConstants, num_devices: float) -> Estimate:
    """Sum of the parts as a driver or a process shows it. [bytes].

    factor x weights + other parts + base x devices, within the measured 80 % range of ratios.
    """
    extra = (constants.weights_factor - 1.0) * parts["weights"] + constants.device_bytes * num_devices
    return Estimate.within(sum(parts.values()) + extra, constants.ratio_low, constants.ratio_high, "fitted")


def recurrent_state(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """State of the linear layers, one slot. [bytes]."""
    return Estimate.exactly(setup.model.cache.state_bytes, "derived")


LLAMACPP_COMPONENTS: dict[str, Callable[[MemorySetup, Mapping[str, str]], Estimate | None]] = {
    "file_size": file_size,
    "weights": weights,
    "kv_cache": kv_cache,
    "compute_buffer": compute_buffer,
    "recurrent_state": recurrent_state,
    "total": total,
}
