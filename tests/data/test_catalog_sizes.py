"""Every model of the catalog has a size on every engine that runs it."""

from __future__ import annotations

import pytest

from bench_memory import engine_pairs, sized_catalog
from sizewise.catalog import load_catalog


@pytest.mark.slow
def test_every_model_is_sized_on_every_engine_in_one_call_each() -> None:
    catalog = load_catalog()
    sizing = sized_catalog(catalog)
    assert sizing.num_unknown == 0
    assert sizing.smallest_bytes > 1e7
    assert sizing.num_sizes == sizing.num_pairs * len(catalog.devices)
    assert sizing.num_pairs > 10_000
    assert sizing.seconds < 30  # 3.4 s on a busy computer with two cores


def test_every_generator_runs_on_some_engine() -> None:
    catalog = load_catalog()
    sized = {m.name for engine in catalog.engines.values() for m, _ in engine_pairs(catalog, engine)}
    assert {m.name for m in catalog.models.values() if m.is_generator} <= sized
