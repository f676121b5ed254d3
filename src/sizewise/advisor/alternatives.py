"""The next cheaper and the next better option, and another way to pay, with what they cost and give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.options import survivor_option
from sizewise.advisor.trial import trial
from sizewise.decide import wording
from sizewise.decide.rank import COST_TIE_RATIO
from sizewise.domain.decision import Alternative
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.estimate.quality import PASS_Z

if TYPE_CHECKING:
    from sizewise.advisor.finding import Found
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option
    from sizewise.domain.number import Array

WAYS_TO_PAY = {"rent": T("rented by the hour"), "buy": T("bought"), "owned": T("on hardware at hand")}


def alternatives(catalog: Catalog, found: Found, answer: Option, position: int) -> tuple[Alternative, ...]:
    """Next cheaper, next better, other path: each only if there is one."""
    wanted = (
        _cheaper(found, answer),
        _better(catalog, found, answer, position),
        _other_path(catalog, found, answer),
    )
    return tuple(a for a in wanted if a is not None)


def _cheaper(found: Found, answer: Option) -> Alternative | None:
    """The best known quality among what costs clearly less but may not reach the bar."""
    if found.survivors is None or not isinstance(answer.monthly_usd, Estimate):
        return None
    cost = found.survivors.values.monthly_usd
    mean = found.grades.mean[found.survivors.row_ids]
    is_cheaper = (
        (cost * COST_TIE_RATIO < answer.monthly_usd.likely)
        & np.isfinite(mean)
        & (answer.monthly_usd.likely - cost > 1)
    )
    if not is_cheaper.any():
        return None
    best = _best_of(mean[is_cheaper], cost[is_cheaper])
    chosen = survivor_option(found, int(np.flatnonzero(is_cheaper)[best]))
    return Alternative(
        role="next-cheaper",
        option=chosen,
        title=wording.deployment_name(chosen.deployment),
        difference=T(
            "{saved} a month less; {probability} likely to be good enough",
            saved=wording.money(answer.monthly_usd.likely - _likely(chosen)),
            probability=wording.percent(chosen.pass_probability),
        ),
    )


def _best_of(mean: Array, cost: Array) -> int:
    return int(np.lexsort((cost, -mean))[0])


def _better(catalog: Catalog, found: Found, answer: Option, position: int) -> Alternative | None:
    """The cheapest option that is really better: a difference beyond the uncertainty."""
    if found.survivors is None or not isinstance(answer.quality, Estimate):
        return None
    rows = found.survivors.row_ids
    mean, sd = found.grades.mean[rows], found.grades.sd[rows]
    gap = mean - mean[position]
    is_better = gap > PASS_Z * np.sqrt(np.square(sd) + np.square(sd[position]))
    best = found.ranked(1, among=is_better) if is_better.any() else np.zeros(0, dtype=np.intp)
    if not len(best):
        return None
    chosen = survivor_option(found, int(best[0]))
    more = _likely(chosen) - _likely(answer)
    quality = wording.points(getattr(chosen.quality, "likely", float("nan")))
    sizes = [catalog.models[o.deployment.model].num_params for o in (chosen, answer)]
    if more < 1 and sizes[0] <= sizes[1]:
        difference = T("quality {quality} at the same cost, in fewer bits", quality=quality)
    elif more < 1:
        difference = T("quality {quality} at the same cost, but a larger model", quality=quality)
    else:
        difference = T("quality {quality} for {more} a month more", quality=quality, more=wording.money(more))
    return Alternative(
        role="next-better",
        option=chosen,
        title=wording.deployment_name(chosen.deployment),
        difference=difference,
    )


def _other_path(catalog: Catalog, found: Found, answer: Option) -> Alternative | None:
    """The same model and format paid for in the other way."""
    path = answer.deployment.path
    others = tuple(p for p in ("rent", "buy") if p != path and p in found.request.filters.paths)
    model = catalog.models[answer.deployment.model]
    for other in others:
        filters = replace(
            found.request.filters,
            paths=(other,),
            quantizations=(answer.deployment.quantization,),
            models=(model.name,),
        )
        tried = trial(catalog, replace(found.request, filters=filters), [model], found.machines)
        if tried is None or tried.constraint(tried.best()):
            continue
        index = tried.best()
        cost = float(tried.values.monthly_usd[index])
        return Alternative(
            role="other-path",
            option=None,
            title=T(
                "{hardware}, {way}",
                hardware=wording.machine_name(tried.machine(index)),
                way=WAYS_TO_PAY[other],
            ),
            difference=T("the same model for {cost} a month", cost=wording.money(cost)),
        )
    return None


def _likely(chosen: Option) -> float:
    return chosen.monthly_usd.likely if isinstance(chosen.monthly_usd, Estimate) else float("nan")
