"""Power of a machine under a load."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.estimate import Estimate, Unknown  # noqa: TC001 - dataclass fields are introspected


@dataclass(frozen=True, kw_only=True)
class Energy:
    """Power of one machine under a load, and what a token costs of it."""

    power_watts: Estimate | Unknown
    """At the plug, the host included. [W]"""
    joules_per_token: Estimate | Unknown
    """For each output token, its share of the prompts included. [J/token]"""
