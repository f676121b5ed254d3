"""Observations as arrays: models and their covariates, tests and their loadings, groups of scores of one pair."""

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
DEPENDENCE = 0.25
"""Correlation of the errors of one model in one source. [ratio]"""


@dataclass
class Design:
    """Observations as arrays."""

    models: list[str]
    tests: list[tuple[str, str, str]]
    benchmarks: list[str]
    families: list[str]
    covariates: Array
    """[models, covariates]"""
    family: Index
    model: Index
    test: Index
    benchmark_of_test: Index
    weights: Array
    """[tests, skills]"""
    value: Array
    item_variance: Array
    thinks: Array
    is_self: Array
    loadings: Array
    """The different rows of `weights`. [loadings, skills]"""
    loading_of_test: Index
    group: Index
    """Scores of one model on one benchmark share what is odd about the pair, whoever measured it."""
    model_of_group: Index
    benchmark_of_group: Index
    loading_of_group: Index
    crowding: Array
    """Per group: 1 / (1 + dependence (n - 1)) for n scores of one model in one source: they share what is odd about the pair."""


def covariates(facts: Facts) -> list[float]:
    """Size, age and kind as numbers; what is unknown is at the usual value with a mark beside it."""
    no_size, no_year = np.isnan(facts.log10_params), np.isnan(facts.year)
    size = 0.0 if no_size else facts.log10_params - 10.0
    active = size if np.isnan(facts.log10_active_params) else facts.log10_active_params - 10.0
    year = 0.0 if no_year else facts.year - 1.5
    return [
        1.0, size, active, size * abs(size), year, year * abs(year), float(no_size), float(no_year),
        float(facts.is_closed), float(facts.is_instruct), float(facts.is_reasoning), float(facts.is_coder),
        float(facts.is_math), float(facts.is_vision), float(facts.is_derivative), facts.tier, facts.effort,
        float(facts.is_closed) * year,
    ]  # fmt: skip


def build_design(items: Sequence[Observation], facts: Mapping[str, Facts]) -> Design:
    """Arrays of the observations; every model of `facts` gets a row, seen or not."""
    models = sorted(facts)
    tests = sorted({item.test for item in items})
    benchmarks = sorted({test[1] for test in tests})
    families = sorted({facts[m].family for m in models})
    model_at, test_at = _positions(models), _positions(tests)
    weights = np.zeros((len(tests), K))
    for item in items:
        for skill, share in item.weights:
            weights[test_at[item.test], SKILLS.index(skill)] = share
    loadings, loading_of_test = np.unique(weights, axis=0, return_inverse=True)
    loading_of_test = loading_of_test.reshape(-1)
    model = np.array([model_at[item.model] for item in items])
    test = np.array([test_at[item.test] for item in items])
    benchmark_of_test = np.array([benchmarks.index(t[1]) for t in tests])
    keys = np.stack([model, benchmark_of_test[test], loading_of_test[test]], axis=1)
    groups, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    crowding = _crowding(items)
    return Design(
        models=models,
        tests=tests,
        benchmarks=benchmarks,
        families=families,
        covariates=np.array([covariates(facts[m]) for m in models]),
        family=np.array([families.index(facts[m].family) for m in models]),
        model=model,
        test=test,
        benchmark_of_test=benchmark_of_test,
        weights=weights,
        value=np.array([item.value for item in items]),
        item_variance=np.array([item.item_variance for item in items]),
        thinks=np.array([float(item.thinks and not facts[item.model].is_reasoning) for item in items]),
        is_self=np.array([float(item.is_self_reported) for item in items]),
        loadings=loadings,
        loading_of_test=loading_of_test,
        group=group,
        model_of_group=groups[:, 0],
        benchmark_of_group=groups[:, 1],
        loading_of_group=groups[:, 2],
        crowding=np.bincount(group, crowding) / np.bincount(group),
    )


def _crowding(items: Sequence[Observation]) -> Array:
    count = Counter((item.model, item.test[0]) for item in items)
    return np.array([1.0 / (1.0 + DEPENDENCE * (count[item.model, item.test[0]] - 1)) for item in items])


def _positions(names: Sequence[object]) -> dict[object, int]:
    return {name: index for index, name in enumerate(names)}
