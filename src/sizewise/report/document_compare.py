"""Options side by side as a document: one column each, one row a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.document import Commands, Document, Paragraph, Section, Table
from sizewise.report.text_option import brief, deployment_title, figure_rows, setup_line
from sizewise.report.words import CONSTRAINTS, LEGEND

if TYPE_CHECKING:
    from sizewise.domain.answers import CompareAnswer
    from sizewise.domain.decision import Option, Rejection
    from sizewise.report.language import Say
    from sizewise.report.text_option import FigureRow


def compare_document(answer: CompareAnswer, say: Say, *, language: str, reproduce: str) -> Document:
    """The figures of every option, and why others are refused.

    Arguments: `reproduce` the command line that compares the same.
    """
    sections = (
        Section(heading=say(T("Side by side")), blocks=_figures(answer.options, say), opens=True)
        if answer.options
        else None,
        Section(heading=say(T("Why not")), blocks=(_refused(answer.refused, say),), opens=True)
        if answer.refused
        else None,
        Section(heading=say(T("Ask the same again")), blocks=(Commands(lines=(reproduce,)),)),
    )
    verdict = T("{n} options under the same task and load", n=str(len(answer.options) + len(answer.refused)))
    return Document(
        title=say(T("Compare")),
        verdict=say(verdict),
        language=language,
        sections=tuple(section for section in sections if section is not None),
        footer="",
    )


def _figures(options: tuple[Option, ...], say: Say) -> tuple[Table, Paragraph]:
    names = [brief(deployment_title(option.deployment, say)) for option in options]
    columns = [{row.name: row for row in figure_rows(option, say)} for option in options]
    order = list(dict.fromkeys(name for column in columns for name in column))
    rows = [
        (say(T("how it runs")), *(setup_line(option.deployment, say) for option in options)),
        *((name, *(_cell(column.get(name), say) for column in columns)) for name in order),
    ]
    return Table(header=("", *names), rows=tuple(rows)), Paragraph(text=say(LEGEND))


def _cell(row: FigureRow | None, say: Say) -> str:
    """A figure with what to know about it; empty where an option does not have it."""
    if row is None:
        return ""
    return say(T("; ")).join(part for part in (row.value, row.note) if part)


def _refused(refused: tuple[Rejection, ...], say: Say) -> Table:
    header = (say(T("option")), say(T("what binds")), say(T("by how much")), say(T("what would help")))
    rows = tuple(
        (say(item.option), say(CONSTRAINTS[item.constraint]), say(item.shortfall), say(item.lift))
        for item in refused
    )
    return Table(header=header, rows=rows)
