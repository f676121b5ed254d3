"""The measured facts that are shipped."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import sizewise.catalog
from sizewise.catalog import load_catalog

MEASURED = Path(sizewise.catalog.__file__).parent / "measured"
NOT_SHIPPED = (
    "localmaxxing", "reddit", "vllm-project/vllm", "ik_llama.cpp", "public GitHub file", "ozeki", "gist.github",
)  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (MEASURED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("kind", "at_least"), [("memory", 900), ("single", 1400), ("serving", 1500)])
def test_every_question_has_a_truth_a_source_and_no_forbidden_one(kind: str, at_least: int) -> None:
    questions, truths = _rows(f"questions/{kind}.csv"), _rows(f"truth/{kind}.csv")
    assert len(questions) >= at_least
    assert {q["row_id"] for q in questions} == {t["row_id"] for t in truths}
    assert len({q["row_id"] for q in questions}) == len(questions)
    bad = [
        q["source"] for q in questions if not q["source"] or any(word in q["source"] for word in NOT_SHIPPED)
    ]
    assert bad == []


@pytest.mark.parametrize("kind", ["memory", "single", "serving"])
def test_measured_models_are_in_the_catalog(kind: str) -> None:
    models = load_catalog().models
    missing = {q["model"] for q in _rows(f"questions/{kind}.csv")} - set(models) - {""}
    assert missing == set()
