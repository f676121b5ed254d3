"""A number shown to a person: low, likely, high and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

BASES = ("exact", "measured", "calibrated", "fitted", "derived", "assumed")
"""Where a number comes from, strongest first: read from a header or an allocator; measured, by others or by oneself;
a fitted model corrected by what was measured on this very computer; a model fitted on measurements; arithmetic from a
configuration; an assumption."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """An 80 % range and its likely value, with the basis of its weakest part.

    Raises: ValueError for a range that is not ordered, not finite, or without a known basis (our own error).
    """

    low: float
    likely: float
    high: float
    basis: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and self.low <= self.likely <= self.high < math.inf):
            raise ValueError(f"not an ordered finite range: {self.low} {self.likely} {self.high}")
        if self.basis not in BASES:
            raise ValueError(f"unknown basis {self.basis!r}")

    @classmethod
    def exactly(cls, value: float, basis: str = "exact") -> Estimate:
        """A value without spread."""
        return cls(low=value, likely=value, high=value, basis=basis)

    @classmethod
    def within(cls, likely: float, factor_low: float, factor_high: float, basis: str) -> Estimate:
        """A likely value of at least zero with relative bounds, for example 0.8 and 1.25."""
        return cls(low=likely * factor_low, likely=likely, high=likely * factor_high, basis=basis)

    def scaled(self, factor: float) -> Estimate:
        """The same estimate times a number; a negative factor turns the range around."""
        ends = sorted((self.low * factor, self.high * factor))
        return Estimate(low=ends[0], likely=self.likely * factor, high=ends[1], basis=self.basis)

    def plus(self, other: Estimate) -> Estimate:
        """Sum by conservative interval arithmetic: as if both erred the same way."""
        return Estimate(
            low=self.low + other.low,
            likely=self.likely + other.likely,
            high=self.high + other.high,
            basis=weakest(self.basis, other.basis),
        )


def weakest(*bases: str) -> str:
    """The basis of a combination is its weakest part's."""
    return max(bases, key=BASES.index)


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Not known, and why. Never passes a gate, never counts as average."""

    reason: str
