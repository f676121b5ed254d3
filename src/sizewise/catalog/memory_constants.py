"""Fitted constants of the memory estimate: memory.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sizewise.catalog.table import toml_table
from sizewise.estimate.gguf import Relative
from sizewise.estimate.memory_answers import FittedRange


@dataclass(frozen=True, kw_only=True)
class TotalConstants:
    """How a measured total relates to the sum of the parts: factor x weights + the rest + base x devices."""

    weights_factor: float
    device_bytes: float
    """Driver context, libraries, idle desktop; per device. [bytes]."""
    ratio_low: float
    """10 % quantile of measured / predicted."""
    ratio_high: float
    """90 % quantile of measured / predicted."""


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """Measured / predicted, between which at least four of five rows lie."""

    ratio_low: float
    ratio_high: float


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How far measured rows lie outside the span of possible versions: at most so far for four of five. [bytes]"""

    stated: float
    """Of rows that name the engine's version."""
    assumed: float
    """Of the others."""


@dataclass(frozen=True, kw_only=True)
class MemoryConstants:
    """Everything in memory.toml."""

    relatives: dict[str, Relative]
    """GGUF names without a fixed recipe."""
    totals: dict[str, TotalConstants]
    """By engine and way of measuring."""
    profiles: dict[str, dict[str, float]]
    """What profile runs of paged engines find, by the name in engine_versions.toml: fields of `PoolProfile`."""
    computes: dict[str, Ratios]
    """Compute buffers of llama.cpp and its forks, by engine."""
    spreads: dict[str, Spread]
    """By component of a paged engine."""


def fitted_ranges(rule: str, *, names_version: bool) -> dict[str, FittedRange]:
    """Ranges of the parts of `fit` that measured rows tell, by the memory rule of the engine.

    The same constants as the ranges of `predict`: compute buffers of llama.cpp, activations and memory outside of the
    allocator of paged engines, wider where nobody named the version that runs.
    """
    constants = memory_constants()
    if rule == "llamacpp":
        ratios = constants.computes["llama.cpp"]
        return {"compute": FittedRange(ratios.ratio_low, ratios.ratio_high)}
    if rule == "paged":
        parts = {"compute": "activation_peak", "runtime": "non_torch"}
        spreads = {part: constants.spreads[component] for part, component in parts.items()}
        return {
            part: FittedRange(spread_bytes=spread.stated if names_version else spread.assumed)
            for part, spread in spreads.items()
        }
    return {}


@lru_cache(maxsize=1)
def memory_constants() -> MemoryConstants:
    """The constants, read once."""
    table = toml_table("memory.toml")
    return MemoryConstants(
        relatives={name: Relative(**entry) for name, entry in table["relatives"].items()},
        totals={name: TotalConstants(**entry) for name, entry in table["totals"].items()},
        profiles=table["profiles"],
        computes={name: Ratios(**entry) for name, entry in table["computes"].items()},
        spreads={name: Spread(**entry) for name, entry in table["spreads"].items()},
    )
