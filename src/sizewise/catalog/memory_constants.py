"""Fitted constants of the memory estimate: memory.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sizewise.catalog.table import toml_table
from sizewise.estimate.gguf import Relative


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
