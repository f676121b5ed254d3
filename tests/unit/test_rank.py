from __future__ import annotations

import numpy as np
import pytest

from sizewise.decide.rank import RankKeys, order, tie_limit_usd


def keys(**columns: list[float] | list[str]) -> RankKeys:
    size = len(next(iter(columns.values())))
    usual: dict[str, list[float] | list[str]] = {
        "monthly_usd": [100.0] * size,
        "num_params": [8e9] * size,
        "weight_bits": [4.0] * size,
        "quality": [70.0] * size,
        "is_official": [1.0] * size,
        "name": [f"option {i}" for i in range(size)],
    }
    return RankKeys(**{name: np.array(values) for name, values in {**usual, **columns}.items()})


def first(**columns: list[float] | list[str]) -> int:
    return int(order(keys(**columns), 1)[0])


def test_clearly_cheaper_wins_whatever_its_size() -> None:
    assert first(monthly_usd=[100.0, 120.0], num_params=[70e9, 1e9]) == 0


def test_inside_a_cost_tie_the_smaller_model_wins() -> None:
    assert first(monthly_usd=[100.0, 109.0], num_params=[14e9, 8e9]) == 1


def test_of_one_model_the_higher_precision_wins_a_tie() -> None:
    assert first(monthly_usd=[100.0, 105.0], weight_bits=[4.0, 8.0]) == 1


def test_of_equal_size_and_precision_the_better_quality_wins_a_tie() -> None:
    assert first(quality=[52.0, 70.0]) == 1
    assert first(quality=[70.0, 70.3], is_official=[1.0, 0.0]) == 0
    assert first(quality=[52.0, 70.0], weight_bits=[8.0, 4.0]) == 0


def test_the_official_publisher_wins_then_the_cheaper_then_the_name() -> None:
    assert first(is_official=[0.0, 1.0]) == 1
    assert first(monthly_usd=[101.0, 100.0]) == 1
    assert first(name=["b", "a"]) == 1


def test_an_unpriced_option_is_never_ranked() -> None:
    assert order(keys(monthly_usd=[np.nan, np.inf, 5.0]), 5).tolist() == [2]


def test_small_amounts_tie_by_a_dollar() -> None:
    assert tie_limit_usd(2.0) == 3.0
    assert tie_limit_usd(200.0) == pytest.approx(220.0)


def test_the_rest_compete_again_when_the_winner_has_left() -> None:
    ranked = order(keys(monthly_usd=[100.0, 105.0, 114.0], num_params=[14e9, 8e9, 1e9]), 3)
    assert ranked.tolist() == [1, 0, 2]
