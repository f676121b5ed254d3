"""weights.csv is fresh, complete and quick."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import build_weights
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import (
    computed_weights,
    counted_sizes,
    mixture_rules,
    weight_columns,
    weights_of,
    weights_table,
)
from sizewise.estimate.weights import GGUF


@pytest.mark.slow
def test_table_is_what_the_script_writes() -> None:
    shipped = (build_weights.CATALOG / "weights.csv").read_text(encoding="utf-8")
    assert shipped == build_weights.weights_csv(), "run: python scripts/build_weights.py"


def test_every_default_pair_is_in_the_table_and_positive() -> None:
    catalog, table = load_catalog(), weights_table()
    defaults = [q.name for q in catalog.quantizations.values() if q.is_default]
    for model in catalog.models.values():
        for name in defaults:
            assert (model.name, name, f"{model.num_params:.0f}") in table.position
    assert np.all(table.sizes[:, 0] > 0)
    assert np.all(table.sizes >= 0)


def test_columns_equal_single_look_ups_and_computed_values() -> None:
    catalog = load_catalog()
    pairs = [
        (model, catalog.quantizations[name])
        for model in list(catalog.models.values())[::40]
        for name in ("Q4_K_M", "FP8", "IQ4_XS")
    ]
    columns = weight_columns(pairs)
    for i, pair in enumerate(pairs):
        assert columns.device_bytes[i] == weights_of(catalog, *pair).device_bytes
        assert columns.device_bytes[i] == pytest.approx(computed_weights(*pair).device_bytes, abs=1.0)


def test_a_users_model_of_the_same_name_is_computed() -> None:
    catalog = load_catalog()
    model = catalog.models["Qwen/Qwen3-8B"]
    own = dataclasses.replace(model, num_params=2 * model.num_params, num_layers=2 * model.num_layers)
    quantization = catalog.quantizations["Q4_K_M"]
    assert (
        weights_of(catalog, own, quantization).file_bytes
        > 1.7 * weights_of(catalog, model, quantization).file_bytes
    )


def test_every_gguf_name_has_a_recipe() -> None:
    rules = mixture_rules()
    missing = [
        q.name
        for q in load_catalog().quantizations.values()
        if q.container == GGUF and rules.recipe(q.name, has_experts=False)[0] not in rules.base_types
    ]
    assert missing == []


def test_counted_sizes_belong_to_models_of_the_catalog() -> None:
    shapes = {(m.num_layers, m.hidden_size, int(m.num_params)) for m in load_catalog().models.values()}
    assert {key[:3] for key in counted_sizes()} <= shapes
    assert len(counted_sizes()) > 1_000
