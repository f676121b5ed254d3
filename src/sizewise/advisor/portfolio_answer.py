"""A plan in the words of the user: routes, deployments, machines, and what the other ways would cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.bars import bar_text
from sizewise.advisor.options import deployment_of
from sizewise.advisor.portfolio_pools import SLOTS_PER_DEVICE, costs_of_pools
from sizewise.decide import wording
from sizewise.decide.evaluate import evaluate
from sizewise.decide.portfolio import NO_POOL, one_for_all, one_for_each
from sizewise.domain.estimate import Estimate
from sizewise.domain.portfolio import ClassRoute, Comparison, PortfolioMachines, PortfolioPart
from sizewise.domain.text import T
from sizewise.estimate.cost import monthly_usd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.portfolio_problem import Stated
    from sizewise.advisor.portfolio_space import Candidates
    from sizewise.advisor.portfolio_traffic import TrafficClass
    from sizewise.decide.portfolio import Plan
    from sizewise.domain.decision import ApiOption, Deployment
    from sizewise.domain.text import Value


@dataclass(frozen=True, kw_only=True)
class Known:
    """Everything that a plan is a choice from."""

    classes: tuple[TrafficClass, ...]
    found: Candidates
    apis: tuple[ApiOption | None, ...]
    stated: Stated


def routes_of_plan(known: Known, plan: Plan) -> tuple[ClassRoute, ...]:
    """Where each class goes and how good that is."""
    used = np.unique(plan.route).tolist()
    return tuple(_route(known, plan, used, k) for k in range(len(known.classes)))


def _route(known: Known, plan: Plan, used: list[int], k: int) -> ClassRoute:
    one, j = known.classes[k], int(plan.route[k])
    row = int(known.stated.row[j])
    choice, grades = known.apis[k], known.found.grades[k]
    is_api = row == NO_POOL and choice is not None
    return ClassRoute(
        name=one.name,
        task=one.request.task.name,
        requests_per_month=one.requests_per_month,
        bar=bar_text(one.request.bar),
        part=used.index(j),
        quality=choice.quality if is_api and choice else grades.estimate(row),
        pass_probability=choice.pass_probability if is_api and choice else float(grades.probability[row]),
        load_replicas=float(known.stated.problem.load[k, j]),
        num_able=int(np.isfinite(known.stated.problem.load[k]).sum()),
    )


def parts_of_plan(known: Known, plan: Plan) -> tuple[PortfolioPart, ...]:
    """The deployments in use, in the order of their positions."""
    return tuple(_part(known, plan, j) for j in np.unique(plan.route).tolist())


def _part(known: Known, plan: Plan, j: int) -> PortfolioPart:
    problem, members = known.stated.problem, np.flatnonzero(plan.route == j)
    names = tuple(known.classes[k].name for k in members.tolist())
    usage = float(problem.usage_usd[members, j].sum())
    if problem.pool[j] == NO_POOL:
        choice = known.apis[int(known.stated.part[j])]
        title: Value = "" if choice is None else api_title(choice)
        return PortfolioPart(
            title=title, deployment=None, path="api", replicas=0, machine="", share_of_machine=0.0, classes=names,
            busy_ratio=float("nan"), usage_usd=usage,
        )  # fmt: skip
    entry = known.found.pools[int(problem.pool[j])]
    deployment = _deployment(known, plan, j)
    return PortfolioPart(
        title=T("{model} in {quantization} with {engine}", model=deployment.model,
                quantization=deployment.quantization, engine=deployment.engine),
        deployment=deployment,
        path=entry.path,
        replicas=int(plan.replicas[j]),
        machine=wording.machine_name(entry.machine),
        share_of_machine=float(problem.slots[j]) / (SLOTS_PER_DEVICE * entry.machine.num_devices),
        classes=names,
        busy_ratio=float(problem.load[members, j].sum() / plan.replicas[j]),
        usage_usd=usage,
    )  # fmt: skip


def api_title(choice: ApiOption) -> Value:
    """A model behind an API in one phrase."""
    return wording.api_name(choice.model, choice.provider)


def _deployment(known: Known, plan: Plan, j: int) -> Deployment:
    """The choice as `recommend` describes it, for the class that asks most of it."""
    from dataclasses import replace

    found, stated = known.found, known.stated
    part = found.parts[int(stated.part[j])]
    row, machine = found.space.rows[int(stated.row[j])], found.space.machines[part.machine]
    members = np.flatnonzero(plan.route == j).tolist()
    longest = max(members, key=lambda k: known.classes[k].request.workload.context_tokens)
    request = known.classes[longest].request
    block = found.space.pair(int(stated.row[j]), part.machine)
    chosen = deployment_of(row, machine, block, evaluate(block, request), request)
    entry = found.pools[part.pool]
    return replace(chosen, replicas=int(plan.replicas[j]), path=entry.path)


def machines_of_plan(known: Known, plan: Plan) -> tuple[PortfolioMachines, ...]:
    """Machines to have, with what shares them."""
    problem, used = known.stated.problem, np.unique(plan.route).tolist()
    found = []
    for pool in np.flatnonzero(plan.machines > 0).tolist():
        entry = known.found.pools[pool]
        found.append(
            PortfolioMachines(
                machine=wording.machine_name(entry.machine),
                path=entry.path,
                count=int(plan.machines[pool]),
                parts=tuple(i for i, j in enumerate(used) if problem.pool[j] == pool),
                monthly_usd=_pool_usd(known, plan, pool),
                upfront_usd=float(plan.machines[pool] * problem.pools.upfront_usd[pool]),
            )
        )
    return tuple(found)


def _pool_usd(known: Known, plan: Plan, pool: int) -> Estimate:
    """Cost of the machines of a pool and of the work on them, between the ends of prices. [USD/month]"""
    entry = known.found.pools[pool]
    request = known.classes[0].request
    count = float(plan.machines[pool])
    likely = count * float(known.stated.problem.pools.standing_usd[pool]) + _work_usd(known, plan, pool)
    ends = []
    for case in ("low", "high"):
        costs = costs_of_pools([entry], request, case)
        standing = float(monthly_usd(costs, entry.path, replicas=count, busy_ratio=0.0)[0])
        ends.append(standing + _work_usd(known, plan, pool))
    basis = "assumed" if entry.path == "owned" else "derived"
    return Estimate(low=min(ends[0], likely), likely=likely, high=max(ends[1], likely), basis=basis)


def _work_usd(known: Known, plan: Plan, pool: int) -> float:
    """Electricity of the classes on a pool. [USD/month]"""
    problem = known.stated.problem
    here = np.flatnonzero(problem.pool[plan.route] == pool)
    return float(problem.usage_usd[here, plan.route[here]].sum())


def total(known: Known, plan: Plan) -> Estimate:
    """Everything together, by adding the ends. [USD/month]"""
    bills = [
        choice.monthly_usd
        for k, j in enumerate(plan.route.tolist())
        if known.stated.problem.pool[j] == NO_POOL and (choice := known.apis[k]) is not None
    ]
    figures = [m.monthly_usd for m in machines_of_plan(known, plan)] + bills
    summed = figures[0]
    for figure in figures[1:]:
        summed = summed.plus(figure)
    return summed


def comparisons(known: Known, plan: Plan | None) -> tuple[Comparison, ...]:
    """The plan beside one model for all, a machine for each class, and APIs for all."""
    found = list(_compared(known))
    if plan is not None:
        mine = Comparison(
            title=T("this portfolio"), what=_named(known, plan), monthly_usd=plan.monthly_usd,
            upfront_usd=plan.upfront_usd,
        )  # fmt: skip
        found.insert(0, mine)
    return tuple(found)


def _compared(known: Known) -> Iterator[Comparison]:
    problem = known.stated.problem
    single = one_for_all(problem)
    yield Comparison(
        title=T("one model for all"),
        what=_named(known, single)
        if single
        else T("no single model is good enough and fast enough for every class"),
        monthly_usd=single.monthly_usd if single else float("nan"),
        upfront_usd=single.upfront_usd if single else float("nan"),
    )
    each = one_for_each(problem)
    plans = [one for one in each if one is not None]
    is_complete = len(plans) == len(each)
    yield Comparison(
        title=T("a machine for each class"),
        what=T("the cheapest of each class alone, nothing shared"),
        monthly_usd=sum(p.monthly_usd for p in plans) if is_complete else float("nan"),
        upfront_usd=sum(p.upfront_usd for p in plans) if is_complete else float("nan"),
    )
    yield _apis_for_all(known)


def _apis_for_all(known: Known) -> Comparison:
    choices = [choice for choice in known.apis if choice is not None]
    kept_in = [one.name for one in known.classes if not one.allows_api]
    missing = [one.name for one, choice in zip(known.classes, known.apis, strict=True) if choice is None]
    title = T("APIs for all")
    nothing = float("nan")
    if missing:
        what: Value = T("no offer is good enough for: {classes}", classes=", ".join(missing))
        return Comparison(title=title, what=what, monthly_usd=nothing, upfront_usd=nothing)
    models = ", ".join(dict.fromkeys(choice.model for choice in choices))
    what = T("{models}; the data leaves the house", models=models)
    if kept_in:
        what = T("{models}; not allowed for: {classes}", models=models, classes=", ".join(kept_in))
    return Comparison(
        title=title, what=what, monthly_usd=sum(c.monthly_usd.likely for c in choices), upfront_usd=0.0
    )


def _named(known: Known, plan: Plan) -> Value:
    """The deployments of a plan in one phrase: one with its machines, several by name."""
    parts = parts_of_plan(known, plan)
    if len(parts) > 1:
        return ", ".join(dict.fromkeys(part_name(part) for part in parts))
    part = parts[0]
    if part.deployment is None:
        return part.title
    count = int(plan.machines.sum())
    return T(
        "{title} on {machines}",
        title=part.title,
        machines=f"{count} x {part.machine}" if count > 1 else part.machine,
    )


def part_name(part: PortfolioPart) -> str:
    """The model alone."""
    return part.deployment.model if part.deployment else str(part.title)
