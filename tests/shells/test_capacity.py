"""`sizewise capacity` as people run it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sizewise.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


MACHINE = ("--device", "2x RTX 4090", "--quantization", "FP8")
SMALL = ("--device", "RTX 4090", "--quantization", "BF16", "--engine", "vllm", "--max-ttft", "3s")
"""Given last, so that it counts; room for few requests, so that a simulation is short."""
COMMAND = ("capacity", "Qwen/Qwen3-8B", *MACHINE, "--input-tokens", "1000")


def printed(capsys: pytest.CaptureFixture[str], *more: str, code: int = 0) -> str:
    assert main([*COMMAND, *more]) == code
    return capsys.readouterr().out


def test_the_answer_and_the_machines_for_a_rate_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    page = " ".join(printed(capsys, "--rate", "40", "--lang", "en").split())
    assert page.startswith("One machine carries about")
    assert "asked load 40.0 requests a second" in page
    assert "with one to spare (N+1)" in page


@pytest.mark.slow
def test_the_simulation_is_a_table_of_loads(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, *SMALL, "--simulate", "--users", "50", "--lang", "en")
    assert "Simulated, request by request" in page
    assert "users send, wait for the answer and pause" in page


def test_json_holds_the_same_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(printed(capsys, "--rate", "40", "--json"))
    assert answer["plan"]["num_machines_with_spare"] == answer["plan"]["num_machines"] + 1
    assert answer["requests_per_s"]["low"] <= answer["requests_per_s"]["likely"]
    assert answer["plan"]["num_users"] is None
    assert answer["deployment"]["num_devices"] == 2


def test_targets_that_nothing_meets_end_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "--max-tpot", "1ms", "--lang", "en", code=1)
    assert page.startswith("Not even one user")


def test_a_bad_trace_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,input_tokens,output_tokens\n1,2,three\n")
    assert main([*COMMAND, "--trace", str(path), "--lang", "en"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    assert "line 2: 'output tokens'" in captured.err


@pytest.mark.slow
def test_it_answers_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, *SMALL, "--rate", "40", "--simulate", "--lang", "zh")
    assert page.startswith("一台机器约可承载")
    assert "逐个请求模拟" in page
