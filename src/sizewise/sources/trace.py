"""A trace of requests: when each arrived, how long its prompt and its answer were. JSONL or CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sizewise.catalog.table import path_shown
from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_TRACE_BYTES = 256 * 2**20
"""Largest trace that is read. [bytes]"""
FEWEST_REQUESTS = 2
LARGEST_TOKENS = 1e8
LATEST_S = 1e14
NAMES = {
    "timestamp": ("timestamp", "time", "arrival_s", "arrival_time", "arrived_at"),
    "input tokens": ("input_tokens", "prompt_tokens", "contexttokens", "input_length", "num_prefill_tokens"),
    "output tokens": (
        "output_tokens", "completion_tokens", "generatedtokens", "output_length", "num_decode_tokens",
    ),
}  # fmt: skip
"""What a column is called, lower case: in plain words, and in the published traces of Azure, Mooncake and Vidur."""
MILLISECOND_SOURCES = frozenset({"timestamp_ms", "arrival_ms"})
"""Names of a time in milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Requests in the order of arrival, the first at 0 s."""

    arrival_s: tuple[float, ...]
    input_tokens: tuple[float, ...]
    output_tokens: tuple[float, ...]

    @property
    def requests_per_s(self) -> float:
        """Mean rate. [requests/s]"""
        return (len(self.arrival_s) - 1) / self.arrival_s[-1]


def read_trace(path: Path) -> Trace:
    """A trace with one request on each line.

    JSONL (one object a line) or CSV with a header; columns timestamp (seconds, or ISO date and time; `timestamp_ms`:
    milliseconds), input_tokens, output_tokens, and the names of published traces.
    Raises: InvalidFile with the line and what is expected there.
    """
    rows = [_request(path, line, row) for line, row in _rows(path, _content(path))]
    if len(rows) < FEWEST_REQUESTS:
        raise InvalidFile(
            "{path}: a trace needs at least two requests; this one has {count}",
            path=path_shown(path),
            count=len(rows),
        )
    rows.sort(key=lambda row: row[0])
    start_s = rows[0][0]
    if rows[-1][0] <= start_s:
        raise InvalidFile(
            "{path}: all requests have the same timestamp, so there is no rate", path=path_shown(path)
        )
    times, inputs, outputs = zip(*rows, strict=True)
    return Trace(arrival_s=tuple(t - start_s for t in times), input_tokens=inputs, output_tokens=outputs)


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TRACE_BYTES:
            raise InvalidFile(
                "{path} is larger than 256 MiB: give a part of the trace", path=path_shown(path)
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile("{path} is not UTF-8 text", path=path_shown(path)) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidFile("cannot read {path}: {reason}", path=path_shown(path), reason=reason) from error


def _rows(path: Path, content: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Line number and fields by lower-case name."""
    if content.lstrip().startswith("{"):
        yield from _json_rows(path, content)
        return
    reader = csv.DictReader(io.StringIO(content))
    try:
        for row in reader:
            yield reader.line_num, {str(name).strip().lower(): value for name, value in row.items()}
    except csv.Error as error:
        raise InvalidFile(
            "{path} cannot be read as CSV: {reason}", path=path_shown(path), reason=error
        ) from error


def _json_rows(path: Path, content: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InvalidFile(
                "{path}, line {line}: not a JSON object; write one request on each line",
                path=path_shown(path),
                line=number,
            )
        yield number, {str(name).strip().lower(): value for name, value in row.items()}


def _request(path: Path, line: int, row: Mapping[str, object]) -> tuple[float, float, float]:
    """Arrival in seconds, prompt and answer in tokens."""
    milliseconds = next((row[name] for name in MILLISECOND_SOURCES if name in row), None)
    given = milliseconds is not None
    time_s = _number(milliseconds) / 1e3 if given else _time_s(_field(path, line, row, "timestamp"))
    prompt = _number(_field(path, line, row, "input tokens"))
    answer = _number(_field(path, line, row, "output tokens"))
    limits = (
        ("timestamp", time_s, -LATEST_S, LATEST_S),
        ("input tokens", prompt, 1, LARGEST_TOKENS),
        ("output tokens", answer, 1, LARGEST_TOKENS),
    )
    for what, value, least, most in limits:
        if not least <= value <= most:
            raise InvalidFile(
                "{path}, line {line}: '{what}' is not a number that makes sense; write seconds (or date and time) "
                "and tokens of at least 1",
                path=path_shown(path),
                line=line,
                what=what,
            )
    return time_s, prompt, answer


def _field(path: Path, line: int, row: Mapping[str, object], what: str) -> object:
    for name in NAMES[what]:
        if row.get(name) not in (None, ""):
            return row[name]
    raise InvalidFile(
        "{path}, line {line}: no {what}; a trace has the columns timestamp, input_tokens, output_tokens",
        path=path_shown(path),
        line=line,
        what=what,
    )


def _number(value: object) -> float:
    """A number, or NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _time_s(value: object) -> float:
    """Seconds of any beginning, or NaN: a number, or an ISO date and time."""
    number = _number(value)
    if math.isfinite(number) or not isinstance(value, str):
        return number
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return math.nan
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
