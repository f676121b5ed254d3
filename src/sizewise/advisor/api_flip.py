"""Below which use the API of the same model is cheaper than the answer: by the answer's own cost at each lower use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.api_bill import bills, plain_demand
from sizewise.advisor.api_path import requests_per_month
from sizewise.advisor.costing import likely_monthly_usd
from sizewise.decide.evaluate import evaluate
from sizewise.domain.decision import Flip
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.estimate.columns import first_value
from sizewise.units import MILLION, significant

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.domain.decision import Option

HALVINGS = 30
"""The use is found to 2^-30 of the asked one."""
BESIDE = 0.01
"""Both sides are tried so far from the threshold. [ratio]"""


def api_flip(found: Found, answer: Option, row_id: int, machine_id: int) -> tuple[Flip, ...]:
    """The threshold; nothing where nobody offers the model, or where the API is cheaper already."""
    request, deployment = found.request, answer.deployment
    num_requests = requests_per_month(request, answer)
    busy_ratio = first_value(evaluate(found.space.pair(row_id, machine_id), request).busy_ratio)
    machine = found.space.machines[machine_id]
    offers = bills(deployment.model, plain_demand(request.workload, num_requests))
    if offers is None or not isinstance(answer.monthly_usd, Estimate):
        return ()
    each_usd = offers.monthly_usd / num_requests

    def saved(share: float) -> float:
        """What the API costs more at this share of the asked use. [USD/month]"""
        own = likely_monthly_usd(machine, deployment, busy_ratio * share, request)
        return each_usd * num_requests * share - own

    if not saved(1.0) > 0:
        return ()
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if saved(middle) <= 0 else (low, middle)
    if not (saved(high * (1 - BESIDE)) < 0 < saved(min(high * (1 + BESIDE), 1.0))):
        return ()
    tokens = num_requests * (request.workload.input_tokens + request.workload.output_tokens)
    return (
        Flip(
            input=T("use"),
            threshold=T("below {n}M tokens a month", n=significant(tokens * high / MILLION)),
            then=T(
                "{model} through the API of {provider}",
                model=deployment.model,
                provider=offers.offer.provider,
            ),
            name="api",
            stays=tokens * high * (1 + BESIDE),
            turns=tokens * high * (1 - BESIDE),
        ),
    )
