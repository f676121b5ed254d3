"""Machines of one's own or rented ones over use: whole machines, energy with load, overflow to an API, idle hours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.domain.number import np
from sizewise.estimate.cost_over_use import SteppedCost
from sizewise.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from sizewise.domain.number import Number

Parts = tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True)
class Hosted:
    """One machine, what comes with each further one, and what is paid once for all of them. [USD/month]"""

    base: Parts
    """Independent of the number of machines: people, set-up, spare machines."""
    machine: Parts
    """For each whole machine, idle electricity included."""
    load_energy_usd: float
    """Further electricity of a machine that is busy in all active hours."""
    planned_requests: float
    """Requests a month for which one machine is planned: with headroom, at the peak. [1/month]"""
    request_usd: float = 0.0
    """Traffic that every request causes. [USD]"""
    full_requests: float
    """Requests a month that keep it busy in all active hours. [1/month]"""

    @property
    def stepped(self) -> SteppedCost:
        """The cost over use as steps and slopes."""
        return SteppedCost(
            base_usd=sum(usd for _, usd in self.base),
            step_usd=sum(usd for _, usd in self.machine),
            units_per_step=self.planned_requests,
            unit_usd=self._energy_usd + self.request_usd,
        )

    @property
    def _energy_usd(self) -> float:
        """Electricity of one request beyond idling. [USD]"""
        return self.load_energy_usd / self.full_requests if self.load_energy_usd else 0.0

    def parts_at(self, requests: float, num_machines: float) -> Parts:
        """Named parts at so many requests; they sum to the stepped cost. [USD/month]"""
        parts: dict[str, float] = {}
        machines = ((name, usd * num_machines) for name, usd in self.machine)
        work = (("energy", self._energy_usd * requests), ("traffic", self.request_usd * requests))
        for name, usd in (*machines, *work, *self.base):
            parts[name] = parts.get(name, 0.0) + usd
        return tuple((name, usd) for name, usd in parts.items() if usd)


def overflow_ratio(*, capacity_over_mean: Number, peak_ratio: Number) -> Number:
    """Share of the requests above a fixed capacity. [ratio]

    Hourly rates, sorted, follow r(x) = p m x^(p - 1) for x from 0 to 1: mean m, highest p m; p = 1 is a constant rate,
    p = 2 a straight line. Of them
        1 - x0^p - (c / m) (1 - x0),  x0 = (c / (p m))^(1 / (p - 1))
    lies above c. Assumed: the shape; its mean and its peak are those asked for.

    >>> round(float(overflow_ratio(capacity_over_mean=1.0, peak_ratio=2.0)), 3)
    0.25
    """
    capacity = np.asarray(capacity_over_mean, dtype=np.float64)
    peak = np.asarray(peak_ratio, dtype=np.float64)
    varies = peak > 1.0
    exponent = 1.0 / np.where(varies, peak - 1.0, 1.0)
    start = np.minimum(capacity / peak, 1.0) ** exponent
    above = 1.0 - start**peak - capacity * (1.0 - start)
    return np.where(varies, np.maximum(above, 0.0), np.maximum(1.0 - capacity, 0.0))


def worked_hours(*, requests_per_month: Number, request_s: Number, active_hours: Number) -> Number:
    """Hours in which at least one request runs. [hours/month]

    active hours x (1 - e^(-rate x time of a request)): requests arrive at random and do not wait for each other.

    >>> round(float(worked_hours(requests_per_month=3600, request_s=1.0, active_hours=1.0)), 3)
    0.632
    """
    rate = requests_per_month / (active_hours * SECONDS_PER_HOUR)
    return -active_hours * np.expm1(-rate * request_s)


def busy_requests(*, request_s: float, active_hours: float, ratio: float) -> float:
    """Requests from which at least one of them runs in this share of the hours of use. [1/month]

    - active seconds x ln(1 - ratio) / time of a request.

    >>> round(busy_requests(request_s=1.0, active_hours=1.0, ratio=0.632))
    3599
    """
    return active_hours * SECONDS_PER_HOUR * -math.log1p(-ratio) / request_s


def idle_starts(*, requests_per_month: Number, request_s: Number, active_hours: Number) -> Number:
    """Requests that find nothing running, each of which starts the machine again. [1/month]

    requests x e^(-rate x time of a request).
    """
    rate = requests_per_month / (active_hours * SECONDS_PER_HOUR)
    return requests_per_month * np.exp(-rate * request_s)


def billed_hours(
    *,
    requests_per_month: Number,
    request_s: Number,
    active_hours: Number,
    start_s: Number,
    scale_ratio: Number,
) -> Number:
    """Hours billed when a machine is given back whenever nothing runs. [hours/month]

    worked hours x scale ratio + starts x start time, at most the hours of use: then it simply stays on.
    Valid for: one machine, no time-out before it is given back.
    """
    worked = worked_hours(
        requests_per_month=requests_per_month, request_s=request_s, active_hours=active_hours
    )
    starts = idle_starts(
        requests_per_month=requests_per_month, request_s=request_s, active_hours=active_hours
    )
    return np.minimum(worked * scale_ratio + starts * start_s / SECONDS_PER_HOUR, active_hours)
