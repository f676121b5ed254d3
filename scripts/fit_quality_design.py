"""Observations as arrays: models, tests and their loadings, groups of scores of one pair."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Array = NDArray[Any]
    Index = NDArray[np.intp]

K = len(SKILLS)
DEPENDENCE = 0.1
"""Correlation of the errors of one model in one source. [ratio]"""
MODES = ("thinking", "effort")


@dataclass
class Design:
    """Observations as arrays."""

    models: list[str]
    tests: list[tuple[str, str, str]]
    benchmarks: list[str]
    facts: list[Facts]
    """What is known of each model besides its scores."""
    model: Index
    test: Index
    benchmark_of_test: Index
    weights: Array
    """Skills that each benchmark is meant to measure. [benchmarks, skills]"""
    value: Array
    item_variance: Array
    modes: Array
    """Thinks though the model need not, effort. [observations, MODES]"""
    is_self: Array
    group: Index
    """Scores of one model on one benchmark share what is odd about the pair, whoever measured it."""
    model_of_group: Index
    """Rising. [groups]"""
    benchmark_of_group: Index
    crowding: Array
    """1 / (1 + dependence (n - 1)) for n scores of one model in one source. [groups]"""


def build_design(items: Sequence[Observation], facts: Mapping[str, Facts]) -> Design:
    """Arrays of the observations; every model of `facts` gets a row, seen or not."""
    models = sorted(facts)
    tests = sorted({item.test for item in items})
    benchmarks = sorted({test[1] for test in tests})
    model_at, test_at = _positions(models), _positions(tests)
    bench_at = _positions(benchmarks)
    weights = np.zeros((len(benchmarks), K))
    for (benchmark, shares), _ in reversed(Counter((i.benchmark, i.weights) for i in items).most_common()):
        weights[bench_at[benchmark]] = [dict(shares).get(skill, 0.0) for skill in SKILLS]
    model = np.array([model_at[item.model] for item in items])
    test = np.array([test_at[item.test] for item in items])
    benchmark_of_test = np.array([bench_at[t[1]] for t in tests])
    groups, group = np.unique(np.stack([model, benchmark_of_test[test]], axis=1), axis=0, return_inverse=True)
    group = group.reshape(-1)
    return Design(
        models=models,
        tests=tests,
        benchmarks=benchmarks,
        facts=[facts[m] for m in models],
        model=model,
        test=test,
        benchmark_of_test=benchmark_of_test,
        weights=weights,
        value=np.array([item.value for item in items]),
        item_variance=np.array([item.item_variance for item in items]),
        modes=np.array([modes_of(item, facts[item.model]) for item in items]),
        is_self=np.array([float(item.is_self_reported) for item in items]),
        group=group,
        model_of_group=groups[:, 0],
        benchmark_of_group=groups[:, 1],
        crowding=np.bincount(group, _crowding(items)) / np.bincount(group),
    )


def modes_of(item: Observation, facts: Facts) -> list[float]:
    """Modes of a score: thinking where the model need not think, and the effort."""
    return [float(item.thinks and not facts.is_reasoning), item.effort]


def _crowding(items: Sequence[Observation]) -> Array:
    count = Counter((item.model, item.test[0]) for item in items)
    return np.array([1.0 / (1.0 + DEPENDENCE * (count[item.model, item.test[0]] - 1)) for item in items])


def _positions(names: Sequence[object]) -> dict[object, int]:
    return {name: index for index, name in enumerate(names)}
