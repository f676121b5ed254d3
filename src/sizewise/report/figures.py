"""Figures for people: an estimate with the mark of its basis, money, rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.units import GIB, significant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.estimate import Estimate

MARKS = {"exact": "", "measured": "", "calibrated": "~", "fitted": "~", "derived": "~", "assumed": "?"}
"""The mark before a number, by basis."""
UNKNOWN_MARK = "-"


def gib(value_bytes: float) -> str:
    """Memory in GiB, without the unit: '5.87'."""
    return significant(value_bytes / GIB)


def marked(estimate: Estimate, show: Callable[[float], str] = significant) -> str:
    """The likely value after the mark of its basis: '~ 41.3'."""
    return f"{MARKS[estimate.basis]} {show(estimate.likely)}".strip()


def span(estimate: Estimate, show: Callable[[float], str] = significant) -> str:
    """Likely value and range on one line: '~ 41.3 (36.0 to 48.2)'."""
    low, high = show(estimate.low), show(estimate.high)
    return marked(estimate, show) if low == high else f"{marked(estimate, show)} ({low}-{high})"


def seconds(value_s: float) -> str:
    """A duration in seconds, without the unit: '0.042', '1.8'."""
    return significant(value_s, 2)
