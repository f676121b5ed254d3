"""`sizewise measure` against a real llama-server."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.proof.test_load import GUIDELLM, VLLM

from sizewise.advisor.measure_records import COLUMNS
from sizewise.cli.main import main
from sizewise.proof.store.place import StorePlace
from sizewise.proof.store.reading import records

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.engine, pytest.mark.slow]
AGREEMENT, OVERHEAD, NUM_TRIES = 0.05, 0.10, 4
"""With the server's own clock; one of some tries has to do, as other programs share the processor."""
BUSY_LOAD = 2.0
"""Programs for each processor beyond which nothing can be timed."""


def measured(url: str, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["measure", url, *words, "--json", "--no-store"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def _disagreement(answer: dict[str, Any]) -> float:
    """Largest relative difference of TTFT, TPOT and throughput from the server's own figures."""
    figures, server = answer["measured"], answer["measured"]["server"]
    own_rate: float = answer["counted"]["output_tokens"] / figures["elapsed_s"]
    found: float = max(
        abs(figures["ttft"]["p50_s"] / server["prompt_s"] - 1),
        abs(figures["tpot"]["p50_s"] / server["token_s"] - 1),
        abs(figures["output_tokens_per_s"] / own_rate - 1),
    )
    return found


def _fail(what: str) -> None:
    """Times say nothing where many other programs share the processor."""
    load, count = os.getloadavg()[0], os.cpu_count() or 1
    if load > BUSY_LOAD * count:
        pytest.skip(
            f"{what}, on a computer with a load of {load:.0f} on {count} processors: run it again when idle"
        )
    pytest.fail(what)


def test_figures_agree_with_the_servers_own(llama_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--requests", "4", "--input-tokens", "256", "--output-tokens", "32")
    for _ in range(NUM_TRIES):
        answer = measured(llama_server, capsys, *words)
        figures = answer["measured"]
        assert figures["errors"] == []
        assert figures["prompt_tokens"] == pytest.approx(256, rel=0.02)
        assert figures["output_tokens"] == 32
        assert answer["counted"]["output_tokens"] == 4 * 32
        assert answer["engine"] == "llama.cpp"
        if (found := _disagreement(answer)) < AGREEMENT:
            return
    _fail(f"off by {found:.1%} from the server's own figures")


def test_the_generator_costs_little_when_the_server_is_saturated(
    llama_server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four users at once for as many tokens as four curl processes that throw the answers away."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: nothing to compare the generator with")
    body = {
        "prompt": "abc def ghi jkl mno pqr stu vwx yza bcd", "max_tokens": 48, "stream": True, "ignore_eos": True,
        "cache_prompt": False,
    }  # fmt: skip
    command = ["curl", "-sN", "-o", "/dev/null", f"{llama_server}/v1/completions", "-d", json.dumps(body)]
    for _ in range(NUM_TRIES):
        start = time.perf_counter()
        children = [subprocess.Popen(command) for _ in range(4)]
        assert [child.wait() for child in children] == [0] * 4
        plain_rate = 4 * 48 / (time.perf_counter() - start)
        words = ("--users", "4", "--requests", "4", "--input-tokens", "40", "--output-tokens", "48")
        figures = measured(llama_server, capsys, *words)["measured"]
        assert figures["generator_ratio"] < 0.5
        if (overhead := 1 - figures["output_tokens_per_s"] / plain_rate) < OVERHEAD:
            return
    _fail(f"the generator costs {overhead:.1%} of the throughput")


def test_poisson_arrivals(llama_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--rate", "8", "--requests", "12", "--input-tokens", "32", "--output-tokens", "4")
    answer = measured(llama_server, capsys, *words)
    assert answer["num_users"] == 0
    assert answer["measured"]["num_requests"] == 12
    assert answer["measured"]["e2e"]["p99_s"] >= answer["measured"]["e2e"]["p50_s"] > 0


def test_measured_beside_predicted_in_both_languages_and_kept(
    llama_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIZEWISE_STORE", str(tmp_path / "store.sqlite3"))
    monkeypatch.setenv("COLUMNS", "110")
    named = ("--model", "HuggingFaceTB/SmolLM2-135M-Instruct", "--quantization", "F16", "--device", "this")
    words = (
        "measure",
        llama_server,
        "--requests",
        "2",
        "--input-tokens",
        "32",
        "--output-tokens",
        "8",
        *named,
    )
    file = tmp_path / "rows.csv"
    assert main([*words, "--csv", str(file)]) == 0
    assert "predicted mean" in capsys.readouterr().out
    assert main([*words, "--lang", "zh"]) == 0
    assert "首 token" in capsys.readouterr().out
    with file.open(encoding="utf-8") as rows:
        (row,) = csv.DictReader(rows)
    assert tuple(row) == COLUMNS
    assert (row["model"], row["scenario"], row["osl"]) == (
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "closed loop",
        "8",
    )
    place = StorePlace(path=tmp_path / "store.sqlite3")
    metrics = sorted({r.metric for r in records(place, "measurements")})  # type: ignore[attr-defined]  # measurements
    assert metrics == ["decode_tokens_per_s", "output_tokens_per_s", "tpot_s", "ttft_s"]
    assert len(records(place, "predictions")) == 6


def test_results_of_others_are_compared_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (("guidellm.json", GUIDELLM), ("vllm.json", VLLM)):
        (tmp_path / name).write_text(json.dumps(content))
    words = ["measure", "--import", str(tmp_path / "guidellm.json"), "--no-store"]
    assert main([*words, "--device", "NVIDIA H100 SXM5 80GB", "--engine", "vllm"]) == 0
    assert "users at once, 42 requests" in capsys.readouterr().out
    words = [
        "measure",
        "--import",
        str(tmp_path / "vllm.json"),
        "--device",
        "NVIDIA H100 SXM5 80GB",
        "--no-store",
    ]
    assert main([*words, "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["engine"] == "vllm"
    assert answer["predicted"]["tpot_s"]["low"] < answer["predicted"]["tpot_s"]["high"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give the address of an endpoint, or --import FILE"),
        (["http://h", "--import", "x.json"], "not both"),
        (["127.0.0.1:9"], "no server can be reached at http://127.0.0.1:9/v1/models"),
        (["127.0.0.1:9", "--served-model", "m"], "gave no answer: the server cannot be reached ("),
        (["gopher://h"], "is no address of a server; give one such as"),
        (["127.0.0.1:9", "--users", "2", "--rate", "3"], "two kinds of load"),
        (["127.0.0.1:9", "--key", "NO_SUCH_KEY"], "the environment variable NO_SUCH_KEY is empty"),
        (["127.0.0.1:9", "--users", "many"], "--users"),
        (["--import", "none.json"], "cannot read none.json"),
    ],
)
def test_what_is_wrong_is_one_line(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
