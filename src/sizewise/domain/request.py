"""What is asked: the task, the load, the limits, the hardware."""

from __future__ import annotations

from dataclasses import dataclass, field

from sizewise.domain.workload import Task, Workload  # noqa: TC001 - dataclass fields are introspected

API, ANY_PATH = "api", "any"
"""A model that somebody else runs; machines and APIs alike."""
PATHS = ("owned", "rent", "buy")
"""How hardware is paid for: already there, by the hour, bought for this."""


@dataclass(frozen=True, kw_only=True)
class QualityBar:
    """The quality that is good enough, on the 0-100 scale of the task's axis."""

    value: float
    """NaN: no bar can be stated, so nothing is known to pass it. [points]"""
    reference: str
    """Where it comes from: a model's name, a complexity or the user's number."""
    kind: str
    """default, model, complexity or number."""
    margin: float
    """Accepted loss against the reference, already subtracted from the value. [points]"""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Gates that an option must pass."""

    monthly_budget_usd: float = float("inf")
    upfront_budget_usd: float = float("inf")
    licence: str = "any"
    """any, commercial (conditional licences included) or open (no conditions)."""
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes that the model must list."""
    min_pass_probability: float = 0.8
    """An option passes the bar when it is this likely to reach it."""
    max_devices: int = 8
    """Devices of one machine."""
    max_replicas: int = 64
    min_weight_bits: float = 4.0
    """Fewest bits per weight proposed without being asked for."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the user asked for by name; empty means any. Nothing asked for is ever replaced."""

    models: tuple[str, ...] = ()
    quantizations: tuple[str, ...] = ()
    engines: tuple[str, ...] = ()
    engine_versions: tuple[tuple[str, str], ...] = ()
    """Engine and the version named with it; engines without one are at the version of the catalog."""
    devices: tuple[str, ...] = ()
    num_devices: int = 0
    """0: any count up to the limit."""
    paths: tuple[str, ...] = PATHS
    """Ways to pay for machines; none: an API alone."""
    allows_api: bool = False
    """May requests, and the data in them, go to an API?"""


@dataclass(frozen=True, kw_only=True)
class Prices:
    """Prices of the user; what is not said has the price of the catalog."""

    tariff_usd_per_kwh: float | None = None
    """Electricity. [USD/kWh]"""
    rent_usd_per_hour: tuple[tuple[str, float], ...] = ()
    """Device and its rent. [USD/h]"""
    buy_usd: tuple[tuple[str, float], ...] = ()
    """Device and what it costs. [USD]"""


@dataclass(frozen=True, kw_only=True)
class Billing:
    """How requests through an API are billed. [ratio]"""

    cached_ratio: float = 0.0
    """Share of the input that a provider finds in its cache."""
    batch_ratio: float = 0.0
    """Share of the requests that can wait for a batch."""
    api_peak_ratio: float = float("nan")
    """Share of the requests in the provider's dear hours; NaN: as the hours of a week have it."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question, complete: every default filled in."""

    task: Task
    workload: Workload
    bar: QualityBar
    limits: Limits = field(default_factory=Limits)
    filters: Filters = field(default_factory=Filters)
    kv_type: str = "f16"
    """Type of the KV cache."""
    prices: Prices = field(default_factory=Prices)
    billing: Billing = field(default_factory=Billing)
