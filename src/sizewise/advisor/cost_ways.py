"""Machines at one demand: rented in each kind or bought, in whole machines, with an API for the peaks or without."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.costing import at_price
from sizewise.decide.evaluate import HEADROOM_RATIO
from sizewise.estimate.break_even import MONTHS_PER_YEAR
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.cost import buy_parts, staff_monthly_usd, upfront_usd
from sizewise.estimate.cost_hosted import Hosted, Parts, billed_hours, overflow_ratio
from sizewise.estimate.cost_own import (
    monthly_capacity_requests,
    rent_monthly_usd,
    split_usd_per_million_output_tokens,
    whole_steps,
)
from sizewise.units import GB, HOURS_PER_MONTH, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from sizewise.advisor.cost_machines import Carrier
    from sizewise.advisor.cost_terms import Terms
    from sizewise.domain.demand import Demand
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.estimate.cost import CostDefaults

CASES = ("low", "likely", "high")
"""Low, likely or high cost: prices and constants at their ends, capacity at the opposite one."""
INPUT_WEIGHT = 4.0
"""An output token is counted like so many input tokens. Source: GKE Inference Quickstart. [ratio]"""
RENT_KINDS = ("rent", "rent-hours", "rent-reserved", "rent-spot", "rent-scale-to-zero")
SUNK = {
    "buy": ("depreciation", "capital", "network", "maintenance", "facility"),
    "rent-reserved": ("rent",),
}
"""Parts that are paid anyway once a machine is bought or committed to."""
MOST_EDGES = 60
"""Steps of a curve drawn one by one. [count]"""
PEOPLE = ("staff", "setup")
"""Parts that are paid anyway once people are there and the work of starting is done."""
RATES = {"low": "high", "likely": "likely", "high": "low"}
"""The end of the capacity that goes with an end of the cost."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Copies of a model on whole machines under the constants of one question."""

    carrier: Carrier
    machine: Machine
    """A whole machine; it holds one copy or several."""
    terms: Terms
    demand: Demand
    horizon_months: float

    @property
    def copies_per_machine(self) -> int:
        """Copies of the model in one machine. [count]"""
        return max(self.machine.num_devices // self.carrier.machine.num_devices, 1)

    def requests_per_s(self, case: str) -> float:
        """What a machine carries. [1/s]

        The slow end is at least that of its throughput: where even that is too late for the targets, further machines
        would not make the first token come sooner.
        """
        rate = self.carrier.requests_per_s
        slowest = rate.likely * self.carrier.case.band("throughput").factor_low
        return max(float(getattr(rate, RATES[case])), slowest) * self.copies_per_machine

    def hosted(self, kind: str, case: str = "likely") -> Hosted:
        """One machine of a kind: rent in one of its kinds, or buy."""
        rate = self.requests_per_s(case)
        hours_ratio = self.demand.active_hours / HOURS_PER_MONTH
        planned = monthly_capacity_requests(
            requests_per_s=rate, headroom_ratio=HEADROOM_RATIO, peak_ratio=self.demand.peak_ratio
        )
        full = monthly_capacity_requests(requests_per_s=rate, headroom_ratio=1.0, peak_ratio=1.0)
        is_bought = kind == "buy"
        machine, load_usd = self._bought(case) if is_bought else (self._rented(kind, case), 0.0)
        defaults = self._defaults(case)
        once = self.terms.end("setup_usd", case) / self.horizon_months
        base: Parts = (("staff", staff_monthly_usd(defaults)), ("setup", once))
        if not is_bought:
            base = (("storage", self._storage_usd(case)), *base)
        machine = (*machine, *self._by_device(case, is_bought=is_bought))
        spare = tuple((name, usd * self.num_spares) for name, usd in machine)
        return Hosted(
            base=(*spare, *base), machine=machine, load_energy_usd=load_usd,
            request_usd=0.0 if is_bought else self._traffic_usd(case), planned_requests=float(planned) * hours_ratio,
            full_requests=float(full) * hours_ratio,
        )  # fmt: skip

    def _defaults(self, case: str) -> CostDefaults:
        return replace(self.terms.defaults(case), active_hours_per_month=self.demand.active_hours)

    def _bought(self, case: str) -> tuple[Parts, float]:
        columns = machine_columns([at_price(self.machine, case)])
        idle, busy = (buy_parts(columns, self._defaults(case), busy_ratio=ratio) for ratio in (0.0, 1.0))
        names = ("depreciation", "capital", "maintenance", "facility", "energy")
        parts = tuple((name, first_value(getattr(idle, f"{name}_usd"))) for name in names)
        return parts, first_value(busy.energy_usd) - first_value(idle.energy_usd)

    def _rented(self, kind: str, case: str) -> Parts:
        device = at_price(self.machine, case).device
        terms, hours = self.terms, HOURS_PER_MONTH
        discount = interruption = 0.0
        if kind == "rent-hours":
            hours = self.demand.active_hours
        elif kind == "rent-scale-to-zero":
            hours = self.billed_hours(case)
        elif kind == "rent-reserved":
            discount = terms.end("reserved_1y_discount_ratio", RATES[case])
        elif kind == "rent-spot":
            discount = terms.end("spot_discount_ratio", RATES[case])
            interruption = terms.end("spot_interruption_ratio", case)
        usd = rent_monthly_usd(
            usd_per_machine_hour=device.rent_usd_per_hour * self.machine.num_devices, num_machines=1.0, hours=hours,
            discount_ratio=discount, interruption_ratio=interruption,
        )  # fmt: skip
        return (("rent", float(usd)),)

    def billed_hours(self, case: str) -> float:
        """Hours billed when the machine is given back whenever nothing runs. [hours/month]"""
        return float(
            billed_hours(
                requests_per_month=self.demand.requests_per_month,
                request_s=self.carrier.request_s,
                active_hours=self.demand.active_hours,
                start_s=self.start_s(case),
                scale_ratio=self.terms.end("scale_to_zero_ratio", case),
            )
        )

    def start_s(self, case: str = "likely") -> float:
        """Until a machine that was given back answers again: weights and engine. [s]"""
        loading = self.carrier.weights_bytes / self.terms.end("weights_load_bytes_per_s", RATES[case])
        return loading + self.terms.end("engine_start_s", case)

    def _storage_usd(self, case: str) -> float:
        """Keeping the weights on a disk of the provider. [USD/month]"""
        return self.carrier.weights_bytes / GB * self.terms.end("storage_usd_per_gb_month", case)

    @property
    def num_spares(self) -> float:
        """Whole machines beyond what the load needs. [count]"""
        return math.ceil(self.terms.likely("spare_machines"))

    def _by_device(self, case: str, *, is_bought: bool) -> Parts:
        """Licence, and the network of bought machines over their life without a value at the end. [USD/month]"""
        terms, count = self.terms, self.machine.num_devices
        parts: Parts = (
            ("licence", count * terms.end("licence_usd_per_device_year", case) / MONTHS_PER_YEAR),
        )
        if is_bought:
            network = count * terms.end("network_usd_per_device", case) / terms.end("life_months", case)
            parts = (("network", network), *parts)
        return tuple((name, usd) for name, usd in parts if usd)

    def _traffic_usd(self, case: str) -> float:
        """What a provider of machines takes for sending out one answer; what comes in is free. [USD]"""
        sent_bytes = self.demand.output_tokens * self.terms.end("answer_bytes_per_token", case)
        return sent_bytes / GB * self.terms.end("egress_usd_per_gb", case)

    def num_machines(self, hosted: Hosted) -> float:
        """Whole machines for the demand, spare ones aside. [count]"""
        return float(whole_steps(self.demand.requests_per_month, step=hosted.planned_requests))

    def upfront_usd(self, case: str) -> float:
        """Price of one machine with its network. [USD]"""
        columns = machine_columns([at_price(self.machine, case)])
        network_usd = self.machine.num_devices * self.terms.end("network_usd_per_device", case)
        return first_value(upfront_usd(columns, self._defaults(case))) + network_usd

    def overflow(self, hosted: Hosted, num_machines: float) -> float:
        """Share of the requests that so many machines cannot take at the peaks. [ratio]"""
        mean = self.demand.requests_per_month
        capacity = num_machines * hosted.planned_requests * self.demand.peak_ratio
        return float(overflow_ratio(capacity_over_mean=capacity / mean, peak_ratio=self.demand.peak_ratio))


def parts_total(parts: Parts) -> float:
    """Sum of named parts. [USD/month]"""
    return sum(usd for _, usd in parts)


def marginal(way: str, parts: Parts) -> float:
    """What is left when people are there and what was bought or committed to is paid anyway. [USD/month]"""
    gone = (*SUNK.get(way, ()), *PEOPLE)
    return sum(usd for name, usd in parts if name not in gone)


def hosted_split(monthly_usd: float, demand: Demand) -> tuple[float, float]:
    """Cost of a million input and of a million output tokens at the asked load. [USD/Mtok]"""
    seconds = HOURS_PER_MONTH * SECONDS_PER_HOUR
    output = split_usd_per_million_output_tokens(
        usd_per_hour=monthly_usd / HOURS_PER_MONTH,
        input_tokens_per_s=demand.requests_per_month * demand.input_tokens / seconds,
        output_tokens_per_s=demand.requests_per_month * demand.written_tokens / seconds,
        output_over_input=INPUT_WEIGHT,
    )
    return float(output) / INPUT_WEIGHT, float(output)


def curve_points(
    hosted: Hosted, requests: Array, tokens_per_request: float
) -> tuple[tuple[float, float], ...]:
    """Tokens and cost, both sides of each machine boundary, so that steps are upright. [tokens/month, USD/month]"""
    cost, each = hosted.stepped, hosted.planned_requests
    first, last = math.ceil(requests[0] / each), math.floor(requests[-1] / each)
    edges = each * np.arange(first, min(last, first + MOST_EDGES) + 1) if math.isfinite(each) else np.zeros(0)
    points = [(float(v), float(usd)) for v, usd in zip(requests, cost.usd_at(requests), strict=True)]
    points += [(float(v), float(usd)) for v, usd in zip(edges, cost.usd_at(edges), strict=True)]
    above = cost.usd_at(edges, just_above=True)
    points += [(float(v) * (1 + 1e-9), float(usd)) for v, usd in zip(edges, above, strict=True)]
    return tuple((v * tokens_per_request, usd) for v, usd in sorted(points))
