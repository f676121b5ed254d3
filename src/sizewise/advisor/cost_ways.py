"""Machines at one demand: rented in each kind or bought, in whole machines, with an API for the peaks or without."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.costing import at_price
from sizewise.decide.evaluate import HEADROOM_RATIO
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.cost import buy_parts, staff_monthly_usd, upfront_usd
from sizewise.estimate.cost_hosted import Hosted, Parts, billed_hours, busy_requests, overflow_ratio
from sizewise.estimate.cost_over_use import BUSY_RATIO, BentCost
from sizewise.estimate.cost_own import (
    monthly_capacity_requests,
    rent_monthly_usd,
    split_usd_per_million_output_tokens,
    whole_steps,
)
from sizewise.units import GB, HOURS_PER_MONTH, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.advisor.cost_machines import Carrier
    from sizewise.advisor.cost_terms import Terms
    from sizewise.domain.demand import Demand
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.estimate.cost import CostDefaults
    from sizewise.estimate.cost_over_use import CostOverUse, MachineCost

CASES = ("low", "likely", "high")
"""Low, likely or high cost: prices and constants at their ends, capacity at the opposite one."""
INPUT_WEIGHT = 4.0
"""An output token is counted like so many input tokens. Source: GKE Inference Quickstart. [ratio]"""
SCALES_TO_ZERO = "rent-scale-to-zero"
RENT_KINDS = ("rent", "rent-hours", "rent-reserved", "rent-spot", SCALES_TO_ZERO)
SUNK = {
    "buy": ("depreciation", "capital", "network", "maintenance", "facility"),
    "rent-reserved": ("rent",),
}
"""Parts that are paid anyway once a machine is bought or committed to."""
CURVE_POINTS = 80
MOST_EDGES = 120
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
    money: Mapping[str, CostDefaults]
    """Constants of machines in the hours of this demand, for each end of the cost."""
    demand: Demand
    horizon_months: float

    @cached_property
    def at_prices(self) -> Mapping[str, Machine]:
        """The machine at each end of its prices."""
        return {case: at_price(self.machine, case) for case in CASES}

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
        if kind == "buy":
            return self._hosted(kind, case, *self._bought(case))
        return self._hosted(kind, case, self._rented(kind, case), 0.0)

    def over_use(self, kind: str, case: str = "likely") -> MachineCost:
        """The cost of a kind over all requests of a month. [USD/month]"""
        if kind != SCALES_TO_ZERO:
            return self.hosted(kind, case).stepped
        return BentCost(
            stepped=self._hosted(kind, case, (), 0.0).stepped, usd_per_hour=self._usd_per_hour(case),
            num_spares=self.num_spares, hours=partial(self._hours_billed, case), most_hours=self.demand.active_hours,
            busy_units=busy_requests(
                request_s=self.carrier.request_s, active_hours=self.demand.active_hours, ratio=BUSY_RATIO
            ),
        )  # fmt: skip

    def _hosted(self, kind: str, case: str, machine: Parts, load_usd: float) -> Hosted:
        rate = self.requests_per_s(case)
        hours_ratio = self.demand.active_hours / HOURS_PER_MONTH
        planned = monthly_capacity_requests(
            requests_per_s=rate, headroom_ratio=HEADROOM_RATIO, peak_ratio=self.demand.peak_ratio
        )
        full = monthly_capacity_requests(requests_per_s=rate, headroom_ratio=1.0, peak_ratio=1.0)
        is_bought = kind == "buy"
        once = self.terms.end("setup_usd", case) / self.horizon_months
        base: Parts = (("staff", staff_monthly_usd(self.money[case])), ("setup", once))
        if not is_bought:
            base = (("storage", self._storage_usd(case)), *base)
        each = self.terms.by_device(case, is_bought=is_bought)
        machine = (*machine, *((name, usd * self.machine.num_devices) for name, usd in each))
        spare = tuple((name, usd * self.num_spares) for name, usd in machine)
        return Hosted(
            base=(*spare, *base), machine=machine, load_energy_usd=load_usd,
            request_usd=0.0 if is_bought else self._traffic_usd(case), planned_requests=float(planned) * hours_ratio,
            full_requests=float(full) * hours_ratio,
        )  # fmt: skip

    def _bought(self, case: str) -> tuple[Parts, float]:
        columns = machine_columns([self.at_prices[case]])
        idle, busy = (buy_parts(columns, self.money[case], busy_ratio=ratio) for ratio in (0.0, 1.0))
        names = ("depreciation", "capital", "maintenance", "facility", "energy")
        parts = tuple((name, first_value(getattr(idle, f"{name}_usd"))) for name in names)
        return parts, first_value(busy.energy_usd) - first_value(idle.energy_usd)

    def _usd_per_hour(self, case: str) -> float:
        """Rent of a whole machine on demand. [USD/hour]"""
        return self.at_prices[case].device.rent_usd_per_hour * self.machine.num_devices

    def _rented(self, kind: str, case: str) -> Parts:
        terms, hours = self.terms, HOURS_PER_MONTH
        discount = interruption = 0.0
        if kind == "rent-hours":
            hours = self.demand.active_hours
        elif kind == SCALES_TO_ZERO:
            hours = float(self._hours_billed(case, np.array(self.demand.requests_per_month)))
        elif kind == "rent-reserved":
            discount = terms.end("reserved_1y_discount_ratio", RATES[case])
        elif kind == "rent-spot":
            discount = terms.end("spot_discount_ratio", RATES[case])
            interruption = terms.end("spot_interruption_ratio", case)
        usd = rent_monthly_usd(
            usd_per_machine_hour=self._usd_per_hour(case), num_machines=1.0, hours=hours,
            discount_ratio=discount, interruption_ratio=interruption,
        )  # fmt: skip
        return (("rent", float(usd)),)

    def _hours_billed(self, case: str, requests: Array) -> Array:
        """Hours billed when the machine is given back whenever nothing runs. [hours/month]"""
        return np.asarray(
            billed_hours(
                requests_per_month=requests,
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

    def _traffic_usd(self, case: str) -> float:
        """What a provider of machines takes for sending out one answer; what comes in is free. [USD]"""
        sent_bytes = self.demand.output_tokens * self.terms.end("answer_bytes_per_token", case)
        return sent_bytes / GB * self.terms.end("egress_usd_per_gb", case)

    def num_machines(self, hosted: Hosted) -> float:
        """Whole machines for the demand, spare ones aside. [count]"""
        return float(whole_steps(self.demand.requests_per_month, step=hosted.planned_requests))

    def upfront_usd(self, case: str) -> float:
        """Price of one machine with its network. [USD]"""
        columns = machine_columns([self.at_prices[case]])
        network_usd = self.machine.num_devices * self.terms.end("network_usd_per_device", case)
        return first_value(upfront_usd(columns, self.money[case])) + network_usd

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
    cost: CostOverUse, most: float, tokens_per_request: float
) -> tuple[tuple[float, float], ...]:
    """Tokens and cost, both sides of each edge, so that steps are upright. [tokens/month, USD/month]

    A cost with very many edges is drawn by as many evenly spread points.
    """
    spread = np.linspace(0.0, most, CURVE_POINTS)
    edges = cost.edges(most) if cost.num_edges(most) <= MOST_EDGES else np.zeros(0)
    points = [(float(v), float(usd)) for v, usd in zip(spread, cost.usd_at(spread), strict=True)]
    points += [(float(v), float(usd)) for v, usd in zip(edges, cost.usd_at(edges), strict=True)]
    above = cost.usd_at(edges, just_above=True)
    points += [(float(v) * (1 + 1e-9), float(usd)) for v, usd in zip(edges, above, strict=True)]
    return tuple((v * tokens_per_request, usd) for v, usd in sorted(points))
