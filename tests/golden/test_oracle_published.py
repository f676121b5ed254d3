"""Weights, cache and total of published models against stored answers of llama.cpp b11549, the newest among them.

Written by scripts/build_oracle_published.py; tests/engine asks the engine again where it is installed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from build_oracle_published import FILE_TYPE, QUESTIONS, PublishedAnswer, read_answers
from oracle_shapes import Predicted, predict
from sizewise.catalog import load_catalog
from sizewise.estimate.tensors import tensor_list
from sizewise.proof.engine_architectures import VECTORS, architecture_of, num_vector_elements

NEWEST = frozenset({
    "afmoe", "apertus", "deepseek32", "exaone-moe", "falcon-h1", "gemma3n", "gemma4", "glm-dsa", "granitehybrid",
    "hy_v3", "laguna", "lfm2moe", "minimax-01", "mistral4", "nemotron_h", "nemotron_h_moe", "qwen35", "qwen35moe",
    "qwen3next", "step35",
})  # fmt: skip
ROUNDED_RATIO = 1e-3
"""Weights of models whose published count is rounded may be off by this share."""
pytestmark = pytest.mark.slow


@lru_cache(maxsize=1)
def _rows() -> list[tuple[PublishedAnswer, Predicted]]:
    models = load_catalog().models
    settings = {(one.context_tokens, one.num_slots): one for one in QUESTIONS}
    return [
        (row, predict(models[row.model], FILE_TYPE, settings[row.context_tokens, row.num_slots]))
        for row in read_answers()
    ]


@lru_cache(maxsize=1024)
def _is_exact(name: str) -> bool:
    """Does the published count hold every vector of the file?"""
    model = load_catalog().models[name]
    architecture = architecture_of(model)
    vectors = sum(group.num_elements for group in tensor_list(model).groups if group.name == VECTORS)
    return num_vector_elements(architecture, model) == vectors and not architecture.uncounted_block(model)


def test_most_published_models_are_in_the_table_and_the_newest_architectures() -> None:
    models = {row.model for row, _ in _rows()}
    assert len(models) >= 379
    assert sum(map(_is_exact, models)) >= 290
    assert {row.architecture for row, _ in _rows()} >= NEWEST


def test_cache_is_what_the_engine_would_allocate_to_the_byte() -> None:
    assert [row for row, predicted in _rows() if predicted.kv_bytes != row.kv_bytes] == []


def test_weights_are_what_the_engine_would_load() -> None:
    off = {row.model: row.weights_bytes - p.weights_bytes - row.padding_bytes for row, p in _rows()}
    assert {name for name, difference in off.items() if difference and _is_exact(name)} == set()
    sizes = {row.model: row.weights_bytes for row, _ in _rows()}
    assert {
        name for name, difference in off.items() if abs(difference) > ROUNDED_RATIO * sizes[name]
    } == set()


def test_the_total_is_close() -> None:
    errors = np.array([
        abs((sum(p) + row.padding_bytes) / (row.weights_bytes + row.kv_bytes + row.compute_bytes) - 1)
        for row, p in _rows()
    ])  # fmt: skip
    assert np.median(errors) < 0.001
    assert errors.max() < 0.03
