"""Measured speeds as the fit sees them: questions resolved, what was measured, and how much each figure counts."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.predict.serving import group_served
from sizewise.predict.single import group_tokens_per_s
from sizewise.predict.speed_cases import Case, CaseGroup, case_groups, conditions_of, resolved_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fit_parameters import Layout
    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array

SOURCE_WEIGHTS = {"bench": 1.0, "log": 1.0, "vendor": 1.0, "community": 0.25}
"""Community rows have unknown offload, backend and load."""
OPEN_LAYOUT_WEIGHT = 0.3
"""Serving rows that do not say how the model was spread."""
ROWS_OF_A_MACHINE = 8.0
"""Rows of one machine share its cooling, drivers and power limit: more of them do not tell more."""
METRIC_WEIGHTS = {"output_tokens_per_s": 1.0, "ttft_s": 0.3, "tpot_s": 1.0, "tokens_per_s": 1.0}
"""Time to the first token is noisy: schedulers and warm-up differ."""
SERVING_METRICS = ("output_tokens_per_s", "ttft_s", "tpot_s")
MISSED = 3.0
"""Log error of a prediction that is not a number, so that the fit avoids it."""
FAMILIES = {
    "llama.cpp": ("llama.cpp", "ollama", "lm-studio"),
    "mlx": ("mlx",),
    "server": ("vllm", "sglang", "tensorrt-llm", "lmdeploy", "transformers"),
}
"""Engines that are fitted together."""


class Figure(NamedTuple):
    """One measured figure and the error of its prediction."""

    case: Case
    phase: str
    log_error: float
    """log(predicted / measured)."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that one call of the formulas predicts."""

    group: CaseGroup
    phases: tuple[str, ...]
    """Names of the figures of a row."""
    truths: Array
    """[figures, rows], NaN where not measured."""
    weights: Array
    """[figures, rows], 0 where not measured."""

    @property
    def is_serving(self) -> bool:
        """Many streams, or one?"""
        return self.phases == SERVING_METRICS

    def log_errors(self, layout: Layout, vectors: Array) -> Array:
        """log(predicted / measured) of vectors [k], shaped [k, figures x rows]; 0 where not measured."""
        constants = layout.constants(
            vectors,
            self.group.key.engine,
            self.group.devices,
            self.group.key.speed_class,
            [conditions_of(case) for case in self.group.cases],
        )
        shape = (len(vectors), len(self.group.cases))
        if self.is_serving:
            predicted = [np.broadcast_to(figure, shape) for figure in group_served(self.group, constants)]
        else:
            predicted = [np.broadcast_to(group_tokens_per_s(self.group, constants), shape)]
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.log(np.stack(predicted, axis=1) / self.truths)
        errors = np.where(np.isfinite(errors), errors, MISSED)
        return np.where(self.weights > 0, errors, 0.0).reshape(len(vectors), -1)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """All rows of one family."""

    parts: tuple[Part, ...]

    @property
    def weights(self) -> Array:
        """Of every figure."""
        return np.concatenate([part.weights.ravel() for part in self.parts])

    def log_errors(self, layout: Layout) -> Callable[[Array], Array]:
        """Errors of all figures as a function of parameter vectors [k]."""
        return lambda vectors: np.concatenate(
            [part.log_errors(layout, vectors) for part in self.parts], axis=1
        )

    def figures(self, layout: Layout, vector: Array) -> list[Figure]:
        """Every measured figure with its error."""
        return self.figures_of(lambda part: part.log_errors(layout, vector[None]))

    def figures_of(self, log_errors: Callable[[Part], Array]) -> list[Figure]:
        """Every measured figure with the error that a function gives for its part, [figures x rows]."""
        found = []
        for part in self.parts:
            errors = log_errors(part).reshape(len(part.phases), -1)
            for phase, row, weights in zip(part.phases, errors, part.weights, strict=True):
                cases = zip(part.group.cases, row, weights, strict=True)
                found += [Figure(c, phase_of(c, phase), float(e)) for c, e, w in cases if w > 0]
        return found


def phase_of(case: Case, metric: str) -> str:
    """Name of the band that covers a figure."""
    names = {"output_tokens_per_s": "throughput", "ttft_s": "ttft", "tpot_s": "tpot"}
    if metric in names:
        return names[metric]
    return "prefill" if case.question["phase"] == "prefill" else "decode"


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def measured_cases(
    measured: Path, catalog: Catalog, kind: str
) -> tuple[list[Case], dict[str, dict[str, str]]]:
    """Cases of one kind that are known, not excluded and measured, and the measured values by row."""
    exclude = measured / "questions/exclude.csv"
    excluded = {row["row_id"] for row in table(exclude)} if exclude.exists() else set()
    truth = {
        row["row_id"]: row for row in table(measured / f"truth/{kind}.csv") if row["row_id"] not in excluded
    }
    questions = [q for q in table(measured / f"questions/{kind}.csv") if q["row_id"] in truth]
    cases, _ = resolved_cases(questions, catalog)
    return [case for case in cases if case.model.num_active_params > 0], truth


def rows_of(cases: Sequence[Case], truth: dict[str, dict[str, str]]) -> Rows:
    """Rows of these cases of one family, of both kinds."""
    counts = Counter(machine_key(case) for case in cases)
    parts = []
    for is_serving in (False, True):
        chosen = [case for case in cases if ("scenario" in case.question) == is_serving]
        phases = SERVING_METRICS if is_serving else ("tokens_per_s",)
        parts += [_part(group, phases, truth, counts) for group in case_groups(chosen)]
    return Rows(parts=tuple(parts))


def _part(
    group: CaseGroup,
    phases: tuple[str, ...],
    truth: dict[str, dict[str, str]],
    counts: Counter[tuple[str, ...]],
) -> Part:
    values = [[truth[case.question["row_id"]][phase] for case in group.cases] for phase in phases]
    truths = np.array([[float(value) if value else np.nan for value in row] for row in values])
    weights = np.array([[_weight(case, phase, counts) for case in group.cases] for phase in phases])
    return Part(group=group, phases=phases, truths=truths, weights=np.where(np.isnan(truths), 0.0, weights))


def machine_key(case: Case) -> tuple[str, ...]:
    """Rows with the same faults of one machine; serving rows also by model and engine, because they are many."""
    question = case.question
    if "scenario" in question:
        return question["device"], question["engine"], question["model"], question["quant"]
    return question["device"], question["phase"], question["source_quality"]


def _weight(case: Case, metric: str, counts: Counter[tuple[str, ...]]) -> float:
    question = case.question
    gives_rate_away = metric == "output_tokens_per_s" and question.get("request_rate_per_s")
    is_bound_by_host = question.get("split") == "row" and question.get("phase") == "prefill"
    if gives_rate_away or is_bound_by_host:
        return 0.0
    is_open = "scenario" in question and not question["tensor_parallel"]
    weight = SOURCE_WEIGHTS[question["source_quality"]] * METRIC_WEIGHTS[metric]
    return (
        weight
        * (OPEN_LAYOUT_WEIGHT if is_open else 1.0)
        * min(1.0, ROWS_OF_A_MACHINE / counts[machine_key(case)])
    )
