"""Traces of requests: formats that are read, and what is said about those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sizewise.errors import InvalidFile
from sizewise.sources.trace import Trace, read_trace

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, content: str | bytes, name: str = "trace.csv") -> Trace:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_trace(path)


def test_csv_in_plain_words(tmp_path: Path) -> None:
    trace = read(tmp_path, "timestamp,input_tokens,output_tokens\n10,100,20\n14,300,40\n12,200,30\n")
    assert trace.arrival_s == (0.0, 2.0, 4.0)
    assert trace.input_tokens == (100.0, 200.0, 300.0)
    assert trace.output_tokens == (20.0, 30.0, 40.0)
    assert trace.requests_per_s == 0.5


def test_csv_of_the_azure_trace(tmp_path: Path) -> None:
    """Column names and seven digits of a second as in AzureLLMInferenceTrace_conv.csv."""
    lines = (
        "TIMESTAMP,ContextTokens,GeneratedTokens",
        "2023-11-16 18:15:46.6805900,374,44",
        "2023-11-16 18:15:50.6805900,396,109",
    )
    trace = read(tmp_path, "\n".join(lines))
    assert trace.arrival_s == pytest.approx((0.0, 4.0))
    assert trace.output_tokens == (44.0, 109.0)


def test_jsonl_of_the_mooncake_trace(tmp_path: Path) -> None:
    lines = (
        '{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [1, 2]}',
        "",
        '{"timestamp": 3, "input_length": 7319, "output_length": 490, "hash_ids": [1]}',
    )
    trace = read(tmp_path, "\n".join(lines), "trace.jsonl")
    assert trace.arrival_s == (0.0, 3.0)
    assert trace.input_tokens == (6758.0, 7319.0)


def test_milliseconds_by_their_name(tmp_path: Path) -> None:
    lines = ("timestamp_ms,prompt_tokens,completion_tokens", "1000,5,6", "2500,7,8")
    assert read(tmp_path, "\n".join(lines)).arrival_s == (0.0, 1.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "at least two requests; this one has 0"),
        ("timestamp,input_tokens,output_tokens\n1,2,3\n", "this one has 1"),
        ("timestamp,input_tokens,output_tokens\n1,2,3\n1,2,3\n", "the same timestamp"),
        ("timestamp,input_tokens\n1,2\n", "line 2: no output tokens"),
        ("when,input_tokens,output_tokens\n1,2,3\n", "line 2: no timestamp"),
        ("timestamp,input_tokens,output_tokens\n1,2,3\nx,2,3\n", "line 3: 'timestamp' is not a number"),
        ("timestamp,input_tokens,output_tokens\n1,0,3\n", "line 2: 'input tokens' is not a number"),
        ("timestamp,input_tokens,output_tokens\n1,2,nan\n", "line 2: 'output tokens' is not a number"),
        ("timestamp,input_tokens,output_tokens\n1,2,1e300\n", "line 2: 'output tokens' is not a number"),
        ("timestamp,input_tokens,output_tokens\ninf,2,3\n", "line 2: 'timestamp' is not a number"),
        ('{"timestamp": 1}\n', "line 1: no input tokens"),
        ('{"timestamp": 1, "input_tokens": 2, "output_tokens": true}\n', "'output tokens' is not a number"),
        ('{"timestamp": 1, "input_tokens": [2], "output_tokens": 3}\n', "'input tokens' is not a number"),
        ('{"timestamp": 1,\n', "line 1: not a JSON object"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(InvalidFile, match=said):
        read(tmp_path, content)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot read"):
        read_trace(tmp_path / "nothing.csv")
