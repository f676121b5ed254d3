"""A number format of weights."""

from __future__ import annotations

from dataclasses import dataclass

CONTAINERS = ("gguf", "safetensors", "mlx", "exl")


@dataclass(frozen=True, kw_only=True)
class Quantization:
    """One weight format as users name it: Q4_K_M, FP8, AWQ-4, MLX-4 ..."""

    name: str
    container: str
    """One of CONTAINERS: which engines can read it."""
    nominal_bits: float
    """Bits that its name promises. [bits/weight]"""
    linear_bytes_per_weight: float
    """Bytes of one weight of a quantized matrix, scales included; for GGUF of its base type. [bytes]"""
    quantizes_embeddings: bool
    """Are the token embedding and the output matrix quantized as well?"""
    loss_class: str
    """Key of the quantization-loss table: 16, 8, 6, 5, 4, 3, 2 (bits by quality, not by size)."""
    speed_class: str
    """Key of the speed constants: f16, q8, q4, q4k, q3, q3k, q2, q2k, fp8, int8, int4, fp4."""
    compute_class: str
    """Which peak rate of a device prefill uses: fp16, fp8, int8, fp4."""
    is_default: bool
    """Proposed without being asked for (never below 4 bits)."""
    source: str
    as_of: str
    note: str = ""
