"""Simple rules that a fit has to beat: size, release date, both, size classes, the nearest sibling."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]
    Prediction = tuple[Observation, float, float]
    Features = Callable[[Facts], list[float]]
    Baseline = Callable[[Sequence[Observation], Sequence[Observation], Mapping[str, Facts]], list[Prediction]]

PENALTY = 1.0
EXTRA_SD = 0.1
CLASS_LIMITS = (9.3, 9.7, 10.0, 10.4, 10.8)
"""log10 parameters between the size classes."""
SIBLING_SD = 0.6
"""Spread of a sibling's score. [log odds]"""


def size(facts: Facts) -> list[float]:
    """Parameters, with a mark where they are not known."""
    unknown = float(np.isnan(facts.log10_params))
    return [0.0 if unknown else facts.log10_params - 10.0, unknown]


def date(facts: Facts) -> list[float]:
    """Release, with a mark where it is not known."""
    unknown = float(np.isnan(facts.year))
    return [0.0 if unknown else facts.year - 1.5, unknown]


def size_class(facts: Facts) -> list[float]:
    """One mark per size class."""
    unknown = np.isnan(facts.log10_params)
    position = -1 if unknown else int(np.searchsorted(CLASS_LIMITS, facts.log10_params))
    return [float(position == index) for index in range(len(CLASS_LIMITS) + 1)]


def line_baseline(features: Features) -> Baseline:
    """A straight line per benchmark in these numbers, fitted on the seen scores."""

    def predictions(
        seen: Sequence[Observation], hidden: Sequence[Observation], facts: Mapping[str, Facts]
    ) -> list[Prediction]:
        by_benchmark: dict[str, list[Observation]] = defaultdict(list)
        for item in seen:
            by_benchmark[item.benchmark].append(item)
        lines = {
            name: _line_fit([features(facts[i.model]) for i in group], [i.value for i in group])
            for name, group in by_benchmark.items()
        }
        known = [item for item in hidden if item.benchmark in lines]
        return [(item, *_on_line(lines[item.benchmark], features(facts[item.model]))) for item in known]

    return predictions


def sibling_baseline(
    seen: Sequence[Observation], hidden: Sequence[Observation], facts: Mapping[str, Facts]
) -> list[Prediction]:
    """The score of the seen model of the same family nearest in size, in the same test; else size and date."""
    by_test: dict[tuple[object, ...], list[Observation]] = defaultdict(list)
    for item in seen:
        by_test[item.test, facts[item.model].family].append(item)
    found: list[Prediction] = []
    alone = []
    for item in hidden:
        siblings = by_test.get((item.test, facts[item.model].family), ())
        if siblings:
            nearest = min(siblings, key=lambda other: _gap(facts[other.model], facts[item.model]))
            found.append((item, nearest.value, SIBLING_SD))
        else:
            alone.append(item)
    return found + BASELINES["size and date"](seen, alone, facts)


def _gap(a: Facts, b: Facts) -> float:
    gap = abs(a.log10_params - b.log10_params)
    return 1.0 if np.isnan(gap) else gap


def _line_fit(rows: Sequence[Sequence[float]], values: Sequence[float]) -> tuple[Array, float]:
    x = np.column_stack([np.ones(len(rows)), np.array(rows)])
    penalty = PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-3
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ np.array(values))
    return weights, float(np.std(np.array(values) - x @ weights)) + EXTRA_SD


def _on_line(line: tuple[Array, float], features: Sequence[float]) -> tuple[float, float]:
    weights, sd = line
    return float(np.array([1.0, *features]) @ weights), sd


BASELINES: dict[str, Baseline] = {
    "size": line_baseline(size),
    "release date": line_baseline(date),
    "size and date": line_baseline(lambda facts: size(facts) + date(facts)),
    "size class": line_baseline(size_class),
    "nearest sibling": sibling_baseline,
}
