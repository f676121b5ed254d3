"""One line for each way to pay: its range, its parts, both lenses, what it costs at once and over the horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.api_bill import FEW_OFFERS, Bills, bill_usd, split_usd
from sizewise.advisor.cost_ways import CASES, PEOPLE, RENT_KINDS, Site, hosted_split, marginal, parts_total
from sizewise.catalog.prices import ApiOffer
from sizewise.decide import wording
from sizewise.domain.cost import WayCost
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.estimate.break_even import MONTHS_PER_YEAR
from sizewise.estimate.cost_own import depreciation_monthly_usd
from sizewise.units import MILLION, format_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.cost_terms import Terms
    from sizewise.domain.demand import Demand
    from sizewise.domain.text import Text
    from sizewise.estimate.cost_api import TokenPrices
    from sizewise.estimate.cost_hosted import Parts

OLD_PRICE_MONTHS, STALE_PRICE_MONTHS = 3, 12
"""Older than this a price is told with its age; older than that it is widened."""
STALE_FACTORS = (0.6, 1.3)
"""What a stale price may be worth today. [ratio]"""
NO_RENT = T("no rent is known for this hardware; give --rent-price")
NO_PRICE = T("no price is known for this hardware; give --buy-price")
NO_API = T("no provider in the price table offers exactly this model; give --api-price or --api-model")
NO_CAPACITY = T("it does not carry a single request within the latency targets")
MOST_HYBRID = 200
"""More machines than this are not tried one by one. [count]"""


@dataclass(frozen=True, kw_only=True)
class Api:
    """The API of a question: the cheapest offer, or the user's own price."""

    bills: Bills
    terms: Terms
    horizon_months: float

    def fixed(self, case: str = "likely") -> Parts:
        """People and connecting it. [USD/month]"""
        terms = self.terms
        people = terms.end("api_staff_fte", case) * terms.end("staff_usd_per_month", case)
        return (("staff", people), ("setup", terms.end("api_integration_usd", case) / self.horizon_months))

    def parts(self, demand: Demand, case: str = "likely") -> Parts:
        """Input, answers, people, connecting it. [USD/month]"""
        read, written = split_usd(self.bills.offer, demand)
        return tuple((n, usd) for n, usd in (("input", read), ("output", written), *self.fixed(case)) if usd)


def own_offer(prices: TokenPrices, offer: ApiOffer | None, name: str) -> ApiOffer:
    """The user's price as an offer; batch and dear hours of the known offer stay."""
    plain = offer or ApiOffer(
        provider=name, model=name, serves="", input_usd_per_mtok=0.0, cached_usd_per_mtok=0.0, output_usd_per_mtok=0.0,
        batch_factor=1.0, peak_factor=1.0, peak_hours_per_week=0.0, peak_window="", long_from_tokens=math.inf,
        long_input_usd_per_mtok=math.nan, long_cached_usd_per_mtok=math.nan, long_output_usd_per_mtok=math.nan,
        context_tokens=0, currency="USD", source="", as_of="", note="",
    )  # fmt: skip
    return replace(
        plain, provider=name, input_usd_per_mtok=float(prices.input_usd), output_usd_per_mtok=float(prices.output_usd),
        cached_usd_per_mtok=float(prices.cached_usd), long_from_tokens=math.inf, as_of="",
    )  # fmt: skip


def api_line(api: Api | None, demand: Demand, facts_date: str) -> WayCost:
    """The API: cheapest offer, up to the median of all offers."""
    if api is None:
        return unknown_line("api", T("API"), NO_API)
    found = api.bills
    low, likely, high = (parts_total(api.parts(demand, case)) for case in CASES)
    tokens = parts_total(tuple(p for p in api.parts(demand) if p[0] not in PEOPLE))
    high += max(found.median_usd - found.monthly_usd, 0.0)
    age = months_between(found.offer.as_of, facts_date)
    if age > STALE_PRICE_MONTHS:
        low, high = low - tokens * (1 - STALE_FACTORS[0]), high + tokens * (STALE_FACTORS[1] - 1)
    monthly = Estimate(low=min(low, likely), likely=likely, high=max(high, likely), basis="derived")
    read, written = split_usd(found.offer, demand)
    return WayCost(
        way="api",
        what=T(
            "{model} at {provider}", model=found.offer.model.rsplit("/", 1)[-1], provider=found.offer.provider
        ),
        monthly_usd=monthly,
        marginal_usd=Estimate.exactly(tokens, "derived"),
        once_usd=Estimate.exactly(api.terms.likely("api_integration_usd"), "assumed"),
        parts_usd=api.parts(demand),
        input_usd_per_mtok=read / (demand.requests_per_month * demand.input_tokens) * MILLION,
        output_usd_per_mtok=written / (demand.requests_per_month * demand.written_tokens) * MILLION,
        horizon_usd=_falling_total(likely - tokens, tokens, api),
        num_machines=0,
        notes=tuple(_api_notes(api, demand, age)),
    )


