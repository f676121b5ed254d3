"""Own evaluations as evidence for `recommend`: what was tested on this machine counts more than any benchmark.

An evaluation says whether a model in a quantization was worse than a reference by more than a margin, on prompts of a
task. It decides where the bar is the default one, or the reference itself; another bar is another question.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog import load_catalog
from sizewise.proof.store.place import store_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.space import Row
    from sizewise.domain.number import Array
    from sizewise.domain.request import QualityBar, Request
    from sizewise.proof.store.place import StorePlace

OWN = "own"
"""Evidence grade of what was measured on one's own prompts."""
PASSED, FAILED, REFERENCE = "passed", "failed", "reference"
DEFAULT_BAR = "default"


@dataclass(frozen=True)
class OwnEvidence:
    """The newest own evaluation of one model and quantization on a task."""

    outcome: str
    """passed: not worse than the reference; failed: worse by more than the margin; reference; empty: not settled."""
    reference: str
    """Model and quantization, parted by @."""


def with_own(probability: Array, rows: Sequence[Row], request: Request) -> Array:
    """Probabilities of reaching the bar, replaced where an own evaluation has settled it. [rows]"""
    known = own_evidence(request.task.name)
    if not known:
        return probability
    found = [_chance(known.get((row.model.name, row.quantization.name)), request.bar) for row in rows]
    own = np.array([np.nan if chance is None else chance for chance in found], dtype=np.float64)
    return np.where(np.isfinite(own), own, probability)


def is_tested(row: Row, request: Request) -> bool:
    """Has an own evaluation settled whether this row is enough?"""
    known = own_evidence(request.task.name).get((row.model.name, row.quantization.name))
    return _chance(known, request.bar) is not None


def _chance(known: OwnEvidence | None, bar: QualityBar) -> float | None:
    if known is None:
        return None
    answers_bar = bar.kind == DEFAULT_BAR or bar.reference == known.reference.partition("@")[0]
    return _settled(known.outcome) if answers_bar else None


def _settled(outcome: str) -> float | None:
    """Probability of being enough: by the level of the test; the reference is enough by definition."""
    from sizewise.decide.enough import LEVEL

    return {PASSED: 1 - LEVEL, FAILED: LEVEL, REFERENCE: 1.0}.get(outcome)


def own_evidence(task: str) -> dict[tuple[str, str], OwnEvidence]:
    """Own evaluations of a task on this machine, by model and quantization; the newest of each.

    Raises: InvalidFile for a store that cannot be read.
    """
    place = store_place(os.environ)
    if place.path is None or not place.path.is_file():
        return {}
    files = [place.path, place.path.with_name(place.path.name + "-wal")]
    return _read(task, place, tuple(file.stat().st_mtime_ns for file in files if file.exists()))


@lru_cache(8)
def _read(
    task: str,
    place: StorePlace,
    _changed: tuple[int, ...],  # when the file was written: what is cached is of that state
) -> dict[tuple[str, str], OwnEvidence]:
    from sizewise.proof.store.reading import records
    from sizewise.proof.store.records import Evaluation

    found = [r for r in records(place, "evaluations") if isinstance(r, Evaluation) and r.task == task]
    if not found:
        return {}
    from sizewise.proof.fingerprint import fingerprint
    from sizewise.proof.probe import this_computer

    here = fingerprint(this_computer(load_catalog())).machine_id
    return {
        (record.model, record.quantization): OwnEvidence(
            str(record.report.get("outcome", "")), str(record.report.get("reference", ""))
        )
        for record in found
        if record.machine_id == here
    }
