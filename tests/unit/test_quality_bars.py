"""Bars: by default, by name, by complexity, by number."""

import math

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.quality_bars import complexity_bar, default_bar, model_bar, number_bar
from sizewise.catalog.quality_table import AXES, quality_entry
from sizewise.errors import InvalidQuantity, UnknownName


def test_default_bar_is_the_best_current_7_to_9b_less_its_margin() -> None:
    models = load_catalog().models
    bar = default_bar(list(models.values()), "coding")
    entry = quality_entry(bar.reference, "coding")
    assert entry is not None
    assert bar.value == pytest.approx(entry.mean - bar.margin)
    assert 6.5e9 <= models[bar.reference].num_params <= 9.5e9
    assert models[bar.reference].is_instruct


def test_default_bar_is_unknown_where_no_such_model_is_known() -> None:
    bar = default_bar([], "coding")
    assert math.isnan(bar.value)


def test_R05_larger_models_do_not_move_the_default_bar() -> None:
    models = list(load_catalog().models.values())
    small = [m for m in models if m.num_params < 12e9]
    assert default_bar(small, "math") == default_bar(models, "math")


@pytest.mark.parametrize("spoken", ["gpt-4o", "GPT-4o", "gpt-4o-2024-08-06", "openai/gpt-4o"])
def test_bar_by_the_name_of_an_api_model(spoken: str) -> None:
    assert model_bar(spoken, "qa").reference == "gpt-4o"


def test_bar_by_a_short_name_of_an_open_model() -> None:
    bar = model_bar("qwen2.5-72b-instruct", "qa", margin=0.0)
    assert bar.reference == "Qwen/Qwen2.5-72B-Instruct"
    assert bar.kind == "model"


def test_unknown_reference_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="gpt-4o"):
        model_bar("gpt-4oo", "qa")


@pytest.mark.parametrize("axis", AXES)
def test_complexity_bars_rise_with_complexity(axis: str) -> None:
    values = [complexity_bar(name, axis).value for name in ("simple", "medium", "complex", "research")]
    assert values == sorted(values)
    assert values[0] > 0


def test_unknown_complexity_is_refused() -> None:
    with pytest.raises(UnknownName, match="simple"):
        complexity_bar("simpel", "qa")


def test_number_is_taken_as_given_without_margin() -> None:
    bar = number_bar(62.5)
    assert (bar.value, bar.margin, bar.kind) == (62.5, 0.0, "number")


@pytest.mark.parametrize("wrong", [-1.0, 100.5, math.nan, math.inf])
def test_number_outside_the_scale_is_refused(wrong: float) -> None:
    with pytest.raises(InvalidQuantity):
        number_bar(wrong)
