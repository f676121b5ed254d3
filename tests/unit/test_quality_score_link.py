"""Scores on their own and on the unbounded scale."""

import pytest

from sizewise.estimate.score_link import ScoreLink


def test_half_of_what_can_be_gained_above_guessing_is_zero_log_odds() -> None:
    assert ScoreLink(kind="share", floor=25.0).unbounded(62.5) == pytest.approx(0.0)


def test_four_hundred_elo_points_are_ten_to_one() -> None:
    link = ScoreLink(kind="elo")
    assert float(link.unbounded(1400.0)) - float(link.unbounded(1000.0)) == pytest.approx(2.302585, abs=1e-6)


def test_error_rates_count_backwards() -> None:
    link = ScoreLink(kind="error")
    assert float(link.unbounded(3.0)) > float(link.unbounded(30.0))


def test_marks_run_from_one_to_ten() -> None:
    assert ScoreLink(kind="ten").gained_ratio(5.5) == pytest.approx(0.5)


def test_perfect_and_below_guessing_stay_finite() -> None:
    link = ScoreLink(kind="share", floor=25.0)
    assert link.gained_ratio(100.0) == pytest.approx(0.99)
    assert link.gained_ratio(20.0) == pytest.approx(0.01)
