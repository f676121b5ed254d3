"""Worked cases, computed by hand from the stated source."""

import pytest

from sizewise.estimate.quality import pass_probability, quality_after_loss
from sizewise.estimate.score_link import ScoreLink


def test_fifty_elo_points_are_57_percent_wins() -> None:
    """1 / (1 + 10^(-50/400)) = 0.5715. Source: definition of Elo."""
    link = ScoreLink(kind="elo")
    gap = float(link.unbounded(1050.0)) - float(link.unbounded(1000.0))
    assert ScoreLink(kind="share").printed(gap) == pytest.approx(57.15, abs=0.01)


def test_mmlu_of_625_is_even_odds_above_guessing() -> None:
    """(62.5 - 25) / (100 - 25) = 0.5; ln(0.5 / 0.5) = 0. Four choices: guessing gives 25 %."""
    assert ScoreLink(kind="share", floor=25.0).unbounded(62.5) == pytest.approx(0.0)


def test_pass_probability_by_a_printed_table() -> None:
    """(61 - 56) / 4 = 1.25; Phi(1.25) = 0.8944. Source: table of the standard normal distribution."""
    assert pass_probability(mean=61.0, sd=4.0, bar=56.0) == pytest.approx(0.8944, abs=1e-4)


def test_quantized_score_by_hand() -> None:
    """60 - 2 = 58; range 0.5..4: sd 3.5 / 2.5632 = 1.3655; sqrt(3^2 + 1.3655^2) = 3.2961."""
    mean, sd = quality_after_loss(mean=60.0, sd=3.0, loss_low=0.5, loss_likely=2.0, loss_high=4.0)
    assert mean == pytest.approx(58.0)
    assert sd == pytest.approx(3.2961, abs=1e-4)
