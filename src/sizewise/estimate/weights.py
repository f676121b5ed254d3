"""Bytes of a model's weights in a number format, and where they are kept.

GGUF: tensor by tensor by the mixture rules. Other containers: quantized matrices at the format's bytes per
weight (scales included), embeddings, output and vectors in 16 bits unless the format quantizes them as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.errors import NotSupported
from sizewise.estimate.gemma import PER_LAYER_EMBEDDING, ROPE_FREQUENCIES
from sizewise.estimate.gguf import gguf_group_bytes
from sizewise.estimate.tensors import tensor_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.domain.model import Model
    from sizewise.domain.quantization import Quantization
    from sizewise.estimate.gguf import MixtureRules
    from sizewise.estimate.tensor_group import TensorGroup
    from sizewise.estimate.tensors import TensorList

GGUF = "gguf"
TEXT_ONLY = "mlx"
"""Container whose common loader leaves vision towers out."""
HALF_BYTES = 2.0
"""Bytes of an unquantized weight. [bytes]."""
EMBEDDINGS = frozenset({"token_embd", "output", PER_LAYER_EMBEDDING})
EXPERTS_ONLY = frozenset({"MXFP4"})
"""Formats that quantize nothing but the routed experts. Source: gpt-oss model card (2025-08)."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Bytes of one model in one format; see WeightColumns for the meaning of the parts. [bytes]."""

    file_bytes: float
    device_bytes: float
    host_bytes: float
    output_bytes: float
    expert_bytes: float
    dense_read_bytes: float
    basis: str
    """exact (counted by the quantizer), derived (shape and recipe known) or assumed (recipe or shape
    unknown)."""

    def scaled(self, factor: float, basis: str) -> Weights:
        """Every part times a number."""
        return Weights(
            file_bytes=self.file_bytes * factor,
            device_bytes=self.device_bytes * factor,
            host_bytes=self.host_bytes * factor,
            output_bytes=self.output_bytes * factor,
            expert_bytes=self.expert_bytes * factor,
            dense_read_bytes=self.dense_read_bytes * factor,
            basis=basis,
        )


def weight_bytes(model: Model, quantization: Quantization, rules: MixtureRules) -> Weights:
    """Weights of a model in one format. [bytes].

    Raises: NotSupported for a GGUF file type without a recipe.
    Valid for: transformers whose shape is known; others are scaled to their parameter count.
    Source: block sizes of the formats; the quantizer's dry run for GGUF (within a few bytes where the list is
    exact).
    """
    tensors = tensor_list(model)
    if quantization.container == GGUF:
        return _gguf_weights(model, tensors, quantization.name, rules)
    return _plain_weights(model, tensors, quantization)


def _gguf_weights(model: Model, tensors: TensorList, file_type: str, rules: MixtureRules) -> Weights:
    recipe, ratio = rules.recipe(file_type, has_experts=model.experts is not None)
    if recipe not in rules.base_types:
        raise NotSupported("no mixture is known for the GGUF file type '{given}'", given=file_type)
    by_name = gguf_group_bytes(model, tensors, recipe, rules)
    basis = "derived" if tensors.is_exact and ratio == 1.0 else "assumed"
    parts = placed_weights(by_name, has_host_embedding=True, basis=basis)
    factor = ratio * tensors.scale
    return parts if factor == 1.0 else parts.scaled(factor, basis)


def _plain_weights(model: Model, tensors: TensorList, quantization: Quantization) -> Weights:
    by_name: dict[str, float] = {}
    for group in tensors.groups:
        size = group.num_elements * _bytes_per_weight(group, quantization)
        by_name[group.name] = by_name.get(group.name, 0.0) + size
    by_name.pop(ROPE_FREQUENCIES, None)
    if model.ties_embeddings:  # a checkpoint may store the tied matrix twice; engines load it once
        by_name.pop("output", None)
    parts = placed_weights(
        by_name, has_host_embedding=False, basis="derived" if tensors.is_exact else "assumed"
    )
    if tensors.scale != 1.0:
        parts = parts.scaled(tensors.scale, parts.basis)
    extra = (
        HALF_BYTES * model.num_extra_params
        if quantization.container != TEXT_ONLY and "vision" in model.tasks
        else 0.0
    )
    return Weights(
        file_bytes=parts.file_bytes,
        device_bytes=parts.device_bytes + extra,
        host_bytes=parts.host_bytes,
        output_bytes=parts.output_bytes,
        expert_bytes=parts.expert_bytes,
        dense_read_bytes=parts.dense_read_bytes,
        basis=parts.basis,
    )


def _bytes_per_weight(group: TensorGroup, quantization: Quantization) -> float:
    linear = quantization.linear_bytes_per_weight
    if quantization.nominal_bits >= 8 * HALF_BYTES:
        return linear
    is_kept = not group.is_matrix or (group.name in EMBEDDINGS and not quantization.quantizes_embeddings)
    is_spared = quantization.name in EXPERTS_ONLY and not group.is_expert
    return HALF_BYTES if is_kept or is_spared else linear


def placed_weights(by_name: Mapping[str, float], *, has_host_embedding: bool, basis: str) -> Weights:
    """Bytes of tensor groups by where they are kept. [bytes]

    llama.cpp keeps the token embedding on the host, a tied one on the device too. Names: as in TensorGroup.
    """
    total = float(sum(by_name.values()))
    embedding = by_name.get("token_embd", 0.0)
    experts = float(sum(size for name, size in by_name.items() if name.endswith("_exps")))
    looked_up = (embedding if "output" in by_name else 0.0) + by_name.get(PER_LAYER_EMBEDDING, 0.0)
    return Weights(
        file_bytes=total,
        device_bytes=total - looked_up if has_host_embedding else total,
        host_bytes=float(embedding) + by_name.get(PER_LAYER_EMBEDDING, 0.0) if has_host_embedding else 0.0,
        output_bytes=float(by_name.get("output", embedding)),
        expert_bytes=experts,
        dense_read_bytes=total - experts - looked_up,
        basis=basis,
    )
