"""Monthly cost over the volume: whole machines in steps, machines that are given back, the least of several.

Every cost is a straight line between its edges, so two of them are compared exactly by
their values at the edges of both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from sizewise.domain.number import np
from sizewise.estimate.cost_own import ROUNDING, whole_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.number import Array

FINEST = 1e-6
"""Smallest volume at which a bent cost is followed, over the largest. [ratio]"""
BUSY_RATIO = 0.95
"""Share of the most hours from which machines count as running always. [ratio]"""
BENT_POINTS = 240
"""Volumes between which a bent cost counts as straight: at most 6 % apart, so within 0.05 %. [count]"""


class Line(NamedTuple):
    """usd + usd_per_unit x units, which a cost does not fall below, or does not exceed, from some volume on."""

    usd: float
    usd_per_unit: float
    from_units: float = 0.0


class CostOverUse(Protocol):
    """A monthly cost over the units of a month. [USD/month]"""

    @property
    def floor(self) -> Line:
        """What it does not fall below."""

    @property
    def ceiling(self) -> Line:
        """What it does not exceed."""

    @property
    def unknown(self) -> str:
        """Which of its figures is unknown, or an empty string."""

    def usd_at(self, units: Array, *, just_above: bool = False) -> Array:
        """Cost at this many units, or just above them where the next machine is already needed. [USD/month]"""

    def num_edges(self, up_to: float) -> float:
        """How many edges there are, at most. [count]"""

    def edges(self, up_to: float) -> Array:
        """Volumes between 0 and `up_to` between which it is a straight line. [units/month]"""


@dataclass(frozen=True, kw_only=True)
class SteppedCost:
    """Cost over volume: something fixed, machines in whole steps, and something for each unit. [USD/month]"""

    base_usd: float = 0.0
    step_usd: float = 0.0
    """Each whole machine."""
    units_per_step: float = math.inf
    """What one machine carries. [units/month]"""
    unit_usd: float = 0.0
    """Each unit."""

    def usd_at(self, units: Array, *, just_above: bool = False) -> Array:
        """Cost at this many units, or just above them where the next machine is already needed. [USD/month]"""
        return np.asarray(
            self.base_usd
            + self.step_usd * self.steps_at(units, just_above=just_above)
            + self.unit_usd * units
        )

    def steps_at(self, units: Array, *, just_above: bool) -> Array:
        """Whole machines at this many units, or just above them. [count]"""
        if just_above:
            ratio = np.asarray(units, dtype=np.float64) / self.units_per_step
            return np.asarray(np.floor(ratio * (1.0 + ROUNDING)) + 1.0)
        return np.asarray(whole_steps(units, step=self.units_per_step))

    @property
    def burdens(self) -> tuple[float, ...]:
        """Figures of which less is never dearer, at any volume."""
        return self.base_usd, self.step_usd, -self.units_per_step, self.unit_usd

    @property
    def floor(self) -> Line:
        """Machines without rounding up."""
        return Line(self.base_usd, self.step_usd / self.units_per_step + self.unit_usd)

    @property
    def ceiling(self) -> Line:
        """One machine more than without rounding up."""
        return Line(self.base_usd + self.step_usd, self.step_usd / self.units_per_step + self.unit_usd)

    @property
    def unknown(self) -> str:
        """Which of its figures is unknown, or an empty string."""
        prices = (self.base_usd, self.step_usd, self.unit_usd)
        if not all(math.isfinite(price) for price in prices):
            return "price unknown"
        return "" if self.units_per_step > 0 else "capacity unknown"

    def num_edges(self, up_to: float) -> float:
        """Machine boundaries. [count]"""
        return up_to / self.units_per_step

    def edges(self, up_to: float) -> Array:
        """Machine boundaries. [units/month]"""
        return self.units_per_step * np.arange(1.0, math.ceil(up_to / self.units_per_step or 1.0))


@dataclass(frozen=True, kw_only=True)
class BentCost:
    """Machines whose hours of a month depend on the volume as well. [USD/month]"""

    stepped: SteppedCost
    """Everything else."""
    usd_per_hour: float
    """Of one machine."""
    num_spares: float
    """Machines beyond those that the volume needs. [count]"""
    hours: Callable[[Array], Array]
    """Hours that are billed at this many units. [hours/month]"""
    most_hours: float
    """They are never more. [hours/month]"""
    busy_units: float
    """From this volume on they are at least `BUSY_RATIO` of the most. [units/month]"""

    def usd_at(self, units: Array, *, just_above: bool = False) -> Array:
        """Cost at this many units, or just above them. [USD/month]"""
        steps = self.stepped.steps_at(units, just_above=just_above) + self.num_spares
        return np.asarray(
            self.stepped.usd_at(units, just_above=just_above) + steps * self.usd_per_hour * self.hours(units)
        )

    def _always(self, ratio: float) -> SteppedCost:
        """The same where this share of the most hours is billed at every volume."""
        each_usd = self.usd_per_hour * self.most_hours * ratio
        return replace(
            self.stepped, step_usd=self.stepped.step_usd + each_usd,
            base_usd=self.stepped.base_usd + each_usd * self.num_spares,
        )  # fmt: skip

    @property
    def burdens(self) -> tuple[float, ...]:
        """Figures of which less is never dearer; starts take longer where more weights are stored."""
        return *self.stepped.burdens, self.usd_per_hour, -self.busy_units

    @property
    def floor(self) -> Line:
        """Machines without rounding up, once they run nearly always."""
        return self._always(BUSY_RATIO).floor._replace(from_units=self.busy_units)

    @property
    def ceiling(self) -> Line:
        """Machines that run always, and one more."""
        return self._always(1.0).ceiling

    @property
    def unknown(self) -> str:
        """Which of its figures is unknown, or an empty string."""
        return self.stepped.unknown or ("" if math.isfinite(self.usd_per_hour) else "price unknown")

    def num_edges(self, up_to: float) -> float:
        """Machine boundaries, and volumes close to each other. [count]"""
        return self.stepped.num_edges(up_to) + BENT_POINTS

    def edges(self, up_to: float) -> Array:
        """Machine boundaries, and volumes so close to each other that the cost between them is straight."""
        return np.concatenate(
            [self.stepped.edges(up_to), np.geomspace(FINEST * up_to, up_to, BENT_POINTS)[:-1]]
        )


MachineCost: TypeAlias = SteppedCost | BentCost
"""Cost of one deployment on its own machines."""


@dataclass(frozen=True, kw_only=True)
class LeastCost:
    """The least of several costs at each volume. [USD/month]"""

    costs: tuple[CostOverUse, ...]

    def usd_at(self, units: Array, *, just_above: bool = False) -> Array:
        """The least cost at this many units, or just above them. [USD/month]"""
        return np.asarray(self._all(units, just_above=just_above).min(axis=0))

    def cheapest_at(self, units: Array) -> Array:
        """Which of them costs least at this many units; of equal ones, float noise aside, the first. [index]"""
        usd = self._all(units, just_above=False)
        return np.asarray((usd <= usd.min(axis=0) * (1.0 + ROUNDING)).argmax(axis=0))

    def _all(self, units: Array, *, just_above: bool) -> Array:
        return np.stack([np.asarray(cost.usd_at(units, just_above=just_above)) for cost in self.costs])

    @property
    def unknown(self) -> str:
        """What is unknown of any of them, or an empty string."""
        return next((cost.unknown for cost in self.costs if cost.unknown), "")

    @property
    def floor(self) -> Line:
        """The lowest of theirs, from where all of them hold."""
        floors = [cost.floor for cost in self.costs]
        return Line(
            usd=min(line.usd for line in floors),
            usd_per_unit=min(line.usd_per_unit for line in floors),
            from_units=max(line.from_units for line in floors),
        )

    @property
    def ceiling(self) -> Line:
        """That of the one with the lowest slope."""
        return min((cost.ceiling for cost in self.costs), key=lambda line: line.usd_per_unit)

    @cached_property
    def reaches(self) -> Array:
        """The volume beyond which another one is always cheaper, for each of them. [units/month]

        Where its floor lies above the ceiling of another: (ceiling - floor) / (difference of their slopes).
        """
        floors, ceilings = np.array([c.floor for c in self.costs]), np.array([c.ceiling for c in self.costs])
        above, steeper = ceilings[:, 0] - floors[:, :1], floors[:, 1:2] - ceilings[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = np.where(steeper > 0, above / steeper, np.inf)
        return np.asarray(np.maximum(floors[:, 2], meets.min(axis=1)))

    def num_edges(self, up_to: float) -> float:
        """Edges of all of them, as far as they can be the least. [count]"""
        reaches = np.minimum(self.reaches, up_to).tolist()
        return sum(cost.num_edges(reach) for cost, reach in zip(self.costs, reaches, strict=True))

    def edges(self, up_to: float) -> Array:
        """Edges of all of them as far as they can be the least, and where one takes over from another between two.

        Beyond its reach a cost lies above another at both ends of a cell, so the line between them does as well.
        """
        reaches = np.minimum(self.reaches, up_to).tolist()
        inner = [cost.edges(reach) for cost, reach in zip(self.costs, reaches, strict=True)]
        corners = parted([*inner, np.array(reaches)], up_to)
        starts, ends = corners[:-1], corners[1:]
        first = self._all(starts, just_above=True)
        slope = (self._all(ends, just_above=False) - first) / (ends - starts)
        return np.unique(np.concatenate([corners[1:-1], *_taken_over(ends - starts, starts, first, slope)]))


def _taken_over(widths: Array, starts: Array, first_usd: Array, slope_usd: Array) -> list[Array]:
    """Where the least of several straight lines changes within its cell, from left to right. [units/month]

    Arguments: values at the start and slopes, [line, cell].
    """
    cell = np.arange(len(starts))
    now = np.argmin(first_usd, axis=0)
    reached = np.zeros_like(starts)
    found: list[Array] = []
    while True:
        falls = slope_usd[now, cell] - slope_usd
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.where(falls > 0, (first_usd - first_usd[now, cell]) / falls, np.inf)
        at = np.where(at >= reached, at, np.inf)
        following = np.argmin(at, axis=0)
        nearest = at[following, cell]
        changes = nearest < widths
        if not changes.any():
            return found
        found.append((starts + nearest)[changes])
        now, reached = np.where(changes, following, now), np.where(changes, nearest, np.inf)


def cells(costs: Sequence[CostOverUse], up_to: float) -> Array:
    """Zero, every edge of any of the costs, and the end. [units/month]"""
    return parted([cost.edges(up_to) for cost in costs], up_to)


def parted(edges: Sequence[Array], up_to: float) -> Array:
    """Zero, the edges in order, and the end; edges closer than float noise count once. [units/month]"""
    inner = np.unique(np.concatenate([[0.0], *edges]))
    kept = inner[np.concatenate([[True], np.diff(inner) > ROUNDING * inner[1:]])]
    return np.concatenate([kept[kept < up_to * (1.0 - ROUNDING)], [up_to]])
