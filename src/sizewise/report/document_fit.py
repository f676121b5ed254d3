"""The answer of `fit` as a document: the same sections as on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.document import Commands, Document, Drawing, Paragraph, Section, Table
from sizewise.report.memory_svg import NARROW_WIDTH, memory_svg
from sizewise.report.text_fit import fit_rows, fit_verdict
from sizewise.report.words import LEGEND

if TYPE_CHECKING:
    from sizewise.domain.answers import FitAnswer
    from sizewise.report.language import Say


def fit_document(answer: FitAnswer, say: Say, *, language: str) -> Document:
    """Verdict, memory, figures, what would help, the command."""
    sections = (
        Section(
            opens=True,
            heading=say(T("memory")),
            blocks=(
                Drawing(
                    svg=memory_svg(answer.memory, answer.usable_bytes, say),
                    narrow=memory_svg(answer.memory, answer.usable_bytes, say, width=NARROW_WIDTH),
                    caption=say(T("Memory on the fullest device, part by part")),
                ),
                Table(header=("", ""), rows=tuple(fit_rows(answer, say))),
                Paragraph(text=say(LEGEND)),
            ),
        ),
        Section(
            opens=True,
            heading=say(T("What would make it fit")),
            blocks=tuple(Paragraph(text=say(lift)) for lift in answer.lifts),
        ),
        Section(
            opens=True,
            heading=say(T("Good to know")),
            blocks=tuple(Paragraph(text=say(caveat)) for caveat in answer.caveats),
        ),
        Section(
            opens=True,
            heading=say(T("Start it")),
            blocks=(Commands(lines=(*answer.prepare, answer.command)),) if answer.command else (),
        ),
    )
    return Document(
        title=say(T("does this model run on this hardware, and with how much text")),
        verdict=say(fit_verdict(answer)),
        language=language,
        sections=tuple(section for section in sections if section.blocks),
        footer="",
    )
