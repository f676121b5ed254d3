"""A line chart as data: series of points, axes, marks. Drawn in the terminal and as SVG from the same object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.units import format_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MOST_TICKS = 6
"""Labels of an axis. [count]"""
NICE_STEPS = (1.0, 2.0, 5.0, 10.0)
"""Distances between labels that people read easily, times a power of ten."""
HEADROOM = 1.05
"""The highest point stays so far below the top. [ratio]"""
FEW_DECADES = 2
"""A logarithmic axis of fewer decades is labelled at 1, 2 and 5 of each."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, or single points with names."""

    name: str
    """Empty: a line that explains itself."""
    points: tuple[tuple[float, float], ...]
    """x and y, in the units of the axes; points that are not finite are left out."""
    labels: tuple[str, ...] = ()
    """A name for each point; points with names are drawn one by one, without a line."""
    ranges: tuple[tuple[float, float], ...] = ()
    """Low and high of each point with a name; empty: not drawn."""
    is_strong: bool = False
    """Are its points the ones to look for?"""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A vertical line at a value worth knowing: where paths cross, where the user is."""

    x: float
    name: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Everything that a drawing needs; words are already in the language of the reader."""

    title: str
    x_name: str
    y_name: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    has_log_x: bool = False
    x_label: Callable[[float], str] = format_count
    y_label: Callable[[float], str] = format_count
    """How values are written at the axes."""

    @property
    def x_axis(self) -> Axis:
        """The axis over all points and marks."""
        values = [x for line in self.series for x, _ in known(line.points)] + [mark.x for mark in self.marks]
        if self.has_log_x:
            return log_axis([value for value in values if value > 0])
        return axis(values)

    @property
    def y_axis(self) -> Axis:
        """From nothing to a little above the highest point, so that heights compare."""
        values = [y for line in self.series for _, y in known(line.points)]
        values += [high for line in self.series for _, high in line.ranges]
        return axis([0.0, max(values, default=1.0) * HEADROOM])


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Where values lie between the ends of an axis."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def at(self, value: float) -> float:
        """Position between the ends: 0 at the low one, 1 at the high one; beyond them the end itself. [ratio]"""
        if self.is_log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.0), 1.0)


def known(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points that can be drawn."""
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def axis(values: Sequence[float]) -> Axis:
    """A linear axis with round labels.

    >>> axis([0.0, 87.0]).ticks
    (0.0, 20.0, 40.0, 60.0, 80.0)
    """
    low, high = min(values, default=0.0), max(values, default=1.0)
    if not high > low:
        high = low + max(abs(low), 1.0)
    step = nice_step((high - low) / MOST_TICKS)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return Axis(low=low, high=high, ticks=tuple(i * step for i in range(first, last + 1)))


def nice_step(at_least: float) -> float:
    """The smallest round number that is not smaller.

    >>> nice_step(13.0), nice_step(0.3)
    (20.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(step * power for step in NICE_STEPS if step * power >= at_least * (1 - 1e-9))


def log_axis(values: Sequence[float]) -> Axis:
    """A logarithmic axis over positive values, labelled at powers of ten.

    >>> log_axis([20.0, 3e4]).ticks
    (100.0, 1000.0, 10000.0)
    """
    low, high = min(values, default=1.0), max(values, default=10.0)
    if not high > low:
        low, high = low / 2.0, low * 2.0
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    each = NICE_STEPS[:3] if math.log10(high / low) < FEW_DECADES else NICE_STEPS[:1]
    ticks = (10.0**power * step for power in decades for step in each)
    return Axis(low=low, high=high, is_log=True, ticks=tuple(t for t in ticks if low <= t <= high))
