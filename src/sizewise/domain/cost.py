"""What `cost` says: every way to pay for one deployment, where they cross, and what was assumed."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.decision import Deployment  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.demand import Demand  # noqa: TC001 - same
from sizewise.domain.estimate import Estimate, Unknown  # noqa: TC001 - same
from sizewise.domain.text import Text, Value  # noqa: TC001 - same

WAYS = (
    "api", "rent", "rent-hours", "rent-reserved", "rent-spot", "rent-scale-to-zero", "buy", "hybrid",
)  # fmt: skip
"""How a deployment is paid for, in the order in which it is shown."""


@dataclass(frozen=True, kw_only=True)
class WayCost:
    """One way to pay. [USD]"""

    way: str
    """One of WAYS."""
    what: Value
    """The hardware, or the provider."""
    monthly_usd: Estimate | Unknown
    """Full cost: a new decision. [USD/month]"""
    marginal_usd: Estimate | Unknown
    """What changes where it is bought, committed or staffed anyway. [USD/month]"""
    once_usd: Estimate | Unknown
    """Paid at once: machines and set-up. [USD]"""
    parts_usd: tuple[tuple[str, float], ...]
    """Parts of the likely full cost; they sum to it. [USD/month]"""
    input_usd_per_mtok: float
    """At the asked load, never at saturation. [USD per million input tokens]"""
    output_usd_per_mtok: float
    """Answer and reasoning. [USD per million output tokens]"""
    horizon_usd: float
    """Over the whole horizon. [USD]"""
    num_machines: int
    """Whole machines; 0 for an API."""
    notes: tuple[Text, ...] = ()
    """What makes it weaker than its price: no guarantee, a slow start, one seller."""


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Where one way becomes the cheaper one: at the most favourable, the likely and the least favourable figures."""

    code: str
    question: Text
    low: Crossed
    likely: Crossed
    high: Crossed
    unit: str
    """tokens, months or ratio."""


@dataclass(frozen=True, kw_only=True)
class Crossed:
    """reached at a value; not-reached up to a value; not-verified for a reason."""

    answer: str
    at: float = float("nan")
    reason: Value = ""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of use in which one way to pay is the cheapest of all."""

    way: str
    from_tokens: float
    """[tokens/month]"""
    to_tokens: float
    """Where the next one takes over; for the last how far was searched. [tokens/month]"""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Cost over use."""

    way: str
    points: tuple[tuple[float, float], ...]
    """Tokens a month, USD a month."""


@dataclass(frozen=True, kw_only=True)
class CostTerm:
    """One default or given value."""

    name: str
    """Option that changes it, without dashes."""
    what: Text
    value: Estimate
    unit: str
    set_by: str
    """you, profile or default."""
    source: str
    as_of: str


@dataclass(frozen=True, kw_only=True)
class CostAnswer:
    """Everything that `cost` says."""

    verdict: Text
    deployment: Deployment | None
    """What runs on rented or bought machines; None where nothing does."""
    requests_per_s: Estimate | Unknown
    """What one machine carries within the latency targets, or in turn where it misses them even alone. [1/s]"""
    demand: Demand
    horizon_months: float
    ways: tuple[WayCost, ...]
    """Cheapest first; unknown costs last."""
    crossings: tuple[Crossing, ...]
    lowest: tuple[Stretch, ...]
    """The cheapest way of all, from nothing to as far as was searched; mixtures of machines and an API are left out."""
    curves: tuple[Curve, ...]
    terms: tuple[CostTerm, ...]
    left_out: tuple[Text, ...]
    """What is in no figure."""
    currency: str
    cny_per_usd: float
    facts_date: str
