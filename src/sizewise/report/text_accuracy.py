"""The answer of `accuracy` as a table: the totals, and the groups where they are asked for.

It is given as the JSON object of the same answer: a report does not know how predictions are scored.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from sizewise.report.language import Say

ALL = "all"
"""Column of the line over all rows."""
ERROR_FIELDS = ("median_error_ratio", "p90_error_ratio", "bias_ratio", "within_25_ratio", "coverage_ratio")
FIT_FIELDS = ("accuracy_ratio", "false_fit_ratio", "false_refusal_ratio")
PERCENT = 100


def accuracy_blocks(payload: Mapping[str, Any], say: Say, *, shows_groups: bool) -> Iterator[RenderableType]:
    """One table a quantity: rows left out as doubtful are left out, and counted in the note."""
    yield Line(
        say(T("Predictions against the measured facts in {folder}", folder=payload["facts"])), style=STRONG
    )
    lines = [line for line in payload["lines"] if shows_groups or line["column"] == ALL]
    errors = [line for line in lines if "median_error_ratio" in line["everything"]]
    verdicts = [line for line in lines if "accuracy_ratio" in line["everything"]]
    if not shows_groups:
        yield _table(errors, ERROR_FIELDS, _error_header(say))
        yield _table(verdicts, FIT_FIELDS, _fit_header(say))
    else:
        yield from _grouped(errors, ERROR_FIELDS, _error_header(say))
        yield from _grouped(verdicts, FIT_FIELDS, _fit_header(say))
    left_out = ", ".join(f"{kind} {count}" for kind, count in payload["num_excluded"].items())
    yield paragraph(
        say(
            T(
                "Median and 9 of 10: errors below this share of the measured value. Doubtful rows left out: {counts}.",
                counts=left_out,
            )
        ),
        FAINT,
    )
    if payload["warnings"]:
        yield paragraph(
            say(T("{n} rows have no prediction; --json lists them", n=str(len(payload["warnings"])))), FAINT
        )


def _error_header(say: Say) -> tuple[str, ...]:
    return (
        say(T("quantity")), say(T("rows")), say(T("answered")), say(T("median")), say(T("9 of 10")), say(T("bias")),
        say(T("within 25 %")), say(T("in range")),
    )  # fmt: skip


def _fit_header(say: Say) -> tuple[str, ...]:
    return (
        say(T("does it fit")), say(T("rows")), say(T("answered")), say(T("right")), say(T("wrongly yes")),
        say(T("wrongly no")),
    )  # fmt: skip


def _grouped(
    lines: Sequence[Mapping[str, Any]], fields: Sequence[str], header: tuple[str, ...]
) -> Iterator[RenderableType]:
    for (kind, metric, column), group in groupby(
        lines, key=lambda line: (line["kind"], line["metric"], line["column"])
    ):
        yield heading(f"{kind} {metric}: {column}")
        yield _table(list(group), fields, ("", *header[1:]))


def _table(
    lines: Sequence[Mapping[str, Any]], fields: Sequence[str], header: tuple[str, ...]
) -> RenderableType:
    rows = [_row(line, fields) for line in lines]
    return grid(rows, header=header, right=range(1, len(header)))


def _row(line: Mapping[str, Any], fields: Sequence[str]) -> tuple[str, ...]:
    name = f"{line['kind']} {line['metric']}" if line["column"] == ALL else line["group"]
    kept = line["kept"]
    if kept is None:
        return name, "0", *(UNKNOWN_MARK for _ in range(len(fields) + 1))
    return (
        name,
        f"{kept['num_rows']:,}",
        f"{kept['num_answered']:,}",
        *(_percent(kept[field]) for field in fields),
    )


def _percent(ratio: float | None) -> str:
    return UNKNOWN_MARK if ratio is None else f"{ratio * PERCENT:.1f} %"
