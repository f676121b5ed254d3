"""The answers of `fit`: parts with their ranges, largest context, layers on the device, offloading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.domain.decision import MemoryPart
from sizewise.domain.estimate import Estimate
from sizewise.estimate.columns import first_value
from sizewise.estimate.memory import CONTEXT_FLOOR_TOKENS, MemoryTerms, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sizewise.domain.number import Array, Number
    from sizewise.estimate.columns import WeightColumns

WEIGHT_BANDS = {"exact": (1.0, 1.0), "derived": (0.999, 1.001), "assumed": (0.97, 1.03)}
"""80 % range of the weights by basis, as factors: recipes replayed within 0.1 %, unknown recipes seen within 3 %."""
LOADED_RATIO = 0.015
"""Paged engines pad and fuse what they load: the range of their weights is at least so wide to either side."""
WORKING_SET = (0.6, 1.4, "derived")
CONTEXT = (0.75, 1.25, "assumed")
KEPT = (1.0, 1.0, "derived")
PART_BANDS: dict[str, dict[str, tuple[float, float, str]]] = {
    "llamacpp": {"kv_cache": KEPT, "compute": WORKING_SET, "runtime": CONTEXT},
    "paged": {"kv_cache": KEPT, "compute": (0.6, 1.7, "fitted"), "runtime": (0.5, 1.6, "assumed")},
    "growing": {"kv_cache": KEPT, "compute": WORKING_SET, "runtime": CONTEXT},
    "single_pass": {"activations": WORKING_SET, "compute": WORKING_SET, "runtime": CONTEXT},
}
"""80 % range of the other parts by rule, as factors, where no range is fitted; the first is what every sequence adds.
Driver context 0.3 to 0.5 GiB, vLLM about +-1 GiB a GPU, a working set an upper bound: assumed from the spread of the
same quantities in engine logs."""


def weight_band(basis: str, *, is_paged: bool) -> tuple[float, float]:
    """80 % range of the weights of one deployment, as factors."""
    low, high = WEIGHT_BANDS[basis]
    return (min(low, 1.0 - LOADED_RATIO), max(high, 1.0 + LOADED_RATIO)) if is_paged else (low, high)


class FittedRange(NamedTuple):
    """80 % range of a part as measured: low ratio x size - spread to high ratio x size + spread."""

    low_ratio: float = 1.0
    high_ratio: float = 1.0
    spread_bytes: float = 0.0

    def around(self, size_bytes: float) -> Estimate:
        """The part with its range. [bytes]"""
        low = max(0.0, self.low_ratio * size_bytes - self.spread_bytes)
        return Estimate(
            low=low, likely=size_bytes, high=self.high_ratio * size_bytes + self.spread_bytes, basis="fitted"
        )


def memory_parts(
    terms: MemoryTerms,
    *,
    rule: str,
    num_sequences: float,
    weights_basis: str,
    fitted: Mapping[str, FittedRange],
    host_bytes: float = 0.0,
) -> tuple[MemoryPart, ...]:
    """Lines of the memory sum of ONE deployment; device parts add up to `required_bytes`. [bytes].

    Arguments: terms whose arrays hold one value; `fitted` ranges of parts, by name, before the assumed ones;
    `host_bytes` of weights that stay in host memory.
    """
    bands = PART_BANDS[rule]
    low, high = weight_band(weights_basis, is_paged=rule == "paged")
    of_sequences = first_value(terms.kv_constant) + num_sequences * first_value(terms.per_sequence)
    likely = (of_sequences, first_value(terms.compute), first_value(terms.runtime))
    parts = [
        MemoryPart(name="weights", size=Estimate.within(first_value(terms.weights), low, high, weights_basis))
    ]
    parts += [
        MemoryPart(
            name=name, size=fitted[name].around(size) if name in fitted else Estimate.within(size, *band)
        )
        for size, (name, band) in zip(likely, bands.items(), strict=True)
    ]
    if host_bytes > 0:
        size = Estimate.within(host_bytes, low, high, weights_basis)
        parts.append(MemoryPart(name="host_weights", size=size, placement="host"))
    return tuple(parts)


def memory_total(parts: tuple[MemoryPart, ...]) -> Estimate:
    """Sum of the device parts, as if all erred the same way. [bytes]."""
    total = Estimate.exactly(0.0)
    for part in parts:
        if part.placement == "device":
            total = total.plus(part.size)
    return total


def max_context_tokens(
    terms_at: Callable[[Array], MemoryTerms], *, num_sequences: Number, native_tokens: Array
) -> Array:
    """Largest context that fits with so many sequences; 0: none. [tokens].

    The model's own limit where it fits, else the largest fitting multiple of 256, found by bisection.
    Arguments: `terms_at(context_tokens)` builds the terms; `native_tokens` has the shape of the answer.
    """
    native = np.asarray(native_tokens, dtype=np.float64)
    low = np.zeros_like(native)
    high = np.ceil(native / CONTEXT_FLOOR_TOKENS)
    for _ in range(int(np.ceil(np.log2(np.max(high) + 1.0)))):
        middle = np.ceil(0.5 * (low + high))
        is_room = fits(terms_at(np.maximum(middle, 1.0) * CONTEXT_FLOOR_TOKENS), num_sequences)
        low, high = np.where(is_room, middle, low), np.where(is_room, high, np.maximum(low, middle - 1.0))
    found = np.minimum(low * CONTEXT_FLOOR_TOKENS, native)
    return np.where(fits(terms_at(native), num_sequences), native, found)


@dataclass(frozen=True, kw_only=True)
class Offload:
    """What is where when part of a model stays in host memory. [bytes]."""

    device_layers: Number
    """Blocks on the devices. [count]."""
    device_bytes: Number
    """Weights and cache on the devices."""
    host_bytes: Number
    """Weights and cache in host memory."""


def max_device_layers(
    terms: MemoryTerms, *, weights: WeightColumns, num_layers: Number, num_sequences: Number
) -> Offload:
    """How many whole blocks fit on one device, the rest in host memory (llama.cpp -ngl). [count, bytes].

    floor((budget - compute - runtime - output) / (block weights + its cache)); the cache follows its block.
    Valid for: terms of an unsplit deployment; the output matrix stays on the device when anything does.
    Source: llama.cpp, --n-gpu-layers moves a block's weights and its cache.
    """
    cache = num_sequences * np.asarray(terms.per_sequence) + terms.kv_constant
    block = (terms.weights - weights.output_bytes + cache) / num_layers
    room = terms.budget - terms.compute - terms.runtime - weights.output_bytes
    layers = np.clip(np.floor(room / block), 0.0, num_layers)
    on_device = np.where(layers > 0, layers * block + weights.output_bytes, 0.0)
    whole = weights.file_bytes + cache
    return Offload(
        device_layers=layers,
        device_bytes=on_device,
        host_bytes=whole - on_device,
    )


def experts_on_host(terms: MemoryTerms, *, weights: WeightColumns, num_sequences: Number) -> Offload:
    """Routed experts in host memory, everything else on the device (llama.cpp --cpu-moe). [bytes].

    `device_layers` is NaN: every block is on both. Valid for: mixtures of experts, unsplit.
    """
    cache = num_sequences * np.asarray(terms.per_sequence) + terms.kv_constant
    return Offload(
        device_layers=np.full_like(cache, np.nan, dtype=np.float64),
        device_bytes=terms.weights - weights.expert_bytes + cache,
        host_bytes=weights.file_bytes - terms.weights + weights.expert_bytes,
    )
