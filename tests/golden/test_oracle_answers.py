"""Weights, cache and compute buffers against stored answers of llama.cpp b11549, for random models of every kind.

Written by scripts/build_oracle_table.py; tests/engine asks the engine itself where it is installed.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from build_oracle_table import read_rows
from oracle_shapes import KINDS, Predicted, Shape, model_of, predict
from sizewise.proof.engine_oracle import OracleSettings

TABLE = Path(__file__).parent / "oracle_answers.csv"
Row = tuple[Shape, str, OracleSettings, dict[str, int], Predicted]


@lru_cache(maxsize=1)
def _rows() -> list[Row]:
    return [
        (shape, file_type, settings, answer, predict(model_of(shape), file_type, settings))
        for shape, file_type, settings, answer in read_rows(TABLE)
    ]


@pytest.mark.slow
def test_the_table_has_two_thousand_answers_of_every_kind() -> None:
    assert len(_rows()) >= 2_000
    assert {row[0].kind for row in _rows()} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_what_the_engine_would_load_to_the_byte(kind: str) -> None:
    wrong = [
        (shape, file_type)
        for shape, file_type, _, answer, predicted in _rows()
        if shape.kind == kind and predicted.weights_bytes + answer["padding_bytes"] != answer["weights_bytes"]
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_cache_is_what_the_engine_would_allocate_to_the_byte(kind: str) -> None:
    wrong = [
        (shape, settings)
        for shape, _, settings, answer, predicted in _rows()
        if shape.kind == kind and predicted.kv_bytes != answer["kv_bytes"]
    ]
    assert wrong == []


def test_total_is_within_three_percent_at_the_median_and_eight_at_the_worst() -> None:
    errors = [
        abs(sum(predicted) / (answer["weights_bytes"] + answer["kv_bytes"] + answer["compute_bytes"]) - 1)
        for _, _, _, answer, predicted in _rows()
    ]
    assert np.median(errors) < 0.001
    assert np.quantile(errors, 0.99) < 0.02
    assert max(errors) < 0.08


def test_compute_buffer_of_half_of_the_shapes_is_within_a_thousandth() -> None:
    errors = [abs(row[4].compute_bytes / row[3]["compute_bytes"] - 1) for row in _rows()]
    assert np.median(errors) < 0.001
    assert np.quantile(errors, 0.9) < 0.1


TIGHT_RATIOS = (0.97, 0.98, 0.985, 1.015, 1.02, 1.03)
"""Usable memory of a tight question, as a share of what the engine allocates."""


def test_tight_questions_are_answered_as_the_engine_would() -> None:
    verdicts = [
        (sum(predicted) <= ratio * total, ratio >= 1.0)
        for _, _, _, answer, predicted in _rows()
        for total in [answer["weights_bytes"] + answer["kv_bytes"] + answer["compute_bytes"]]
        for ratio in TIGHT_RATIOS
    ]
    num_false_fits = sum(said and not true for said, true in verdicts)
    assert np.mean([said == true for said, true in verdicts]) > 0.99
    assert num_false_fits / len(verdicts) < 0.003
