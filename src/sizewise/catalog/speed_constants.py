"""Fitted constants of speed: the table speed.toml and what it means for an engine, device classes and a format.

The table is additive in logarithms: an engine family has one value a device class, one factor a generation of chips
and one a weight format. A device class that was never measured takes the value of its vendor, else the pooled one; a
generation without a factor takes none; a format that was never measured takes the factor of the nearest one (see
NEAREST_FORMAT). A device that was never measured has the wider band of devices that a fit has not seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.table import toml_table
from sizewise.errors import NotSupported
from sizewise.estimate.calibration import QUANTILE_80
from sizewise.estimate.speed import SpeedCoefficients

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.domain.device import Device
    from sizewise.domain.number import Array

POOLED = "pooled"
"""Entry for device classes without measurements."""
BOUNDS = {
    "read_efficiency": (0.2, 1.0),
    "cache_efficiency": (0.2, 1.0),
    "link_efficiency": (0.02, 1.0),
    "decode_utilisation": (0.02, 1.0),
    "prefill_utilisation": (0.02, 1.0),
    "attention_utilisation": (0.002, 1.0),
}
"""Shares of a peak outside these ranges are not physical, or point at a fault of the measurement."""
BLOCK_FORMATS = ("q8", "q6", "q5", "q5k", "q4", "q4k", "q3", "q3k", "q2", "q2k")
COMPUTE_CLASSES = {"fp8": "fp8", "int8": "int8", "fp4": "fp4"} | dict.fromkeys(BLOCK_FORMATS, "int8")
"""Matrix rate by speed class; all others multiply in 16 bits. llama.cpp rounds activations to 8 bits and multiplies
blocks of integers (its MMQ kernels), whatever the bits of the weights."""
FAMILIES = {"ollama": "llama.cpp", "lm-studio": "llama.cpp", "exllamav3": "llama.cpp"}
"""Engines that run the kernels of another one, or for want of measurements are taken to be as fast."""
NEAREST_FORMAT = {
    "q6": "q8",
    "q5": "q4",
    "q3": "q4",
    "q2": "q3",
    "int4": "q4",
    "q4": "int4",
    "q8": "int8",
} | {f"q{bits}k": f"q{bits}" for bits in (5, 4, 3, 2)}
"""Format whose factor stands in where none was fitted."""
ARITHMETIC_PHASES = ("prefill", "ttft")
"""Bound by the arithmetic rate of the device; the others by its bandwidth."""
UNSEEN_WIDENING = 1.6
"""Bands of engines or device classes without measurements are so much wider in logarithms than those of devices that
were held out of the fit. Assumed."""


class Band(NamedTuple):
    """80 % range around a likely value, as factors."""

    factor_low: float
    factor_high: float
    basis: str
    """fitted, or assumed where engine or device class were never measured."""


def speed_table() -> dict[str, Any]:
    """The table speed.toml."""
    return toml_table("speed.toml")


def family_of(engine_name: str) -> str:
    """The engine whose constants this one uses.

    Raises: NotSupported if nothing is known about the speed of this engine.
    """
    name = FAMILIES.get(engine_name, engine_name)
    if name not in speed_table()["engine"]:
        known = ", ".join(sorted([*speed_table()["engine"], *FAMILIES]))
        raise NotSupported("the speed of engine '{engine}' is not known; known: {known}",
                           engine=engine_name, known=known)  # fmt: skip
    return name


def coefficients(
    engine_name: str,
    devices: Sequence[Device],
    speed_class: str,
    *,
    conditions: Sequence[Sequence[str]] | None = None,
) -> SpeedCoefficients:
    """Constants of one engine and one weight format for machines of these devices, in their order.

    `conditions`: settings of every machine that change its kernels (keys of the table); usually none.
    """
    entry = speed_table()["engine"][family_of(engine_name)]
    factors = _format_factors(entry["format"], speed_class)
    kinds = sorted({(device.device_class, device.generation) for device in devices})
    position = {kind: i for i, kind in enumerate(kinds)}
    index = np.array([position[d.device_class, d.generation] for d in devices], dtype=np.intp)
    per_kind = {
        name: [_value(entry, device_class, generation, name) for device_class, generation in kinds]
        for name in entry["class"][POOLED]
    }
    arrays = {name: np.array(values)[index] * factors.get(name, 1.0) for name, values in per_kind.items()}
    for i, names in enumerate(conditions or ()):
        for condition in names:
            for name, factor in entry.get("condition", {}).get(condition, {}).items():
                arrays[name][i] *= factor
    for name, bounds in BOUNDS.items():
        arrays[name] = np.clip(arrays[name], *bounds)
    _calibrate(arrays, family_of(engine_name), devices, speed_class)
    return SpeedCoefficients(
        **arrays,
        chunk_tokens=entry["chunk_tokens"],
        ingest_s=entry["ingest_s"],
        compute_class=COMPUTE_CLASSES.get(speed_class, "fp16"),
    )


def _calibrate(arrays: dict[str, Array], family: str, devices: Sequence[Device], speed_class: str) -> None:
    """Correct the constants of devices on which something was measured; what was measured knows no bounds."""
    for i, device in enumerate(devices):
        if device.calibration is not None and device.calibration.engine_family == family:
            for name, factor in device.calibration.factors_for(speed_class):
                arrays[name][i] *= factor


def vendor_of(device_class: str) -> str:
    """First word of a device class: what its classes have in common.

    >>> vendor_of("nvidia-dc"), vendor_of("apple")
    ('nvidia', 'apple')
    """
    return device_class.partition("-")[0]


def _value(entry: dict[str, Any], device_class: str, generation: str, name: str) -> float:
    classes = entry["class"]
    known = next(k for k in (device_class, vendor_of(device_class), POOLED) if k in classes)
    return float(classes[known][name] * entry.get("generation", {}).get(generation, {}).get(name, 1.0))


def _format_factors(formats: dict[str, dict[str, float]], speed_class: str) -> dict[str, float]:
    seen: set[str] = set()
    while speed_class not in formats and speed_class in NEAREST_FORMAT and speed_class not in seen:
        seen.add(speed_class)
        speed_class = NEAREST_FORMAT[speed_class]
    return formats.get(speed_class, {})


class Seen(NamedTuple):
    """Has the fit seen this device, and a model of this family?"""

    device: bool
    family: bool


def seen(engine_name: str, device: Device, model_family: str | None) -> Seen:
    """What the table was fitted on; a family that is not named counts as seen."""
    engine = speed_table()["engine"][family_of(engine_name)]
    return Seen(
        device_key(device) in engine["measured"], model_family is None or model_family in engine["families"]
    )


def band(
    engine_name: str, device: Device, phase: str, dense_or_moe: str, *, model_family: str | None = None
) -> Band:
    """80 % range of decode, prefill, tpot, ttft or throughput, as factors of the likely value.

    A device and a model family that were measured have the errors of the fit; a device or a family that was not, those
    of fits without it, of all engines together where one has too few; both at once, what the two add to the first, by
    their squares. Where nothing like it was measured, ranges are widened.
    """
    family = family_of(engine_name)
    own = own_band(family, device, phase)
    if own is not None:
        return own
    names = band_names(family, device.device_class, phase, dense_or_moe)
    known = seen(engine_name, device, model_family)
    found = band_of(speed_table(), names, known)
    is_class_seen = device.device_class in speed_table()["engine"][family]["class"]
    is_of_engine = found.name.startswith(family) or not all(known)
    is_fitted = is_class_seen and is_of_engine
    widening = 1.0 if is_fitted else UNSEEN_WIDENING
    low, high = _with_unknown_rates(found.factor_low**widening, found.factor_high**widening, device, phase)
    return Band(low, high, "fitted" if is_fitted else "assumed")


def _with_unknown_rates(low: float, high: float, device: Device, phase: str) -> tuple[float, float]:
    """What is not known about the device itself adds to both ends of the range, by their squares."""
    spread = device.flop_rate_sd if phase in ARITHMETIC_PHASES else device.bandwidth_sd
    width = QUANTILE_80 * spread
    return math.exp(-math.hypot(math.log(low), width)), math.exp(math.hypot(math.log(high), width))


class Range(NamedTuple):
    """An 80 % range as factors, and the group of measurements that gave it."""

    factor_low: float
    factor_high: float
    name: str


def band_of(tables: Mapping[str, Mapping[str, Sequence[float]]], names: Sequence[str], seen: Seen) -> Range:
    """The range for what the fit has seen, of the narrowest group that has one.

    Raises: ValueError where not even the widest has (our own error).
    """
    wanted = ["band", *([] if seen.device else ["device_band"]), *([] if seen.family else ["family_band"])]
    ranges = [_first(tables[table], names, table) for table in wanted]
    if len(ranges) == 1:
        return ranges[0]
    lows, highs = (np.log([getattr(one, side) for one in ranges]) for side in ("factor_low", "factor_high"))
    return Range(math.exp(-_joined(-lows)), math.exp(_joined(highs)), ranges[-1].name)


def _joined(widths: Array) -> float:
    """What one or two unseen things add to the width of the fit itself, by their squares; never less than any."""
    added = np.maximum(np.square(widths[1:]) - widths[0] ** 2, 0.0).sum()
    return float(max(np.sqrt(widths[0] ** 2 + added), widths.max()))


def _first(table: Mapping[str, Sequence[float]], names: Sequence[str], kind: str) -> Range:
    for name in names:
        if name in table:
            return Range(table[name][0], table[name][1], name)
    raise ValueError(f"no {kind} for {names[-1]}")


def own_band(family: str, device: Device, phase: str) -> Band | None:
    """The range around what the calibrated constants of this very device give; None: that was not measured."""
    own = device.calibration
    if own is None or own.engine_family != family or own.spread(phase) is None:
        return None
    width = QUANTILE_80 * (own.spread(phase) or 0.0)
    return Band(math.exp(-width), math.exp(width), "calibrated")


def band_names(family: str, device_class: str, phase: str, dense_or_moe: str) -> tuple[str, ...]:
    """Entries of the tables of bands that cover a figure, the narrowest group first."""
    return (
        f"{family}/{device_class}/{phase}/{dense_or_moe}",
        f"{family}/{phase}/{dense_or_moe}",
        f"{phase}/{dense_or_moe}",
        phase,
    )


def device_key(device: Device) -> str:
    """How the table names a measured device: the cores of a chip are another device than its accelerator."""
    return f"{device.device_class}/{device.name}"
