"""Memory predictions against the shipped measurements: the errors that the documentation promises."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sizewise.catalog
from sizewise.catalog import load_catalog
from sizewise.predict.memory import predict_memory

MEASURED = Path(sizewise.catalog.__file__).parent / "measured"


def _table(*parts: str) -> list[dict[str, str]]:
    with MEASURED.joinpath(*parts).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def _outcomes() -> dict[str, list[tuple[float, bool]]]:
    """Relative error and whether the range held, by component."""
    excluded = {row["row_id"] for row in _table("questions", "exclude.csv")}
    questions = {
        row["row_id"]: row for row in _table("questions", "memory.csv") if row["row_id"] not in excluded
    }
    truth = {row["row_id"]: float(row["value"]) for row in _table("truth", "memory.csv")}
    rows, _ = predict_memory(list(questions.values()), load_catalog())
    outcomes: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row in rows:
        if row["likely"]:
            value = truth[row["row_id"]]
            held = float(row["low"]) <= value <= float(row["high"])
            component = questions[row["row_id"]]["component"]
            outcomes[component].append((abs(float(row["likely"]) / value - 1.0), held))
    return outcomes


@pytest.mark.parametrize(
    ("component", "median", "ninetieth"),
    [
        ("weights", 0.005, 0.02),
        ("file_size", 0.005, 0.02),
        ("kv_cache", 0.0001, 0.01),
        ("compute_buffer", 0.10, 0.20),
        ("total", 0.03, 0.12),
    ],
)
def test_errors_stay_within_what_is_promised(component: str, median: float, ninetieth: float) -> None:
    errors = [error for error, _ in _outcomes()[component]]
    assert len(errors) >= 50
    assert np.median(errors) <= median
    assert np.quantile(errors, 0.9) <= ninetieth


def test_ranges_of_totals_hold_about_four_of_five() -> None:
    held = [is_held for _, is_held in _outcomes()["total"]]
    assert np.mean(held) >= 0.75


def test_nearly_every_shipped_question_is_answered() -> None:
    answered = sum(len(outcomes) for outcomes in _outcomes().values())
    assert answered >= 0.98 * (
        len(_table("questions", "memory.csv")) - len(_table("questions", "exclude.csv"))
    )