def _falling_total(fixed_usd: float, tokens_usd: float, api: Api) -> float:
    """Bills of every month of the horizon, tokens at prices that fall as assumed. [USD]"""
    months = np.arange(round(api.horizon_months))
    factor = api.terms.likely("api_price_yearly_factor") ** (months / MONTHS_PER_YEAR)
    return float(fixed_usd * len(months) + tokens_usd * np.sum(factor))


def _api_notes(api: Api, demand: Demand, age_months: float) -> Iterator[Text]:
    found = api.bills
    if found.num_offers >= FEW_OFFERS:
        yield T("cheapest of {n} offers", n=str(found.num_offers))
    elif found.offer.source:
        yield sellers(found.num_offers)
    if age_months > OLD_PRICE_MONTHS:
        yield T("price of {date}", date=found.offer.as_of)
    if demand.batch_ratio and found.offer.batch_factor == 1:
        yield T("no batch discount known")
    if demand.cached_ratio and found.offer.cached_usd_per_mtok != found.offer.cached_usd_per_mtok:
        yield T("no price for cached input known")
    if demand.input_tokens > found.offer.long_from_tokens:
        yield T("long prompts cost more")


def months_between(earlier: str, later: str) -> float:
    """Months from one date to another, both as YYYY[-MM[-DD]]; 0 where one is missing. [months]"""
    if not earlier[:4].isdigit() or not later[:4].isdigit():
        return 0.0
    first, last = (int(d[:4]) * 12 + (int(d[5:7]) if d[5:7].isdigit() else 6) for d in (earlier, later))
    return float(last - first)


def hosted_line(way: str, site: Site) -> WayCost:
    """Machines that are rented or bought for this alone."""
    if not site.carrier.requests_per_s.likely > 0:
        return unknown_line(way, wording.machine_name(site.machine), NO_CAPACITY)
    likely = site.hosted(way)
    count = site.num_machines(likely)
    parts = likely.parts_at(site.demand.requests_per_month, count)
    if not math.isfinite(parts_total(parts)):
        return unknown_line(way, wording.machine_name(site.machine), NO_PRICE if way == "buy" else NO_RENT)
    ends = [_at_end(way, site, case) for case in CASES]
    totals, lens, once = (sorted(values) for values in zip(*ends, strict=True))
    total = parts_total(parts)
    split = hosted_split(total, site.demand)
    return WayCost(
        way=way,
        what=machines_text(count + site.num_spares, site),
        monthly_usd=Estimate(low=totals[0], likely=total, high=totals[-1], basis="derived"),
        marginal_usd=Estimate(low=lens[0], likely=marginal(way, parts), high=lens[-1], basis="derived"),
        once_usd=Estimate(
            low=once[0], likely=_once(way, site, count, "likely"), high=once[-1], basis="derived"
        ),
        parts_usd=parts,
        input_usd_per_mtok=split[0],
        output_usd_per_mtok=split[1],
        horizon_usd=total * site.horizon_months,
        num_machines=int(count + site.num_spares),
        notes=tuple(_hosted_notes(way, site)),
    )


def machines_text(count: float, site: Site) -> Text | str:
    """'2 machines of 8x H100'."""
    name = wording.machine_name(site.machine)
    return name if count == 1 else T("{n} machines of {machine}", n=f"{count:,.0f}", machine=name)


def _at_end(way: str, site: Site, case: str) -> tuple[float, float, float]:
    hosted = site.hosted(way, case)
    count = site.num_machines(hosted)
    parts = hosted.parts_at(site.demand.requests_per_month, count)
    return parts_total(parts), marginal(way, parts), _once(way, site, count, case)


def _once(way: str, site: Site, count: float, case: str) -> float:
    machines = (count + site.num_spares) * site.upfront_usd(case) if way == "buy" else 0.0
    return machines + site.terms.end("setup_usd", case)


def sellers(count: int) -> Text:
    """That these few are no market."""
    if count == 1:
        return T("only one seller in the table")
    return T("only {n} sellers in the table", n=str(count))


