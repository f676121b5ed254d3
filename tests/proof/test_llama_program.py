"""`verify --engine-binary`: the user's own llama-bench or llama-server instead of the wheel."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.proof.llama_stand_in import program

from sizewise.advisor import verify_runs
from sizewise.cli.main import main
from sizewise.errors import BadInput
from sizewise.proof.llama_program import NAMES, VARIABLE, llama_program
from sizewise.units import MIB

if TYPE_CHECKING:
    from pathlib import Path

WORDS = (
    "verify",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
    "--quantization",
    "Q8_0",
    "--context",
    "1024",
    "--no-store",
)

OWN_PARTS_BYTES = 64 * MIB
"""What a program takes for itself once it has a model (vocabulary, HTTP, logs); measured 17 to 53 MiB. [bytes]"""


def verified(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, object]:
    """A short run, as JSON; nothing of it is left behind."""
    question = verify_runs.question_of
    monkeypatch.setattr(
        verify_runs, "question_of", lambda *given: replace(question(*given), num_repeats=1, num_threads=1)
    )
    assert main([*WORDS, *words, "--folder", str(folder / "weights"), "--json"]) in {0, 1}
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    assert list((folder / "weights").iterdir()) == []
    return answer


def _measured(answer: dict[str, object]) -> dict[str, float]:
    lines = answer["memory"]
    assert isinstance(lines, list)
    return {line["part"]: line["measured_bytes"] for line in lines}


def test_what_llama_bench_tells_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rates from its samples, memory of its last context from its log; its context is that of its longest test."""
    path = program(tmp_path, "llama-bench")
    answer = verified(tmp_path, monkeypatch, capsys, "--engine-binary", str(path))
    assert answer["engine_build"] == "llama-bench b11434"
    assert answer["context_tokens"] == 512 + 8
    measured = _measured(answer)
    assert measured["weights"] == pytest.approx(136.40 * MIB, abs=1)
    assert measured["kv_cache"] == pytest.approx(16.88 * MIB, abs=1)
    assert measured["compute"] == pytest.approx((96.00 + 0.19) * MIB, abs=1)
    rates = answer["rates"]
    assert isinstance(rates, list)
    assert [(r["phase"], r["depth_tokens"], r["likely"]) for r in rates] == [
        ("decode", 4.0, pytest.approx(8.0)), ("decode", 516.0, pytest.approx(8.0)),
        ("prefill", 0.0, pytest.approx(512.0)),
    ]  # fmt: skip


def test_a_program_that_fails_is_told_in_its_own_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = program(tmp_path, "llama-bench", is_broken=True)
    assert main([*WORDS, "--engine-binary", str(path), "--folder", str(tmp_path / "weights")]) == 2
    assert "the engine refuses: error: failed to load model" in capsys.readouterr().err
    assert list((tmp_path / "weights").iterdir()) == []


@pytest.mark.engine
@pytest.mark.slow
def test_the_timings_of_a_real_server_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server of the wheel, started as llama-server; it is gone afterwards."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: pip install 'sizewise[engine]'")
    path = program(tmp_path, "llama-server")
    answer = verified(tmp_path, monkeypatch, capsys, "--engine-binary", str(path))
    rates = answer["rates"]
    assert isinstance(rates, list)
    assert [(r["phase"], r["depth_tokens"]) for r in rates] == [
        ("decode", 20.0), ("decode", 516.0), ("prefill", 0.0),
    ]  # fmt: skip
    assert all(0 < r["likely"] < 1e5 for r in rates)
    measured = _measured(answer)
    assert measured["weights"] == pytest.approx(136.40 * MIB, rel=0.001)
    assert measured["kv_cache"] == pytest.approx(22.5 * MIB, rel=0.001)
    assert measured["peak"] > measured["weights"] + measured["kv_cache"]
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(path) in (p.info["cmdline"] or [])]


@pytest.mark.engine
@pytest.mark.slow
def test_a_real_llama_bench_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    named = os.environ.get(VARIABLE) or next((p for name in NAMES if (p := shutil.which(name))), None)
    if named is None:
        pytest.skip(f"neither {' nor '.join(NAMES)} is in PATH or named by {VARIABLE}")
    answer = verified(tmp_path, monkeypatch, capsys, "--engine-binary", named)
    measured = _measured(answer)
    assert measured["weights"] == pytest.approx(136.40 * MIB, rel=0.001)
    lines = answer["memory"]
    assert isinstance(lines, list)
    predicted = {line["part"]: line["predicted"]["likely"] for line in lines}
    assert predicted["kv_cache"] == pytest.approx(measured["kv_cache"], rel=0.001)
    assert 0 <= measured["peak"] - predicted["peak"] <= OWN_PARTS_BYTES


def test_programs_are_found_by_name_folder_variable_and_path(tmp_path: Path) -> None:
    assert llama_program(None, {"PATH": str(tmp_path)}) is None
    server = program(tmp_path, "llama-server")
    by_path = llama_program(None, {"PATH": str(tmp_path)})
    assert by_path is not None
    assert (by_path.name, by_path.path, by_path.has_accelerator) == ("llama-server", str(server), False)
    bench = program(tmp_path, "llama-bench")
    for given, environment in ((str(bench), {}), (str(tmp_path), {}), (None, {VARIABLE: str(tmp_path)})):
        found = llama_program(given, environment)
        assert found is not None
        assert (found.path, found.build) == (str(bench), "b11434")


@pytest.mark.parametrize("given", ["nowhere/llama-bench", "."])
def test_what_is_no_program_is_refused(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*WORDS, "--engine-binary", given]) == 2
    assert (
        f"--engine-binary names {given}, which is not a llama-bench or llama-server"
        in capsys.readouterr().err
    )
    with pytest.raises(BadInput, match=VARIABLE):
        llama_program(None, {VARIABLE: str(tmp_path / "nothing")})


def test_a_program_of_llama_cpp_runs_no_other_engine(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WORDS[:2], "--engine", "transformers", "--engine-binary", "x"]) == 2
    assert "--engine-binary is a program of llama.cpp, not of transformers" in capsys.readouterr().err
