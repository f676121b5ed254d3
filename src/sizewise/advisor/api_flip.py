"""Below which use, and below which price, the API of the same model is cheaper than the answer; and the reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.api_bill import bills, demand_at
from sizewise.advisor.api_path import requests_per_month
from sizewise.advisor.costing import likely_monthly_usd
from sizewise.decide import wording
from sizewise.decide.evaluate import evaluate
from sizewise.domain.decision import Flip
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import Count, T
from sizewise.estimate.columns import first_value

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.domain.decision import Option
    from sizewise.domain.text import Text

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
    offers = bills(deployment.model, demand_at(request, num_requests))
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
    api = wording.api_name(deployment.model, offers.offer.provider)
    tokens = num_requests * (request.workload.input_tokens + request.workload.output_tokens)
    return (
        Flip(
            input=T("use"),
            threshold=T("below {n} tokens a month", n=Count(tokens * high)),
            then=api,
            name="api",
            stays=tokens * high * (1 + BESIDE),
            turns=tokens * high * (1 - BESIDE),
        ),
        _used_flip(request.workload.utilisation_ratio, high, api),
        price_flip(offers.offer.provider, answer.monthly_usd.likely / offers.monthly_usd, api),
    )


def _used_flip(asked: float, share: float, then: Text) -> Flip:
    """The same threshold as a share of the load that comes on average: what is asked for stays, less of it comes."""
    return Flip(
        input=T("share of this load that comes on average"),
        threshold=T("below {n}", n=wording.percent(asked * share)),
        then=then,
        name="api_utilisation",
        stays=asked * share * (1 + BESIDE),
        turns=asked * share * (1 - BESIDE),
    )


def price_flip(provider: str, ratio: float, then: Text) -> Flip:
    """The price of an API over today's at which its bill is the cost of the other option, whose cost it leaves alone.

    Arguments: `ratio` that cost over today's bill: below 1 the API takes over below it, above 1 it is left above it.
    """
    side = -1.0 if ratio < 1 else 1.0
    share = wording.percent(ratio) if ratio < 1 else f"{ratio * 100:,.0f} %"
    words = (
        T("below {share} of today's", share=share)
        if ratio < 1
        else T("above {share} of today's", share=share)
    )
    return Flip(
        input=T("price of the API of {provider}", provider=provider), threshold=words, then=then, name="api_price",
        stays=ratio * (1 - side * BESIDE), turns=ratio * (1 + side * BESIDE),
    )  # fmt: skip
