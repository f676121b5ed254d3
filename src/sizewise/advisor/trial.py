"""A small search that keeps everything: what comes nearest for each row, and at which gate it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.space import build_space
from sizewise.decide.evaluate import evaluate
from sizewise.decide.nearest import STAGES, at, excess, nearest_machine
from sizewise.decide.search import as_grid, joined_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.advisor.space import Row, Space
    from sizewise.catalog import Catalog
    from sizewise.decide.evaluate import Evaluated
    from sizewise.domain.device import Machine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The nearest machine of each row."""

    space: Space
    row_ids: Array
    machine_ids: Array
    stages: Array
    values: Evaluated

    def best(self, among: Array | None = None) -> int:
        """Position of the row that comes nearest of all; of those marked, where any is."""
        distance = excess(self.values, self.stages)
        is_left_out = np.zeros(len(distance), dtype=bool) if among is None or not among.any() else ~among
        return int(np.lexsort((distance, -self.stages, is_left_out))[0])

    def text_column(self, name_of: Callable[[Row], str]) -> Array:
        """A name of every row. [rows]"""
        return np.array([name_of(self.space.rows[i]) for i in self.row_ids.tolist()])

    def row(self, index: int) -> Row:
        """The row at a position."""
        return self.space.rows[int(self.row_ids[index])]

    def machine(self, index: int) -> Machine:
        """The machine at a position."""
        return self.space.machines[int(self.machine_ids[index])]

    def constraint(self, index: int) -> str:
        """The constraint at which it stops, or an empty string."""
        return STAGES[int(self.stages[index])]


def trial(
    catalog: Catalog, request: Request, models: Sequence[Model], machines: Sequence[Machine]
) -> Trial | None:
    """Try these models on these machines; None where no engine runs any of them there."""
    space = build_space(catalog, request, models, machines)
    row_ids, machine_ids, stages, values = [], [], [], []
    for block in space.blocks:
        grid = evaluate(as_grid(block), request)
        here, passed = nearest_machine(grid, request)
        rows = np.arange(len(block.row_ids))
        row_ids.append(block.row_ids)
        machine_ids.append(block.machine_ids[here])
        stages.append(passed)
        values.append(at(grid, rows, here))
    if not row_ids:
        return None
    return Trial(
        space=space,
        row_ids=np.concatenate(row_ids),
        machine_ids=np.concatenate(machine_ids),
        stages=np.concatenate(stages),
        values=joined_values(values),
    )
