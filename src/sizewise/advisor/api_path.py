"""The same model behind an API: what it would cost at this load, and why it is or is not the better way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.api_bill import bills, demand_at
from sizewise.decide import wording
from sizewise.domain.decision import Rejection
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from sizewise.advisor.api_bill import Bills
    from sizewise.domain.decision import Option
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text


def requests_per_month(request: Request, answer: Option) -> float:
    """Requests that the users send while they are active. [requests/month]

    users / (pause + first token + answer x time per token) x active seconds x utilisation, at its own speed.
    """
    load = request.workload
    rate = answer.loaded_tokens_per_s
    tpot_s = 1 / rate.likely if isinstance(rate, Estimate) else load.max_tpot_s
    ttft_s = answer.ttft_s.likely if isinstance(answer.ttft_s, Estimate) else load.max_ttft_s
    cycle_s = load.think_time_s + ttft_s + load.output_tokens * tpot_s
    return load.num_users / cycle_s * load.full_hours_per_month * SECONDS_PER_HOUR


def requests_at_targets(request: Request) -> float:
    """Requests of the users if every answer takes as long as it may: the least that they send. [requests/month]"""
    load = request.workload
    cycle_s = load.think_time_s + load.max_ttft_s + load.output_tokens * load.max_tpot_s
    return load.num_users / cycle_s * load.full_hours_per_month * SECONDS_PER_HOUR


def _usage(num_requests: float, best: Bills) -> Text:
    """The load, and what others ask for it."""
    n = f"{num_requests:,.0f}"
    if best.num_offers == 1:
        return T("{n} requests a month (the only offer)", n=n)
    return T(
        "{n} requests a month (median of {offers} offers: {median})",
        n=n, offers=str(best.num_offers), median=wording.money(best.median_usd),
    )  # fmt: skip


def api_rejection(request: Request, answer: Option) -> tuple[Rejection, ...]:
    """Why not the API of the same model: its bill against the answer's cost, or that nobody offers it."""
    model = answer.deployment.model
    num_requests = requests_per_month(request, answer)
    best = bills(model, demand_at(request, num_requests))
    if best is None:
        return (
            Rejection(
                option=T("{model} through an API", model=model), role="api", constraint="support",
                shortfall=T("no provider in the price table offers exactly this model"), lift=T("another model"),
            ),
        )  # fmt: skip
    usd = best.monthly_usd
    name = wording.api_name(model, best.offer.provider)
    own = answer.monthly_usd.likely if isinstance(answer.monthly_usd, Estimate) else float("nan")
    usage = _usage(num_requests, best)
    if usd > own:
        return (
            Rejection(
                option=name, role="api", constraint="cost",
                shortfall=T("costs {usd} a month at {usage}, {more} more", usd=wording.money(usd), usage=usage,
                            more=wording.money(usd - own)),
                lift=T("fewer than {n} requests a month", n=f"{num_requests * own / usd:,.0f}"),
            ),
        )  # fmt: skip
    return (
        Rejection(
            option=name, role="api", constraint="cost",
            shortfall=T("is cheaper: {usd} a month at {usage}, if the data may leave the house",
                        usd=wording.money(usd), usage=usage),
            lift=T("an API allowed: data leaves the house, prices and models can change"),
        ),
    )  # fmt: skip
