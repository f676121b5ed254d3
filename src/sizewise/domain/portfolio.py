"""What `portfolio` says: which deployment carries which class of requests, at what cost, with what proof."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.decision import Assumption, Deployment  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.estimate import Estimate, Unknown  # noqa: TC001 - same
from sizewise.domain.text import Text, Value  # noqa: TC001 - same


@dataclass(frozen=True, kw_only=True)
class ClassRoute:
    """One class of requests and where it goes."""

    name: str
    task: str
    requests_per_month: float
    bar: Text
    """What is good enough for it."""
    part: int
    """Position in `PortfolioAnswer.parts`."""
    quality: Estimate | Unknown
    pass_probability: float
    load_replicas: float
    """Replicas that it keeps busy, headroom included; 0 behind an API."""
    num_able: int
    """Deployments that could serve it."""


@dataclass(frozen=True, kw_only=True)
class PortfolioPart:
    """One deployment of the portfolio, or one API."""

    title: Value
    deployment: Deployment | None
    """None: an API."""
    path: str
    """owned, rent, buy or api."""
    replicas: int
    machine: str
    """The machine on which the replicas run, which they may share with another part; empty for an API."""
    share_of_machine: float
    """Part of the machine that one replica takes: 1, 0.5 ..."""
    classes: tuple[str, ...]
    busy_ratio: float
    """Load over replicas; NaN for an API."""
    usage_usd: float
    """Electricity of the work, or the bill of the API. [USD/month]"""


@dataclass(frozen=True, kw_only=True)
class PortfolioMachines:
    """So many equal machines, with what runs on them."""

    machine: str
    path: str
    count: int
    parts: tuple[int, ...]
    """Positions in `PortfolioAnswer.parts`: more than one where parts share the machines."""
    monthly_usd: Estimate
    upfront_usd: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Another way to serve everything."""

    title: Text
    what: Value
    """The deployments, in words; or why it is not possible."""
    monthly_usd: float
    """NaN: not possible."""
    upfront_usd: float


@dataclass(frozen=True, kw_only=True)
class PortfolioAnswer:
    """The cheapest way to serve all classes."""

    verdict: Text
    routes: tuple[ClassRoute, ...]
    parts: tuple[PortfolioPart, ...]
    machines: tuple[PortfolioMachines, ...]
    monthly_usd: Estimate | None
    """None: there is no plan."""
    upfront_usd: float
    bound_usd: float
    """No plan of the compared deployments costs less. [USD/month]"""
    gap_ratio: float
    """How much cheaper another plan could be at most; 0: proved optimal. [ratio]"""
    num_candidates: int
    """Deployments that can serve at least one class."""
    num_compared: int
    """Deployments in the programme, after those that another one replaces at no more cost."""
    comparisons: tuple[Comparison, ...]
    unserved: tuple[tuple[str, Text], ...]
    """Classes that nothing serves, and why."""
    assumptions: tuple[Assumption, ...]
    facts_date: str
    version: str
