"""The built wheel with its extra `serve` in an empty environment, then no network: page, API and report work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from sizewise.cli.main import main
from sizewise.domain.text import T
from sizewise.report.language import speaker, translator

ROOT = Path(__file__).parents[2]
SESSION = ROOT / "tests" / "offline_session.py"
NO_INDEX = (
    "No matching distribution",
    "NewConnectionError",
    "ConnectTimeout",
    "ProxyError",
    "NameResolutionError",
)
"""Words of pip where it reaches no index."""
OWN_NETWORK = ("unshare", "--user", "--map-root-user", "--net")
REFUSE = """
import sys
def refuse(event, given):
    if event == "socket.connect" and isinstance(given[1], tuple) and given[1][0] not in ("127.0.0.1", "::1"):
        raise ConnectionRefusedError(f"refused: {given[1]}")
    if event == "socket.getaddrinfo" and given[0] not in ("127.0.0.1", "::1", "localhost", None):
        raise ConnectionRefusedError(f"refused: {given[0]}")
sys.addaudithook(refuse)
"""
"""Where a network of one's own is not allowed: connections to anything but this computer end at once."""
OK = 200


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel, its extra, and nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    pip: tuple[str | Path, ...] = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True
    )
    (wheel,) = folder.glob("sizewise-*.whl")
    venv.create(folder / "environment", with_pip=False, symlinks=True)
    made = folder / "environment" / "bin" / "python"
    line: list[str | Path] = [
        *pip,
        "--python",
        made,
        "install",
        "--quiet",
        "-c",
        ROOT / "constraints.txt",
        f"{wheel}[serve]",
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if done.returncode and any(words in done.stderr for words in NO_INDEX):
        pytest.skip(
            "pip reaches no package index, so that nothing can be installed into an empty environment"
        )
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def seen(python: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a user saw without a network."""
    folder = tmp_path_factory.mktemp("session")
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "SIZEWISE", "LC_"))
    }
    environment = {**plain, "LANG": "C.UTF-8", "SIZEWISE_STORE": str(folder / "none.sqlite3")}
    way = "namespace" if has_own_network() else "refusing"
    line = [*(OWN_NETWORK if way == "namespace" else ()), str(python), str(SESSION), str(folder), way]
    if way == "refusing":
        (folder / "sitecustomize.py").write_text(REFUSE, encoding="utf-8")
        environment["PYTHONPATH"] = str(folder)
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment, timeout=110)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def has_own_network() -> bool:
    """May this user make a network with nothing in it?"""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*OWN_NETWORK, "true"], capture_output=True, check=False).returncode == 0


pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # pip installs a dozen packages, perhaps from afar


def check_no_other_computer_is_reached(seen: dict[str, Any]) -> None:
    assert seen["outside"] == "Network is unreachable" or seen["outside"].startswith("refused")


def check_page_files_and_api_all_answer(seen: dict[str, Any]) -> None:
    answers = seen["gets"] | seen["posts"]
    assert {name: status for name, (status, _, _) in answers.items() if status != OK} == {}
    assert "RTX 4090" in seen["gets"]["answer"][2]
    for name in ("quality", "cost", "load"):
        assert "<svg" in seen["gets"][name][2]


def check_the_page_speaks(seen: dict[str, Any], name: str, language: str) -> None:
    say = speaker(translator(language))
    for heading in (T("How the decision was made"), T("What would change this answer"), T("Compare tray")):
        assert say(heading) in seen["gets"][name][2]


def check_static_files_are_those_of_the_source(seen: dict[str, Any]) -> None:
    for name, file in (("script", "htmx.min.js"), ("page script", "page.js"), ("style", "style.css")):
        assert seen["gets"][name][2] == (ROOT / "src/sizewise/web/static" / file).read_text(encoding="utf-8")


def check_the_answers_are_those_of_the_command_line(
    seen: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    given = [
        "recommend",
        "--task",
        "summarization",
        "--device",
        "RTX 4090",
        "--users",
        "4",
        "--json",
        "--lang",
        "en",
    ]
    assert main(given) == 0
    ours = json.loads(capsys.readouterr().out)
    theirs = json.loads(seen["posts"]["recommend"][2])
    assert json.loads(seen["said"]) == ours
    assert {**theirs, "request": None} == {**ours, "request": None}


def check_the_catalog_is_there(seen: dict[str, Any]) -> None:
    names = {entry["name"] for entry in json.loads(seen["gets"]["models"][2])}
    assert "Qwen/Qwen3-8B" in names
    assert all(fact["source"] for fact in json.loads(seen["gets"]["entry"][2]))


def check_reports_are_made_in_every_format_and_language(seen: dict[str, Any]) -> None:
    reports = seen["reports"]
    assert len(reports) == 8
    assert all("Qwen" in text for text in reports.values())
    assert "<svg" in reports["html zh"]
    assert reports["md en"] != reports["md zh"]


def test_the_wheel_serves_everything_without_a_network(
    seen: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One test, so that the wheel is installed once however many processes share the tests."""
    check_no_other_computer_is_reached(seen)
    check_page_files_and_api_all_answer(seen)
    check_the_page_speaks(seen, "answer", "en")
    check_the_page_speaks(seen, "answer zh", "zh")
    check_static_files_are_those_of_the_source(seen)
    check_the_answers_are_those_of_the_command_line(seen, capsys)
    check_the_catalog_is_there(seen)
    check_reports_are_made_in_every_format_and_language(seen)
