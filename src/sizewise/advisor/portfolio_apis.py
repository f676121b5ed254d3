"""The cheapest model behind an API that is good enough for each class of a portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.api_bill import bills, plain_demand
from sizewise.advisor.grading import grade
from sizewise.advisor.space import Row
from sizewise.catalog.prices import api_prices
from sizewise.decide.candidates import model_gate
from sizewise.domain.estimate import Estimate, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.portfolio_traffic import TrafficClass
    from sizewise.catalog import Catalog


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
    names = dict.fromkeys(offer.serves for offer in api_prices() if offer.serves in catalog.models)
    return tuple(_choice(catalog, one, tuple(names)) for one in classes)


def _choice(catalog: Catalog, one: TrafficClass, names: tuple[str, ...]) -> ApiChoice | None:
    """The cheapest bill among the models that are good enough, the requests spread evenly over the week."""
    request = one.request
    engine = next(iter(catalog.engines.values()))
    models = [catalog.models[name] for name in names if not model_gate(catalog.models[name], request)]
    rows = [Row(model=m, quantization=catalog.quantizations[m.native_format], engine=engine) for m in models]
    grades = grade(rows, request)
    enough = np.flatnonzero(grades.probability >= request.limits.min_pass_probability).tolist()
    demand = plain_demand(request.workload, one.requests_per_month)
    billed = [(found, i) for i in enough if (found := bills(models[i].name, demand)) is not None]
    if not billed:
        return None
    cheapest, i = min(billed, key=lambda pair: pair[0].monthly_usd)
    usd = cheapest.monthly_usd
    return ApiChoice(
        model=models[i].name, provider=cheapest.offer.provider,
        monthly_usd=Estimate(low=usd, likely=usd, high=max(usd, cheapest.median_usd), basis="derived"),
        quality=grades.estimate(i), pass_probability=float(grades.probability[i]),
    )  # fmt: skip
