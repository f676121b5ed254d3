"""Losses, pass probabilities and verdicts."""

import math

import numpy as np
import pytest

from sizewise.estimate.quality import (
    LossTable,
    bar_as_good_as,
    best_of_size,
    kv_loss,
    normal_cdf,
    pass_probability,
    quality_after_loss,
    quality_range,
    quant_loss,
    verdict,
)

TABLE = LossTable(
    num_params=(1e9, 1e10),
    points={"4": ((1.0, 0.0), (4.0, 2.0), (8.0, 3.0))},
    axis_factors={"math": (1.0, 1.5, 2.0)},
    kv_points={"f16": (0.0, 0.0, 0.0), "q4_0": (0.2, 1.8, 5.0)},
    kv_factors={"long-context": (1.0, 1.5, 2.0)},
)


def test_published_weights_lose_nothing() -> None:
    assert quant_loss(loss_class="16", num_params=7e9, axis="math", table=TABLE) == (0.0, 0.0, 0.0)


def test_loss_is_read_between_sizes_on_a_logarithmic_axis() -> None:
    low, likely, high = quant_loss(loss_class="4", num_params=10**9.5, axis="qa", table=TABLE)
    assert (low, likely, high) == pytest.approx((0.5, 3.0, 5.5))


def test_loss_outside_the_sizes_is_that_of_the_nearest_end() -> None:
    assert quant_loss(loss_class="4", num_params=1e12, axis="qa", table=TABLE)[1] == pytest.approx(2.0)
    assert quant_loss(loss_class="4", num_params=1e8, axis="qa", table=TABLE)[1] == pytest.approx(4.0)


def test_mathematics_loses_more_than_knowledge() -> None:
    assert quant_loss(loss_class="4", num_params=1e9, axis="math", table=TABLE)[1] == pytest.approx(6.0)


def test_native_format_loses_nothing_against_its_published_score() -> None:
    native = np.array([True, False])
    _, likely, _ = quant_loss(
        loss_class="4", num_params=np.array([1e9, 1e9]), axis="qa", table=TABLE, is_native=native
    )
    assert np.asarray(likely).tolist() == [0.0, 4.0]


def test_unknown_loss_class_is_an_error_not_a_zero() -> None:
    with pytest.raises(KeyError):
        quant_loss(loss_class="7", num_params=1e9, axis="qa", table=TABLE)


def test_cache_types_lose_what_the_table_says() -> None:
    assert kv_loss(kv_type="f16", axis="qa", table=TABLE) == (0.0, 0.0, 0.0)
    assert kv_loss(kv_type="q4_0", axis="qa", table=TABLE) == (0.2, 1.8, 5.0)
    with pytest.raises(KeyError):
        kv_loss(kv_type="q1_0", axis="qa", table=TABLE)


def test_a_quantized_cache_costs_a_task_its_own_share() -> None:
    assert kv_loss(kv_type="q4_0", axis="long-context", table=TABLE) == pytest.approx((0.2, 2.7, 10.0))
    assert kv_loss(kv_type="f16", axis="long-context", table=TABLE) == (0.0, 0.0, 0.0)


def test_loss_lowers_the_mean_and_widens_the_spread() -> None:
    mean, sd = quality_after_loss(mean=50.0, sd=3.0, loss_low=0.0, loss_likely=2.0, loss_high=5.0)
    assert mean == pytest.approx(48.0)
    assert sd > 3.0


def test_score_never_falls_below_zero() -> None:
    assert quality_after_loss(mean=1.0, sd=1.0, loss_low=0.0, loss_likely=5.0, loss_high=9.0)[0] == 0.0


def test_range_stays_on_the_scale() -> None:
    low, high = quality_range(mean=np.array([1.0, 99.0]), sd=np.array([5.0, 5.0]))
    assert low == pytest.approx([0.0, 92.592])
    assert high == pytest.approx([7.408, 100.0])


def test_Q03_unknown_quality_passes_no_gate() -> None:
    chance = np.asarray(
        pass_probability(mean=np.array([math.nan, 60.0]), sd=np.array([math.nan, 2.0]), bar=50.0)
    )
    assert (chance >= 0.8).tolist() == [False, True]
    assert (chance >= 0.0).tolist() == [False, True]
    assert verdict(float(chance[0])) == "unknown"


def test_Q03_nothing_passes_an_unknown_bar() -> None:
    assert math.isnan(pass_probability(mean=90.0, sd=1.0, bar=math.nan))


def test_certain_score_at_the_bar_is_a_coin_flip() -> None:
    assert pass_probability(mean=50.0, sd=0.0, bar=50.0) == pytest.approx(0.5)
    assert pass_probability(mean=50.1, sd=0.0, bar=50.0) == pytest.approx(1.0)
    assert pass_probability(mean=49.9, sd=0.0, bar=50.0) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("z", "expected"), [(0.0, 0.5), (1.0, 0.8413447), (-1.96, 0.0249979), (3.0, 0.9986501)]
)
def test_normal_distribution_matches_printed_values(z: float, expected: float) -> None:
    assert normal_cdf(z) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("chance", "expected"),
    [(0.8, "probably enough"), (0.79, "borderline"), (0.21, "borderline"), (0.2, "not enough")],
)
def test_verdict_changes_at_its_limits(chance: float, expected: str) -> None:
    assert verdict(chance) == expected


def test_bar_is_the_reference_less_the_margin() -> None:
    assert bar_as_good_as(mean=61.0, margin=5.0) == 56.0
    assert math.isnan(bar_as_good_as(mean=math.nan, margin=5.0))


def test_best_of_size_skips_unknown_wrong_size_and_not_eligible() -> None:
    best = best_of_size(
        mean=np.array([math.nan, 99.0, 98.0, 50.0, 60.0]),
        num_params=np.array([8e9, 70e9, 8e9, 7e9, 9e9]),
        is_eligible=np.array([True, True, False, True, True]),
        smallest=6.5e9,
        largest=9.5e9,
    )
    assert best == 4


def test_best_of_size_says_when_there_is_none() -> None:
    one, nobody = np.array([8e9]), np.array([False])
    assert best_of_size(mean=one, num_params=one, is_eligible=nobody, smallest=1, largest=1e12) == -1
