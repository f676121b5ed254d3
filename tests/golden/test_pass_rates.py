"""Worked values of the statistics of evaluations.

Wilson, McNemar, paired differences and sizes of samples: computed by hand from the formulas in the docstrings.
The exact test: no discordant pair among n has probability (1 - margin)^n where the candidate only loses.
"""

from __future__ import annotations

import numpy as np
import pytest

from sizewise.estimate.pass_rates import (
    better_than_p,
    binomial,
    binomial_tail,
    bootstrap_interval,
    items_needed,
    mcnemar_p,
    paired_interval,
    smallest_difference,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("num_right", "num_items", "low", "high"),
    [
        (46, 50, 0.8116, 0.9685), (48, 50, 0.8654, 0.9890), (50, 50, 0.9287, 1.0), (20, 20, 0.8389, 1.0),
        (18, 20, 0.6990, 0.9721), (92, 100, 0.8500, 0.9589), (190, 200, 0.9104, 0.9726), (0, 50, 0.0, 0.0713),
    ],
)  # fmt: skip
def test_wilson_interval(num_right: int, num_items: int, low: float, high: float) -> None:
    assert wilson_interval(num_right, num_items) == pytest.approx((low, high), abs=5e-5)


def test_nothing_asked_is_nothing_known() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)
    assert better_than_p(0, 0, 0, -0.05) == 1.0


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [(2, 4, 0.6875), (0, 5, 0.0625), (0, 6, 0.0313), (1, 8, 0.0391), (3, 11, 0.0574), (1, 7, 0.0703)],
)
def test_mcnemar(b: int, c: int, p: float) -> None:
    assert mcnemar_p(b, c) == mcnemar_p(c, b) == pytest.approx(p, abs=6e-5)


@pytest.mark.parametrize(
    ("b", "c", "n", "low"),
    [(2, 4, 50, -0.1217), (5, 9, 200, -0.0513), (0, 0, 50, -0.0316), (0, 0, 20, -0.0748)],
)
def test_lower_bound_of_a_paired_difference(b: int, c: int, n: int, low: float) -> None:
    assert paired_interval(b, c, n)[0] == pytest.approx(low, abs=5e-5)


@pytest.mark.parametrize(
    ("margin", "differing", "num_items"),
    [
        (0.05, 0.05, 124), (0.05, 0.1, 248), (0.05, 0.2, 495), (0.10, 0.05, 31), (0.10, 0.1, 62), (0.10, 0.2, 124),
        (0.02, 0.05, 774), (0.02, 0.1, 1547), (0.02, 0.2, 3093),
    ],
)  # fmt: skip
def test_items_needed(margin: float, differing: float, num_items: int) -> None:
    assert items_needed(differing=differing, margin=margin) == pytest.approx(num_items, rel=0.01)


@pytest.mark.parametrize(
    ("num_items", "difference"), [(20, 0.280), (50, 0.177), (100, 0.125), (200, 0.089), (400, 0.063)]
)
def test_smallest_difference(num_items: int, difference: float) -> None:
    assert smallest_difference(differing=0.2, num_items=num_items) == pytest.approx(difference, abs=5e-4)


@pytest.mark.parametrize(("num_items", "p"), [(50, 0.95**50), (58, 0.95**58), (59, 0.95**59)])
def test_no_difference_among_n_is_as_likely_as_never_drawing_a_loss(num_items: int, p: float) -> None:
    assert better_than_p(0, 0, num_items, -0.05) == pytest.approx(p, rel=1e-6)


def test_fifty_equal_answers_do_not_show_a_margin_of_five_points_and_sixty_do() -> None:
    assert better_than_p(0, 0, 50, -0.05) > 0.05 > better_than_p(0, 0, 60, -0.05)


@pytest.mark.parametrize(("num_items", "margin"), [(20, 0.05), (20, 0.1), (30, 0.05)])
def test_the_exact_test_keeps_its_level_for_every_share_of_differing_items(
    num_items: int, margin: float
) -> None:
    """Summed over all tables, not simulated."""
    limits = [
        next((b for b in range(num_items - c + 1) if better_than_p(b, c, num_items, -margin) <= 0.05), None)
        for c in range(num_items + 1)
    ]
    for share in np.linspace(margin, (1 + margin) / 2, 101):
        chances = binomial(num_items, share)
        wrong = sum(
            chances[c] * binomial_tail(num_items - c, min(1.0, (share - margin) / (1 - share)), b)
            for c, b in enumerate(limits)
            if b is not None
        )
        assert wrong <= 0.05 + 2e-4


def test_the_bootstrap_agrees_with_the_counts_on_right_and_wrong_answers() -> None:
    differences = np.array([1.0] * 5 + [-1.0] * 9 + [0.0] * 186)
    draws = np.random.default_rng(1).random((10_000, 202))
    assert bootstrap_interval(differences, draws) == pytest.approx(paired_interval(5, 9, 200), abs=0.004)
