"""Fitted constants of speed: the table speed.toml and what it means for an engine, device classes and a format.

The table is additive in logarithms: an engine family has one value a device class and one factor a weight format.
A device class that was never measured takes the pooled value; a format that was never measured takes the factor of
the nearest one (see NEAREST_FORMAT) and a wider band.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.table import FOLDER
from sizewise.errors import NotSupported
from sizewise.estimate.speed import SpeedCoefficients

if TYPE_CHECKING:
    from collections.abc import Sequence

POOLED = "pooled"
"""Entry for device classes without measurements."""
BOUNDS = {
    "read_efficiency": (0.2, 1.0),
    "cache_efficiency": (0.2, 1.0),
    "decode_utilisation": (0.02, 1.0),
    "prefill_utilisation": (0.02, 1.0),
    "attention_utilisation": (0.002, 1.0),
}
"""Shares of a peak outside these ranges are not physical, or point at a fault of the measurement."""
COMPUTE_CLASSES = {"fp8": "fp8", "int8": "int8", "fp4": "fp4"}
"""Matrix rate by speed class; all others multiply in 16 bits."""
FAMILIES = {"ollama": "llama.cpp", "lm-studio": "llama.cpp", "exllamav3": "llama.cpp"}
"""Engines that run the kernels of another one, or for want of measurements are taken to be as fast."""
NEAREST_FORMAT = {"q6": "q8", "q5": "q4", "q3": "q4", "q2": "q3", "int4": "q4", "q4": "int4", "q8": "int8"}
"""Format whose factor stands in where none was fitted."""
UNSEEN_WIDENING = 1.6
"""Bands of pooled constants are so much wider in logarithms than those of fitted ones. Assumed."""


class Band(NamedTuple):
    """80 % range around a likely value, as factors."""

    factor_low: float
    factor_high: float
    basis: str
    """fitted, or assumed where engine or device class were never measured."""


@lru_cache(maxsize=1)
def speed_table() -> dict[str, Any]:
    """speed.toml, parsed once."""
    return tomllib.loads(FOLDER.joinpath("speed.toml").read_text(encoding="utf-8"))


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
    device_classes: Sequence[str],
    speed_class: str,
    *,
    conditions: Sequence[Sequence[str]] | None = None,
) -> SpeedCoefficients:
    """Constants of one engine and one weight format for machines of these classes, in their order.

    `conditions`: settings of every machine that change its kernels (keys of the table); usually none.
    """
    entry = speed_table()["engine"][family_of(engine_name)]
    factors = _format_factors(entry["format"], speed_class)
    kinds = sorted(set(device_classes))
    position = {kind: i for i, kind in enumerate(kinds)}
    index = np.array([position[kind] for kind in device_classes], dtype=np.intp)
    per_kind = {
        name: [_value(entry["class"], kind, name) for kind in kinds] for name in entry["class"][POOLED]
    }
    arrays = {name: np.array(values)[index] * factors.get(name, 1.0) for name, values in per_kind.items()}
    for i, names in enumerate(conditions or ()):
        for condition in names:
            for name, factor in entry.get("condition", {}).get(condition, {}).items():
                arrays[name][i] *= factor
    for name, bounds in BOUNDS.items():
        arrays[name] = np.clip(arrays[name], *bounds)
    return SpeedCoefficients(
        **arrays,
        chunk_tokens=entry["chunk_tokens"],
        ingest_s=entry["ingest_s"],
        compute_class=COMPUTE_CLASSES.get(speed_class, "fp16"),
    )


def _value(classes: dict[str, dict[str, float]], kind: str, name: str) -> float:
    return classes.get(kind, classes[POOLED]).get(name, classes[POOLED][name])


def _format_factors(formats: dict[str, dict[str, float]], speed_class: str) -> dict[str, float]:
    seen: set[str] = set()
    while speed_class not in formats and speed_class in NEAREST_FORMAT and speed_class not in seen:
        seen.add(speed_class)
        speed_class = NEAREST_FORMAT[speed_class]
    return formats.get(speed_class, {})


def band(engine_name: str, device_class: str, phase: str, dense_or_moe: str) -> Band:
    """80 % range of decode, prefill, tpot, ttft or throughput, as factors of the likely value."""
    bands = speed_table()["band"]
    family = family_of(engine_name)
    names = (f"{family}/{device_class}/{phase}/{dense_or_moe}", f"{family}/{phase}/{dense_or_moe}")
    for name in names:
        if name in bands:
            low, high = bands[name]
            is_seen = device_class in speed_table()["engine"][family]["class"]
            widening = 1.0 if is_seen else UNSEEN_WIDENING
            return Band(low**widening, high**widening, "fitted" if is_seen else "assumed")
    low, high = bands[f"{phase}/{dense_or_moe}"]
    return Band(low**UNSEEN_WIDENING, high**UNSEEN_WIDENING, "assumed")
