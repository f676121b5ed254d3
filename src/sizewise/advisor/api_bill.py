"""Bills of APIs for one demand: every discount and surcharge together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from sizewise.catalog.prices import api_offers, api_prices
from sizewise.domain.demand import Demand
from sizewise.estimate.cost_api import api_monthly_usd

if TYPE_CHECKING:
    from sizewise.catalog.prices import ApiOffer
    from sizewise.domain.request import Request

FEW_OFFERS = 3
"""Fewer offers are no market: the price is that of one or two sellers."""


@dataclass(frozen=True, kw_only=True)
class Bills:
    """What the offers of a model cost at one demand."""

    offer: ApiOffer
    """The cheapest."""
    monthly_usd: float
    median_usd: float
    num_offers: int


def demand_at(request: Request, num_requests: float) -> Demand:
    """So many requests a month as they are billed, thinking included."""
    load, billing = request.workload, request.billing
    return Demand(
        requests_per_month=num_requests, input_tokens=load.input_tokens,
        output_tokens=load.output_tokens - load.thinking_tokens, reasoning_tokens=load.thinking_tokens,
        cached_ratio=billing.cached_ratio, batch_ratio=billing.batch_ratio, peak_ratio=1.0,
        api_peak_ratio=billing.api_peak_ratio, active_hours=load.active_hours_per_month,
    )  # fmt: skip


def bill_usd(offer: ApiOffer, demand: Demand) -> float:
    """Tokens of one month through one offer: cache, batch, dear hours, reasoning and long prompts together.

    The share of requests in dear hours is the user's, else that of the clock. [USD/month]
    """
    peak_ratio = offer.peak_ratio if math.isnan(demand.api_peak_ratio) else demand.api_peak_ratio
    return float(
        api_monthly_usd(
            prices=offer.prices(demand.input_tokens),
            requests_per_month=demand.requests_per_month,
            input_tokens=demand.input_tokens,
            output_tokens=demand.output_tokens,
            reasoning_tokens=demand.reasoning_tokens,
            cached_ratio=demand.cached_ratio,
            batch_ratio=demand.batch_ratio,
            batch_factor=offer.batch_factor,
            peak_ratio=peak_ratio,
            peak_factor=offer.peak_factor,
        )
    )


def split_usd(offer: ApiOffer, demand: Demand) -> tuple[float, float]:
    """The bill of the input, and that of answers and reasoning; they sum to the bill. [USD/month]"""
    read = replace(demand, output_tokens=0.0, reasoning_tokens=0.0)
    total = bill_usd(offer, demand)
    input_usd = bill_usd(offer, read)
    return input_usd, total - input_usd


def bills(model: str, demand: Demand) -> Bills | None:
    """The cheapest offer of exactly this model that takes such long requests; None where nobody offers it."""
    offers = api_offers(model) or tuple(offer for offer in api_prices() if offer.model == model)
    able = [
        offer
        for offer in offers
        if not offer.context_tokens or offer.context_tokens >= demand.tokens_per_request
    ]
    priced = sorted(((bill_usd(offer, demand), offer) for offer in able), key=lambda pair: pair[0])
    if not priced:
        return None
    usd, offer = priced[0]
    middle = median([bill for bill, _ in priced])
    return Bills(offer=offer, monthly_usd=usd, median_usd=middle, num_offers=len(priced))
