"""Models without a gate are recognised by counting, as the list of their tensors does."""

from __future__ import annotations

import pytest

from sizewise.catalog import load_catalog
from sizewise.estimate.gates import GATED_WIDTHS, UNGATED_WIDTHS, live_ffn_widths
from sizewise.estimate.tensors import tensor_list


@pytest.mark.slow
def test_every_generator_of_the_catalog_has_a_gate_exactly_where_its_tensors_say_so() -> None:
    found = {True: 0, False: 0}
    for model in load_catalog().models.values():
        layers = model.layers
        if model.is_generator and not (model.experts or model.latent or layers.linear or layers.ssm):
            is_gated = tensor_list(model).is_gated
            assert live_ffn_widths(model) == (GATED_WIDTHS if is_gated else UNGATED_WIDTHS), model.name
            found[is_gated] += 1
    assert found[True] >= 100
    assert found[False] >= 10
