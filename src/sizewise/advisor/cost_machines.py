"""What runs where: the deployment, its machine for each way to pay, and what one machine carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.capacity_case import Case, chosen_case
from sizewise.advisor.capacity_plan import Limits
from sizewise.advisor.finding import run
from sizewise.advisor.space import build_space, market_machines
from sizewise.estimate.columns import first_value
from sizewise.estimate.lengths import constant_lengths
from sizewise.estimate.percentiles import felt_by_users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.asking import Asked
    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.domain.estimate import Estimate
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
    """Largest random load within the latency targets. [1/s]"""
    request_s: float
    """Time of a request alone. [s]"""
    requests_per_user_s: float
    """Requests that one user sends. [1/s]"""

    @property
    def machine(self) -> Machine:
        """The devices of one copy."""
        return self.case.machine

    @property
    def weights_bytes(self) -> float:
        """Weights that are loaded at a start and kept on disk. [bytes]"""
        return first_value(self.case.block.weights.file_bytes)


def carrier(case: Case) -> Carrier:
    """Capacity of a case by the closed forms of `capacity`."""
    workload = case.request.workload
    replica = case.replica(constant_lengths(workload.input_tokens), constant_lengths(workload.output_tokens))
    alone = felt_by_users(replica, 1.0, workload.think_time_s)
    per_s = first_value(alone.load.requests_per_s)
    return Carrier(
        case=case,
        replica=replica,
        requests_per_s=Limits(case=case, replica=replica).requests_per_s(),
        request_s=max(1.0 / per_s - workload.think_time_s, 0.0),
        requests_per_user_s=per_s,
    )


def cheapest_carriers(
    catalog: Catalog, asked: Asked, model: Model, num_users: float, named: Machine | None
) -> dict[str, Carrier]:
    """For renting and for buying: where the search of `recommend` runs the model cheapest at this load.

    `named`: the only machine that is looked at. An API serves the published weights, so formats of at least eight bits
    come first and smaller ones only where those do not run. Raises: NotSupported where a named machine does not run it.
    """
    request = asked.request
    workload = replace(request.workload, num_users=num_users)
    bar = replace(request.bar, value=-np.inf)
    found = {}
    for path in SEARCHED_PATHS:
        filters = replace(request.filters, paths=(path,), models=(model.name,))
        here = replace(request, filters=filters, bar=bar, workload=workload)
        machines = (
            [named] if named else market_machines(tuple(catalog.devices.values()), here, catalog.facts_date)
        )
        case = _cheapest(catalog, here, request, model, machines)
        if case is None and named is not None:
            case = chosen_case(catalog, request, model, named)
        if case is not None:
            found[path] = carrier(case)
    return found


def _cheapest(
    catalog: Catalog, searched: Request, request: Request, model: Model, machines: Sequence[Machine]
) -> Case | None:
    """The cheapest row and machine, whole formats first."""
    space = build_space(catalog, searched, [model], machines)
    survivors, _ = run(space, searched)
    if survivors is None:
        return None
    bits = np.array([space.rows[i].quantization.nominal_bits for i in survivors.row_ids.tolist()])
    usd = survivors.values.monthly_usd
    best = int(np.lexsort((-bits, usd, bits < WHOLE_BITS))[0])
    row_id, machine_id = int(survivors.row_ids[best]), int(survivors.machine_ids[best])
    return Case(
        row=space.rows[row_id],
        machine=space.machines[machine_id],
        block=space.pair(row_id, machine_id),
        request=request,
    )
