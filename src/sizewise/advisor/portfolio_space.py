"""The deployments that a portfolio chooses from: models on whole machines, on halves of machines, and behind APIs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.finding import gate_models, machines_of, run
from sizewise.advisor.grading import Grades, grade
from sizewise.advisor.portfolio_pools import Part, PoolEntry, divided, market_pools, owned_pools
from sizewise.advisor.space import build_space
from sizewise.decide.evaluate import evaluate, physics, replica_of
from sizewise.decide.search import as_grid
from sizewise.estimate.steady import held_s

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.portfolio_traffic import TrafficClass
    from sizewise.advisor.space import Space
    from sizewise.catalog import Catalog
    from sizewise.decide.evaluate import Block, Evaluated
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request

MODELS_PER_CLASS = 12
"""Models of each class that are looked at on every machine: those of its cheapest deployments."""
MODELS_FOR_ALL = 12
"""The same for models that are good enough for every class."""
MARKET_COUNTS = (1, 2, 4, 8)
"""Devices of a machine of the market, so that halves of machines are machines."""
CROWD = 1000.0
"""Users with whom the capacity of a replica is asked: more than one carries, or all of them. [users]"""


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Rows on parts of machines, and what each class asks of them."""

    space: Space
    """Rows and the machines as they are evaluated, halves among them."""
    rows: Array
    """Positions in `space.rows` of the rows that are good enough for some class. [rows]"""
    pools: tuple[PoolEntry, ...]
    parts: tuple[Part, ...]
    grades: tuple[Grades, ...]
    """Of all rows of the space, one for each class."""
    share: Array
    """Part of one replica's capacity that a class takes; NaN where it cannot be served. [classes, rows, machines]"""


def candidates(catalog: Catalog, classes: Sequence[TrafficClass]) -> Candidates:
    """Everything worth choosing from.

    The models of the cheapest deployments of each class, and of those that serve every class, in all their formats and
    engines, on all machines. Other models stay out: they are dearer for every class alone.
    """
    first = classes[0].asked
    owned = [m for m in machines_of(catalog, first) if m.is_owned and m.num_devices == m.num_available]
    market = [m for m in machines_of(catalog, first) if not m.is_owned and m.num_devices in MARKET_COUNTS]
    models = _worthwhile_models(catalog, classes, [*owned, *market])
    pools = (*owned_pools(owned), *market_pools(market, first.request))
    machines, parts = divided(pools)
    space = build_space(catalog, _largest(classes), models, machines)
    grades = tuple(grade(space.rows, one.request) for one in classes)
    is_able = [_is_good_enough(space, grades[k], one.request) for k, one in enumerate(classes)]
    rows = np.flatnonzero(np.logical_or.reduce(is_able)) if space.rows else np.zeros(0, dtype=np.intp)
    share = np.stack([
        np.where(is_able[k][rows, None], _shares(space, one)[rows], np.nan) for k, one in enumerate(classes)
    ])  # fmt: skip
    return Candidates(space=space, rows=rows, pools=pools, parts=parts, grades=grades, share=share)


def _largest(classes: Sequence[TrafficClass]) -> Request:
    """A request whose filters, hours and cache are those of all classes."""
    return classes[0].request


def _worthwhile_models(
    catalog: Catalog, classes: Sequence[TrafficClass], machines: Sequence[Machine]
) -> list[Model]:
    """Models of the cheapest deployments of each class, and of all classes together."""
    gated = [{m.name for m in gate_models(catalog, one.request)[0]} for one in classes]
    named = set().union(*gated)
    models = [m for m in catalog.models.values() if m.name in named]
    space = build_space(catalog, _largest(classes), models, machines)
    costs = np.full((len(classes), len(space.rows)), np.inf)
    for k, one in enumerate(classes):
        survivors, _ = run(space, one.request)
        if survivors is None:
            continue
        enough = _is_good_enough(space, grade(space.rows, one.request), one.request)[survivors.row_ids]
        rows = survivors.row_ids[enough]
        np.minimum.at(costs[k], rows, survivors.values.monthly_usd[enough])
    chosen: set[str] = set()
    for k in range(len(classes)):
        chosen |= _first_models(space, costs[k], MODELS_PER_CLASS)
    chosen |= _first_models(space, costs.sum(axis=0), MODELS_FOR_ALL)
    return [m for m in models if m.name in chosen]


def _first_models(space: Space, costs: Array, count: int) -> set[str]:
    """Names of the models of the cheapest rows."""
    names: set[str] = set()
    for row_id in np.argsort(costs, kind="stable").tolist():
        if len(names) == count or not np.isfinite(costs[row_id]):
            break
        names.add(space.rows[row_id].model.name)
    return names


def _is_good_enough(space: Space, grades: Grades, request: Request) -> Array:
    """Which rows reach the bar of a class and pass the gates of its models. [rows]"""
    from sizewise.decide.candidates import model_gate

    is_open = np.array([not model_gate(row.model, request) for row in space.rows], dtype=bool)
    return is_open & (grades.probability >= request.limits.min_pass_probability)


def _shares(space: Space, one: TrafficClass) -> Array:
    """Part of a replica's capacity that a class takes on every row and machine. [rows, machines]"""
    workload = one.request.workload
    is_rate = np.isfinite(one.peak_requests_per_s)
    crowd = replace(
        one.request,
        workload=replace(workload, num_users=CROWD, think_time_s=0.0 if is_rate else workload.think_time_s),
    )
    share = np.full((len(space.rows), len(space.machines)), np.nan)
    for block in space.blocks:
        values = evaluate(as_grid(block), crowd)
        carried = _rates(block, crowd, values) if is_rate else values.num_users
        asked = one.peak_requests_per_s if is_rate else workload.num_users
        fits = (values.shortfall_bytes <= 0) & (values.num_sequences > 0) & (carried > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            part_of_replica = np.where(fits, asked / carried, np.nan)
        most = one.request.limits.max_replicas
        here = np.ix_(block.row_ids, block.machine_ids)
        share[here] = np.where(part_of_replica <= most, part_of_replica, np.nan)
    return share


def _rates(block: Block, crowd: Request, values: Evaluated) -> Array:
    """Requests a second that a replica carries within the latency targets. [requests/s]"""
    running = np.maximum(values.num_sequences, 1.0)
    replica = replica_of(physics(as_grid(block), crowd), crowd.workload, running)
    return np.asarray(running / held_s(replica, running))
