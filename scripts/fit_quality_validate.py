"""How wrong the quality table is: scores hidden from the fit, predicted by it, beside simple rules."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from fit_quality_model import build_design, fit_skills
from fit_quality_rows import link_of
from scipy.stats import spearmanr

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

NUM_FOLDS = 5
MIN_MODELS_RANKED = 8
"""A rank correlation is taken within tests with at least so many hidden models."""
Z_80 = 1.2816
VALIDATION_ITERATIONS = 25


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """One hidden score and what was predicted for it, on the unbounded scale."""

    item: Observation
    likely: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """Figures of one way of hiding, for one predictor."""

    split: str
    predictor: str
    num_scores: int
    num_tests: int
    spearman: float
    mean_error_points: float
    """Mean absolute error of scores in percent. [points]"""
    mean_error_elo: float
    coverage: float
    """Share of scores inside the 80 % range."""


def predict_hidden(fit: Fit, hidden: Sequence[Observation]) -> list[Hidden]:
    """Predictions by a fit that never saw these scores. A test unseen in the fit is known by its benchmark."""
    design = fit.design
    model_at = {name: i for i, name in enumerate(design.models)}
    test_at = {test: i for i, test in enumerate(design.tests)}
    bench_at = {name: i for i, name in enumerate(design.benchmarks)}
    found = []
    for item in hidden:
        if item.test in test_at:
            t = test_at[item.test]
            link, link_cov, error = (fit.intercept[t], fit.slope[t]), fit.link_cov[t], fit.error_sd[t]
            load = design.weights[t]
        elif item.benchmark in bench_at:
            b = bench_at[item.benchmark]
            link, link_cov, error = (fit.bench_intercept[b], fit.bench_slope[b]), np.diag([0.3, 0.06]), 0.3
            load = _loading(item)
        else:
            continue
        m = model_at[item.model]
        skill = load @ (fit.mean[m] + float(item.thinks) * fit.mode_shift)
        likely = link[0] + link[1] * skill + fit.self_bias * item.is_self_reported
        at = np.array([1.0, skill])
        family = load @ fit.family_cov[design.family[m]] @ load
        var = link[1] ** 2 * (load @ fit.cov[m] @ load) + at @ link_cov @ at + error**2 + item.item_variance
        has_rows = bool((design.model == m).any())
        found.append(
            Hidden(item=item, likely=float(likely), sd=float(np.sqrt(var + (not has_rows) * family)))
        )
    return found


def _loading(item: Observation) -> Array:
    from fit_quality_skills import SKILLS  # noqa: PLC0415

    load = np.zeros(len(SKILLS))
    for skill, share in item.weights:
        load[SKILLS.index(skill)] = share
    return load


def hidden_sources(items: Sequence[Observation], seed: int = 1) -> Iterator[tuple[list[bool], str]]:
    """Of every source a fifth of its models loses all its rows, a different fifth each time."""
    rng = np.random.default_rng(seed)
    fold = {key: int(rng.integers(NUM_FOLDS)) for key in sorted({(i.model, i.test[0]) for i in items})}
    for number in range(NUM_FOLDS):
        yield [fold[item.model, item.test[0]] == number for item in items], f"fold {number + 1}"


def hidden_families(
    items: Sequence[Observation], facts: Mapping[str, Facts], seed: int = 2
) -> Iterator[tuple[list[bool], str]]:
    """A fifth of the families loses everything."""
    rng = np.random.default_rng(seed)
    fold = {name: int(rng.integers(NUM_FOLDS)) for name in sorted({f.family for f in facts.values()})}
    for number in range(NUM_FOLDS):
        yield [fold[facts[item.model].family] == number for item in items], f"fold {number + 1}"


def hidden_benchmarks(items: Sequence[Observation], seed: int = 3) -> Iterator[tuple[list[bool], str]]:
    """A fifth of the benchmarks disappears, under every harness."""
    rng = np.random.default_rng(seed)
    fold = {name: int(rng.integers(NUM_FOLDS)) for name in sorted({item.benchmark for item in items})}
    for number in range(NUM_FOLDS):
        yield [fold[item.benchmark] == number for item in items], f"fold {number + 1}"


def validation_text(items: Sequence[Observation], facts: Mapping[str, Facts]) -> str:
    """The whole table as markdown: every way of hiding, our fit beside simple rules."""
    splits: dict[str, Iterator[tuple[list[bool], str]]] = {
        "a fifth of the models of each source": hidden_sources(items),
        "a fifth of the families": hidden_families(items, facts),
        "a fifth of the benchmarks": hidden_benchmarks(items),
    }
    lines = [
        "| hidden | predictor | scores | tests | Spearman in a test | error, points | error, Elo | inside 80 % range |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for split, folds in splits.items():
        lines += [_line(report) for report in split_reports(split, folds, items, facts)]
    return "\n".join(lines)


def split_reports(
    split: str,
    folds: Iterator[tuple[list[bool], str]],
    items: Sequence[Observation],
    facts: Mapping[str, Facts],
) -> list[Report]:
    """Our fit and the simple rules on the same hidden scores."""
    found: dict[str, list[Hidden]] = defaultdict(list)
    for mask, _ in folds:
        seen = [item for item, is_hidden in zip(items, mask, strict=True) if not is_hidden]
        hidden = [item for item, is_hidden in zip(items, mask, strict=True) if is_hidden]
        found["sizewise"] += predict_hidden(fit_skills(build_design(seen, facts), VALIDATION_ITERATIONS), hidden)
        for name, features in BASELINES.items():
            found[name] += baseline_hidden(features, seen, hidden, facts)
    return [report(split, name, predictions) for name, predictions in found.items()]


def report(split: str, predictor: str, predictions: Sequence[Hidden]) -> Report:
    """Figures of one predictor: rank correlation within tests, errors in printed units, coverage."""
    by_test: dict[tuple[str, str, str], list[Hidden]] = defaultdict(list)
    for hidden in predictions:
        by_test[hidden.item.test].append(hidden)
    ranks = [_rank_correlation(group) for group in by_test.values() if _can_rank(group)]
    points, elo = _errors(predictions, {"share", "error"}), _errors(predictions, {"elo"})
    inside = [abs(hidden.item.value - hidden.likely) <= Z_80 * hidden.sd for hidden in predictions]
    return Report(
        split=split,
        predictor=predictor,
        num_scores=len(predictions),
        num_tests=len(ranks),
        spearman=median(ranks) if ranks else float("nan"),
        mean_error_points=float(np.mean(points)) if points else float("nan"),
        mean_error_elo=float(np.mean(elo)) if elo else float("nan"),
        coverage=float(np.mean(inside)),
    )


def _can_rank(group: Sequence[Hidden]) -> bool:
    return len(group) >= MIN_MODELS_RANKED and np.ptp([h.item.value for h in group]) > 0


def _rank_correlation(group: Sequence[Hidden]) -> float:
    likely = [h.likely for h in group]
    return float(spearmanr([h.item.value for h in group], likely)[0]) if np.ptp(likely) > 0 else 0.0


def _errors(predictions: Sequence[Hidden], kinds: set[str]) -> list[float]:
    found = []
    for hidden in predictions:
        link = link_of(hidden.item.benchmark, hidden.item.printed["unit"])
        if link.kind in kinds:
            found.append(abs(float(link.printed(hidden.likely)) - float(hidden.item.printed["score"])))
    return found


BASELINES: dict[str, Callable[[Facts], list[float]]] = {
    "size alone": lambda f: [_or_zero(f.log10_params - 10.0), float(np.isnan(f.log10_params))],
    "release date alone": lambda f: [_or_zero(f.year - 1.5), float(np.isnan(f.year))],
    "size and date": lambda f: [
        _or_zero(f.log10_params - 10.0), float(np.isnan(f.log10_params)), _or_zero(f.year - 1.5), float(np.isnan(f.year)),
    ],
}  # fmt: skip
"""Simple rules: a straight line per benchmark in these numbers."""
BASELINE_PENALTY = 1.0


def _or_zero(value: float) -> float:
    return 0.0 if np.isnan(value) else value


def baseline_hidden(
    features: Callable[[Facts], list[float]],
    seen: Sequence[Observation],
    hidden: Sequence[Observation],
    facts: Mapping[str, Facts],
) -> list[Hidden]:
    """Predictions of a straight line per benchmark, fitted on the seen scores."""
    by_benchmark: dict[str, list[Observation]] = defaultdict(list)
    for item in seen:
        by_benchmark[item.benchmark].append(item)
    lines = {name: _line_fit([features(facts[i.model]) for i in group], [i.value for i in group])
             for name, group in by_benchmark.items()}  # fmt: skip
    found = []
    for item in hidden:
        if item.benchmark in lines:
            weights, sd = lines[item.benchmark]
            likely = float(np.array([1.0, *features(facts[item.model])]) @ weights)
            found.append(Hidden(item=item, likely=likely, sd=sd))
    return found


def _line_fit(rows: Sequence[Sequence[float]], values: Sequence[float]) -> tuple[Array, float]:
    x = np.column_stack([np.ones(len(rows)), np.array(rows)])
    penalty = BASELINE_PENALTY * np.eye(x.shape[1])
    penalty[0, 0] = 1e-3
    weights = np.linalg.solve(x.T @ x + penalty, x.T @ np.array(values))
    return weights, float(np.std(np.array(values) - x @ weights) + 0.1)


def _line(found: Report) -> str:
    cells = (
        found.split, found.predictor, str(found.num_scores), str(found.num_tests), f"{found.spearman:.2f}",
        f"{found.mean_error_points:.1f}", f"{found.mean_error_elo:.0f}", f"{100 * found.coverage:.0f} %",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
