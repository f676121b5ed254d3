"""Manners of the terminal: examples under the help, completion, headings in the language of the run."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
import pytest
from rich.cells import cell_len

from sizewise.cli import root as root_module
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


SLOW = ("accuracy", "capacity", "compare", "cost", "evaluate", "fit", "hardware", "measure", "portfolio", "predict",
        "recheck", "recommend", "report", "tiers", "verify")  # fmt: skip


def on_terminal(*words: str, columns: int = 80, **environment: str) -> tuple[int, str]:
    """Exit code and everything that the program writes to a terminal of its own."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    apart = ("LC_", "LANG", "SIZEWISE", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(apart)}
    child = subprocess.Popen(
        [sys.executable, "-m", "sizewise", *words], stdin=terminal, stdout=terminal, stderr=terminal,
        env={**plain, "LANG": "C.UTF-8", "TERM": "xterm-256color", **environment}, close_fds=True,
    )  # fmt: skip
    os.close(terminal)
    written = bytearray()
    with contextlib.suppress(OSError):  # the terminal is closed when the program ends
        while piece := os.read(master, 65536):
            written += piece
    os.close(master)
    return child.wait(60), written.decode("utf-8", "replace")


RECOMMEND = ("recommend", "--task", "summarization", "--device", "RTX 4090")
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.slow
def test_a_terminal_has_colours_and_progress_and_no_color_takes_the_colours() -> None:
    code, coloured = on_terminal(*RECOMMEND)
    assert code == 0
    assert COLOUR.search(coloured)
    assert "weighing every model on every machine" in coloured
    code, plain = on_terminal(*RECOMMEND, NO_COLOR="1")
    assert code == 0
    assert COLOUR.search(plain) is None
    assert "likely" in plain
    _, dumb = on_terminal(*RECOMMEND, TERM="dumb")
    assert "\x1b[" not in dumb


@pytest.mark.slow
def test_a_pipe_has_neither_colours_nor_progress() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sizewise", *RECOMMEND], capture_output=True, text=True, check=True
    )
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_terminal_is_not_written_beyond(
    columns: int, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = on_terminal(*RECOMMEND, "--lang", language, columns=columns, NO_COLOR="1")
    assert code == 0
    lines = [CONTROL.sub("", line) for line in shown.replace("\r", "\n").split("\n")]
    wide = [line for line in lines if cell_len(line.rstrip()) > columns]
    assert run([*RECOMMEND, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    to_copy = {
        *answer["prepare"],
        answer["command"],
    }  # stay whole; a terminal breaks them without a line break
    assert {line.strip() for line in wide} - to_copy == set()
    assert len(lines) > len(wide) + 20


@pytest.mark.parametrize("verb", SLOW)
def test_what_may_take_longer_than_a_second_says_so(verb: str) -> None:
    text = (Path(root_module.__file__).parent / f"{verb}.py").read_text(encoding="utf-8")
    asked = [
        line for line in text.splitlines() if re.search(rf"advisor\.{verb}\(|answers = \(measure\(", line)
    ]
    assert asked, "the verb is asked for elsewhere"
    assert all(line.startswith(" " * 8) for line in asked), "not inside of a progress"
    assert re.search(r"with (busy|_progress)\(", text)


@pytest.mark.parametrize("path", sorted({*verbs(root)} - WITHOUT_EXAMPLES))
def test_every_command_takes_json(path: str) -> None:
    context, command = click.Context(root), cast("click.Command", root)
    for name in path.split():
        assert isinstance(command, click.Group)
        found = command.get_command(context, name)
        assert found is not None
        command = found
    flags = {flag for parameter in command.params for flag in parameter.opts}
    assert "--json" in flags