def _hosted_notes(way: str, site: Site) -> Iterator[Text]:
    device = site.machine.device
    if way in RENT_KINDS and device.rent_num_offers and device.rent_num_offers < FEW_OFFERS:
        yield sellers(device.rent_num_offers)
    if site.num_spares:
        yield T("{n} of the machines spare", n=f"{site.num_spares:.0f}")
    if way == "rent-hours":
        yield T("switched off outside of the {n} hours of use", n=f"{site.demand.active_hours:,.0f}")
    if way == "rent-reserved":
        yield T("committed for a year; what is not used is lost")
    if way == "rent-spot":
        yield T("can be taken away at any time: not alone for people who wait")
    if way == "rent-scale-to-zero":
        yield T("after a pause the first answer waits {time}", time=format_seconds(site.start_s()))
    if way == "buy":
        yield T("the cards alone are {share} of it", share=wording.percent(_cards_ratio(site)))
    if way == "buy" and device.buy_price_kind == "launch":
        yield T("launch price of {date}", date=device.buy_price_as_of)


def _cards_ratio(site: Site) -> float:
    """Share of the monthly cost that the loss of value of the cards makes: what a price list shows. [ratio]"""
    hosted = site.hosted("buy")
    count = site.num_machines(hosted)
    defaults = site.money["likely"]
    cards = depreciation_monthly_usd(
        capex_usd=count * site.machine.num_devices * site.machine.device.buy_usd,
        residual_ratio=defaults.residual_ratio, life_months=defaults.life_months,
    )  # fmt: skip
    return float(cards) / parts_total(hosted.parts_at(site.demand.requests_per_month, count))


def hybrid_line(site: Site, api: Api | None, kind: str) -> WayCost | None:
    """Fewer machines than the peak needs, the rest through the API: the cheapest number; None where one is enough."""
    if api is None or not site.carrier.requests_per_s.likely > 0:
        return None
    hosted, demand = site.hosted(kind), site.demand
    needed = site.num_machines(hosted)
    if not math.isfinite(hosted.stepped.step_usd) or needed < 2:  # noqa: PLR2004 - one machine has no fewer
        return None
    best: tuple[float, float, Parts] | None = None
    for fewer in range(1, int(min(needed, MOST_HYBRID))):
        parts = _hybrid_parts(site, api, kind, float(fewer))
        if best is None or parts_total(parts) < best[0]:
            best = (parts_total(parts), float(fewer), parts)
    if best is None:
        return None
    total, count, parts = best
    over = site.overflow(hosted, count)
    low, high = (parts_total(_hybrid_parts(site, api, kind, count, case)) for case in ("low", "high"))
    split = hosted_split(total, demand)
    return WayCost(
        way="hybrid",
        what=T(
            "{machines} and {provider}",
            machines=machines_text(count + site.num_spares, site),
            provider=api.bills.offer.provider,
        ),
        monthly_usd=Estimate(low=min(low, total), likely=total, high=max(high, total), basis="assumed"),
        marginal_usd=Estimate.exactly(marginal(kind, parts), "assumed"),
        once_usd=Estimate.exactly(_once(kind, site, count, "likely"), "derived"),
        parts_usd=parts,
        input_usd_per_mtok=split[0],
        output_usd_per_mtok=split[1],
        horizon_usd=total * site.horizon_months,
        num_machines=int(count + site.num_spares),
        notes=(T("{share} of the requests, those of the peaks, go to the API", share=wording.percent(over)),),
    )


def _hybrid_parts(site: Site, api: Api, kind: str, count: float, case: str = "likely") -> Parts:
    hosted, demand = site.hosted(kind, case), site.demand
    over = site.overflow(hosted, count)
    own = hosted.parts_at(demand.requests_per_month * (1 - over), count)
    rest = replace(demand, requests_per_month=demand.requests_per_month * over)
    outside = bill_usd(api.bills.offer, rest)
    return (*own, ("API", outside), *((name, usd) for name, usd in api.fixed(case) if usd))


def unknown_line(way: str, what: Text | str, why: Text) -> WayCost:
    """A way whose cost nobody knows, and what to give."""
    reason = why.template
    unknown = Unknown(reason=reason)
    return WayCost(
        way=way, what=what, monthly_usd=unknown, marginal_usd=unknown, once_usd=unknown, parts_usd=(),
        input_usd_per_mtok=math.nan, output_usd_per_mtok=math.nan, horizon_usd=math.nan, num_machines=0,
    )  # fmt: skip


def user_bills(prices: TokenPrices, found: Bills | None, name: str, demand: Demand) -> Bills:
    """The user's own API price in place of the table's."""
    offer = own_offer(prices, found.offer if found else None, name)
    usd = bill_usd(offer, demand)
    return Bills(offer=offer, monthly_usd=usd, median_usd=usd, num_offers=1)
