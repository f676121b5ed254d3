"""Scores hidden from the fit and predicted by it and by simple rules: which are hidden, and by what."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from fit_quality_baselines import BASELINES
from fit_quality_design import build_design
from fit_quality_model import fit_skills, posterior
from fit_quality_predict import Predicted, Predictor, predict_all
from fit_quality_skills import TASKS
from fit_quality_widening import cross_widened, widenings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Folds = Iterator[list[bool]]

OURS = "sizewise"
NUM_FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Split:
    """One way of hiding, and all predictions of what was hidden."""

    name: str
    why: str
    found: dict[str, list[Predicted]]
    """By predictor; the rules predict the same scores as we do. Our ranges are widened by what other folds show."""
    widening: dict[str, float]
    """Factor on our ranges by task that all folds show. [ratio]"""


class _Found(TypedDict):
    found: dict[str, list[Predicted]]
    widening: dict[str, float]


def all_splits(items: Sequence[Observation], facts: Mapping[str, Facts]) -> list[Split]:
    """Every way of hiding."""
    predict_sources = _OneSource(items, facts)
    by_fit = _by_fit(facts)
    return [
        Split(
            name="left-out models",
            why="A fifth of the models of a source loses all its rows there; its rows in other sources stay",
            **_found(hidden_sources(items), items, facts, predict_sources),
        ),
        Split(
            name="left-out families",
            why="A fifth of the families and generations loses all rows everywhere",
            **_found(hidden_families(items, facts), items, facts, by_fit),
        ),
        Split(
            name="left-out benchmarks",
            why="A fifth of the benchmarks disappears under every harness: only the order of models can be known",
            **_found(hidden_benchmarks(items), items, facts, by_fit),
        ),
    ]


def widening_rows(splits: Sequence[Split]) -> list[dict[str, str]]:
    """Factors on the ranges by the skill that a benchmark measures most, for models with scores and without."""
    scored, unscored = splits[0].widening, splits[1].widening
    return [
        {"skill": skill, "scored": f"{scored[task]:.3f}", "unscored": f"{unscored[task]:.3f}"}
        for skill, task in TASKS.items()
    ]


def _found(
    folds: Folds, items: Sequence[Observation], facts: Mapping[str, Facts],
    ours: Callable[[Fit, list[Observation]], list[Predicted]],
) -> _Found:  # fmt: skip
    found: dict[str, list[Predicted]] = {OURS: []}
    own = []
    for mask in folds:
        seen = [item for item, is_hidden in zip(items, mask, strict=True) if not is_hidden]
        hidden = [item for item, is_hidden in zip(items, mask, strict=True) if is_hidden]
        fit = fit_skills(build_design(seen, facts))
        own.append(ours(fit, hidden))
        for rule, predict in BASELINES.items():
            predictions = predict(seen, hidden, facts)
            found.setdefault(rule, []).extend(Predicted(item=i, likely=v, sd=sd) for i, v, sd in predictions)
    found[OURS] = cross_widened(own)
    return {"found": found, "widening": widenings([p for fold in own for p in fold])}


def _by_fit(facts: Mapping[str, Facts]) -> Callable[[Fit, list[Observation]], list[Predicted]]:
    return lambda fit, hidden: predict_all(Predictor(fit, fit, facts), hidden)


class _OneSource:
    """Predictions for models that lose one source each.

    Of every source a fifth of the models is hidden from the fit of the links. The skills of a model are then taken
    from its rows in all other sources, also those that the same fold hides there: it loses one source at a time.
    """

    def __init__(self, items: Sequence[Observation], facts: Mapping[str, Facts]) -> None:
        self.facts = facts
        self.rows: dict[str, list[Observation]] = defaultdict(list)
        for item in items:
            self.rows[item.model].append(item)

    def __call__(self, fit: Fit, hidden: list[Observation]) -> list[Predicted]:
        known = set(fit.design.tests)
        names = {name_without(item): item for item in hidden}
        rows = [
            replace(other, model=name)
            for name, item in names.items()
            for other in self.rows[item.model]
            if other.test[0] != item.test[0] and other.test in known
        ]
        facts = {name: self.facts[item.model] for name, item in names.items()}
        design = build_design(rows, facts)
        skills = posterior(fit, design, [names[name].model for name in design.models])
        predictor = Predictor(fit, skills, self.facts)
        return [predictor.predicted(item, name_without(item)) for item in hidden]


def name_without(item: Observation) -> str:
    """Name of a model that has lost this source."""
    return f"{item.model} without {item.test[0]}"


def hidden_sources(items: Sequence[Observation], seed: int = 1) -> Folds:
    """Of every source a fifth of its models loses all its rows, a different fifth each time."""
    rng = np.random.default_rng(seed)
    fold = {key: int(rng.integers(NUM_FOLDS)) for key in sorted({(i.model, i.test[0]) for i in items})}
    for number in range(NUM_FOLDS):
        yield [fold[item.model, item.test[0]] == number for item in items]


def hidden_families(items: Sequence[Observation], facts: Mapping[str, Facts], seed: int = 2) -> Folds:
    """A fifth of the families loses everything."""
    rng = np.random.default_rng(seed)
    fold = {name: int(rng.integers(NUM_FOLDS)) for name in sorted({f.family for f in facts.values()})}
    for number in range(NUM_FOLDS):
        yield [fold[facts[item.model].family] == number for item in items]


def hidden_benchmarks(items: Sequence[Observation], seed: int = 3) -> Folds:
    """A fifth of the benchmarks disappears, under every harness."""
    rng = np.random.default_rng(seed)
    fold = {name: int(rng.integers(NUM_FOLDS)) for name in sorted({item.benchmark for item in items})}
    for number in range(NUM_FOLDS):
        yield [fold[item.benchmark] == number for item in items]
