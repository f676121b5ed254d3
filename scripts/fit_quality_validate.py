"""How wrong the quality table is: scores hidden from the fit, predicted by it, beside simple rules."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import spearmanr  # type: ignore[import-untyped] # scipy ships no types

from fit_quality_baselines import BASELINES
from fit_quality_design import build_design
from fit_quality_model import fit_skills
from fit_quality_rows import link_of
from fit_quality_skills import SKILLS
from fit_quality_tables import UNSEEN_ERROR_SD, UNSEEN_INTERCEPT_SD, UNSEEN_SLOPE_SD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from fit_quality_model import Fit
    from fit_quality_names import Facts
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]

NUM_FOLDS = 5
MIN_MODELS_RANKED = 8
"""A rank correlation is taken within tests with at least so many hidden models."""
Z_80 = 1.2816
VALIDATION_ITERATIONS = 80


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


@dataclass(frozen=True, kw_only=True)
class HiddenLink:
    """How a hidden score would follow from skills."""

    load: Array
    intercept: float
    slope: float
    cov: Array
    """Of intercept and slope. [2, 2]"""
    error_sd: float


def predict_hidden(fit: Fit, hidden: Sequence[Observation]) -> list[Hidden]:
    """Predictions by a fit that never saw these scores."""
    links = _Links(fit)
    model_at = {name: i for i, name in enumerate(fit.design.models)}
    return [_predicted(fit, model_at[item.model], links.of(item), item) for item in hidden]


def _predicted(fit: Fit, model: int, link: HiddenLink, item: Observation) -> Hidden:
    shift = float(item.thinks) * fit.mode_shift
    skill = float(link.load @ (fit.mean[model] + shift))
    cov = fit.cov[model]
    if not (fit.design.model == model).any():
        cov = cov + fit.family_cov[fit.design.family[model]]
    at = np.array([1.0, skill])
    variance = link.slope**2 * (link.load @ cov @ link.load) + at @ link.cov @ at
    likely = link.intercept + link.slope * skill + fit.self_bias * item.is_self_reported
    sd = float(np.sqrt(variance + link.error_sd**2 + item.item_variance))
    return Hidden(item=item, likely=float(likely), sd=sd)


class _Links:
    """Links of tests; of the benchmark where the harness is not known; of its skills where nothing is known."""

    def __init__(self, fit: Fit) -> None:
        self.fit = fit
        self.test_at = {test: i for i, test in enumerate(fit.design.tests)}
        self.bench_at = {name: i for i, name in enumerate(fit.design.benchmarks)}
        self.usual = float(np.median(fit.bench_intercept)), float(np.median(fit.bench_slope))
        self.usual_cov = np.diag([float(np.var(fit.bench_intercept)), UNSEEN_SLOPE_SD**2])

    def of(self, item: Observation) -> HiddenLink:
        fit, load = self.fit, np.zeros(len(SKILLS))
        for skill, share in item.weights:
            load[SKILLS.index(skill)] = share
        if item.test in self.test_at:
            t = self.test_at[item.test]
            ends = float(fit.intercept[t]), float(fit.slope[t])
            return _link(load, ends, fit.link_cov[t], float(fit.error_sd[t]))
        cov = np.diag([UNSEEN_INTERCEPT_SD**2, UNSEEN_SLOPE_SD**2])
        if item.benchmark in self.bench_at:
            b = self.bench_at[item.benchmark]
            ends = float(fit.bench_intercept[b]), float(fit.bench_slope[b])
            return _link(load, ends, cov, UNSEEN_ERROR_SD)
        return _link(load, self.usual, self.usual_cov, UNSEEN_ERROR_SD)


def _link(load: Array, ends: tuple[float, float], cov: Array, error_sd: float) -> HiddenLink:
    return HiddenLink(load=load, intercept=ends[0], slope=ends[1], cov=cov, error_sd=error_sd)


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
        found["sizewise"] += predict_hidden(
            fit_skills(build_design(seen, facts), VALIDATION_ITERATIONS), hidden
        )
        for name, baseline in BASELINES.items():
            found[name] += [Hidden(item=i, likely=v, sd=sd) for i, v, sd in baseline(seen, hidden, facts)]
    reports = [report(split, name, predictions) for name, predictions in found.items() if predictions]
    open_weights = [hidden for hidden in found["sizewise"] if "/" in hidden.item.model]
    return [report(split, "sizewise, open weights only", open_weights), *reports]


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


def _line(found: Report) -> str:
    cells = (
        found.split, found.predictor, str(found.num_scores), str(found.num_tests), f"{found.spearman:.2f}",
        f"{found.mean_error_points:.1f}", f"{found.mean_error_elo:.0f}", f"{100 * found.coverage:.0f} %",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"
