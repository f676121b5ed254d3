"""Prediction files: every question answered, written whole or not at all.

What is not known is a blank cell; a name that nobody knows blanks its row and gives one warning.
"""

from __future__ import annotations

import csv
import importlib
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sizewise.predict.questions import known_kind, read_questions
from sizewise.report.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sizewise.catalog import Catalog

PREDICTION_COLUMNS: dict[str, tuple[str, ...]] = {
    "memory": ("row_id", "low", "likely", "high"),
    "single": ("row_id", "low", "likely", "high", "fits"),
    "serving": (
        "row_id",
        *(
            f"{name}_{end}"
            for name in ("output_tokens_per_s", "ttft_s", "tpot_s")
            for end in ("low", "likely", "high")
        ),
    ),
    "quality": ("row_id", "low", "likely", "high"),
}
"""Columns of a prediction file, by kind."""


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """Answers in the order of the questions."""

    kind: str
    rows: tuple[Mapping[str, Any], ...]
    """One mapping a question: `row_id` and the prediction columns; missing, None and NaN mean unknown."""
    warnings: tuple[str, ...]
    """One line for each row that names something unknown."""


def predict_file(kind: str, questions_path: Path, out_path: Path, catalog: Catalog) -> Predictions:
    """Answer every question of a file and write the predictions; the target appears whole or not at all.

    Raises: InvalidFile for questions that cannot be read or a target that cannot be written.
    """
    questions = read_questions(kind, questions_path)
    predictions = predict(kind, questions, catalog)
    write_predictions(predictions, out_path)
    return predictions


def predict(kind: str, questions: Sequence[Mapping[str, str]], catalog: Catalog) -> Predictions:
    """Answers to questions of one kind, by the predictor module of that name."""
    module = importlib.import_module(f"sizewise.predict.{known_kind(kind)}")
    rows, warnings = getattr(module, f"predict_{kind}")(questions, catalog)
    return Predictions(kind=kind, rows=tuple(rows), warnings=tuple(warnings))


def write_predictions(predictions: Predictions, path: Path) -> None:
    """Write a prediction file: to a neighbour first, then renamed, so that a reader never sees half of it.

    Raises: InvalidFile if the target cannot be written; what was there before is left as it was.
    """
    write_whole(path, prediction_text(predictions.kind, predictions.rows))


def prediction_text(kind: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The prediction file as text."""
    columns = PREDICTION_COLUMNS[kind]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(column, row.get(column)) for column in columns] for row in rows)
    return file.getvalue()


def _cell(column: str, value: Any) -> str:  # noqa: ANN401 - predictors give text, numbers, truth values and None
    if value is None or isinstance(value, str):
        return value or ""
    if column == "fits":
        return "true" if value else "false"
    amount = float(value)
    if not math.isfinite(amount):
        return ""
    return str(int(amount)) if amount == int(amount) else f"{amount:.10g}"
