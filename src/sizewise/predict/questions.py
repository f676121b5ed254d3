"""Question files: one question a row, the columns of its kind, and nothing that cannot be understood.

Columns that only group rows in reports are not required and never inputs.
"""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from sizewise.errors import InvalidFile, UnknownName
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

MAX_FILE_BYTES = 64 * MIB
"""Largest file that is read: a hundred times the largest question file known. [bytes]"""

_MODEL = ("row_id", "engine", "engine_version", "model", "quant", "kv_dtype")
_PLACE = ("device", "num_devices", "tensor_parallel", "pipeline_parallel", "split", "offload")
QUESTION_COLUMNS: dict[str, tuple[str, ...]] = {
    "memory": (
        *_MODEL, *_PLACE, "context_tokens", "batch_tokens", "ubatch_tokens", "flash_attention", "component",
        "placement", "measure", "gpu_memory_utilization", "max_num_seqs", "max_batched_tokens",
    ),
    "single": (
        *_MODEL, *_PLACE, "phase", "prompt_tokens", "depth_tokens", "generated_tokens", "context_tokens",
        "backend", "flash_attention", "device_memory_gb", "gpu_memory_utilization", "hipblaslt",
    ),
    "serving": (
        *_MODEL, *_PLACE, "input_tokens", "output_tokens", "concurrency", "request_rate_per_s", "scenario",
        "latency_stat", "replicas", "expert_parallel",
    ),
    "quality": ("row_id", "model", "quant", "benchmark", "setting", "source"),
}  # fmt: skip
"""Columns that a question file must have, by kind."""

KINDS = tuple(QUESTION_COLUMNS)

NUMBER_COLUMNS = frozenset({
    "num_devices", "tensor_parallel", "pipeline_parallel", "context_tokens", "batch_tokens", "ubatch_tokens",
    "gpu_memory_utilization", "max_num_seqs", "max_batched_tokens", "prompt_tokens", "depth_tokens",
    "generated_tokens", "device_memory_gb", "input_tokens", "output_tokens", "concurrency",
    "request_rate_per_s", "replicas", "expert_parallel",
})  # fmt: skip
"""Question columns that hold a number of at least zero, or nothing."""


def read_questions(kind: str, path: Path) -> list[dict[str, str]]:
    """Questions of one kind, every cell stripped, numbers checked.

    Raises: InvalidFile with the file, the line and the column.
    """
    rows = read_table(path, QUESTION_COLUMNS[known_kind(kind)])
    for row_id, row in rows.items():
        for column in NUMBER_COLUMNS.intersection(row):
            if not _is_count(row[column]):
                raise InvalidFile("{path}, row {row_id}: {column} '{given}' is not a number of at least 0",
                                  path=path, row_id=row_id, column=column, given=row[column])  # fmt: skip
    return list(rows.values())


def read_table(path: Path, required: Iterable[str] = ("row_id",)) -> dict[str, dict[str, str]]:
    """Rows of a CSV file by their `row_id`, every cell stripped.

    Raises: InvalidFile if the file cannot be read, is empty or too large, is not UTF-8 or not a CSV, lacks a
        required column, or has a row that is short, long, without `row_id` or with one that occurs before.
    """
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        _check_header(path, reader.fieldnames or [], required)
        rows: dict[str, dict[str, str]] = {}
        for row in reader:
            cells = _cells(path, reader.line_num, row)
            if cells["row_id"] in rows:
                raise InvalidFile("{path}, line {line}: row_id {row_id} occurs twice",
                                  path=path, line=reader.line_num, row_id=cells["row_id"])  # fmt: skip
            rows[cells["row_id"]] = cells
    except csv.Error as error:
        raise InvalidFile("{path}, line {line}: not a CSV file: {reason}",
                          path=path, line=reader.line_num, reason=error) from None  # fmt: skip
    return rows


def known_kind(kind: str) -> str:
    """The kind itself.

    Raises: UnknownName if there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownName("kind of question", kind, KINDS, f"one of {', '.join(KINDS)}")
    return kind


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidFile("cannot read {path}: {reason}", path=path, reason=error.strerror) from None
    if not content.strip():
        raise InvalidFile("{path} is empty; it needs a header line with column names", path=path)
    if len(content) > MAX_FILE_BYTES:
        raise InvalidFile("{path} is larger than {largest} MiB", path=path, largest=MAX_FILE_BYTES // MIB)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile("{path} is not UTF-8 text (byte {position}); save it as UTF-8",
                          path=path, position=error.start) from None  # fmt: skip


def _check_header(path: Path, header: Sequence[str], required: Iterable[str]) -> None:
    missing = [name for name in required if name not in header]
    if missing:
        raise InvalidFile("{path}: missing column(s) {missing}; found {found}",
                          path=path, missing=", ".join(missing), found=", ".join(header))  # fmt: skip
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidFile("{path}: column {twice} occurs twice", path=path, twice=", ".join(twice))


def _cells(path: Path, line: int, row: Mapping[str | None, Any]) -> dict[str, str]:
    if None in row or None in row.values():
        raise InvalidFile(
            "{path}, line {line}: the number of cells differs from the header", path=path, line=line
        )
    cells = {str(name): str(cell).strip() for name, cell in row.items()}
    if not cells["row_id"]:
        raise InvalidFile("{path}, line {line}: empty row_id", path=path, line=line)
    return cells


def _is_count(cell: str) -> bool:
    try:
        return not cell or 0 <= float(cell) < math.inf
    except ValueError:
        return False
