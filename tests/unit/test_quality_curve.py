"""The curve of quality against size and cost, its knee, and the page that judges the guide's sizes."""

import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from sizewise.advisor import Question, quality_curve, tiers
from sizewise.catalog import load_catalog
from sizewise.cli.main import main
from sizewise.decide.knee import frontier, knee, thinned
from sizewise.domain.answers import TiersAnswer
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.answer_json import tiers_json
from sizewise.report.chart_svg import stacked_svg
from sizewise.report.curve_chart import curve_charts
from sizewise.report.language import speaker, translator

ROOT = Path(__file__).parents[2]


ENGLISH = speaker(translator("en"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def answer() -> TiersAnswer:
    return tiers(task="coding")


def test_a_frontier_rises_and_leaves_out_what_is_beaten_or_unknown() -> None:
    effort = np.array([3.0, 1.0, 2.0, 4.0, math.nan, 2.0])
    quality = np.array([60.0, 50.0, 45.0, math.nan, 99.0, 55.0])
    assert frontier(effort, quality) == [1, 5, 0]


def test_knee_is_where_the_curve_bends_and_nowhere_on_two_points() -> None:
    assert knee([1, 10, 100, 1000], [0, 60, 90, 100]) == 1
    assert knee([1, 10, 100, 1000], [0, 10, 90, 100]) == 2
    assert knee([1, 10], [0, 100]) == -1
    assert knee([0, 10, 100], [0, 90, 100]) == -1


def test_thinning_keeps_both_ends_and_the_knee_and_drops_what_is_missed_least() -> None:
    effort, quality = [1.0, 2.0, 4.0, 8.0, 16.0], [10.0, 11.0, 40.0, 41.0, 60.0]
    assert thinned(effort, quality, 5) == [0, 1, 2, 3, 4]
    assert thinned(effort, quality, 3) == [0, 2, 4]
    assert thinned(effort, quality, 3, keep=3) == [0, 3, 4]


@pytest.mark.parametrize("which", ["by_size", "by_cost"])
def test_every_point_is_a_real_model_better_than_all_before_it_with_one_knee(
    answer: TiersAnswer, which: str
) -> None:
    points = getattr(answer.curve, which)
    assert len(points) >= 3
    known = load_catalog().models
    likely = []
    for point in points:
        assert known[point.model].num_params == point.num_params
        assert isinstance(point.quality, Estimate)
        likely.append(point.quality.likely)
    assert likely == sorted(set(likely))
    assert sum(point.is_knee for point in points) == 1
    efforts = [point.num_params if which == "by_size" else point.monthly_usd for point in points]
    assert efforts == sorted(efforts)


def test_the_curve_is_in_the_json_for_the_page(answer: TiersAnswer) -> None:
    curve = tiers_json(answer, ENGLISH)["curve"]
    assert [point["model"] for point in curve["by_size"]] == [point.model for point in answer.curve.by_size]
    assert {"low", "likely", "high"} <= set(curve["by_cost"][0]["quality"])


def test_tiers_and_a_question_draw_the_same_curve(answer: TiersAnswer) -> None:
    assert quality_curve(Question(task="coding")) == answer.curve


def test_what_is_cheapest_of_all_options_is_on_no_curve_beaten_by_a_dearer_one() -> None:
    asked = Question(task="chat", device=("RTX 4090",), license="commercial")
    curve = quality_curve(asked)
    models = load_catalog().models
    assert {models[p.model].commercial_use for p in curve.by_size} <= {"yes", "conditional"}
    assert all("4090" in p.hardware for p in curve.by_cost)
    assert all(math.isnan(p.monthly_usd) for p in curve.by_size if not p.hardware)
    enough = [p.is_enough for p in curve.by_cost]
    assert enough[-1]
    assert not enough[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_drawing_names_real_models_once_and_marks_knee_and_bar(
    answer: TiersAnswer, language: str
) -> None:
    say = speaker(translator(language))
    charts = curve_charts(answer.curve, say)
    assert len(charts) == 2
    drawing = ET.fromstring(stacked_svg(charts))  # noqa: S314 - our own drawing
    dots = list(drawing.iter(f"{SVG}circle"))
    assert len(dots) == len(answer.curve.by_size) + len(answer.curve.by_cost)
    shown = [element.text for element in drawing.iter(f"{SVG}text")]
    knee_model = next(p.model for p in answer.curve.by_size if p.is_knee)
    assert knee_model.rsplit("/", 1)[-1] in shown
    assert shown.count(say(T("knee"))) == 2
    assert shown.count(say(T("enough"))) == 2


def test_recommend_shows_the_curve_in_text_json_and_svg(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "curve.svg"
    asked = ["recommend", "--task", "coding", "--device", "RTX 4090", "--curve"]
    assert main(asked) == 0
    text = capsys.readouterr().out
    assert "by size" in text
    assert "knee" in text
    assert main([*asked, "--json", "--svg", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["curve"]["by_cost"][0]["quality"]["low"] > 0
    assert file.read_text(encoding="utf-8").count("<circle") > 4


def test_the_page_about_the_guides_sizes_is_fresh() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    from render_quality_tiers import page  # noqa: PLC0415 - scripts are no package

    assert (ROOT / "docs" / "quality_tiers.md").read_text(encoding="utf-8") == page()
