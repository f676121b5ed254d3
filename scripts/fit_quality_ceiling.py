"""How well two sources of one benchmark agree on the order of the models that both scored: as good as it can get."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr  # type: ignore[import-untyped] # scipy ships no types

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from fit_quality_figures import Group, Ranks
    from fit_quality_predict import Predicted
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]
    Test = tuple[str, str, str]
    Who = tuple[str, bool, float]

MAX_SAME_RATIO = 0.3
"""Tables that print this share of scores alike copied them: no second measurement."""
SAME = 1e-6


def agreement(predictions: Sequence[Predicted], min_models: int) -> tuple[Ranks, Ranks]:
    """Rank correlation of each test with the same benchmark in another source, and of our predictions with it.

    Both over the same models: those that both sources scored in the same mode, at least `min_models`.
    """
    found: dict[Test, dict[Who, list[Predicted]]] = defaultdict(lambda: defaultdict(list))
    for p in predictions:
        found[p.item.test][_who(p.item)].append(p)
    theirs: dict[Group, float] = {}
    ours: dict[Group, float] = {}
    for one, other in _pairs(list(found)):
        common = sorted(found[one].keys() & found[other].keys())
        value, check = (_mean(found[test], common) for test in (one, other))
        if len(common) < min_models or not np.ptp(value) or not np.ptp(check) or _is_copy(value, check):
            continue
        likely = np.array([np.mean([p.likely for p in found[one][who]]) for who in common])
        name = (*one, *other)
        theirs[name] = float(spearmanr(value, check)[0])
        ours[name] = float(spearmanr(value, likely)[0])
    return theirs, ours


def _who(item: Observation) -> Who:
    return item.model, item.thinks, item.effort


def _pairs(tests: Sequence[Test]) -> Iterator[tuple[Test, Test]]:
    by_benchmark: dict[str, list[Test]] = defaultdict(list)
    for test in tests:
        by_benchmark[test[1]].append(test)
    for group in by_benchmark.values():
        yield from ((one, other) for one, other in permutations(sorted(group), 2) if one[0] != other[0])


def _mean(scores: dict[Who, list[Predicted]], common: Sequence[Who]) -> Array:
    return np.array([float(np.mean([p.item.value for p in scores[who]])) for who in common])


def _is_copy(value: Array, check: Array) -> bool:
    return float(np.mean(np.abs(value - check) < SAME)) >= MAX_SAME_RATIO
