"""Of every row the machine that comes closest, and the gate at which it stops."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.evaluate import Evaluated
from sizewise.decide.search import gates

if TYPE_CHECKING:
    from sizewise.domain.number import Array
    from sizewise.domain.request import Request

STAGES = ("memory", "speed", "budget", "")
"""The constraint that binds after so many gates were passed; empty: none."""


def stage(values: Evaluated, request: Request) -> Array:
    """Gates passed one after another: 0 stops at memory, 1 at speed, 2 at the budget, 3 passes all."""
    passed = gates(values, request)
    return passed.fits.astype(int) + passed.is_fast_enough + passed.is_within_budget


def excess(values: Evaluated, stages: Array) -> Array:
    """How far a candidate is from passing its next gate; smaller is nearer, comparable within one stage only.

    Missing bytes; seconds of a token and of a prompt; USD a month.
    """
    slowness = values.decode_s + values.prefill_s / 100.0
    return np.select(
        [stages == 0, stages == 1],
        [values.shortfall_bytes, slowness],
        np.nan_to_num(values.monthly_usd, nan=np.inf),
    )


def nearest_machine(values: Evaluated, request: Request) -> tuple[Array, Array]:
    """For every row of a grid [n, m]: the nearest machine and its stage. [n]"""
    stages = np.broadcast_to(stage(values, request), np.shape(values.monthly_usd))
    distance = np.broadcast_to(excess(values, stages), stages.shape)
    best_stage = stages.max(axis=1, keepdims=True)
    here = np.argmin(np.where(stages == best_stage, distance, np.inf), axis=1)
    return here, best_stage[:, 0]


def at(values: Evaluated, rows: Array, machines: Array) -> Evaluated:
    """The entries at these positions of a grid."""
    shape = np.shape(values.monthly_usd)
    return Evaluated(
        **{f.name: np.broadcast_to(getattr(values, f.name), shape)[rows, machines] for f in fields(values)}
    )
