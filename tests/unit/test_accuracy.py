"""Predictions against measured facts: with and without doubtful rows, beside the noise floor."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

import pytest

from sizewise.errors import InvalidFile
from sizewise.predict.accuracy import Accuracy, AccuracyLine, accuracy
from sizewise.predict.noise import noise_floor
from sizewise.predict.questions import QUESTION_COLUMNS
from sizewise.proof.summary import ErrorSummary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NO_CATALOG: Any = None
"""The predictor of these tests asks for nothing."""
GROUPING = ("device_class", "dense_or_moe", "source_quality")


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """Three measured weights and a measured total that is on the exclude list."""
    columns = (*QUESTION_COLUMNS["memory"], *GROUPING)
    parts = {"a": "weights", "b": "weights", "c": "weights", "d": "total"}
    rows = [
        {"row_id": i, "component": part, "engine": "llama.cpp", "source_quality": "log"}
        for i, part in parts.items()
    ]
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
    for folder in ("questions", "truth"):
        (tmp_path / folder).mkdir()
    (tmp_path / "questions" / "memory.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "questions" / "exclude.csv").write_text(
        'row_id,reason\nd,"a, b"\nc,wrong\nelsewhere,x\n', encoding="utf-8"
    )
    (tmp_path / "truth" / "memory.csv").write_text(
        "row_id,value,unit\na,100,bytes\nb,200,bytes\nc,10,bytes\nd,50,bytes\n", encoding="utf-8"
    )
    return tmp_path


@pytest.fixture(autouse=True)
def _always_110(monkeypatch: pytest.MonkeyPatch) -> None:
    def predict_memory(
        questions: Sequence[Mapping[str, str]], _catalog: object
    ) -> tuple[list[dict[str, Any]], list[str]]:
        return [{"row_id": question["row_id"], "likely": 110.0} for question in questions], ["same", "same"]

    module = types.ModuleType("sizewise.predict.memory")
    vars(module)["predict_memory"] = predict_memory
    monkeypatch.setitem(sys.modules, module.__name__, module)


def line(result: Accuracy, column: str, group: str) -> AccuracyLine:
    return next(found for found in result.lines if (found.column, found.group) == (column, group))


def test_every_figure_is_given_with_and_without_the_excluded_rows(facts: Path) -> None:
    weights = line(accuracy(NO_CATALOG, facts), "component", "weights")
    assert isinstance(weights.kept, ErrorSummary)
    assert isinstance(weights.everything, ErrorSummary)
    assert (weights.kept.num_rows, weights.everything.num_rows) == (2, 3)
    assert weights.kept.bias_ratio == pytest.approx((0.10 - 0.45) / 2)
    assert weights.everything.bias_ratio == pytest.approx(0.10)


def test_a_group_of_excluded_rows_only_keeps_its_line(facts: Path) -> None:
    total = line(accuracy(NO_CATALOG, facts), "component", "total")
    assert total.kept is None
    assert total.everything.num_rows == 1


def test_only_excluded_rows_that_are_measured_are_counted(facts: Path) -> None:
    result = accuracy(NO_CATALOG, facts)
    assert result.num_excluded == {"memory": 2}
    assert result.warnings == ("same",)


def test_facts_may_lie_in_a_folder_measured(facts: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    parent = tmp_path_factory.mktemp("parent")
    (parent / "measured").symlink_to(facts)
    assert accuracy(NO_CATALOG, parent).lines == accuracy(NO_CATALOG, facts).lines


def test_a_folder_without_questions_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidFile, match=r"no questions/memory\.csv"):
        accuracy(NO_CATALOG, tmp_path_factory.mktemp("empty"))


def test_truth_of_other_questions_is_refused(facts: Path) -> None:
    (facts / "truth" / "memory.csv").write_text("row_id,value,unit\nz,1,bytes\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match="truth: 1 row_ids are not in the questions"):
        accuracy(NO_CATALOG, facts)


def test_the_noise_floor_is_that_of_the_group_or_of_its_first_part() -> None:
    crowd, controlled = (
        noise_floor("tokens_per_s", "decode | community"),
        noise_floor("tokens_per_s", "decode | log"),
    )
    assert crowd is not None
    assert controlled is not None
    assert controlled == noise_floor("tokens_per_s", "decode")
    assert controlled.high_ratio < crowd.low_ratio
    assert noise_floor("ttft_s", "vllm") == noise_floor("ttft_s", "all")
    assert noise_floor("memory", "compute_buffer") is None
