"""Question files in, prediction files out: what is accepted, what is refused, nothing half written."""

from __future__ import annotations

import csv
import sys
import types
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.errors import InvalidFile, UnknownName
from sizewise.predict.predictions import (
    PREDICTION_COLUMNS,
    Predictions,
    predict_file,
    prediction_text,
    write_predictions,
)
from sizewise.predict.questions import KINDS, QUESTION_COLUMNS, read_questions, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NO_CATALOG: Any = None
"""The predictors of these tests ask for nothing."""
GROUPING = (
    "device_class",
    "model_family",
    "quant_class",
    "size_class",
    "dense_or_moe",
    "source_quality",
    "flag",
)


def question_text(kind: str, *row_ids: str, **cells: str) -> str:
    columns = QUESTION_COLUMNS[kind]
    rows = [{"row_id": row_id, **cells} for row_id in row_ids]
    lines = [",".join(row.get(column, "") for column in columns) for row in rows]
    return "\n".join([",".join(columns), *lines, ""])


@pytest.fixture
def question_file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.csv"
    path.write_text(
        question_text("memory", "r1", "r2", num_devices="2", context_tokens="8192"), encoding="utf-8"
    )
    return path


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """A predictor that knows one model."""

    def predict_memory(
        questions: Sequence[Mapping[str, str]], _catalog: object
    ) -> tuple[list[dict[str, Any]], list[str]]:
        rows: list[dict[str, Any]] = [
            {"row_id": q["row_id"], "low": 1.0, "likely": 2.5, "high": 2**40} for q in questions
        ]
        rows[-1] = {"row_id": questions[-1]["row_id"]}
        return rows, ["row r2: unknown model 'nobody/nothing'"]

    module = types.ModuleType("sizewise.predict.memory")
    module.predict_memory = predict_memory  # type: ignore[attr-defined]  # a module made for this test
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_its_columns_without_the_grouping_ones(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(question_text(kind, "r1", model=" maker/model "), encoding="utf-8")
    (row,) = read_questions(kind, path)
    assert row["model"] == "maker/model"
    assert not set(GROUPING) & set(row)


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(question_file: Path) -> None:
    text = question_file.read_text(encoding="utf-8")
    question_file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert [row["row_id"] for row in read_questions("memory", question_file)] == ["r1", "r2"]


def test_no_questions_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(question_text("single"), encoding="utf-8")
    assert read_questions("single", path) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"row_id,model\n\xff\xfe,x\n", "not UTF-8"),
        (b"model,quant\nx,Q4_0\n", "missing column.*row_id.*found model, quant"),
        (b"row_id,model,model\na,b,c\n", "column model occurs twice"),
        (b"row_id,model\na,b\na,c\n", "line 3: row_id a occurs twice"),
        (b"row_id,model\n ,b\n", "line 2: empty row_id"),
        (b"row_id,model\na\n", "line 2: the number of cells differs"),
        (b"row_id,model\na,b,c\n", "line 2: the number of cells differs"),
        (b'row_id,model\na,"b\n', "not a CSV file"),
        (b'row_id,model\na,"b"c\n', "not a CSV file"),
        (b"row_id,model\na," + b"x" * 200_000 + b"\n", "not a CSV file"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(content)
    with pytest.raises(InvalidFile, match=problem):
        read_table(path)


@pytest.mark.parametrize("given_number", ["many", "-1", "nan", "inf", "1e999"])
def test_a_cell_that_is_not_a_count_is_refused_with_its_place(given_number: str, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text(question_text("memory", "r1", context_tokens=given_number), encoding="utf-8")
    with pytest.raises(InvalidFile, match=f"row r1: context_tokens '{given_number}'"):
        read_questions("memory", path)


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot read"):
        read_table(tmp_path / name)


def test_a_kind_that_nobody_knows_is_refused_before_reading(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="memory, single, serving, quality"):
        read_questions("speed", tmp_path / "absent.csv")


@pytest.mark.usefixtures("answering")
def test_unknown_rows_are_blank_and_the_rest_is_answered(question_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.csv"
    predictions = predict_file("memory", question_file, out, NO_CATALOG)
    assert out.read_text(encoding="utf-8") == "row_id,low,likely,high\nr1,1,2.5,1099511627776\nr2,,,\n"
    assert predictions.warnings == ("row r2: unknown model 'nobody/nothing'",)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions.csv", "questions.csv"]


@pytest.mark.usefixtures("answering")
def test_a_broken_question_file_leaves_the_old_predictions_alone(question_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.csv"
    out.write_text("old", encoding="utf-8")
    question_file.write_text("row_id\nr1\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match="missing column"):
        predict_file("memory", question_file, out, NO_CATALOG)
    assert out.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("name", ["absent/predictions.csv", "."])
def test_a_target_that_cannot_be_written_is_refused(name: str, tmp_path: Path) -> None:
    predictions = Predictions(kind="memory", rows=(), warnings=())
    with pytest.raises(InvalidFile, match="cannot write"):
        write_predictions(predictions, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_writing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old", encoding="utf-8")
    link.symlink_to(real)
    write_predictions(Predictions(kind="quality", rows=(), warnings=()), link)
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == "row_id,low,likely,high\n"


def test_unknown_numbers_are_blank_and_verdicts_are_words() -> None:
    rows: list[dict[str, Any]] = [
        {"row_id": "a", "low": float("nan"), "likely": None, "high": float("inf"), "fits": True},
        {"row_id": "b", "likely": 12.3456789, "fits": False},
        {"row_id": "c", "fits": None},
    ]
    assert prediction_text("single", rows).splitlines()[1:] == ["a,,,,true", "b,,12.3456789,,false", "c,,,,"]


@given(
    ids=st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1), unique=True, max_size=20)
)
def test_any_row_id_survives_the_way_through_a_file(ids: list[str]) -> None:
    text = prediction_text("memory", [{"row_id": row_id, "likely": 1} for row_id in ids])
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["row_id"] for row in rows] == ids
    assert all(tuple(row) == PREDICTION_COLUMNS["memory"] for row in rows)


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_in_one_line(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(b"row_id,model\n" + content)
    rows, message = {}, ""
    try:
        rows = read_table(path)
    except InvalidFile as error:
        message = str(error)
    assert len(message.splitlines()) <= 1
    assert all(row_id and set(row) == {"row_id", "model"} for row_id, row in rows.items())
