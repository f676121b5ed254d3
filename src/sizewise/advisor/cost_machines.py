"""What may run where: every deployment that can be the cheapest at some volume, and what one machine of it carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.capacity_case import CROWD, Case, chosen_case
from sizewise.advisor.poisson_capacity import poisson_capacities, stacked
from sizewise.advisor.space import build_space, market_machines
from sizewise.decide.evaluate import evaluate
from sizewise.decide.search import as_grid, chunks
from sizewise.decide.undominated import undominated
from sizewise.domain.estimate import Estimate
from sizewise.domain.number import Array  # noqa: TC001 - dataclass annotations are read at run time
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.cost import machine_costs, monthly_usd
from sizewise.estimate.lengths import constant_lengths
from sizewise.estimate.percentiles import felt_by_users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.cost_terms import Terms
    from sizewise.advisor.space import Space
    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.request import Request
    from sizewise.estimate.steady import Replica

SEARCHED_PATHS = ("rent", "buy")
WHOLE_BITS = 8.0
"""Formats of fewer bits are not what an API serves. [bits/weight]"""


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """One copy of the model on its devices, and how much it carries."""

    case: Case
    replica: Replica
    requests_per_s: Estimate
    """Largest random load within the latency targets; one request after another where no load meets them. [1/s]"""
    is_late: bool
    """Does not even one request meet the latency targets?"""
    request_s: float
    """Time of a request alone. [s]"""
    requests_per_user_s: float
    """Requests that one user sends. [1/s]"""

    @property
    def machine(self) -> Machine:
        """The devices of one copy."""
        return self.case.machine

    @property
    def weight_bits(self) -> float:
        """Bits of a weight as published. [bits]"""
        return self.case.row.quantization.nominal_bits

    @property
    def weights_bytes(self) -> float:
        """Weights that are loaded at a start and kept on disk. [bytes]"""
        return first_value(self.case.block.weights.file_bytes)


def carriers(
    catalog: Catalog, request: Request, model: Model, terms: Terms, machines: Sequence[Machine]
) -> dict[str, tuple[Carrier, ...]]:
    """For renting and for buying: the deployments of which one is the cheapest, whatever the volume.

    They do not depend on the volume, so an answer just beside a break-even chooses among the same ones. An API serves
    the published weights, so formats of fewer than eight bits count only where no others run.
    """
    wide = replace(request, workload=replace(request.workload, num_users=CROWD))
    space = build_space(catalog, wide, [model], machines)
    places = _Places.of(space, wide, terms)
    if places is None:
        return {}
    chosen = {path: places.frontier(path) for path in SEARCHED_PATHS}
    pairs = dict.fromkeys(pair for found in chosen.values() for pair in found)
    cases = [
        Case(row=space.rows[i], machine=space.machines[j], block=space.pair(i, j), request=request) for i, j in pairs
    ]  # fmt: skip
    known = dict(zip(pairs, carriers_of(cases), strict=True))
    return {path: tuple(known[pair] for pair in found) for path, found in chosen.items() if found}


def named_carriers(
    catalog: Catalog, request: Request, model: Model, terms: Terms, machine: Machine
) -> dict[str, tuple[Carrier, ...]]:
    """The same on one machine; where nothing meets the targets there, what comes closest.

    Raises: NotSupported where it does not run the model.
    """
    found = carriers(catalog, request, model, terms, [machine])
    closest = None
    for path in SEARCHED_PATHS:
        if path not in found:
            closest = closest or tuple(carriers_of([chosen_case(catalog, request, model, machine)]))
            found[path] = closest
    return found


def market(catalog: Catalog, request: Request) -> list[Machine]:
    """Every machine that can be rented or bought."""
    return market_machines(tuple(catalog.devices.values()), request, catalog.facts_date)


def carriers_of(cases: Sequence[Case]) -> list[Carrier]:
    """Capacities of cases of one request by the closed forms of `capacity`."""
    if not cases:
        return []
    workload = cases[0].request.workload
    lengths = constant_lengths(workload.input_tokens), constant_lengths(workload.output_tokens)
    replicas = [case.replica(*lengths) for case in cases]
    alone = felt_by_users(stacked(replicas), 1.0, workload.think_time_s).load.requests_per_s
    each = zip(cases, replicas, poisson_capacities(cases, replicas), np.asarray(alone).tolist(), strict=True)
    return [
        _carrier(case, replica, rate, per_s, workload.think_time_s) for case, replica, rate, per_s in each
    ]


def _carrier(
    case: Case, replica: Replica, within: Estimate, requests_per_user_s: float, think_time_s: float
) -> Carrier:
    request_s = max(1.0 / requests_per_user_s - think_time_s, 0.0)
    is_late = within.likely <= 0
    return Carrier(
        case=case, replica=replica, requests_per_s=_in_turn(case, request_s) if is_late else within, is_late=is_late,
        requests_per_user_s=requests_per_user_s, request_s=request_s,
    )  # fmt: skip


def _in_turn(case: Case, request_s: float) -> Estimate:
    """One request after another, with the range of the throughput. [1/s]"""
    rate, band = 1.0 / request_s, case.band("throughput")
    return Estimate(low=rate * band.factor_low, likely=rate, high=rate * band.factor_high, basis=band.basis)


@dataclass(frozen=True, kw_only=True)
class _Places:
    """Rows on machines that carry somebody within the targets, and what one of each costs. [n]"""

    row_ids: Array
    machine_ids: Array
    num_users: Array
    """Users that one carries."""
    weight_bits: Array
    standing_usd: dict[str, Array]
    """Idle, for each way to have it. [USD/month]"""
    load_usd: dict[str, Array]
    """Further electricity at full load. [USD/month]"""

    @classmethod
    def of(cls, space: Space, request: Request, terms: Terms) -> _Places | None:
        """All of a space at the user's money; None where there is none."""
        rows, machines, users = [], [], []
        for block in space.blocks:
            for chunk in chunks(block):
                values = evaluate(as_grid(chunk), request)
                row, machine = np.nonzero((values.shortfall_bytes <= 0) & (values.num_users > 0))
                rows.append(chunk.row_ids[row])
                machines.append(chunk.machine_ids[machine])
                users.append(np.broadcast_to(values.num_users, values.shortfall_bytes.shape)[row, machine])
        if not sum(map(len, rows)):
            return None
        row_ids, machine_ids = np.concatenate(rows), np.concatenate(machines)
        bits = np.array([row.quantization.nominal_bits for row in space.rows])[row_ids]
        is_whole = (bits >= WHOLE_BITS) | (bits.max() < WHOLE_BITS)
        standing, load = _money(space.machines, terms)
        kept = machine_ids[is_whole]
        return cls(
            row_ids=row_ids[is_whole], machine_ids=kept, num_users=np.concatenate(users)[is_whole],
            weight_bits=bits[is_whole], standing_usd={path: usd[kept] for path, usd in standing.items()},
            load_usd={path: usd[kept] for path, usd in load.items()},
        )  # fmt: skip

    def frontier(self, path: str) -> list[tuple[int, int]]:
        """Those of which no other costs less idle and for each user, carries as many, and has as many bits."""
        standing, each = self.standing_usd[path], self.load_usd[path] / self.num_users
        priced = np.flatnonzero(np.isfinite(standing + each))
        keys = np.stack([standing, each, -self.num_users, -self.weight_bits], axis=1)[priced]
        best = priced[undominated(keys)]
        return list(zip(self.row_ids[best].tolist(), self.machine_ids[best].tolist(), strict=True))


def _money(machines: Sequence[Machine], terms: Terms) -> tuple[dict[str, Array], dict[str, Array]]:
    """Cost of each machine while it is idle, and of its load, by path. [USD/month]"""
    columns = machine_columns(machines)
    costs = machine_costs(columns, terms.defaults["likely"])
    standing, load = {}, {}
    for path in SEARCHED_PATHS:
        idle, busy = (monthly_usd(costs, path, replicas=1.0, busy_ratio=ratio) for ratio in (0.0, 1.0))
        each_usd = sum(usd for _, usd in terms.by_device("likely", is_bought=path == "buy"))
        standing[path] = idle + columns.num_devices * each_usd
        load[path] = busy - idle
    return standing, load
