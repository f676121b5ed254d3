"""The integer programme of `decide/portfolio.py`, solved by HiGHS, with the proof that nothing cheaper exists."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.advisor.portfolio_bound import Bound, bounded
from sizewise.decide.portfolio import Plan, cheaper, good_plan, joined, one_for_all, one_for_each, plan_of
from sizewise.decide.portfolio_patterns import pairs_in_use, patterns
from sizewise.decide.portfolio_programme import programme
from sizewise.decide.portfolio_reduce import undominated, without_hopeless_pairs
from sizewise.errors import MissingExtra, NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.decide.portfolio import Problem
    from sizewise.decide.portfolio_programme import Programme
    from sizewise.domain.number import Array

GAP_RATIO = 1e-6
"""A plan is optimal when no other one can be cheaper by more than this share of its cost."""
FIRST_EXCESS_RATIO = 3e-3
"""How far above the bound plans are looked for first, as a share of a known cost."""
EXCESS_GROWTH = 2.0
"""How much further, where there is none. [ratio]"""
TIME_LIMIT_S = 60.0
"""The best plan so far is given after this time, with its gap. [s]"""
INFEASIBLE = 2
"""Status of SciPy: proved that there is no plan."""


@dataclass(frozen=True, kw_only=True)
class Solved:
    """The best plan, and what is proved about it."""

    plan: Plan | None
    """None: there is no plan."""
    bound_usd: float
    """No plan of these deployments costs less. [USD/month]"""
    num_compared: int
    """Deployments that the programme holds after those that another one replaces are left out."""

    @property
    def gap_ratio(self) -> float:
        """How much cheaper another plan could be at most. [ratio]"""
        if self.plan is None or self.plan.monthly_usd <= 0:
            return 0.0
        return max(0.0, 1.0 - self.bound_usd / self.plan.monthly_usd)


def solve(problem: Problem, *, time_limit_s: float = TIME_LIMIT_S) -> Solved:
    """The cheapest plan.

    The problem is made smaller first, by steps that keep its lowest cost: what another deployment replaces, what no
    plan as cheap as a known one can use, and what no plan close to a bound can use.
    Raises: MissingExtra without SciPy; NotSupported where the time is over before a plan is found.
    """
    if not np.isfinite(problem.load).any(axis=1).all():
        return Solved(plan=None, bound_usd=float("inf"), num_compared=0)
    known = cheaper(one_for_all(problem), joined(problem, one_for_each(problem)))
    hopeful = problem if known is None else without_hopeless_pairs(problem, known.monthly_usd)
    kept = undominated(hopeful)
    reduced = hopeful.only(kept)
    good = good_plan(reduced)
    if good is None:
        plan, bound_usd = _whole_programme(reduced, time_limit_s)
    else:
        plan, bound_usd = _narrowed(without_hopeless_pairs(reduced, good.monthly_usd), good, time_limit_s)
    if plan is None:
        return Solved(plan=None, bound_usd=float("inf"), num_compared=len(kept))
    best = plan_of(problem, kept[plan.route])
    if best is None:
        raise AssertionError("a plan of a part of the problem is a plan")
    return Solved(plan=best, bound_usd=min(bound_usd, best.monthly_usd), num_compared=len(kept))


def _narrowed(problem: Problem, good: Plan, time_limit_s: float) -> tuple[Plan | None, float]:
    """The cheapest plan and the bound on it, from the pairs that plans close to the bound can use.

    No plan whose cost is the bound plus an excess uses a pair outside the patterns with that excess. So what is the
    cheapest among them, and costs no more than that, is the cheapest of all. Otherwise its cost is the next excess.
    """
    bound = _bound(problem, good.monthly_usd)
    tolerance_usd = GAP_RATIO * good.monthly_usd
    excess_usd = min(FIRST_EXCESS_RATIO * good.monthly_usd, good.monthly_usd - bound.usd)
    while good.monthly_usd > bound.usd + tolerance_usd:
        most_usd = excess_usd + tolerance_usd
        found = patterns(problem, bound.worth_usd, most_usd)
        if found is None:
            return _whole_programme(problem, time_limit_s)
        is_used = pairs_in_use(problem, found, bound.worth_usd, most_usd)
        part = replace(problem, load=np.where(is_used, problem.load, np.nan))
        best, bound_usd = (
            _whole_programme(part, time_limit_s) if is_used.any(axis=1).all() else (None, np.inf)
        )
        good = cheaper(good, best) or good
        if excess_usd >= good.monthly_usd - bound.usd:
            return good, min(bound_usd, good.monthly_usd)
        excess_usd = min(good.monthly_usd - bound.usd, np.inf if best else EXCESS_GROWTH * excess_usd)
    return good, bound.usd


def _bound(problem: Problem, known_usd: float) -> Bound:
    with _optional():
        return bounded(problem, known_usd)


def _whole_programme(problem: Problem, time_limit_s: float) -> tuple[Plan | None, float]:
    """The cheapest plan by the integer programme, and the bound on it; None: there is none."""
    kept = undominated(problem)
    model = programme(problem.only(kept))
    solution, bound_usd = _highs(model, time_limit_s)
    if solution is None:
        return None, bound_usd
    plan = plan_of(problem, kept[model.route(solution)])
    if plan is None:
        raise AssertionError("a solution of the programme is a plan")
    return plan, bound_usd


def _matrix(model: Programme) -> Any:  # noqa: ANN401 - SciPy has no types
    from scipy.sparse import csr_array  # type: ignore[import-untyped] # scipy ships no types

    return csr_array((model.values, (model.rows, model.columns)), shape=(len(model.lower), len(model.cost)))


def _highs(model: Programme, time_limit_s: float) -> tuple[Array | None, float]:
    """The solution, None where there is none, and the bound. [USD/month]"""
    with _optional():
        from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped] # scipy ships no types
    found = milp(
        model.cost,
        constraints=LinearConstraint(_matrix(model), model.lower, model.upper),
        bounds=Bounds(0.0, model.most),
        integrality=np.ones(len(model.cost)),
        options={"time_limit": time_limit_s, "mip_rel_gap": GAP_RATIO},
    )
    if found.x is None and found.status != INFEASIBLE:
        raise NotSupported(
            "no plan was found within {seconds} s; give fewer classes of requests, or fewer devices with --device",
            seconds=f"{time_limit_s:.0f}",
        )
    return found.x, float(found.mip_dual_bound) if found.x is not None else float("inf")


@contextmanager
def _optional() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise MissingExtra("portfolio", "planning a portfolio") from error
