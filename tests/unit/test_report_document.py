"""The report: every format says the same, in both languages, and takes nothing from elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import pytest

from sizewise.advisor import Question, recommend, report, save_decision
from sizewise.cli.root import run
from sizewise.report.document_markdown import plain
from sizewise.report.flow_view import wrapped

jinja2 = pytest.importorskip(
    "jinja2", reason="the report in HTML needs jinja2: pip install 'sizewise[report]'"
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "decision.json"
    save_decision(
        recommend(Question(task="summarization", device=("RTX 4090",), language=("zh",))), str(path)
    )
    return str(path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_html_and_markdown_say_the_verdict_and_every_section(kept: str, language: str) -> None:
    html, markdown = (str(report(kept, kind=kind, language=language)) for kind in ("html", "md"))
    headings = re.findall(r"<h2>(.*?)</h2>", html)
    assert len(headings) >= 8
    assert [heading for heading in headings if f"## {heading}" not in markdown] == []
    assert f'<html lang="{language}">' in html


def test_html_refers_to_nothing_outside_of_itself(kept: str) -> None:
    html = str(report(kept, kind="html", language="en"))
    assert re.findall(r'(?:src|href)="', html) == []
    assert "url(" not in html
    assert "<script" not in html


def test_html_shows_signs_of_markup_as_they_are(kept: str, tmp_path: Path) -> None:
    content = Path(kept).read_text(encoding="utf-8").replace("NVIDIA GeForce RTX 4090", "<script>x</script>")
    path = tmp_path / "d.json"
    path.write_text(content, encoding="utf-8")
    assert "<script" not in str(report(str(path), kind="html", language="en"))


def test_csv_has_a_row_for_each_option_with_raw_numbers(kept: str) -> None:
    rows = list(csv.DictReader(io.StringIO(str(report(kept, kind="csv", language="en")))))
    decision = json.loads(str(report(kept, kind="json", language="en")))
    assert len(rows) == len(decision["options"]) > 1
    assert float(rows[0]["memory_bytes_likely"]) == decision["answer"]["memory_bytes"]["likely"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium: apt install chromium")
def test_pdf_is_printed_by_the_chromium_of_this_computer(kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    assert bytes(report(kept, kind="pdf", language="zh"))[:5] == b"%PDF-"  # type: ignore[arg-type]


def test_pdf_without_a_file_is_refused(kept: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", kept, "--format", "pdf"]) == 2
    assert "--out" in capsys.readouterr().err


def test_an_unknown_format_names_the_allowed(kept: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report", kept, "--format", "docx"]) == 2
    assert "html, md, pdf, json, csv" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["a fairly long line of words", "显存放得下吗？还剩多少", "mixed 中文 and English words"]
)
def test_wrapping_keeps_every_character_within_the_columns(text: str) -> None:
    lines = wrapped(text, 10)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) + sum(ord(c) > 0x2E80 for c in line) <= 10 for line in lines)


def test_markdown_shows_its_own_signs() -> None:
    assert plain("a|b *c*\nd") == r"a\|b \*c\* d"
