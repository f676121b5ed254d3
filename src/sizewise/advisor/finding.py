"""The search of `recommend`: gates of the models, the whole space in blocks, the ranking of what is left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.grading import Grades, grade
from sizewise.advisor.own_prices import at_own_prices
from sizewise.advisor.space import Space, build_space, market_machines, owned_machines, with_known_power
from sizewise.decide.candidates import model_gate
from sizewise.decide.rank import RankKeys, order
from sizewise.decide.search import NOTHING, Counts, Survivors, joined, search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.asking import Asked
    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request

NUM_THREADS = 2
"""Blocks are evaluated side by side; numpy lets go of the interpreter while it computes."""
PARALLEL_FROM_CANDIDATES = 200_000
"""Below, starting threads costs more than it saves."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Everything that the search leaves behind."""

    request: Request
    models: tuple[Model, ...]
    """Models that pass their own gates."""
    refused: dict[str, str]
    """Model name to the gate it fails: licence, language, capability, context, generator."""
    machines: tuple[Machine, ...]
    space: Space
    grades: Grades
    survivors: Survivors | None
    """The cheapest passing machine of each row; quality not yet asked. None: nothing passes."""
    counts: Counts

    @property
    def passes_quality(self) -> Array:
        """Which survivors reach the bar with enough probability."""
        if self.survivors is None:
            return np.zeros(0, dtype=bool)
        return self.grades.probability[self.survivors.row_ids] >= self.request.limits.min_pass_probability

    def ranked(self, limit: int, among: Array | None = None) -> Array:
        """Positions of the best survivors among those marked (default: those that pass the bar), best first."""
        if self.survivors is None:
            return np.zeros(0, dtype=np.intp)
        positions = np.flatnonzero(self.passes_quality if among is None else among)
        return positions[order(rank_keys(self, positions), limit)]


def find(catalog: Catalog, asked: Asked) -> Found:
    """Search everything that the request allows."""
    request = asked.request
    kept, refused = gate_models(catalog, request)
    machines = tuple(machines_of(catalog, asked))
    space = build_space(catalog, request, kept, machines)
    survivors, counts = run(space, request)
    return Found(
        request=request,
        models=kept,
        refused=refused,
        machines=machines,
        space=space,
        grades=grade(space.rows, request),
        survivors=survivors,
        counts=counts,
    )


def gate_models(catalog: Catalog, request: Request) -> tuple[tuple[Model, ...], dict[str, str]]:
    """Models that may be proposed, and the gate that each other one fails."""
    asked = request.filters.models
    candidates = [m for m in catalog.models.values() if not asked or m.name in asked]
    gates = {m.name: model_gate(m, request) for m in candidates}
    kept = tuple(m for m in candidates if not gates[m.name])
    return kept, {name: gate for name, gate in gates.items() if gate}


def machines_of(catalog: Catalog, asked: Asked) -> list[Machine]:
    """Hardware named by the user, this computer, and the market: as far as the request looks at them."""
    machines: list[Machine] = []
    if "owned" in asked.request.filters.paths:
        at_hand = list(asked.named_machines)
        if asked.uses_this_computer:
            from sizewise.advisor.own_computer import own_computer

            at_hand += own_computer(catalog, uses_store=asked.uses_store).machines
        machines += owned_machines(with_known_power(at_hand, tuple(catalog.devices.values())))
        machines = [replace(m, device=at_own_prices(m.device, asked.request.prices)) for m in machines]
    if asked.searches_market:
        machines += market_machines(tuple(catalog.devices.values()), asked.request, catalog.facts_date)
    elif "owned" not in asked.request.filters.paths:
        machines += market_machines(
            [m.device for m in asked.named_machines], asked.request, catalog.facts_date
        )
    return machines


def run(space: Space, request: Request) -> tuple[Survivors | None, Counts]:
    """Search every block; results do not depend on the number of threads."""
    job = partial(search, request=request)
    numbered = list(enumerate(space.blocks))
    if space.num_candidates < PARALLEL_FROM_CANDIDATES:
        results = [job(block, i) for i, block in numbered]
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(NUM_THREADS) as pool:
            results = list(pool.map(lambda pair: job(pair[1], pair[0]), numbered))
    counts = NOTHING
    found: list[Survivors] = []
    for survivors, block_counts in results:
        counts = counts.plus(block_counts)
        found += survivors
    found = [s for s in found if len(s.row_ids)]
    return (joined(found) if found else None), counts


def rank_keys(found: Found, positions: Array) -> RankKeys:
    """What the ranking needs to know about these survivors."""
    if found.survivors is None:
        raise ValueError("no survivors to rank")
    here = found.survivors.take(positions)
    rows = [found.space.rows[i] for i in here.row_ids.tolist()]
    devices = [found.space.machines[i] for i in here.machine_ids.tolist()]
    return RankKeys(
        monthly_usd=here.values.monthly_usd,
        num_params=_column([r.model.num_params for r in rows]),
        weight_bits=_column([r.quantization.nominal_bits for r in rows]),
        quality=found.grades.mean[here.row_ids],
        is_official=_column([float(r.model.is_official) for r in rows]),
        name=np.array(
            [
                f"{r.model.name} {r.quantization.name} {r.engine.name} {m.device.name} {m.num_devices}"
                for r, m in zip(rows, devices, strict=True)
            ]
        ),
    )


def _column(values: Sequence[float]) -> Array:
    return np.array(values, dtype=np.float64)
