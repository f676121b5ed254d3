"""Where one way to pay becomes cheaper than another: by use, by months, by load; each with its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.advisor.cost_lines import NO_API
from sizewise.advisor.cost_ways import CASES, PEOPLE, RENT_KINDS, parts_total
from sizewise.domain.cost import Crossed, Crossing, Stretch
from sizewise.domain.text import T
from sizewise.estimate.break_even import (
    BreakEven,
    NotReached,
    NotVerified,
    Reached,
    break_even_load,
    break_even_range,
    break_even_units,
    buy_or_rent_months,
    leads,
    payback_month,
)
from sizewise.estimate.cost_over_use import CostOverUse, SteppedCost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.cost_fleet import Fleet
    from sizewise.advisor.cost_lines import Api
    from sizewise.advisor.cost_ways import Site
    from sizewise.domain.demand import Demand
    from sizewise.domain.text import Text

MOST_MACHINES = 10.0
"""Use is searched up to what so many of the largest machines carry,"""
MOST_TIMES = 100.0
"""and up to so many times the asked use. [ratio]"""
MOST_MONTHS = 120
BOUND = ("depreciation", "capital", "network")
"""Parts of buying that are the price of the machines."""
REASONS = {
    "price unknown": T("a price is unknown"),
    "capacity unknown": T("what the machine carries is unknown"),
    "price or capacity unknown": T("a price or what the machine carries is unknown"),
    "too many machines to search": T("too many machines to search"),
}
"""Why a crossing cannot be told."""
Three = tuple[CostOverUse, CostOverUse, CostOverUse]


@dataclass(frozen=True, kw_only=True)
class Paths:
    """The ways to pay as costs over requests."""

    rent: Fleet | None
    buy: Fleet | None
    api: Api | None
    demand: Demand

    def rented(self, kind: str = "rent") -> Three | None:
        """Rent, on demand and always on or in another of its kinds: low, likely, high."""
        return _three(self.rent, kind)

    def bought(self) -> Three | None:
        """Bought: low, likely, high."""
        return _three(self.buy, "buy")

    def through_api(self) -> Three | None:
        """The API: cheapest offer, twice, and the median of all."""
        api, demand = self.api, self.demand
        if api is None:
            return None
        fixed = {case: parts_total(api.fixed(case)) for case in CASES}
        bills = {"low": api.bills.monthly_usd, "likely": api.bills.monthly_usd, "high": api.bills.median_usd}
        low, likely, high = (
            SteppedCost(base_usd=fixed[case], unit_usd=bills[case] / demand.requests_per_month)
            for case in CASES
        )
        return low, likely, high

    @property
    def up_to(self) -> float:
        """How far use is searched. [requests/month]"""
        fleets = [fleet for fleet in (self.rent, self.buy) if fleet is not None]
        carried = MOST_MACHINES * max((fleet.most_requests for fleet in fleets), default=0.0)
        return max(carried, MOST_TIMES * self.demand.requests_per_month)

    def all_ways(self) -> dict[str, Three]:
        """Every way whose cost over use is known, by name; mixtures of machines and an API are left out."""
        ways = {
            "api": self.through_api(),
            **{kind: self.rented(kind) for kind in RENT_KINDS},
            "buy": self.bought(),
        }
        return {way: costs for way, costs in ways.items() if costs is not None}


def _three(fleet: Fleet | None, kind: str) -> Three | None:
    if fleet is None:
        return None
    costs = [fleet.least(kind, case) for case in CASES]
    low, likely, high = costs
    return None if low is None or likely is None or high is None else (low, likely, high)


def crossings(paths: Paths) -> tuple[Crossing, ...]:
    """Every crossing that the known ways allow; what is missing is said."""
    return tuple(_crossings(paths))


def _crossings(paths: Paths) -> Iterator[Crossing]:
    api = paths.through_api()
    ways = (
        ("rent-api", T("renting is cheaper than the API from"), paths.rented()),
        ("buy-api", T("buying is cheaper than the API from"), paths.bought()),
    )
    for code, question, machines in ways:
        yield _by_use(code, question, machines, api, paths)
    if paths.bought() is not None and len(paths.all_ways()) > 1:
        yield _lowest_of_all(paths)
    yield _buy_against_rent(paths)
    yield _payback(paths)
    yield from _loads(paths)


def _by_use(code: str, question: Text, machines: Three | None, api: Three | None, paths: Paths) -> Crossing:
    """The use from which whole machines are cheaper for good. [tokens/month]"""
    if machines is None or api is None:
        why = Crossed(
            answer="not-verified", reason=NO_API if api is None else REASONS["price or capacity unknown"]
        )
        return Crossing(code=code, question=question, low=why, likely=why, high=why, unit="tokens")
    found = break_even_range(machines, api, up_to=paths.up_to)
    scale = paths.demand.tokens_per_request
    return Crossing(
        code=code, question=question, low=crossed(found.low, scale), likely=crossed(found.likely, scale),
        high=crossed(found.high, scale), unit="tokens",
    )  # fmt: skip


def _lowest_of_all(paths: Paths) -> Crossing:
    """The use from which buying is cheaper for good than every other way. [tokens/month]"""
    ways = paths.all_ways()
    bought, others = ways["buy"], [costs for way, costs in ways.items() if way != "buy"]
    ends = [
        crossed(
            break_even_units(bought[own], [other[theirs] for other in others], up_to=paths.up_to),
            paths.demand.tokens_per_request,
        )
        for own, theirs in ((0, 2), (1, 1), (2, 0))
    ]  # fmt: skip
    return Crossing(
        code="buy-lowest", question=T("buying is the cheapest of all from"), low=ends[0], likely=ends[1],
        high=ends[2], unit="tokens",
    )  # fmt: skip


def lowest(paths: Paths) -> tuple[Stretch, ...]:
    """Which way is the cheapest of all, stretch by stretch of use, at the likely figures; mixtures are left out."""
    ways = paths.all_ways()
    found = leads([costs[1] for costs in ways.values()], up_to=paths.up_to) if ways else ()
    if isinstance(found, NotVerified):
        return ()
    names, scale = list(ways), paths.demand.tokens_per_request
    return tuple(
        Stretch(way=names[lead.index], from_tokens=lead.from_units * scale, to_tokens=lead.to_units * scale)
        for lead in found
    )


def running_usd(site: Site, case: str) -> float:
    """What bought machines cost each month once they are paid. [USD/month]"""
    hosted = site.hosted("buy", case)
    count = site.num_machines(hosted)
    kept = BOUND
    return sum(
        usd for name, usd in hosted.parts_at(site.demand.requests_per_month, count) if name not in kept
    )


def spent(site: Site, case: str) -> tuple[float, float]:
    """Price of all machines with spare ones, and what they bring at the end; their network brings nothing. [USD]"""
    count = site.num_machines(site.hosted("buy", case)) + site.num_spares
    network_usd = count * site.machine.num_devices * site.terms.end("network_usd_per_device", case)
    usd = count * site.upfront_usd(case)
    return usd, (usd - network_usd) * site.terms.end("residual_ratio", case)


def _rent_usd(site: Site, case: str) -> float:
    hosted = site.hosted("rent", case)
    return parts_total(hosted.parts_at(site.demand.requests_per_month, site.num_machines(hosted)))


def _buy_against_rent(paths: Paths) -> Crossing:
    """Months until buying has cost less than renting; the low end pairs the cheapest purchase with the dearest rent."""
    question = T("buying has paid for itself against renting after")
    if paths.buy is None or paths.rent is None:
        why = Crossed(answer="not-verified", reason=REASONS["capacity unknown"])
        return Crossing(code="buy-rent", question=question, low=why, likely=why, high=why, unit="months")
    ends = {}
    bought, rented = paths.buy.cheapest("buy"), paths.rent.cheapest("rent")
    for case, other in zip(CASES, reversed(CASES), strict=True):
        capex, residual = spent(bought, case)
        ends[case] = crossed(
            buy_or_rent_months(
                capex_usd=capex, residual_usd=residual, rent_usd=_rent_usd(rented, other),
                running_usd=running_usd(bought, case), up_to=float(MOST_MONTHS),
            )
        )  # fmt: skip
    return Crossing(code="buy-rent", question=question, unit="months", **ends)


def _payback(paths: Paths) -> Crossing:
    """Months until saved API bills have paid for the machines, at API prices that fall."""
    question = T("saved API bills have paid for the machines after")
    if paths.buy is None or paths.api is None:
        why = Crossed(
            answer="not-verified", reason=NO_API if paths.api is None else REASONS["capacity unknown"]
        )
        return Crossing(code="payback", question=question, low=why, likely=why, high=why, unit="months")
    api, bought, ends = paths.api, paths.buy.cheapest("buy"), {}
    bills = {"low": api.bills.median_usd, "likely": api.bills.monthly_usd, "high": api.bills.monthly_usd}
    for case in CASES:
        capex, residual = spent(bought, case)
        people = sum(usd for name, usd in api.fixed(case) if name in PEOPLE)
        opposite = {"low": "high", "likely": "likely", "high": "low"}[case]
        found = payback_month(
            capex_usd=capex, residual_usd=residual, running_usd=running_usd(bought, case),
            bill_usd=bills[case] + people, yearly_factor=api.terms.end("api_price_yearly_factor", opposite),
            up_to=MOST_MONTHS,
        )  # fmt: skip
        ends[case] = crossed(found)
    return Crossing(code="payback", question=question, unit="months", **ends)


def _loads(paths: Paths) -> Iterator[Crossing]:
    """Share of what one machine carries from which it is cheaper than the API."""
    api = paths.through_api()
    ways = (
        ("rent", paths.rent, T("a rented machine is cheaper than the API above a load of")),
        ("buy", paths.buy, T("a bought machine is cheaper than the API above a load of")),
    )
    for way, fleet, question in ways:
        if api is None or fleet is None:
            continue
        chosen = fleet.cheapest(way)
        machines = [chosen.hosted(way, case).stepped for case in CASES]
        ends = [
            crossed(
                break_even_load(
                    fixed_usd=own.base_usd + own.step_usd - other.floor.usd,
                    unit_usd=other.floor.usd_per_unit - own.unit_usd, capacity_units=own.units_per_step,
                )
            )
            for own, other in zip(machines, reversed(api), strict=True)
        ]  # fmt: skip
        yield Crossing(
            code=f"{way}-load", question=question, low=ends[0], likely=ends[1], high=ends[2], unit="ratio"
        )


def crossed(found: BreakEven, scale: float = 1.0) -> Crossed:
    """A break-even as shown, its value times a scale."""
    if isinstance(found, Reached):
        return Crossed(answer="reached", at=found.at * scale)
    if isinstance(found, NotReached):
        return Crossed(answer="not-reached", at=found.up_to * scale)
    return Crossed(answer="not-verified", reason=REASONS[found.reason])
