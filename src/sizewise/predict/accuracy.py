"""How wrong are we? Predictions against measured facts, by kind and group, beside the spread of measuring.

The facts are a folder with `questions/{memory,single,serving}.csv`, `truth/` files of the same names, and
`questions/exclude.csv`, which lists doubtful rows and why; every figure is given with and without those.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sizewise.catalog
from sizewise.errors import InvalidFile
from sizewise.predict.noise import noise_floor
from sizewise.predict.predictions import predict, prediction_text
from sizewise.predict.questions import read_questions, read_table
from sizewise.proof.score import METRICS, Selection, score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sizewise.catalog import Catalog
    from sizewise.predict.noise import NoiseFloor
    from sizewise.proof.score import ScoreLine
    from sizewise.proof.summary import ErrorSummary, FitSummary

GROUPS: dict[str, tuple[str, ...]] = {
    "memory": ("component", "component+engine", "device_class", "dense_or_moe", "source_quality"),
    "single": (
        "phase",
        *(f"phase+{name}" for name in ("engine", "device_class", "dense_or_moe", "source_quality")),
    ),
    "serving": ("scenario", "engine", "device_class", "dense_or_moe", "source_quality"),
}
"""Question columns that each kind is grouped by; rates of decode and prefill are never mixed."""


@dataclass(frozen=True, kw_only=True)
class AccuracyLine:
    """The score of one group, and what can be reached."""

    kind: str
    metric: str
    column: str
    group: str
    kept: ErrorSummary | FitSummary | None
    """Without the rows of the exclude list; None: the whole group is on the list."""
    everything: ErrorSummary | FitSummary
    """With them."""
    noise: NoiseFloor | None
    """None: not known for this group."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """All lines, and where the facts came from."""

    lines: tuple[AccuracyLine, ...]
    facts: str
    """The folder of the measured facts."""
    num_excluded: Mapping[str, int]
    """Rows of each kind that are on the exclude list."""
    warnings: tuple[str, ...]


def accuracy(catalog: Catalog, facts: Path | None = None) -> Accuracy:
    """Predict every measured question and score the answers.

    The facts shipped with the package unless a folder of the same layout is given.

    Raises: InvalidFile for a folder without questions or files that do not belong together.
    """
    folder = _measured_folder(facts)
    kinds = [kind for kind in METRICS if (folder / "questions" / f"{kind}.csv").is_file()]
    if not kinds:
        raise InvalidFile("{folder}: no questions/memory.csv, single.csv or serving.csv there", folder=folder)
    excluded = frozenset(excluded_rows(folder))
    lines: list[AccuracyLine] = []
    warnings: list[str] = []
    num_excluded: dict[str, int] = {}
    for kind in kinds:
        questions, truths = measured_rows(kind, folder)
        answers = predict(kind, list(questions.values()), catalog)
        predictions = _rows(prediction_text(kind, answers.rows))
        lines += _accuracy_lines(kind, questions, truths, predictions, excluded)
        warnings += answers.warnings
        num_excluded[kind] = len(excluded.intersection(truths))
    return Accuracy(
        lines=tuple(lines),
        facts=str(folder),
        num_excluded=num_excluded,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def measured_rows(kind: str, folder: Path) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Questions and truths of one kind by `row_id`."""
    questions = {row["row_id"]: row for row in read_questions(kind, folder / "questions" / f"{kind}.csv")}
    needed = [metric.truth for metric in METRICS[kind]]
    return questions, read_table(folder / "truth" / f"{kind}.csv", ["row_id", *needed])


def excluded_rows(folder: Path) -> dict[str, str]:
    """Doubtful rows and why; none where there is no list."""
    path = folder / "questions" / "exclude.csv"
    if not path.is_file():
        return {}
    return {row_id: row["reason"] for row_id, row in read_table(path, ["row_id", "reason"]).items()}


def _measured_folder(facts: Path | None) -> Path:
    if facts is None:
        return Path(sizewise.catalog.__file__).parent / "measured"
    return facts / "measured" if (facts / "measured" / "questions").is_dir() else facts


def _rows(text: str) -> dict[str, dict[str, str]]:
    return {row["row_id"]: row for row in csv.DictReader(io.StringIO(text))}


def _accuracy_lines(
    kind: str,
    questions: Mapping[str, Mapping[str, str]],
    truths: Mapping[str, Mapping[str, str]],
    predictions: Mapping[str, Mapping[str, str]],
    excluded: frozenset[str],
) -> Iterator[AccuracyLine]:
    def scored(left_out: frozenset[str]) -> dict[tuple[str, str, str], ScoreLine]:
        selection = Selection(by=GROUPS[kind], excluded=left_out)
        lines = score(kind, questions=questions, truths=truths, predictions=predictions, selection=selection)
        return {(line.metric, line.column, line.group): line for line in lines}

    kept = scored(excluded)
    for key, line in scored(frozenset()).items():
        yield AccuracyLine(
            kind=kind,
            metric=line.metric,
            column=line.column,
            group=line.group,
            kept=kept[key].summary if key in kept else None,
            everything=line.summary,
            noise=noise_floor(line.metric, line.group),
        )
