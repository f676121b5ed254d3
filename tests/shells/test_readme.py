"""Every example of the READMEs and the guides runs, and prints what the document shows."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def renderer() -> Any:
    spec = importlib.util.spec_from_file_location("render_readme", ROOT / "scripts" / "render_readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documents() -> list[str]:
    return [str(path.relative_to(ROOT)) for path in renderer().DOCUMENTS]


def examples() -> list[tuple[str, str, str]]:
    pattern = renderer().BLOCK
    return [
        (name, match["command"], match["output"])
        for name in documents()
        for match in pattern.finditer((ROOT / name).read_text(encoding="utf-8"))
    ]


def test_every_document_has_examples() -> None:
    assert {name for name, _, _ in examples()} == set(documents())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "command", "output"), examples(), ids=lambda text: text[:60])
def test_an_example_prints_what_the_document_shows(name: str, command: str, output: str) -> None:
    assert renderer().shown(command) == output, f"{name}: run make readme"


@pytest.mark.slow
def test_the_python_example_runs() -> None:
    match = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    done = subprocess.run(
        [sys.executable, "-c", match[1]], capture_output=True, text=True, check=False, env={**os.environ}
    )
    assert done.returncode == 0, done.stderr
    model, cost = done.stdout.split()
    assert "/" in model
    assert float(cost) > 0


@pytest.mark.parametrize("name", READMES)
def test_every_make_target_and_link_that_a_readme_names_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_commands_in_examples_are_those_of_the_program() -> None:
    for _, command, _ in examples():
        assert shlex.split(command)[0] == "sizewise"
