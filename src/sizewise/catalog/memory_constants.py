"""Fitted constants of the memory estimate: memory.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

from sizewise.catalog.table import FOLDER
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
class MemoryConstants:
    """Everything in memory.toml."""

    relatives: dict[str, Relative]
    """GGUF names without a fixed recipe."""
    totals: dict[str, TotalConstants]
    """By engine and way of measuring."""
    profiles: dict[str, dict[str, float]]
    """What profile runs of paged engines find, by the name in engine_versions.toml: fields of `PoolProfile`."""
    spreads: dict[str, float]
    """Half of the 80 % range of a component of a paged engine. [bytes]."""


@lru_cache(maxsize=1)
def memory_constants() -> MemoryConstants:
    """The constants, read once."""
    table = tomllib.loads(FOLDER.joinpath("memory.toml").read_text(encoding="utf-8"))
    return MemoryConstants(
        relatives={name: Relative(**entry) for name, entry in table["relatives"].items()},
        totals={name: TotalConstants(**entry) for name, entry in table["totals"].items()},
        profiles=table["profiles"],
        spreads=table["spreads"],
    )
