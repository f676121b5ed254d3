"""`portfolio`: which models on which machines, shared or not, serve all classes at the lowest cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise import __version__
from sizewise.advisor.api_options import cheapest_api
from sizewise.advisor.portfolio_answer import (
    Known,
    comparisons,
    machines_of_plan,
    parts_of_plan,
    routes_of_plan,
    total,
)
from sizewise.advisor.portfolio_problem import state
from sizewise.advisor.portfolio_solver import Solved, solve
from sizewise.advisor.portfolio_space import candidates
from sizewise.advisor.portfolio_traffic import PEAK, TrafficQuestion, traffic_classes
from sizewise.advisor.question import Notes, Question
from sizewise.catalog import load_catalog
from sizewise.decide import wording
from sizewise.decide.portfolio import one_for_all
from sizewise.domain.portfolio import PortfolioAnswer
from sizewise.domain.text import T

if TYPE_CHECKING:
    from sizewise.domain.decision import Assumption
    from sizewise.domain.text import Text

TIE_RATIO = 1.10
"""One model for all that costs at most so much more is the simpler choice. [ratio] The ties of decide/rank.py."""


def portfolio(
    place: str,
    hardware: Question | None = None,
    traffic: TrafficQuestion | None = None,
    *,
    user_catalog: str | None = None,
) -> PortfolioAnswer:
    """The cheapest set of deployments and routing.

    Arguments: `place` a TOML, JSON or CSV file of classes; `hardware` the devices, engines, ways to pay and hours that
    hold for all of them; `user_catalog` a CSV with models or devices of one's own.
    Raises: SizewiseError for input that cannot be used, MissingExtra without SciPy. No plan is an answer, not an error.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    classes = traffic_classes(catalog, place, hardware or Question(), traffic or TrafficQuestion())
    found = candidates(catalog, classes)
    apis = tuple(cheapest_api(catalog, one.request, one.requests_per_month) for one in classes)
    stated = state(found, classes, apis)
    known = Known(classes=classes, found=found, apis=apis, stated=stated)
    solved = solve(stated.problem)
    plan = solved.plan
    return PortfolioAnswer(
        verdict=_verdict(known, solved),
        routes=routes_of_plan(known, plan) if plan else (),
        parts=parts_of_plan(known, plan) if plan else (),
        machines=machines_of_plan(known, plan) if plan else (),
        monthly_usd=total(known, plan) if plan else None,
        upfront_usd=plan.upfront_usd if plan else float("nan"),
        bound_usd=solved.bound_usd,
        gap_ratio=solved.gap_ratio,
        num_candidates=stated.problem.num_deployments,
        num_compared=solved.num_compared,
        comparisons=comparisons(known, plan),
        unserved=_unserved(known),
        assumptions=_assumptions(known),
        facts_date=catalog.facts_date,
        version=__version__,
    )


def _verdict(known: Known, solved: Solved) -> Text:
    plan = solved.plan
    if plan is None:
        if _unserved(known):
            return T("No portfolio: some classes have no deployment that is good enough and fast enough.")
        return T("No portfolio: the machines or the money at hand do not carry all classes together.")
    cost = wording.money(plan.monthly_usd)
    if not plan.machines.any():
        return T(
            "APIs for everything are the cheapest: {cost} a month, as long as the data may leave.", cost=cost
        )
    num_parts = len(np.unique(plan.route))
    if num_parts == 1:
        return T("One model for everything is the cheapest: {cost} a month.", cost=cost)
    return _against_one(known, plan.monthly_usd, T("{n} models together cost {cost} a month",
                                                   n=str(num_parts), cost=cost))  # fmt: skip


def _against_one(known: Known, monthly_usd: float, plan: Text) -> Text:
    """Several models against one for all."""
    single = one_for_all(known.stated.problem)
    if single is None:
        return T("{plan}; no single model serves every class.", plan=plan)
    more = wording.money(single.monthly_usd - monthly_usd)
    if single.monthly_usd <= TIE_RATIO * monthly_usd:
        return T(
            "{plan}, one model for all only {more} more: take the one, it is simpler.", plan=plan, more=more
        )
    return T("{plan}, {more} less than one model for all.", plan=plan, more=more)


def _unserved(known: Known) -> tuple[tuple[str, Text], ...]:
    """Classes that no deployment serves."""
    able = np.asarray(np.isfinite(known.stated.problem.load).any(axis=1))
    return tuple((one.name, _why_unserved(known, k)) for k, one in enumerate(known.classes) if not able[k])


def _why_unserved(known: Known, k: int) -> Text:
    one = known.classes[k]
    bar = wording.points(one.request.bar.value)
    choice = known.apis[k]
    if choice is not None and not one.allows_api:
        return T(
            "no hardware of yours and of the market serves it at {bar} points in time; an API would: {model}",
            bar=bar, model=choice.model,
        )  # fmt: skip
    return T(
        "nothing reaches {bar} points within its latency targets; sizewise recommend says what binds", bar=bar
    )


def _assumptions(known: Known) -> tuple[Assumption, ...]:
    first = known.classes[0].asked
    shared = {
        str(T("hours of use a month")),
        str(T("KV cache type")),
        str(T("hardware")),
        str(T("upfront budget")),
    }
    notes = Notes()
    notes.add(T("peak over mean of classes given by requests"), T("{n}, unless the class says", n=f"{PEAK:g}"),
              is_asked=False, source="assumed")  # fmt: skip
    notes.add(T("two models on one card"), T("each is planned with half of it, as if both always worked"),
              is_asked=False, source="docs/architecture.md")  # fmt: skip
    notes.add(
        T("API"), T("only for classes that allow it"), is_asked=any(c.allows_api for c in known.classes)
    )
    return (*(a for a in first.assumptions if str(a.name) in shared), *notes.items)
