"""The program as people run it: exit codes, one screen, both languages, closed pipes, Ctrl-C, whole files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sizewise import __version__
from sizewise.cli import root
from sizewise.cli.main import CLOSED_PIPE, INTERRUPTED, main
from sizewise.cli.root import COMMANDS, OUR_ERROR

PROGRAM = (sys.executable, "-m", "sizewise")
FIT = ("fit", "Qwen/Qwen3-8B", "--quantization", "Q4_K_M", "--device", "NVIDIA GeForce RTX 4090")
FIT_NOT = ("fit", "Qwen/Qwen3-32B", "--quantization", "Q8_0", "--device", "NVIDIA GeForce RTX 4090")
RECOMMEND = ("recommend", "--task", "summarization", "--device", "RTX 4090")
SCREEN_LINES = 60
FULL = Path("/dev/full")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", "SIZEWISE"))
    }
    return subprocess.run(
        [*PROGRAM, *arguments], env={**plain, **environment}, capture_output=True, text=True, check=False, timeout=60,
        encoding="utf-8",
    )  # fmt: skip


def test_without_a_command_the_three_most_useful_ones_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert [out.count(f"  sizewise {name}") for name in ("recommend", "fit", "tiers")] == [1, 1, 1]


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"sizewise {__version__}\n"


def test_the_version_needs_neither_numpy_nor_rich() -> None:
    code = (
        "import sys; from sizewise.cli.main import main; main(['--version']); "
        "print(sorted({'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_both_languages(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for language in ("en", "zh"):
        assert main(["--lang", language, name, "--help"]) == 0
        pages.append(capsys.readouterr().out)
    assert pages[0] != pages[1]


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in COMMANDS)


def test_an_answer_ends_with_code_0_and_a_refusal_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main([*FIT]), main([*FIT_NOT])) == (0, 1)
    assert capsys.readouterr().err == ""


def test_nothing_that_satisfies_ends_with_code_1_and_says_what_binds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (
        main(
            [
                "recommend",
                "--model",
                "Qwen/Qwen3-32B",
                "--quantization",
                "Q8_0",
                "--device",
                "RTX 4090",
                "--json",
            ]
        )
        == 1
    )
    payload = json.loads(capsys.readouterr().out)
    assert payload["answer"] is None
    assert payload["rejected"][0].keys() >= {"option", "constraint", "shortfall", "lift"}


def test_the_json_of_recommend_has_the_stable_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RECOMMEND, "--json"]) == 0
    payload = json.loads(capsys.readouterr().out)
    wanted = {
        "answer",
        "assumptions",
        "alternatives",
        "rejected",
        "flips",
        "flow",
        "command",
        "facts_date",
        "version",
    }
    assert wanted <= payload.keys()
    assert payload["answer"]["memory_bytes"].keys() == {"low", "likely", "high", "basis"}


def test_the_json_of_fit_has_the_stable_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*FIT, "--json"]) == 0
    payload = json.loads(capsys.readouterr().out)
    wanted = {
        "fits", "kind", "memory", "usable_bytes", "shortfall_bytes", "max_context_tokens", "max_concurrency",
        "decode_tokens_per_s", "rule_of_thumb_bytes", "lifts",
    }  # fmt: skip
    assert wanted <= payload.keys()
    assert payload["rule_of_thumb_bytes"].keys() == {"fp16", "int4_low", "int4_high"}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_recommend_fits_on_a_page_of_any_width(language: str, width: str, capsys: pytest.CaptureFixture[str],
                                               monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", width)
    assert main([*RECOMMEND, "--lang", language]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert width == "60" or len(out.splitlines()) <= SCREEN_LINES


def test_an_error_is_said_in_the_language_of_the_reader(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recommend", "--lang", "zh", "--users", "0"]) == 2
    assert "必须大于 0" in capsys.readouterr().err


def test_the_locale_chooses_the_language() -> None:
    assert "最接近的" in run("fitt", LANG="zh_CN.UTF-8").stderr


def test_out_writes_the_page_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "answer.txt"
    assert main([*FIT, "--out", str(target)]) == 0
    assert "Qwen/Qwen3-8B" in target.read_text(encoding="utf-8")
    assert str(target) in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [target]


def test_a_bad_input_leaves_the_target_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "answer.txt"
    target.write_text("kept", encoding="utf-8")
    assert main(["fit", "no/model", "--device", "RTX 4090", "--out", str(target)]) == 2
    assert target.read_text(encoding="utf-8") == "kept"


BAD_LINES = (
    ("fit", "Qwen/Qwn3-8B", "--device", "RTX 4090"),
    ("recommend", "--device", "RTX 4091"),
    ("recommend", "--users", "nan"),
    ("recommend", "--context", "10^30"),
    ("recommend", "--monthly-budget", "0"),
    ("recommend", "--task", ""),
    ("recommend", "--catalog", "/no/such/file.csv"),
    ("recommend", "--lang", "fr"),
    ("fit", "/no/such/folder", "--device", "RTX 4090"),
    ("predict", "/no/such.csv", "--kind", "single", "--out", "/no/out.csv"),
    ("recomend",),
    ("fit",),
)


@pytest.mark.parametrize("arguments", BAD_LINES, ids=" ".join)
def test_a_bad_input_to_the_real_program_is_one_line(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sizewise: ")
    assert done.stderr.count("\n") == 1


def test_a_closed_pipe_is_silent() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [*PROGRAM, *FIT], stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (CLOSED_PIPE, b"")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full on this system")
def test_a_full_disk_is_one_line() -> None:
    with FULL.open("wb") as full:
        done = subprocess.run([*PROGRAM, *FIT], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_ctrl_c_is_one_line_and_code_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(root, "run", interrupted)
    assert main(["recommend"]) == INTERRUPTED
    assert capsys.readouterr().err == "sizewise: interrupted\n"


def test_ctrl_c_in_the_real_program_is_one_line(tmp_path: Path) -> None:
    pipe = tmp_path / "questions.csv"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [*PROGRAM, "predict", str(pipe), "--kind", "single", "--out", str(tmp_path / "out.csv")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    with pipe.open("wb"):  # it is reading now
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (INTERRUPTED, b"", b"sizewise: interrupted\n")


def test_an_error_of_ours_is_one_line_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(root, "_invoked", broken)
    monkeypatch.delenv(root.DEBUG_VARIABLE, raising=False)
    assert main(["recommend"]) == OUR_ERROR
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert err.count("\n") == 1
