"""`cost`: what a deployment costs by every way to pay, where they cross, and with which assumptions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from sizewise.advisor.api_bill import bills
from sizewise.advisor.asking import ask
from sizewise.advisor.cost_crossings import Paths, crossings, lowest
from sizewise.advisor.cost_fleet import Fleet
from sizewise.advisor.cost_lines import (
    NO_CAPACITY,
    Api,
    api_line,
    hosted_line,
    hybrid_line,
    unknown_line,
    user_bills,
)
from sizewise.advisor.cost_machines import carriers, market, named_carriers
from sizewise.advisor.cost_question import (
    CostQuestion,
    currency_of,
    demand_of,
    horizon_of,
    prices_of,
    reasoning_of,
    usd_of,
    ways_of,
    width_of,
)
from sizewise.advisor.cost_terms import SETTINGS, Terms, terms_of, uncounted
from sizewise.advisor.cost_ways import RENT_KINDS, Site, curve_points
from sizewise.advisor.fitting import find_model
from sizewise.advisor.named_machine import machine
from sizewise.catalog import load_catalog
from sizewise.catalog.cost_profile import read_profile
from sizewise.decide import wording
from sizewise.domain.cost import CostAnswer, Curve, WayCost
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import Count, T
from sizewise.errors import NotSupported
from sizewise.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.advisor.api_bill import Bills
    from sizewise.advisor.asking import Asked
    from sizewise.advisor.cost_machines import Carrier
    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.cost import Crossing
    from sizewise.domain.demand import Demand
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.text import Text, Value
    from sizewise.domain.workload import Workload

BEYOND, NEAR = 1.6, 12.0
"""A curve reaches so far beyond the asked use, or beyond a crossing at most so far from it. [ratio]"""
LEFT_OUT = (
    T("taxes, insurance, disposal and what an outage costs"),
    T("a prefix cache of one's own, which saves input as --cached does at an API"),
)
WAITING = T(
    "that people wait for an answer before they ask again, which recommend counts on: requests at random moments can "
    "need a machine more"
)
LATE = T(
    "the usual waiting times, which this machine misses even alone: one request after another is counted"
)


def cost(
    model: str, question: Question, money: CostQuestion | None = None, *, user_catalog: str | None = None
) -> CostAnswer:
    """Every way to pay for one model at one demand.

    Without a device, the machines on which it is cheapest to rent and to buy. Raises: SizewiseError for input that
    cannot be used.
    """
    asked_money = money or CostQuestion()
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    profile = read_profile(asked_money.profile, SETTINGS) if asked_money.profile else {}
    terms = terms_of(asked_money.settings, profile)
    found = find_model(catalog, model)
    if found.quantization is not None and not question.quantization:
        question = replace(question, quantization=(found.quantization,))
    named = question.device
    asked = ask(catalog, replace(question, model=(), device=()))
    case = _Pricing(
        catalog=catalog, asked=_with_reasoning(asked, asked_money), load=asked.request.workload, model=found.model,
        money=asked_money, terms=terms, named=named, has_users=question.users is not None,
    )  # fmt: skip
    return case.answer()


def _with_reasoning(asked: Asked, money: CostQuestion) -> Asked:
    """Machines write the reasoning as well: equal demand on all ways."""
    workload, extra = asked.request.workload, reasoning_of(money)
    longer = replace(
        workload, output_tokens=workload.output_tokens + extra,
        context_tokens=int(workload.context_tokens + extra),
    )  # fmt: skip
    return replace(asked, request=replace(asked.request, workload=longer))


@dataclass(frozen=True, kw_only=True)
class _Pricing:
    """One question while it is priced."""

    catalog: Catalog
    asked: Asked
    """The request as machines see it: answers with their reasoning."""
    load: Workload
    """The load as asked."""
    model: Model
    money: CostQuestion
    terms: Terms
    named: tuple[str, ...]
    has_users: bool

    def answer(self) -> CostAnswer:
        """All ways, their crossings and curves."""
        found = self.carriers()
        horizon = horizon_of(self.money.horizon, self.terms.likely("life_months"))
        demand, fleets = self.served(found, horizon)
        api = self.api(demand, horizon)
        ways = self.ways(fleets, api, demand)
        paths = Paths(rent=fleets.get("rent"), buy=fleets.get("buy"), api=api, demand=demand)
        turns = crossings(paths)
        first = self.first(fleets, ways)
        nothing = Unknown(reason="no machine runs it within the latency targets")
        currency, rate = currency_of(self.money.currency), self.terms.likely("fx_cny_per_usd")
        return CostAnswer(
            verdict=verdict(ways, demand),
            deployment=first.case.deployment if first else None,
            requests_per_s=first.requests_per_s if first else nothing,
            demand=demand,
            horizon_months=horizon,
            ways=ways,
            crossings=turns,
            lowest=lowest(paths),
            curves=curves(paths, turns),
            terms=self.terms.shown,
            left_out=(
                *LEFT_OUT,
                *((WAITING,) if self.has_users else ()),
                *((LATE,) if first and first.is_late else ()),
                *uncounted(self.terms.shown),
            ),
            currency=currency,
            cny_per_usd=rate,
            facts_date=self.catalog.facts_date,
        )

    def carriers(self) -> dict[str, tuple[Carrier, ...]]:
        """For renting and for buying: copies of the model on the named machine, or on all of the market."""
        request = self.asked.request
        if not self.named:
            machines = market(self.catalog, request)
            return carriers(self.catalog, request, self.model, self.terms, machines)
        here = self.priced(machine(self.catalog, self.named[0]))
        return named_carriers(self.catalog, request, self.model, self.terms, here)

    def served(
        self, found: Mapping[str, Sequence[Carrier]], horizon: float
    ) -> tuple[Demand, dict[str, Fleet]]:
        """The demand and who may carry it.

        Users send what they can send to the machines that are cheapest for them; how many requests that is depends a
        little on the machines, so it is worked out for all of them first.
        """
        demand = self.demand([copy for copies in found.values() for copy in copies])
        fleets = {path: self.fleet(copies, demand, horizon) for path, copies in found.items()}
        if fleets and self.has_users:
            demand = self.demand([fleet.cheapest(path).carrier for path, fleet in fleets.items()])
            fleets = {path: self.fleet(copies, demand, horizon) for path, copies in found.items()}
        return demand, fleets

    def first(self, fleets: Mapping[str, Fleet], ways: Sequence[WayCost]) -> Carrier | None:
        """What runs in the cheapest way that has machines of its own."""
        hosted = [way.way for way in ways if way.way in {*RENT_KINDS, "buy"}] or list(fleets)
        sites = [fleets[path].cheapest(way) for way in hosted if (path := way.partition("-")[0]) in fleets]
        return sites[0].carrier if sites else None

    def priced(self, here: Machine) -> Machine:
        """The machine at the user's prices, where they are given."""
        rate, device = self.terms.likely("fx_cny_per_usd"), here.device
        if self.money.buy_price is not None:
            usd = usd_of(self.money.buy_price, "--buy-price", rate)
            device = replace(device, buy_usd=usd, buy_usd_low=usd, buy_usd_high=usd, buy_price_kind="")
        if self.money.rent_price is not None:
            usd = usd_of(self.money.rent_price, "--rent-price", rate)
            device = replace(
                device,
                rent_usd_per_hour=usd,
                rent_usd_per_hour_low=usd,
                rent_usd_per_hour_high=usd,
                rent_num_offers=0,
            )
        return replace(here, device=device)

    def demand(self, copies: Sequence[Carrier]) -> Demand:
        """What is asked of all ways alike; reasoning stands apart from the answer."""
        workload = self.load

        def of_users() -> float:
            if not copies:
                raise NotSupported("{model}: give --requests or --tokens; nothing here runs it, so users send nothing",
                                   model=self.model.name)  # fmt: skip
            seconds = workload.full_hours_per_month * SECONDS_PER_HOUR
            return workload.num_users * median(copy.requests_per_user_s for copy in copies) * seconds

        peak = self.terms.likely("office_peak_ratio")
        return demand_of(
            self.money, workload, requests_of_users=of_users, peak_ratio=peak, has_users=self.has_users
        )

    def fleet(self, copies: Sequence[Carrier], demand: Demand, horizon: float) -> Fleet:
        """Whole machines that hold the copies."""
        given = width_of(self.money.devices_per_machine)
        need = min(copy.machine.num_devices for copy in copies)
        if given is not None and given < need:
            raise NotSupported(
                "--devices-per-machine: one copy takes {need} devices, a machine of {given} does not hold it",
                need=need, given=given,
            )  # fmt: skip
        hours = demand.active_hours
        money = {
            case: replace(constants, active_hours_per_month=hours)
            for case, constants in self.terms.defaults.items()
        }
        return Fleet(
            sites=tuple(
                Site(
                    carrier=copy, terms=self.terms, money=money, demand=demand, horizon_months=horizon,
                    machine=replace(copy.machine, num_devices=given or copy.machine.num_devices),
                )
                for copy in copies
                if given is None or copy.machine.num_devices <= given
            )
        )  # fmt: skip

    def api(self, demand: Demand, horizon: float) -> Api | None:
        """The API of the model, or of the one named, at the table's or the user's price."""
        found: Bills | None = bills(self.money.api_model or self.model.name, demand)
        if self.money.api_price is not None:
            prices = prices_of(self.money.api_price, self.terms.likely("fx_cny_per_usd"))
            found = user_bills(prices, found, self.model.name, demand)
        return None if found is None else Api(bills=found, terms=self.terms, horizon_months=horizon)

    def ways(self, fleets: dict[str, Fleet], api: Api | None, demand: Demand) -> tuple[WayCost, ...]:
        """One line for each way that was asked for, cheapest first, unknown ones last."""
        wanted = ways_of(self.money.ways)
        lines = [api_line(api, demand, self.catalog.facts_date)] if "api" in wanted else []
        for way in (*RENT_KINDS, "buy"):
            if way in wanted:
                fleet = fleets.get(way.partition("-")[0])
                lines.append(
                    hosted_line(way, fleet.cheapest(way))
                    if fleet
                    else unknown_line(way, T("no machine"), NO_CAPACITY)
                )
        mixed = [
            hybrid_line(fleet.cheapest(kind), api, kind) for kind, fleet in fleets.items() if "hybrid" in wanted
        ]  # fmt: skip
        lines += sorted((line for line in mixed if line is not None), key=_cost_of)[:1]
        return tuple(sorted(lines, key=_cost_of))


