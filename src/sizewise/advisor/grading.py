"""Quality of every row of a space on the task's axis: after the loss of its formats, against the bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.own_evidence import OWN, is_tested, with_own
from sizewise.catalog.quality_table import loss_table, quality_columns, quality_entry
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.estimate.quality import kv_loss, pass_probability, quality_after_loss, quality_range, quant_loss

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.space import Row
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request

NO_EVIDENCE = "none"
"""Evidence grade of what nobody measured."""


@dataclass(frozen=True, kw_only=True)
class Grades:
    """Points of each row; NaN where nobody knows. [rows]"""

    mean: Array
    sd: Array
    loss_sd: Array
    """The part of the spread that comes from the losses."""
    probability: Array
    """Probability of reaching the bar; NaN where unknown, so it passes no gate."""

    def estimate(self, row_id: int) -> Estimate | Unknown:
        """80 % range of one row. [points]"""
        mean = float(self.mean[row_id])
        if not np.isfinite(mean):
            return Unknown(reason="no evidence of its quality on this task; test it on your own prompts")
        low, high = quality_range(mean=mean, sd=float(self.sd[row_id]))
        return Estimate(low=min(float(low), mean), likely=mean, high=max(float(high), mean), basis="fitted")


def grade(rows: Sequence[Row], request: Request) -> Grades:
    """Mean and spread after the losses of weights and cache, and the probability of reaching the bar.

    The reference model itself, unquantized, meets a bar that it states: its own uncertainty cancels.
    """
    axis, table = request.task.quality_axis, loss_table()
    mean, sd = quality_columns([row.model.name for row in rows], axis)
    low, likely, high = np.zeros((3, len(rows)))
    for loss_class, index in _by_loss_class(rows).items():
        low[index], likely[index], high[index] = quant_loss(
            loss_class=loss_class,
            num_params=np.array([rows[i].model.num_params for i in index]),
            axis=axis,
            table=table,
            is_native=np.array([rows[i].quantization.name == rows[i].model.native_format for i in index]),
        )
    kv_low, kv_likely, kv_high = kv_loss(kv_type=request.kv_type, axis=axis, table=table)
    left, total_sd = quality_after_loss(
        mean=mean, sd=sd, loss_low=low + kv_low, loss_likely=likely + kv_likely, loss_high=high + kv_high
    )
    loss_sd = np.sqrt(np.maximum(np.square(total_sd) - np.square(sd), 0.0))
    return _judged(np.asarray(left), np.asarray(total_sd), np.asarray(loss_sd), rows, request)


def judged_again(known: Grades, rows: Sequence[Row], request: Request) -> Grades:
    """The same rows against another bar: quality and losses stay."""
    return _judged(known.mean, known.sd, known.loss_sd, rows, request)


def _judged(mean: Array, sd: Array, loss_sd: Array, rows: Sequence[Row], request: Request) -> Grades:
    reference = request.bar.reference
    is_reference = np.array([bool(reference) and row.model.name == reference for row in rows], dtype=bool)
    judged_sd = np.where(is_reference, loss_sd, sd)
    chance = np.asarray(pass_probability(mean=mean, sd=judged_sd, bar=request.bar.value))
    return Grades(mean=mean, sd=sd, loss_sd=loss_sd, probability=with_own(chance, rows, request))


def evidence(row: Row, request: Request) -> str:
    """Evidence grade of a row: an own evaluation, or what the tables know of its model on the task's axis."""
    if is_tested(row, request):
        return OWN
    entry = quality_entry(row.model.name, request.task.quality_axis)
    return entry.grade if entry else NO_EVIDENCE


def _by_loss_class(rows: Sequence[Row]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        groups.setdefault(row.quantization.loss_class, []).append(i)
    return groups
