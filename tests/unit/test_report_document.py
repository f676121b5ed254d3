"""The report: every format says the same, in both languages, and takes nothing from elsewhere."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

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


HEADINGS = {
    "en": ("The choice", "How the decision was made", "Quality against cost", "Ways to pay, and where they cross",
           "Latency under load", "Alternatives", "Why not", "What would change this answer", "Risks", "Next steps",
           "Where each number comes from", "What was asked and assumed", "Ask the same again"),
    "zh": ("选择", "决策过程", "质量与成本", "付费方式及其交叉点", "负载下的延迟", "替代方案", "为什么不选",
           "什么会改变这个答案", "风险", "下一步", "每个数字的来历", "你的要求与所用的假设", "重新提出同样的问题"),
}  # fmt: skip
"""Everything that a report has to say."""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_says_everything_that_it_has_to(kept: str, language: str) -> None:
    html = str(report(kept, kind="html", language=language))
    found = re.findall(r"<h2>(.*?)</h2>", html)
    assert [heading for heading in HEADINGS[language] if heading not in found] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_report_draws_memory_flow_quality_cost_and_latency_for_wide_and_narrow(
    kept: str, language: str
) -> None:
    html = str(report(kept, kind="html", language=language))
    drawings = re.findall(r"<svg.*?</svg>", html, flags=re.DOTALL)
    assert len(drawings) == 2 * len(re.findall(r"<figure>", html)) >= 2 * 5
    for drawing in drawings:
        ET.fromstring(drawing)  # noqa: S314 - our own drawing
        assert "<title" in drawing
        assert "<desc" in drawing
    ids = re.findall(r"id='([^']+)'", html)
    assert len(ids) == len(set(ids))


def test_a_report_in_yuan_shows_no_dollars_but_in_sources(kept: str) -> None:
    html = str(report(kept, kind="html", language="zh", currency="CNY"))
    money = html[: html.index("每个数字的来历")]
    assert "元/月" in money
    assert "美元" not in money
    assert "USD" not in money


def test_a_report_of_older_facts_says_that_its_charts_are_of_today(kept: str, tmp_path: Path) -> None:
    content = json.loads(Path(kept).read_text(encoding="utf-8"))
    content["decision"]["facts_date"] = "2025-01-01"
    path = tmp_path / "old.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert "the decision rests on those of 2025-01-01" in str(report(str(path), kind="html", language="en"))


def test_a_report_whose_model_is_gone_says_what_is_missing(kept: str, tmp_path: Path) -> None:
    content = Path(kept).read_text(encoding="utf-8").replace("NVIDIA GeForce RTX 4090", "RTX 4090 of a dream")
    path = tmp_path / "gone.json"
    path.write_text(content, encoding="utf-8")
    html = str(report(str(path), kind="html", language="en"))
    assert "A chart is missing: unknown device" in html


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
