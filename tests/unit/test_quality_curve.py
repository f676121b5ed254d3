"""The curve of quality against size and cost, its knee, and the page that judges the guide's sizes."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from sizewise.advisor import tiers
from sizewise.catalog import load_catalog
from sizewise.decide.knee import frontier, knee
from sizewise.domain.answers import TiersAnswer
from sizewise.domain.estimate import Estimate
from sizewise.report.answer_json import tiers_json
from sizewise.report.language import speaker, translator

ROOT = Path(__file__).parents[2]


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
    curve = tiers_json(answer, speaker(translator("en")))["curve"]
    assert [point["model"] for point in curve["by_size"]] == [point.model for point in answer.curve.by_size]
    assert {"low", "likely", "high"} <= set(curve["by_cost"][0]["quality"])


def test_the_page_about_the_guides_sizes_is_fresh() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    from render_quality_tiers import page  # noqa: PLC0415 - scripts are no package

    assert (ROOT / "docs" / "quality_tiers.md").read_text(encoding="utf-8") == page()