def _cost_of(line: WayCost) -> float:
    return line.monthly_usd.likely if isinstance(line.monthly_usd, Estimate) else math.inf


def curves(paths: Paths, found: Sequence[Crossing]) -> tuple[Curve, ...]:
    """Cost over use of the plain ways, from nothing to beyond the asked use and the crossings near it."""
    demand = paths.demand
    near = demand.tokens_per_month * NEAR
    turns = [
        c.likely.at
        for c in found
        if c.unit == "tokens" and c.likely.answer == "reached" and c.likely.at < near
    ]
    top = BEYOND * max(demand.tokens_per_month, *turns, 0.0) / demand.tokens_per_request
    ways = (("api", paths.through_api()), ("rent", paths.rented()), ("buy", paths.bought()))
    return tuple(
        Curve(way=way, points=curve_points(costs[1], top, demand.tokens_per_request))
        for way, costs in ways
        if costs is not None
    )


def verdict(ways: tuple[WayCost, ...], demand: Demand) -> Text:
    """The cheapest way and the distance to the cheapest of another kind."""
    known = [way for way in ways if isinstance(way.monthly_usd, Estimate)]
    if not known:
        return T("No way to pay has a known cost; the lines below say what to give.")
    first = known[0]
    other = next((way for way in known if kind_of(way) != kind_of(first)), None)
    facts: dict[str, Value] = {
        "tokens": Count(demand.tokens_per_month), "way": WAY_TEXTS[first.way], "what": first.what,
        "amount": wording.money(_cost_of(first)),
    }  # fmt: skip
    if other is None:
        return T("At {tokens} tokens a month, {way} ({what}) costs {amount} a month.", **facts)
    return T(
        "At {tokens} tokens a month, {way} ({what}) is the cheapest: {amount} a month; next is {other} with {more}.",
        other=WAY_TEXTS[other.way], more=wording.money(_cost_of(other)), **facts,
    )  # fmt: skip


def kind_of(way: WayCost) -> str:
    """API, rent or buy: the kinds of one are not alternatives of another kind."""
    return way.way.partition("-")[0]


WAY_TEXTS = {
    "api": T("the API"),
    "rent": T("renting"),
    "rent-hours": T("renting in the hours of use"),
    "rent-reserved": T("renting with a year's commitment"),
    "rent-spot": T("renting spot machines"),
    "rent-scale-to-zero": T("renting with scale to zero"),
    "buy": T("buying"),
    "hybrid": T("mixing machines and an API"),
}
