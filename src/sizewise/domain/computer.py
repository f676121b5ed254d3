"""What is found in a computer beside the devices of the catalog."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Card:
    """One accelerator as its driver tells; NaN: it does not."""

    name: str
    memory_bytes: float
    free_bytes: float
    driver: str
    link_bytes_per_s: float
    """Its link to the host at best, one way. [bytes/s]"""
    power_limit_watts: float


@dataclass(frozen=True, kw_only=True)
class RunningEngine:
    """An engine that answers on this computer."""

    engine: str
    url: str
    models: tuple[str, ...]
