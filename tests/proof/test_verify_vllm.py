"""`verify --engine vllm`: made-up weights in vLLM itself, or in a stand-in that tells and answers as it does."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from importlib import util
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.proof.vllm_stand_in import vllm_in

from sizewise.cli.main import main
from sizewise.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORDS = (
    "verify",
    "HuggingFaceTB/SmolLM2-135M-Instruct",
    "--engine",
    "vllm",
    "--context",
    "1024",
    "--no-store",
)


@pytest.fixture
def no_vllm_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this interpreter had none."""
    monkeypatch.setattr("sizewise.proof.vllm_program.util.find_spec", lambda _: None)


def _left(folder: Path) -> list[psutil.Process]:
    """Processes that the stand-in of this folder has left."""
    return [p for p in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(p.info["cmdline"] or [])]


@pytest.mark.usefixtures("no_vllm_here")
def test_what_vllm_tells_and_answers_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The pool by its log, memory of all its processes, rates by its stream; nothing is left."""
    monkeypatch.setenv("PATH", str(vllm_in(tmp_path)))
    main([*WORDS, "--folder", str(tmp_path / "weights"), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (answer["engine"], answer["engine_build"], answer["context_tokens"]) == ("vllm", "0.32.0", 46_592)
    lines = {line["part"]: line for line in answer["memory"]}
    assert lines["kv_cache"]["measured_bytes"] == GIB
    assert lines["kv_cache"]["predicted"]["likely"] == pytest.approx(GIB, rel=0.01)
    assert lines["weights"]["measured_bytes"] is None
    assert lines["peak"]["measured_bytes"] > lines["program"]["measured_bytes"] + 30 * MIB
    rates = {(rate["phase"], rate["depth_tokens"]): rate["likely"] for rate in answer["rates"]}
    assert rates.keys() == {("decode", 20.0), ("decode", 516.0), ("prefill", 0.0)}
    assert 20 < rates["decode", 20.0] < 100
    assert 1000 < rates["prefill", 0.0] < 4096
    assert list((tmp_path / "weights").iterdir()) == []
    assert _left(tmp_path) == []


@pytest.mark.usefixtures("no_vllm_here")
def test_a_vllm_that_fails_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(vllm_in(tmp_path, is_broken=True)))
    assert main([*WORDS, "--folder", str(tmp_path / "weights")]) == 2
    assert "the engine refuses: ValueError: not enough memory for the KV cache" in capsys.readouterr().err
    assert _left(tmp_path) == []


@pytest.mark.usefixtures("no_vllm_here")
def test_without_vllm_the_line_that_installs_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([*WORDS]) == 2
    assert "pip install vllm" in capsys.readouterr().err


def test_a_group_ends_with_whoever_started_it(tmp_path: Path) -> None:
    """The starter is killed, and the program and what it had started are gone."""
    vllm = vllm_in(tmp_path) / "vllm"
    vllm.write_text(
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', sys.argv[1]])\n"
        "time.sleep(600)\n"
    )
    mark = str(tmp_path / "mark")
    code = (
        "import sys, time\nfrom sizewise.proof.program_watch import watched\n"
        f"with watched([sys.executable, {str(vllm)!r}, {mark!r}], is_group=True):\n    time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code])
    _wait(lambda: len(_left(tmp_path)) >= 4, "started")
    starter.kill()
    starter.wait()
    _wait(lambda: not _left(tmp_path), "gone")


def _wait(condition: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"not {name} in time"
        time.sleep(0.1)


@pytest.mark.engine
@pytest.mark.slow
def test_a_real_vllm_runs_made_up_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if util.find_spec("vllm") is None and shutil.which("vllm") is None:
        pytest.skip("vLLM is neither installed here nor in PATH: pip install vllm")
    main([*WORDS, "--folder", str(tmp_path), "--json"])
    answer = json.loads(capsys.readouterr().out)
    lines = {line["part"]: line for line in answer["memory"]}
    assert lines["kv_cache"]["measured_bytes"] == GIB
    assert lines["kv_cache"]["predicted"]["likely"] == pytest.approx(GIB, rel=0.01)
    assert lines["weights"]["measured_bytes"] == pytest.approx(
        lines["weights"]["predicted"]["likely"], rel=0.1
    )
    assert all(0 < rate["likely"] < 1e5 for rate in answer["rates"])
