"""An evaluation as a document: Markdown or HTML with the verdict, the tables, and every question with its answers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from sizewise.domain.text import T
from sizewise.report.text_evaluate import (
    closing_texts,
    comparison_header,
    comparison_row,
    failure_texts,
    judging_text,
    rate_header,
    rate_row,
    reasons,
    router_text,
    shown_router,
    verdict_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sizewise.domain.evaluation import EvaluationAnswer
    from sizewise.report.language import Say

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.3rem .8rem;border-bottom:1px solid #ccc;text-align:left}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:.6rem;margin:.3rem 0}
details{margin:.5rem 0}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}pre{background:#262626}}
"""
HEAD = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    "<title>{title}</title><style>{style}</style></head>"
)
MAX_SHOWN_CHARACTERS = 4000
"""Of one answer; the whole is in the folder."""


def markdown_text(answer: EvaluationAnswer, asked: Sequence[Mapping[str, Any]], say: Say) -> str:
    """The document as Markdown; texts of questions and answers stand in fences that they cannot end."""
    lines = [f"# {say(verdict_text(answer))}", ""]
    lines += [f"- {say(text)}" for text in _texts(answer, say)] + [""]
    for header, rows in _tables(answer, say):
        lines += [_cells(header), _cells(["---"] * len(header)), *(_cells(row) for row in rows), ""]
    lines += [f"## {say(T('Prompts and answers'))}", ""]
    for entry in asked:
        lines += [f"### {_one_line(str(entry['id']))}", "", _fenced(str(entry["question"])), ""]
        for given in entry["answers"]:
            lines += [f"**{given['endpoint']}**: {_grade(given, say)}", "", _fenced(str(given["text"])), ""]
    lines += [f"*{say(text)}*" for text in closing_texts(answer)]
    return "\n".join(lines) + "\n"


def html_text(answer: EvaluationAnswer, asked: Sequence[Mapping[str, Any]], say: Say) -> str:
    """The document as one HTML file without scripts; everything that a model wrote is escaped."""
    title = escape(say(verdict_text(answer)))
    parts = [HEAD.format(language=say(T("en")), title=title, style=STYLE), f"<body><main><h1>{title}</h1>"]
    parts += ["<ul>", *(f"<li>{escape(say(text))}</li>" for text in _texts(answer, say)), "</ul>"]
    for header, rows in _tables(answer, say):
        parts += ["<table><thead>", _row(header, "th"), "</thead><tbody>", *(_row(row, "td") for row in rows)]
        parts.append("</tbody></table>")
    parts.append(f"<h2>{escape(say(T('Prompts and answers')))}</h2>")
    for entry in asked:
        parts.append(
            f"<details><summary>{escape(_one_line(str(entry['question'])))}</summary>{_pre(entry['question'])}"
        )
        for given in entry["answers"]:
            parts.append(
                f"<p><b>{escape(given['endpoint'])}</b>: {escape(_grade(given, say))}</p>{_pre(given['text'])}"
            )
        parts.append("</details>")
    parts += [f"<p>{escape(say(text))}</p>" for text in closing_texts(answer)]
    return "\n".join([*parts, "</main></body></html>"]) + "\n"


def _texts(answer: EvaluationAnswer, say: Say) -> Iterator[Any]:
    yield from reasons(answer)
    yield from failure_texts(answer, say)
    if answer.judging is not None:
        yield judging_text(answer.judging)
    router = shown_router(answer)
    if router is not None:
        yield router_text(router)


def _tables(answer: EvaluationAnswer, say: Say) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    yield rate_header(say), [rate_row(rate, say) for rate in answer.rates]
    if answer.comparisons:
        yield comparison_header(say), [comparison_row(c, say) for c in answer.comparisons]


def _grade(given: Mapping[str, Any], say: Say) -> str:
    grade = given["grade"]
    if grade is None:
        return say(T("not graded"))
    return say(T("right")) if grade == 1 else say(T("wrong")) if grade == 0 else f"{grade:.2f}"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _fenced(text: str) -> str:
    shown = text[:MAX_SHOWN_CHARACTERS]
    fence = "```"
    while fence in shown:
        fence += "`"
    return f"{fence}\n{shown}\n{fence}"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _pre(text: object) -> str:
    return f"<pre>{escape(str(text)[:MAX_SHOWN_CHARACTERS])}</pre>"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"  # noqa: PLR2004 - characters of a heading
