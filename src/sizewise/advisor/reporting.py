"""A kept decision as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.around_answer import cost_around, load_curve
from sizewise.advisor.curve import quality_curve
from sizewise.advisor.decision_record import asked_question, load_decision
from sizewise.advisor.facts import exchange_rate
from sizewise.catalog import load_catalog
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.report.answer_json import json_text, plain
from sizewise.report.document import Paragraph, Section, decision_document
from sizewise.report.document_around import cost_section, load_section, quality_section
from sizewise.report.error_sentence import error_sentence
from sizewise.report.language import USD, speaker, translator
from sizewise.report.options_csv import options_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.domain.record import DecisionRecord
    from sizewise.report.language import Say


def report(path: str, *, kind: str, language: str, currency: str = USD) -> str | bytes:
    """The document of a decision that `recommend --save` kept: html, md, pdf, json or csv.

    Raises: InvalidFile for a file that holds no decision; MissingExtra where a format needs more than is installed.
    """
    record = load_decision(path)
    say = speaker(translator(language), currency, exchange_rate().value.likely)
    if kind == "csv":
        return options_csv(record.decision)
    if kind == "json":
        return json_text(plain(record.decision, say)) + "\n"
    document = decision_document(
        record.decision,
        say,
        language=language,
        reproduce=asked_question(record).command(),
        around=tuple(_around(record, say)),
    )
    if kind == "md":
        from sizewise.report.document_markdown import document_markdown

        return document_markdown(document)
    from sizewise.report.document_html import document_html

    html = document_html(document, say)
    if kind == "html":
        return html
    from sizewise.report.document_pdf import document_pdf

    return document_pdf(html)


def _around(record: DecisionRecord, say: Say) -> Iterator[Section]:
    """Quality over cost, ways to pay over use and latency over load of the answer, drawn with the facts of today."""
    answer = record.decision.answer
    if answer is None:
        return
    question, own, today = asked_question(record), record.user_catalog, load_catalog().facts_date
    drawn: tuple[Callable[[], Section], ...] = (
        lambda: quality_section(quality_curve(question, chosen=answer, user_catalog=own), say),
        lambda: cost_section(cost_around(question, answer, say.currency, user_catalog=own), say),
        lambda: load_section(load_curve(question, answer.deployment, user_catalog=own), say),
    )
    sections, reasons = [], []
    for draw in drawn:
        try:
            sections.append(draw())
        except SizewiseError as error:  # a model, a file or a device that is not there any more
            reasons.append(error_sentence(error, say))
    yield from sections
    notes = [T("A chart is missing: {reason}", reason=reason) for reason in dict.fromkeys(reasons)]
    if sections and today != record.decision.facts_date:
        notes.append(
            T(
                "The charts are drawn with the facts of {today}; the decision rests on those of {then}.",
                today=today, then=record.decision.facts_date,
            )
        )  # fmt: skip
    if notes:
        yield Section(
            heading=say(T("About the charts")), blocks=tuple(Paragraph(text=say(note)) for note in notes)
        )
