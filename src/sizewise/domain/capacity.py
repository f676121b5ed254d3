"""What `capacity` answers: how much load one machine carries, how many machines a load needs, what its users feel."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.decision import Assumption, Deployment  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.energy import Energy  # noqa: TC001 - same
from sizewise.domain.estimate import Estimate  # noqa: TC001 - same
from sizewise.domain.text import Text  # noqa: TC001 - same

STEADY_GROWTH = 0.03
"""Growth of the wait that is still taken for chance. [s/s] Assumed; an overload of 5 % gives 0.05."""


@dataclass(frozen=True, kw_only=True)
class Percentiles:
    """How a latency is spread over the requests. [s]"""

    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float


@dataclass(frozen=True, kw_only=True)
class LoadFigures:
    """One machine under one load; NaN: not known by this way of computing."""

    num_users: float
    """Users in a closed loop; NaN: requests arrive whatever happens."""
    requests_per_s: float
    """Answers finished. [requests/s]"""
    output_tokens_per_s: float
    num_running: float
    """Mean requests that run at once."""
    ttft: Percentiles
    """Time to the first token."""
    tpot: Percentiles
    """Mean time per further token of a request."""
    attained_ratio: float
    """Share of the requests that meet both targets; simulated only."""
    goodput_requests_per_s: float
    """Answers that meet both targets; simulated only. [requests/s]"""
    preempted_ratio: float
    """Times a request lost its place because the cache was full / requests; simulated only."""
    wait_growth: float
    """How much longer later requests wait, for each second; above 0 the queue grows. Simulated only. [s/s]"""

    @property
    def is_queue_growing(self) -> bool:
        """Does the wait grow by more than what chance explains?"""
        return self.wait_growth > STEADY_GROWTH


@dataclass(frozen=True, kw_only=True)
class LoadCurve:
    """What the users of one machine feel as they become more."""

    points: tuple[LoadFigures, ...]
    """From one user to beyond what is carried within the targets, or asked."""
    max_ttft_s: float
    max_tpot_s: float
    num_users: Estimate
    """Most users within the targets."""
    asked_users: float
    """Users that were asked for, each machine its share."""


@dataclass(frozen=True, kw_only=True)
class MachinePlan:
    """How many machines carry a load."""

    requests_per_s: float
    """Asked load; NaN: asked for users. [requests/s]"""
    num_users: float
    """Asked load; NaN: asked for requests."""
    num_machines: int
    """With headroom: each runs at this share of what it carries at most."""
    headroom_ratio: float
    num_machines_low: float
    num_machines_high: float
    """Machines if it turns out as fast, or as slow, as the 80 % range allows; infinite: none."""
    num_machines_with_spare: int
    """One more, so that the load is carried while one is down (N+1)."""
    each: LoadFigures
    """One of the machines under its share of the load."""


@dataclass(frozen=True, kw_only=True)
class SimulationResult:
    """What the simulator saw."""

    arrivals: str
    """poisson, bursts, trace or users."""
    seed: int
    num_requests: int
    """Requests that were followed."""
    loads: tuple[LoadFigures, ...]
    """From light to heavy."""
    largest: float
    """Largest simulated load whose 95th percentiles meet the targets: requests/s, or users. 0: none."""
    num_machines: int
    """Machines for the asked load by this; 0: no load was asked for, or none carries it."""


@dataclass(frozen=True, kw_only=True)
class CapacityAnswer:
    """How many users and requests a machine carries within the targets."""

    deployment: Deployment
    share: float
    """Share of the requests that must meet each target."""
    max_ttft_s: float
    max_tpot_s: float
    input_tokens: float
    output_tokens: float
    think_time_s: float
    max_sequences: int
    """Requests that have room at once, each with its whole context."""
    expected_sequences: int
    """Requests of the usual length that have room at once: prompt and half of the answer."""
    requests_per_s: Estimate
    """Largest Poisson load within the targets. [requests/s]"""
    num_users: Estimate
    """Most users within the targets, each waiting for its answer, then pausing."""
    binding: str
    """What limits the requests: ttft, tpot or sequences."""
    alone: LoadFigures
    """One user with nobody else."""
    at_requests: LoadFigures | None
    """At the largest Poisson load; none where nothing is carried."""
    at_users: LoadFigures | None
    """At the most users."""
    energy: Energy | None
    """At the largest load that is carried, of requests or else of users."""
    plan: MachinePlan | None
    """Machines for the load that was asked for."""
    simulation: SimulationResult | None
    assumptions: tuple[Assumption, ...]
    caveats: tuple[Text, ...]
