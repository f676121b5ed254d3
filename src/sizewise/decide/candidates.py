"""What may be proposed: gates of a model alone, sensible formats of it, and the engines that run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.device import Device
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array, Number
    from sizewise.domain.quantization import Quantization
    from sizewise.domain.request import Filters, Limits, Request

WIDEST_USEFUL_BITS = 16.0
"""A published 16-bit format is kept as it is; a 32-bit one gains nothing over its 16-bit copy. [bits/weight]"""
EIGHT_BIT_CACHES = ("fp8", "q8_0")
"""Smaller types of the KV cache that are proposed without being asked for: 8 bits, not less."""
UNPACKED_FP8_CAPABILITY = 7.5
"""CUDA compute capability from which FP8 weights run without FP8 units."""
AXES_WITH_THINKING = ("math", "reasoning")
"""Axes whose tasks count the tokens of thinking in the length of an answer. Elsewhere a model that always thinks first
would write a multiple of the answer before its first useful word, which no latency target of the task allows."""
COMMERCIAL = {"commercial": ("yes", "conditional"), "open": ("yes",), "any": ("yes", "conditional", "no")}
"""`commercial_use` values that each licence requirement accepts."""


def model_gate(model: Model, request: Request) -> str:
    """The first constraint that a model fails whatever the hardware, or an empty string.

    A model asked for by name is not refused for being a base model or a re-upload: it was asked for.
    """
    is_asked = model.name in request.filters.models
    limits, task = request.limits, request.task
    fails = {
        "generator": not model.is_generator,
        "licence": model.commercial_use not in COMMERCIAL[limits.licence],
        "language": not set(limits.languages) <= set(model.languages),
        "capability": not (is_asked or (model.is_instruct and model.is_official))
        or bool(task.needs and not set(task.needs) & set(model.tasks))
        or (model.thinks_first and not is_asked and task.quality_axis not in AXES_WITH_THINKING),
        "context": request.workload.context_tokens > model.max_context_tokens,
    }
    return next((gate for gate, is_failed in fails.items() if is_failed), "")


def is_sensible(quantization: Quantization, native: Quantization, filters: Filters, limits: Limits) -> bool:
    """Is this format worth proposing for a model published in the native one?

    Asked for by name: yes. Otherwise the published format, or a default one of fewer bits that is not below the floor.
    """
    if filters.quantizations:
        return quantization.name in filters.quantizations
    if quantization.name == native.name:
        return True
    if not quantization.is_default or quantization.nominal_bits < limits.min_weight_bits:
        return False
    return quantization.nominal_bits < native.nominal_bits and quantization.nominal_bits <= WIDEST_USEFUL_BITS


def reads(engine: Engine, quantization: Quantization) -> bool:
    """Does the engine load this format?"""
    return quantization.name in engine.quantizations


def runs(engine: Engine, model: Model) -> bool:
    """Does the engine run this kind of attention?"""
    return model.attention in engine.attentions


def drives(engine: Engine, device: Device) -> bool:
    """Does the engine run on this device?"""
    if device.device_class not in engine.device_classes:
        return False
    return not (device.compute_capability < engine.min_compute_capability)


def is_proposed(engine: Engine, device: Device, filters: Filters) -> bool:
    """Is the engine worth proposing there? Where its speed is known, or where it was asked for by name."""
    return engine.name in filters.engines or device.device_class in engine.proposed_classes


def multiplies(device: Device, quantization: Quantization) -> bool:
    """Has the device units for this format, or kernels that unpack it?

    Floating and integer formats of safetensors need their own matrix rate; NVIDIA devices also run FP8 by unpacking.
    Source: vLLM 0.33 device support (Marlin weight-only FP8 from compute capability 7.5).
    """
    rates = {"fp8": device.fp8_flop_per_s, "int8": device.int8_op_per_s, "fp4": device.fp4_flop_per_s}
    if quantization.container != "safetensors" or quantization.compute_class not in rates:
        return True
    is_unpacked = quantization.compute_class == "fp8" and device.compute_capability >= UNPACKED_FP8_CAPABILITY
    return is_unpacked or rates[quantization.compute_class] > 0


def can_share(engine: Engine, num_heads: Number, num_devices: int) -> Array:
    """May so many devices share one replica? Any number by layers; divisors of the heads by tensors.

    >>> from types import SimpleNamespace
    >>> bool(can_share(SimpleNamespace(split="tensor", max_devices=8), 40, 5))
    True
    """
    if num_devices > (1 if engine.split == "none" else engine.max_devices):
        return np.zeros(np.shape(num_heads), dtype=bool)
    if engine.split == "layer" or num_devices == 1:
        return np.ones(np.shape(num_heads), dtype=bool)
    divides: Array = np.asarray(num_heads) % num_devices == 0
    return divides
