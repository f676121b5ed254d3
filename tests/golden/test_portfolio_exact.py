"""The portfolio's solver against exhaustive search: every routing, every machine filled by hand."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.portfolio_cases import small_problem

from bench_portfolio import large_problem
from sizewise.advisor.portfolio_bound import bounded
from sizewise.advisor.portfolio_solver import solve
from sizewise.decide.portfolio import NO_POOL, plan_of
from sizewise.decide.portfolio_patterns import pairs_in_use, patterns
from sizewise.decide.portfolio_reduce import undominated

if TYPE_CHECKING:
    from sizewise.decide.portfolio import Problem

NUM_CASES = 500
CHUNK = 50


def machines_by_hand(sizes: list[float], slots: float) -> int:
    """Machines when replicas are put one by one, the largest first, into the first machine with room."""
    free: list[float] = []
    for size in sorted(sizes, reverse=True):
        place = next((i for i, room in enumerate(free) if room >= size), None)
        if place is None:
            free.append(slots - size)
        else:
            free[place] -= size
    return len(free)


def exhaustive(problem: Problem) -> float:
    """The lowest cost of all routings; infinite where none is possible."""
    best = math.inf
    for route in itertools.product(range(problem.num_deployments), repeat=problem.num_classes):
        cost = cost_by_hand(problem, route)
        best = min(best, cost)
    return best


def cost_by_hand(problem: Problem, route: tuple[int, ...]) -> float:
    usd, upfront_usd, placed = 0.0, 0.0, dict[int, list[float]]()
    for j in set(route):
        load = sum(problem.load[k, j] for k in range(len(route)) if route[k] == j)
        usd += sum(problem.usage_usd[k, j] for k in range(len(route)) if route[k] == j)
        if math.isnan(load):
            return math.inf
        if problem.pool[j] != NO_POOL:
            replicas = math.ceil(load - 1e-6)
            placed.setdefault(int(problem.pool[j]), []).extend([float(problem.slots[j])] * replicas)
    for pool, sizes in placed.items():
        count = machines_by_hand(sizes, float(problem.pools.slots[pool]))
        if count > problem.pools.max_machines[pool]:
            return math.inf
        usd += count * problem.pools.standing_usd[pool]
        upfront_usd += count * problem.pools.upfront_usd[pool]
    return usd if upfront_usd <= problem.upfront_budget_usd else math.inf


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(NUM_CASES // CHUNK))
def test_the_plan_costs_what_exhaustive_search_finds(chunk: int) -> None:
    num_possible = 0
    for case in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        problem = small_problem(np.random.default_rng(case))
        solved, best = solve(problem), exhaustive(problem)
        if math.isinf(best):
            assert solved.plan is None, case
            continue
        num_possible += 1
        assert solved.plan is not None, case
        assert solved.plan.monthly_usd == pytest.approx(best, abs=1e-6), case
        assert solved.bound_usd == pytest.approx(best, abs=1e-4), case
    assert num_possible > CHUNK / 2


def test_the_plan_is_what_its_own_routing_costs_by_hand() -> None:
    problem = small_problem(np.random.default_rng(11))
    plan = solve(problem).plan
    assert plan is not None
    assert plan.monthly_usd == pytest.approx(cost_by_hand(problem, tuple(plan.route.tolist())))


def test_leaving_out_dominated_deployments_keeps_the_lowest_cost() -> None:
    num_left_out = 0
    for case in range(60):
        problem = small_problem(np.random.default_rng(1000 + case))
        kept = undominated(problem)
        num_left_out += problem.num_deployments - len(kept)
        assert exhaustive(problem.only(kept)) == exhaustive(problem), case
    assert num_left_out > 20


@pytest.mark.slow
def test_twenty_classes_and_two_thousand_deployments_are_solved_with_proof() -> None:
    problem = large_problem(1)
    solved = solve(problem)
    assert solved.plan is not None
    assert solved.gap_ratio <= 1e-5
    assert solved.num_compared > 100
    again = plan_of(problem, solved.plan.route)
    assert again is not None
    assert again.monthly_usd == solved.plan.monthly_usd


@pytest.mark.slow
def test_no_plan_costs_less_than_the_bound_and_cheap_plans_use_only_known_patterns() -> None:
    num_checked = 0
    for case in range(80):
        problem = small_problem(np.random.default_rng(2000 + case))
        if not np.isfinite(problem.load).any(axis=1).all():
            continue
        costs = {
            route: cost_by_hand(problem, route)
            for route in itertools.product(range(problem.num_deployments), repeat=problem.num_classes)
        }
        best = min(costs.values())
        bound = bounded(problem, 100.0 if math.isinf(best) else best)
        assert bound.usd <= best + 1e-6, case
        excess_usd = (
            1.1 * max(costs[r] for r in costs if math.isfinite(costs[r])) if math.isfinite(best) else 0.0
        )
        for share in (0.1, 0.5, 1.0):
            most = share * excess_usd
            found = patterns(problem, bound.worth_usd, most)
            assert found is not None
            is_used = pairs_in_use(problem, found, bound.worth_usd, most)
            for route, usd in costs.items():
                if usd <= bound.usd + most:
                    assert is_used[np.arange(problem.num_classes), list(route)].all(), (case, route)
                    num_checked += 1
    assert num_checked > 1000


@pytest.mark.slow
def test_where_patterns_are_too_many_the_whole_programme_has_the_same_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problems = [small_problem(np.random.default_rng(3000 + case)) for case in range(30)]
    usual = [solve(problem) for problem in problems]
    monkeypatch.setattr("sizewise.decide.portfolio_patterns.MOST_PATTERNS", 3)
    for problem, before in zip(problems, usual, strict=True):
        after = solve(problem)
        assert (after.plan is None) == (before.plan is None)
        if after.plan is not None and before.plan is not None:
            assert after.plan.monthly_usd == pytest.approx(before.plan.monthly_usd, abs=1e-6)
