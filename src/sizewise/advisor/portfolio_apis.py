"""The cheapest model behind an API that is good enough for each class of a portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.grading import grade
from sizewise.advisor.space import Row
from sizewise.catalog.prices import api_prices
from sizewise.decide.candidates import model_gate
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.estimate.cost_api import api_monthly_usd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.portfolio_traffic import TrafficClass
    from sizewise.catalog import Catalog
    from sizewise.catalog.prices import ApiOffer


@dataclass(frozen=True, kw_only=True)
class ApiChoice:
    """One model behind one API, for one class."""

    model: str
    provider: str
    monthly_usd: Estimate
    """The cheapest offer, up to the median of all offers of the model. [USD/month]"""
    quality: Estimate | Unknown
    pass_probability: float


def api_choices(catalog: Catalog, classes: Sequence[TrafficClass]) -> tuple[ApiChoice | None, ...]:
    """The cheapest good enough offer for each class; None where there is none. Nothing else of an API can be needed."""
    offers: dict[str, list[ApiOffer]] = {}
    for offer in api_prices():
        if offer.serves in catalog.models:
            offers.setdefault(offer.serves, []).append(offer)
    return tuple(_choice(catalog, one, offers) for one in classes)


def _choice(catalog: Catalog, one: TrafficClass, offers: dict[str, list[ApiOffer]]) -> ApiChoice | None:
    request, load = one.request, one.request.workload
    longest = load.input_tokens + load.output_tokens
    engine = next(iter(catalog.engines.values()))
    models = [catalog.models[name] for name in offers if not model_gate(catalog.models[name], request)]
    rows = [Row(model=m, quantization=catalog.quantizations[m.native_format], engine=engine) for m in models]
    grades = grade(rows, request)
    best: tuple[float, int] | None = None
    for i in np.flatnonzero(grades.probability >= request.limits.min_pass_probability).tolist():
        able = [o for o in offers[models[i].name] if not o.context_tokens or o.context_tokens >= longest]
        bill = min((_bill_usd(o, one) for o in able), default=None)
        if bill is not None and (best is None or bill < best[0]):
            best = (bill, i)
    if best is None:
        return None
    usd, i = best
    bills = sorted(
        (_bill_usd(o, one), o.provider)
        for o in offers[models[i].name]
        if not o.context_tokens or o.context_tokens >= longest
    )
    median = float(np.median([bill for bill, _ in bills]))
    return ApiChoice(
        model=models[i].name, provider=bills[0][1],
        monthly_usd=Estimate(low=usd, likely=usd, high=max(usd, median), basis="derived"),
        quality=grades.estimate(i), pass_probability=float(grades.probability[i]),
    )  # fmt: skip


def _bill_usd(offer: ApiOffer, one: TrafficClass) -> float:
    """What an offer asks for a class, its requests spread evenly over the week. [USD/month]"""
    load = one.request.workload
    bill = api_monthly_usd(
        prices=offer.prices(load.input_tokens), requests_per_month=one.requests_per_month,
        input_tokens=load.input_tokens, output_tokens=load.output_tokens, peak_ratio=offer.peak_ratio,
        peak_factor=offer.peak_factor,
    )  # fmt: skip
    return float(bill)
