"""The answers of `compare`, `hardware`, `accuracy` and `catalog` as tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK
from sizewise.report.page import FAINT, grid, paragraph
from sizewise.report.text import rejection_blocks
from sizewise.report.text_option import deployment_title, figure_rows
from sizewise.report.words import LEGEND

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.catalog.describe import Fact
    from sizewise.domain.answers import CompareAnswer
    from sizewise.report.language import Say
    from sizewise.report.text_option import FigureRow


def compare_blocks(answer: CompareAnswer, say: Say) -> Iterator[RenderableType]:
    """The figures of every option in a column each, then what was refused."""
    if answer.options:
        columns = [list(figure_rows(option, say)) for option in answer.options]
        numbers = [f"[{i}]" for i in range(1, len(columns) + 1)]
        titles = [deployment_title(option.deployment, say) for option in answer.options]
        yield grid(zip(numbers, titles, strict=True))
        yield grid(_side_by_side(columns), header=("", *numbers))
        yield paragraph(say(LEGEND), FAINT)
    yield from rejection_blocks(answer.refused, say, has_answer=bool(answer.options))


def _side_by_side(columns: Sequence[Sequence[FigureRow]]) -> Iterator[tuple[str | Line, ...]]:
    """Rows of the same figure: value and range of each option, and under it what to know."""
    names = list(dict.fromkeys(row.name for column in columns for row in column))
    for name in names:
        cells = [next((row for row in column if row.name == name), None) for column in columns]
        yield (name, *(Line(cell.value) + Line(f"\n{cell.note}", FAINT) if cell else "" for cell in cells))


def entry_blocks(entries: Iterable[Any], say: Say) -> Iterator[RenderableType]:
    """Names, sources and dates."""
    rows = [(entry.name, entry.as_of, entry.source) for entry in entries]
    yield grid(rows, header=(say(T("name")), say(T("as of")), say(T("source"))))
    yield paragraph(say(T("{n} entries; sizewise catalog show NAME tells more", n=f"{len(rows):,}")), FAINT)


def fact_blocks(facts: Iterable[Fact], say: Say) -> Iterator[RenderableType]:
    """Field, value with unit, and each source once with a number."""
    numbers: dict[str, int] = {}
    rows = []
    for fact in facts:
        number = numbers.setdefault(f"{fact.source}, {fact.as_of}", len(numbers) + 1)
        rows.append((fact.field, f"{_cell(fact.value)} {fact.unit}".strip(), f"[{number}]"))
    yield grid(rows, header=(say(T("field")), say(T("value")), say(T("source"))))
    yield grid((f"[{number}]", source) for source, number in numbers.items())


def _cell(value: Any) -> str:  # noqa: ANN401 - a fact of any type
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, float):
        if math.isnan(value):
            return UNKNOWN_MARK
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.10g}"
    return "" if value is None else str(value)
