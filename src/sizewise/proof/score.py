"""How wrong are predictions? Errors, bias, interval coverage and fit verdicts, by group.

The summaries of one group are in `summary`; here the rows are joined, selected and grouped.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sizewise.errors import InvalidFile
from sizewise.proof.summary import ErrorSummary, FitSummary, Outcome, Verdict, error_summary, fit_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

Row: TypeAlias = "Mapping[str, str]"
Table: TypeAlias = "Mapping[str, Row]"
"""Rows of one file by their `row_id`."""

Item = TypeVar("Item", Outcome, Verdict)
Summary = TypeVar("Summary", ErrorSummary, FitSummary)

ALL = "all"
"""Column and group of the line over all rows."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One measured quantity: its column in the truth, and the columns of its prediction."""

    name: str
    truth: str
    low: str
    likely: str
    high: str


def _of_its_own(name: str) -> Metric:
    return Metric(name=name, truth=name, low=f"{name}_low", likely=f"{name}_likely", high=f"{name}_high")


METRICS: dict[str, tuple[Metric, ...]] = {
    "memory": (Metric(name="memory", truth="value", low="low", likely="likely", high="high"),),
    "single": (Metric(name="tokens_per_s", truth="tokens_per_s", low="low", likely="likely", high="high"),),
    "serving": tuple(_of_its_own(name) for name in ("output_tokens_per_s", "ttft_s", "tpot_s")),
}
"""What can be scored, by kind of question."""
FITS = "fits"
"""Column of the fit verdict in the truth and the predictions of kind single, and the name of its metric."""


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """One line of a score table."""

    metric: str
    column: str
    """Question columns that define the group, joined by '+'; ALL for the line over everything."""
    group: str
    summary: ErrorSummary | FitSummary


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows count, and how they are grouped."""

    by: tuple[str, ...] = ()
    """Question columns; 'a+b' crosses two of them."""
    excluded: frozenset[str] = frozenset()
    """Row ids left out."""
    where: tuple[tuple[str, frozenset[str], bool], ...] = ()
    """(column, values, wanted): keep a row whose value is (wanted) or is not (unwanted) one of the values."""
    skipped_flags: frozenset[str] = frozenset()
    """Rows that carry one of these in the question column `flag` (separated by ';') are left out."""

    def keeps(self, row_id: str, question: Row) -> bool:
        """Does this row count?"""
        if row_id in self.excluded or self.skipped_flags.intersection(question.get("flag", "").split(";")):
            return False
        return all((question[column] in values) == wanted for column, values, wanted in self.where)

    def columns(self) -> tuple[str, ...]:
        """Every question column that the selection reads."""
        return (
            *(name for crossed in self.by for name in crossed.split("+")),
            *(column for column, _, _ in self.where),
        )


def score(
    kind: str, *, questions: Table, truths: Table, predictions: Table, selection: Selection | None = None
) -> tuple[ScoreLine, ...]:
    """The score table: for each metric the groups in alphabetical order, then the line over all rows.

    Raises: InvalidFile for rows that do not belong together, cells that are not numbers, unordered intervals.
    """
    chosen = selection or Selection()
    _check_rows(questions, truths, predictions, chosen)
    kept = [row_id for row_id in truths if chosen.keeps(row_id, questions[row_id])]
    lines: list[ScoreLine] = []
    for metric in METRICS[kind]:
        outcomes = {row_id: _outcome(metric, row_id, truths, predictions) for row_id in kept}
        answered = {row_id: outcome for row_id, outcome in outcomes.items() if outcome}
        lines += _lines(metric.name, answered, questions, chosen.by, error_summary)
    if kind == "single":
        verdicts = {row_id: _verdict(row_id, truths, predictions) for row_id in kept}
        known = {row_id: verdict for row_id, verdict in verdicts.items() if verdict}
        lines += _lines(FITS, known, questions, chosen.by, fit_summary)
    return tuple(lines)


def _lines(
    metric: str,
    items: Mapping[str, Item],
    questions: Table,
    by: tuple[str, ...],
    summarise: Callable[[Sequence[Item]], Summary],
) -> Iterator[ScoreLine]:
    if not items:
        return
    for column in by:
        groups: dict[str, list[Item]] = defaultdict(list)
        for row_id, item in items.items():
            groups[_group(questions[row_id], column)].append(item)
        for group in sorted(groups):
            yield ScoreLine(metric=metric, column=column, group=group, summary=summarise(groups[group]))
    yield ScoreLine(metric=metric, column=ALL, group=ALL, summary=summarise(list(items.values())))


def _group(question: Row, column: str) -> str:
    return " | ".join(question[name] or "-" for name in column.split("+"))


def _outcome(metric: Metric, row_id: str, truths: Table, predictions: Table) -> Outcome | None:
    measured = number(truths[row_id][metric.truth], row_id, metric.truth)
    if measured is None:
        return None
    if measured <= 0:
        raise InvalidFile("truth, {row_id}: {column} must be above zero, is {value}",
                          row_id=row_id, column=metric.truth, value=measured)  # fmt: skip
    predicted = predictions.get(row_id, {})
    low, likely, high = (
        number(predicted.get(c, ""), row_id, c) for c in (metric.low, metric.likely, metric.high)
    )
    if any(value is not None and value < 0 for value in (low, likely, high)):
        raise InvalidFile(
            "predictions, {row_id}: negative value of {metric}", row_id=row_id, metric=metric.name
        )
    if low is not None and high is not None and low > high:
        raise InvalidFile(
            "predictions, {row_id}: low {low} is above high {high}", row_id=row_id, low=low, high=high
        )
    return Outcome(measured=measured, low=low, likely=likely, high=high)


def _verdict(row_id: str, truths: Table, predictions: Table) -> Verdict | None:
    fitted = truth_value(truths[row_id][FITS], row_id)
    predicted = truth_value(predictions.get(row_id, {}).get(FITS, ""), row_id)
    return None if fitted is None else Verdict(fitted=fitted, predicted=predicted)


def number(cell: str, row_id: str, column: str) -> float | None:
    """The finite number in a cell; None where the cell is blank."""
    text = cell.strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidFile("{row_id}, {column}: '{given}' is not a finite number",
                          row_id=row_id, column=column, given=text)  # fmt: skip
    return value


_TRUTH_VALUES = {"": None, "true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def truth_value(cell: str, row_id: str) -> bool | None:
    """The verdict in a cell; None where the cell is blank."""
    text = cell.strip().lower()
    if text not in _TRUTH_VALUES:
        raise InvalidFile("{row_id}, fits: '{given}' is not true or false", row_id=row_id, given=cell)
    return _TRUTH_VALUES[text]


def _check_rows(questions: Table, truths: Table, predictions: Table, selection: Selection) -> None:
    _check_known("truth", truths, questions)
    _check_known("predictions", predictions, questions)
    first: Row = next(iter(questions.values()), {})
    missing = [name for name in selection.columns() if first and name not in first]
    if missing:
        raise InvalidFile("questions: no column {columns} to group or select by", columns=", ".join(missing))


def _check_known(what: str, rows: Collection[str], questions: Collection[str]) -> None:
    strays = [row_id for row_id in rows if row_id not in questions]
    if strays:
        raise InvalidFile("{what}: {count} row_ids are not in the questions, for example {row_id}",
                          what=what, count=len(strays), row_id=strays[0])  # fmt: skip
