"""When one way to pay becomes the cheaper one: by volume, by months, by load. Three answers, never an infinity.

Reached says where; NotReached says how far was searched; NotVerified says what is missing to tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sizewise.domain.number import np
from sizewise.estimate.cost_over_use import LeastCost, cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.number import Array
    from sizewise.estimate.cost_over_use import CostOverUse

MOST_STEPS = 1_000_000
"""More machines than this are not searched one by one. [count]"""
MONTHS_PER_YEAR = 12.0


@dataclass(frozen=True, kw_only=True)
class Reached:
    """From here on it is cheaper, and stays so."""

    at: float
    """Units a month, or months."""


@dataclass(frozen=True, kw_only=True)
class NotReached:
    """Searched up to here without becoming cheaper for good."""

    up_to: float


@dataclass(frozen=True, kw_only=True)
class NotVerified:
    """Cannot be told."""

    reason: str
    """What is unknown: price, capacity, steps."""


BreakEven: TypeAlias = Reached | NotReached | NotVerified


def break_even_units(challenger: CostOverUse, others: Sequence[CostOverUse], *, up_to: float) -> BreakEven:
    """The volume from which the challenger is cheaper than each of the others and stays so. [units/month]

    Costs are straight lines between their edges; every edge up to `up_to` is looked at, so a lead that the next machine
    takes away again does not count.

    >>> from sizewise.estimate.cost_over_use import SteppedCost
    >>> api = SteppedCost(unit_usd=0.0045)
    >>> break_even_units(SteppedCost(step_usd=900, units_per_step=1e6), [api], up_to=1e6)
    Reached(at=200000.0)
    """
    costs = (challenger, *others)
    reason = not_searched(costs, up_to)
    if reason:
        return NotVerified(reason=reason)
    edges = cells(costs, up_to)
    last = max((_last_dearer(challenger, other, edges) for other in others), default=0.0)
    return Reached(at=last) if last < up_to else NotReached(up_to=up_to)


def not_searched(costs: Sequence[CostOverUse], up_to: float) -> str:
    """Why these costs cannot be compared up to this volume, or an empty string."""
    reason = next((cost.unknown for cost in costs if cost.unknown), "")
    if not reason and not (0 < up_to < math.inf):
        return "capacity unknown"
    if not reason and sum(cost.num_edges(up_to) for cost in costs) > MOST_STEPS:
        return "too many machines to search"
    return reason


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A stretch of volumes in which one of several costs is the lowest."""

    index: int
    from_units: float
    to_units: float
    """The end of the search where it leads until there. [units/month]"""


def leads(costs: Sequence[CostOverUse], *, up_to: float) -> tuple[Lead, ...] | NotVerified:
    """Which of the costs is the lowest of all, stretch by stretch from nothing to `up_to`; of equal ones the first."""
    reason = not_searched(costs, up_to)
    if reason:
        return NotVerified(reason=reason)
    least = LeastCost(costs=tuple(costs))
    edges = cells((least,), up_to)
    starts, ends = edges[:-1], edges[1:]
    lowest = least.cheapest_at((starts + ends) / 2.0)
    changes = np.flatnonzero(np.concatenate([[True], lowest[1:] != lowest[:-1]]))
    until = [*starts[changes[1:]].tolist(), up_to]
    return tuple(
        Lead(index=int(lowest[i]), from_units=float(starts[i]), to_units=end)
        for i, end in zip(changes.tolist(), until, strict=True)
    )


def _last_dearer(challenger: CostOverUse, other: CostOverUse, edges: Array) -> float:
    """The largest volume at which the challenger is not cheaper; 0 when it always is."""
    starts, ends = edges[:-1], edges[1:]
    at_start = challenger.usd_at(starts, just_above=True) - other.usd_at(starts, just_above=True)
    at_end = challenger.usd_at(ends) - other.usd_at(ends)
    falls = (at_start >= 0) & (at_end < 0)
    span = np.where(falls, at_start - at_end, 1.0)
    crossing = starts + (ends - starts) * at_start / span
    dearer_until = np.select([at_end >= 0, falls], [ends, crossing], default=0.0)
    return float(np.max(dearer_until))


def buy_or_rent_months(
    *, capex_usd: float, residual_usd: float, rent_usd: float, running_usd: float, up_to: float = 120.0
) -> BreakEven:
    """Months after which buying has cost less than renting. [months]

    (capex - residual) / (rent - running cost of the owned machine). Where renting is no dearer than running
    one's own, buying never pays: not reached.

    >>> buy_or_rent_months(capex_usd=1200, residual_usd=0, rent_usd=150, running_usd=50)
    Reached(at=12.0)
    """
    if not all(math.isfinite(amount) for amount in (capex_usd, residual_usd, rent_usd, running_usd)):
        return NotVerified(reason="price unknown")
    saved = rent_usd - running_usd
    months = (capex_usd - residual_usd) / saved if saved > 0 else math.inf
    return Reached(at=months) if months <= up_to else NotReached(up_to=up_to)


def payback_month(
    *, capex_usd: float, residual_usd: float, running_usd: float, bill_usd: float, yearly_factor: float = 1.0,
    up_to: int = 60,
) -> BreakEven:  # fmt: skip
    """First month in which saved bills and resale value cover the spending, with prices that fall. [months]

    sum over months j < m of bill x f^(j/12) + residual >= capex + m x running.

    >>> payback_month(capex_usd=26_000, residual_usd=5_200, running_usd=296, bill_usd=1_500)
    Reached(at=18.0)
    """
    if not all(
        math.isfinite(amount) for amount in (capex_usd, residual_usd, running_usd, bill_usd, yearly_factor)
    ):
        return NotVerified(reason="price unknown")
    months = np.arange(1.0, up_to + 1.0)
    saved = np.cumsum(bill_usd * yearly_factor ** ((months - 1.0) / MONTHS_PER_YEAR))
    is_paid = saved + residual_usd >= capex_usd + months * running_usd
    return Reached(at=float(months[np.argmax(is_paid)])) if is_paid.any() else NotReached(up_to=float(up_to))


def break_even_load(*, fixed_usd: float, unit_usd: float, capacity_units: float) -> BreakEven:
    """Share of its capacity above which a machine is cheaper than paying by the unit. [ratio]

    fixed / (price of a unit x capacity).

    >>> break_even_load(fixed_usd=900.0, unit_usd=0.5, capacity_units=3_600.0)
    Reached(at=0.5)
    """
    if (
        not all(math.isfinite(amount) for amount in (fixed_usd, unit_usd, capacity_units))
        or capacity_units <= 0
    ):
        return NotVerified(reason="price or capacity unknown")
    full_usd = unit_usd * capacity_units
    return Reached(at=fixed_usd / full_usd) if fixed_usd < full_usd else NotReached(up_to=1.0)


@dataclass(frozen=True, kw_only=True)
class BreakEvenRange:
    """Break-even at the most favourable, the likely and the least favourable figures."""

    low: BreakEven
    likely: BreakEven
    high: BreakEven


def break_even_range(
    challenger: tuple[CostOverUse, CostOverUse, CostOverUse],
    other: tuple[CostOverUse, CostOverUse, CostOverUse],
    *,
    up_to: float,
) -> BreakEvenRange:
    """Break-even volume as a range; each path given as low, likely and high cost.

    The low end pairs the cheapest challenger with the dearest other, the high end the reverse.
    """
    low, likely, high = challenger
    return BreakEvenRange(
        low=break_even_units(low, [other[2]], up_to=up_to),
        likely=break_even_units(likely, [other[1]], up_to=up_to),
        high=break_even_units(high, [other[0]], up_to=up_to),
    )
