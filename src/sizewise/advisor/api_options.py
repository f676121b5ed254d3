"""The cheapest model behind an API that is good enough: for one request, and for each class of a portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.api_bill import bills, demand_at
from sizewise.advisor.grading import grade
from sizewise.advisor.space import Row
from sizewise.catalog.prices import api_prices
from sizewise.decide.candidates import model_gate
from sizewise.domain.decision import ApiOption
from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.domain.request import Request


def cheapest_api(catalog: Catalog, request: Request, num_requests: float) -> ApiOption | None:
    """The cheapest bill within the budget among the models that are good enough; None where there is none.

    Requests come evenly over the week; the speed of a provider is in no table, so it is no gate.
    Arguments: `num_requests` a month.
    """
    named = dict.fromkeys(offer.serves for offer in api_prices() if offer.serves in catalog.models)
    asked = request.filters.models
    engine = next(iter(catalog.engines.values()))
    models = [
        catalog.models[name]
        for name in named
        if not model_gate(catalog.models[name], request) and (not asked or name in asked)
    ]
    rows = [Row(model=m, quantization=catalog.quantizations[m.native_format], engine=engine) for m in models]
    grades = grade(rows, request)
    enough = np.flatnonzero(grades.probability >= request.limits.min_pass_probability).tolist()
    demand = demand_at(request, num_requests)
    billed = [(found, i) for i in enough if (found := bills(models[i].name, demand)) is not None]
    if not billed:
        return None
    cheapest, i = min(billed, key=lambda pair: pair[0].monthly_usd)
    usd, offer = cheapest.monthly_usd, cheapest.offer
    if usd > request.limits.monthly_budget_usd:
        return None
    prices = offer.prices(demand.input_tokens)
    return ApiOption(
        model=models[i].name, provider=offer.provider, requests_per_month=num_requests,
        monthly_usd=Estimate(low=usd, likely=usd, high=max(usd, cheapest.median_usd), basis="derived"),
        quality=grades.estimate(i), pass_probability=float(grades.probability[i]),
        input_usd_per_mtok=float(prices.input_usd), cached_usd_per_mtok=float(prices.cached_usd),
        output_usd_per_mtok=float(prices.output_usd), batch_factor=offer.batch_factor, peak_factor=offer.peak_factor,
        peak_window=offer.peak_window, num_offers=cheapest.num_offers, source=offer.source, as_of=offer.as_of,
    )  # fmt: skip
