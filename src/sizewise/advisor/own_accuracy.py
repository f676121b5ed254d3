"""`accuracy --mine`: what was predicted on this computer against what was measured of the same afterwards."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.store.place import store_place
from sizewise.proof.store.reading import records
from sizewise.proof.store.records import Measurement, Prediction
from sizewise.proof.summary import ErrorSummary, Outcome, error_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sizewise.proof.store.records import Record


@dataclass(frozen=True, kw_only=True)
class OwnScore:
    """Errors of one quantity."""

    metric: str
    rung: str
    """Basis of the predictions; all: of every basis."""
    summary: ErrorSummary


ALL = "all"


def own_accuracy() -> tuple[OwnScore, ...]:
    """For each quantity the errors of the predictions made before, by the step of the trust ladder they stood on.

    Raises: InvalidFile for a store that cannot be read.
    """
    place = store_place(os.environ)
    here = fingerprint(this_computer(load_catalog())).machine_id
    predicted = records(place, "predictions", machine_id=here)
    measured = records(place, "measurements", machine_id=here)
    return tuple(_scores(paired(predicted, measured)))


def paired(
    predicted: Iterable[Record], measured: Iterable[Record]
) -> Iterator[tuple[Prediction, Measurement]]:
    """Each measurement with the last prediction of the same that was made before it."""
    earlier: dict[tuple[object, ...], list[Prediction]] = defaultdict(list)
    for guess in predicted:
        if isinstance(guess, Prediction):
            earlier[guess.metric, *guess.subject].append(guess)
    for found in measured:
        if isinstance(found, Measurement):
            before = [g for g in earlier[found.metric, *found.subject] if g.recorded_at <= found.recorded_at]
            if before:
                yield max(before, key=lambda g: g.recorded_at), found


def _scores(pairs: Iterable[tuple[Prediction, Measurement]]) -> Iterator[OwnScore]:
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for guess, found in pairs:
        outcome = Outcome(measured=found.value, low=guess.low, likely=guess.likely, high=guess.high)
        groups[found.metric, guess.rung].append(outcome)
        groups[found.metric, ALL].append(outcome)
    for (metric, rung), outcomes in sorted(groups.items()):
        yield OwnScore(metric=metric, rung=rung, summary=error_summary(outcomes))
