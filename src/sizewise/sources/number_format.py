"""Number format of a checkpoint, by what its configuration says about quantization.

Source: quantization configurations of transformers 5.23, compressed-tensors and TensorRT Model Optimizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.sources.json_object import JsonObject

NATIVE_FORMATS = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}
FLOAT_FORMATS = {4: "NVFP4", 8: "FP8"}
WHOLE_FORMATS = {4: "GPTQ-4", 8: "GPTQ-8"}
"""Whole numbers of so many bits, with activations in 16 bits."""
MODEL_OPTIMIZER_FORMATS = {
    "FP8": "FP8",
    "NVFP4": "NVFP4",
    "W4A16_AWQ": "AWQ-4",
    "W8A8_SQ_PER_CHANNEL": "INT8",
}
MX_GROUP = 32
"""Weights of one scale in MXFP4; 16 in NVFP4."""


def native_format(config: JsonObject, text: JsonObject, other: JsonObject | None = None) -> str:
    """Quantization name of the stored weights; `other` is the hf_quant_config.json beside the configuration.

    Raises: NotSupported for a quantization that is not known.
    """
    for holder in (config, text):
        if "quantization_config" in holder:
            return _quantized(holder.child("quantization_config"))
        if "quantization" in holder:
            return _mlx(holder.child("quantization"))
    if other is not None and "quantization" in other:
        return _model_optimizer(other.child("quantization"))
    stored = next(
        (found for holder in (text, config) for name in ("torch_dtype", "dtype") if (found := holder.text(name))), ""
    )  # fmt: skip
    if stored and stored not in NATIVE_FORMATS:
        raise text.invalid("torch_dtype", stored, "one of " + ", ".join(NATIVE_FORMATS))
    return NATIVE_FORMATS.get(stored, "BF16")


def _quantized(settings: JsonObject) -> str:
    method = settings.text("quant_method") or ("modelopt" if "quant_algo" in settings else "")
    if method not in METHODS:
        raise _unknown(settings, "quant_method", method, METHODS)
    return METHODS[method](settings)


def _unknown(settings: JsonObject, field: str, given: object, known: object) -> NotSupported:
    names = ", ".join(str(name) for name in known) if isinstance(known, dict) else str(known)
    return NotSupported("{path}: field quantization_config.{field} is '{given}', known are {known}",
                        path=settings.path, field=field, given=given or "missing", known=names)  # fmt: skip


def _awq(settings: JsonObject) -> str:
    bits = settings.whole("bits", settings.whole("w_bit", 4))
    if bits != 4:  # noqa: PLR2004 - AWQ kernels know no other
        raise _unknown(settings, "bits", bits, "4")
    return "AWQ-4"


def _gptq(settings: JsonObject) -> str:
    bits = settings.whole("bits")
    if bits not in WHOLE_FORMATS:
        raise _unknown(settings, "bits", bits, WHOLE_FORMATS)
    return WHOLE_FORMATS[bits]


def _bitsandbytes(settings: JsonObject) -> str:
    if settings.truth("load_in_8bit", default=False):
        return "INT8"
    return "NF4"


def _compressed(settings: JsonObject) -> str:
    """compressed-tensors: one format for all groups, or none that is known."""
    found = {_compressed_group(group) for group in settings.children("config_groups")}
    if len(found) != 1:
        raise _unknown(settings, "config_groups", ", ".join(sorted(found)) or "empty", "groups of one format")
    return found.pop()


def _compressed_group(group: JsonObject) -> str:
    weights = group.child("weights")
    bits, kind = weights.whole("num_bits"), weights.text("type")
    if kind == "float" and bits in FLOAT_FORMATS:
        is_mx = bits == 4 and weights.whole("group_size", 0, least=0) == MX_GROUP  # noqa: PLR2004 - FP4
        return "MXFP4" if is_mx else FLOAT_FORMATS[bits]
    if kind == "int" and bits in WHOLE_FORMATS:
        if "input_activations" in group:
            if bits == 8:  # noqa: PLR2004 - W8A8
                return "INT8"
        elif bits == 4 and not weights.truth("symmetric", default=True):  # noqa: PLR2004 - zero points
            return "AWQ-4"
        else:
            return WHOLE_FORMATS[bits]
    raise _unknown(weights, "weights", f"{kind} {bits}", "float of 4 or 8 bits, int of 4 or 8 bits")


def _model_optimizer(settings: JsonObject) -> str:
    algorithm = settings.text("quant_algo")
    if algorithm not in MODEL_OPTIMIZER_FORMATS:
        raise _unknown(settings, "quant_algo", algorithm, MODEL_OPTIMIZER_FORMATS)
    return MODEL_OPTIMIZER_FORMATS[algorithm]


def _mlx(settings: JsonObject) -> str:
    bits, known = settings.whole("bits"), {4: "MLX-4", 6: "MLX-6", 8: "MLX-8"}
    if bits not in known:
        raise _unknown(settings, "bits", bits, known)
    return known[bits]


METHODS: dict[str, Callable[[JsonObject], str]] = {
    "fp8": lambda _: "FP8",
    "fbgemm_fp8": lambda _: "FP8",
    "mxfp4": lambda _: "MXFP4",
    "awq": _awq,
    "gptq": _gptq,
    "auto-round": _gptq,
    "bitsandbytes": _bitsandbytes,
    "compressed-tensors": _compressed,
    "modelopt": _model_optimizer,
    "modelopt_fp4": lambda _: "NVFP4",
    "modelopt_fp8": lambda _: "FP8",
}
"""`quant_method` to the function that names the format."""
