"""The integer programme of `decide/portfolio.py`, solved by HiGHS, with the proof that nothing cheaper exists."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.decide.portfolio import Plan, cheaper, good_plan, joined, one_for_all, one_for_each, plan_of
from sizewise.decide.portfolio_programme import programme
from sizewise.decide.portfolio_reduce import undominated, useful_deployments, without_hopeless_pairs
from sizewise.errors import MissingExtra, NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.decide.portfolio import Problem
    from sizewise.decide.portfolio_programme import Programme
    from sizewise.domain.number import Array

GAP_RATIO = 1e-6
"""A plan is optimal when no other one can be cheaper by more than this share of its cost."""
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

    The problem is made smaller first, by steps that keep its lowest cost: what another deployment replaces, and what no
    plan as cheap as a known one can use.
    Raises: MissingExtra without SciPy; NotSupported where the time is over before a plan is found.
    """
    if not np.isfinite(problem.load).any(axis=1).all():
        return Solved(plan=None, bound_usd=float("inf"), num_compared=0)
    known = cheaper(one_for_all(problem), joined(problem, one_for_each(problem)))
    hopeful = problem if known is None else without_hopeless_pairs(problem, known.monthly_usd)
    kept = undominated(hopeful)
    reduced = hopeful.only(kept)
    good = good_plan(reduced)
    if good is not None:
        reduced = without_hopeless_pairs(reduced, good.monthly_usd)
        useful = useful_deployments(reduced, _pool_costs(programme(reduced)), good.monthly_usd)
        reduced, kept_now = reduced.only(useful), kept[useful]
    else:
        kept_now = kept
    model = programme(reduced)
    solution, bound_usd = _highs(model, time_limit_s)
    if solution is None:
        return Solved(plan=None, bound_usd=float("inf"), num_compared=len(kept))
    plan = plan_of(problem, kept_now[model.route(solution)])
    if plan is None:
        raise AssertionError("a solution of the programme is a plan")
    return Solved(plan=plan, bound_usd=min(bound_usd, plan.monthly_usd), num_compared=len(kept))


def _matrix(model: Programme) -> Any:  # noqa: ANN401 - SciPy has no types
    from scipy.sparse import csr_array  # type: ignore[import-untyped] # scipy ships no types

    return csr_array((model.values, (model.rows, model.columns)), shape=(len(model.lower), len(model.cost)))


def _pool_costs(model: Programme) -> Array:
    """A bound on the cost of every plan that uses a pool, for each pool: the last variables. [USD/month]

    The cost of the programme without whole numbers, plus the reduced cost of one machine. Source: the usual bound of
    linear programming by its dual values.
    """
    with _optional():
        from scipy.optimize import linprog  # type: ignore[import-untyped] # scipy ships no types
    matrix, is_equal = _matrix(model), model.lower == model.upper
    relaxed = linprog(
        model.cost, A_ub=matrix[~is_equal], b_ub=model.upper[~is_equal], A_eq=matrix[is_equal],
        b_eq=model.upper[is_equal], bounds=np.stack([np.zeros(len(model.most)), model.most], axis=1), method="highs",
    )  # fmt: skip
    if relaxed.x is None:
        return np.full(model.num_pools, -np.inf)
    return (
        np.asarray(relaxed.fun + relaxed.lower.marginals[-model.num_pools :])
        if model.num_pools
        else np.zeros(0)
    )


def _highs(model: Programme, time_limit_s: float) -> tuple[Array | None, float]:
    """The solution, None where there is none, and the bound. [USD/month]"""
    with _optional():
        from scipy.optimize import Bounds, LinearConstraint, milp
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
