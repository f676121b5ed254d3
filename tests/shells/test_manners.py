"""Manners of the terminal: examples under the help, completion, headings in the language of the run."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from sizewise.cli.examples import EXAMPLES
from sizewise.cli.root import COMMANDS, root, run

if TYPE_CHECKING:
    from collections.abc import Iterator

WITHOUT_EXAMPLES = {"completion"}


def verbs(group: click.Group, path: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from verbs(command, f"{path}{name} ")
        else:
            yield f"{path}{name}"


def test_every_command_has_an_example() -> None:
    assert set(verbs(root)) - WITHOUT_EXAMPLES - set(EXAMPLES) == set()


@pytest.mark.parametrize("line", [line for lines in EXAMPLES.values() for line, _ in lines])
def test_an_example_is_a_line_that_the_program_takes(line: str) -> None:
    words = shlex.split(line)
    context = root.make_context(words[0], words[1:])
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert command is not None, name
        context = command.make_context(name, rest, parent=context)


def test_help_shows_examples_and_chinese_headings(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--lang", "zh", "fit", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(
        word in shown for word in ("用法", "选项", "示例", 'sizewise fit Qwen/Qwen3-8B --device "RTX 4090"')
    )
    assert not any(word in shown for word in ("Options", "Usage", "Show this message"))


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_the_script_of_a_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_SIZEWISE_COMPLETE" in capsys.readouterr().out


def test_an_unknown_shell_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "tcsh"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sizewise rec", "recommend"),
        ("sizewise fit Qwen3-8", "Qwen/Qwen3-8B"),
        ("sizewise fit --devi", "--device"),
        ("sizewise fit --device 4090", "'NVIDIA GeForce RTX 4090'"),
    ],
)
def test_a_real_bash_completes(typed: str, expected: str) -> None:
    words = typed.split(" ")
    script = (
        f'PATH="{Path(sys.executable).parent}:$PATH"; eval "$(sizewise completion bash)"; '
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; _sizewise_completion sizewise; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert expected in done.stdout.splitlines()


def test_every_command_of_the_help_exists() -> None:
    assert all(root.get_command(click.Context(root), name) for name in COMMANDS)
