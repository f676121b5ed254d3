"""A kept decision as a document."""

from __future__ import annotations

from sizewise.advisor.decision_record import asked_question, load_decision
from sizewise.report.answer_json import json_text, plain
from sizewise.report.document import decision_document
from sizewise.report.language import speaker, translator
from sizewise.report.options_csv import options_csv


def report(path: str, *, kind: str, language: str) -> str | bytes:
    """The document of a decision that `recommend --save` kept: html, md, pdf, json or csv.

    Raises: InvalidFile for a file that holds no decision; MissingExtra where a format needs more than is installed.
    """
    record = load_decision(path)
    decision, say = record.decision, speaker(translator(language))
    if kind == "csv":
        return options_csv(decision)
    if kind == "json":
        return json_text(plain(decision, say)) + "\n"
    reproduce = asked_question(record).command()
    document = decision_document(decision, say, language=language, reproduce=reproduce)
    if kind == "md":
        from sizewise.report.document_markdown import document_markdown

        return document_markdown(document)
    from sizewise.report.document_html import document_html

    html = document_html(document)
    if kind == "html":
        return html
    from sizewise.report.document_pdf import document_pdf

    return document_pdf(html)
