"""Numbers, money and names as the reader of each language expects them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from sizewise.advisor import Question, quality_curve, recommend
from sizewise.catalog import load_catalog
from sizewise.cli.root import run
from sizewise.domain.answers import CurvePoint, QualityCurve
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import Count, Money, T
from sizewise.report.chart_svg import NARROW, WIDE, chart_svg
from sizewise.report.curve_chart import curve_charts, flat_cost
from sizewise.report.language import CNY, Say, speaker, translator
from sizewise.report.task_title import task_title
from sizewise.sources.value_json import decoded, encoded

if TYPE_CHECKING:
    from pathlib import Path

ENGLISH, CHINESE = speaker(translator("en")), speaker(translator("zh"))
YUAN = speaker(translator("zh"), CNY, 7.0)
TRAFFIC = """
[[class]]
name = "mail"
task = "summarization"
users = 2
"""


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (184.2e6, "184M", "1.84 亿"),
        (50.5e9, "50.5B", "505 亿"),
        (2.5e6, "2.5M", "250 万"),
        (10_000, "10k", "1 万"),
        (9_996, "10k", "1 万"),
        (5_000, "5k", "5,000"),
        (40.0, "40", "40"),
        (3e12, "3T", "3 万亿"),
        (0.5, "0.5", "0.5"),
    ],
)
def test_large_numbers_are_written_as_each_language_counts(value: float, english: str, chinese: str) -> None:
    assert ENGLISH.count(value) == english
    assert CHINESE.count(value).replace("\u00a0", " ") == chinese
    assert CHINESE(T("{n} tokens a month", n=Count(value))).replace("\u00a0", " ") == f"每月 {chinese} token"


@pytest.mark.parametrize(("say", "shown"), [(ENGLISH, "35 USD"), (CHINESE, "35 美元"), (YUAN, "245 元")])
def test_money_is_written_in_the_words_of_the_language(say: Say, shown: str) -> None:
    assert say(Money(35.0)) == shown


def test_money_and_counts_of_a_kept_sentence_are_still_money_and_counts() -> None:
    kept = T("{a} for {b}", a=Money(35.0), b=Count(1e6))
    back = decoded(type(kept), json.loads(json.dumps(encoded(kept))), "here")
    assert back == kept


@pytest.mark.parametrize("name", sorted(load_catalog().tasks))
def test_no_task_is_shown_to_chinese_readers_by_its_english_name(name: str) -> None:
    assert re.search(r"[\u4e00-\u9fff]", CHINESE(task_title(name)))


@pytest.mark.slow
@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_the_choice_is_a_point_of_its_own_in_both_curves(layout: object) -> None:
    question = Question(task="chat", path=("buy",), users=8)
    answer = recommend(question).answer
    assert answer is not None
    curve = quality_curve(question, chosen=answer)
    charts = curve_charts(curve, ENGLISH)
    assert len(charts) == 2
    assert isinstance(answer.quality, Estimate)
    for chart in charts:
        chosen = next(line for line in chart.series if line.is_strong)
        assert chosen.points[0][1] == answer.quality.likely
        drawing = chart_svg(chart, layout=layout)  # type: ignore[arg-type]  # one of the two layouts
        assert drawing.count("the choice") >= 2
        assert "r='6'" in drawing


def _point(name: str, usd: float, points: float) -> CurvePoint:
    quality = Estimate(low=points, likely=points, high=points, basis="fitted")
    return CurvePoint(
        model=name, num_params=8e9, monthly_usd=usd, hardware="", quality=quality, is_enough=True, is_knee=False
    )  # fmt: skip


def test_a_missing_curve_over_cost_is_said_in_one_sentence() -> None:
    one, other = _point("a/small", 35.0, 60.0), _point("a/large", 90.0, 70.0)
    flat = QualityCurve(task="chat", bar_points=50.0, by_size=(one, other), by_cost=(one,))
    said = flat_cost(flat)
    assert said is not None
    assert "35 美元" in CHINESE(said)
    assert "small" in ENGLISH(said)
    assert flat_cost(QualityCurve(task="chat", bar_points=50.0, by_size=(one,), by_cost=(one, other))) is None


@pytest.mark.parametrize(
    "words",
    [
        ["recommend", "--device", "RTX 4090", "--curve", "--top", "4"],
        ["compare", "Qwen3-8B@Q4_K_M on RTX 4090"],
        ["portfolio", "TRAFFIC", "--device", "RTX 4090"],
        ["cost", "Qwen3-8B", "--device", "RTX 4090", "--requests", "600000"],
    ],
)
def test_every_verb_with_money_shows_it_in_the_currency_asked_for(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traffic = tmp_path / "traffic.toml"
    traffic.write_text(TRAFFIC, encoding="utf-8")
    words = [str(traffic) if word == "TRAFFIC" else word for word in words]
    assert run([*words, "--currency", "CNY", "--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "元" in shown
    assert "美元" not in shown
    assert run([*words, "--currency", "EUR"]) == 2
    assert "USD, CNY" in capsys.readouterr().err


@pytest.mark.slow
def test_a_plan_in_yuan_is_the_plan_in_dollars_exchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    traffic = tmp_path / "traffic.toml"
    traffic.write_text(TRAFFIC, encoding="utf-8")
    totals = []
    for currency in ("USD", "CNY"):
        assert run(["portfolio", str(traffic), "--path", "rent", "--currency", currency]) == 0
        line = next(line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("total"))
        totals.append(float(re.findall(r"[\d,]+\.?\d*", line)[0].replace(",", "")))
    assert totals[1] / totals[0] == pytest.approx(6.8, rel=0.02)
