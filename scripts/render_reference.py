"""Writes docs/reference/cli.md: every command with its options in both languages, as the program itself says it.

`make docs` runs it before the site is built; the page is not kept in the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sizewise.cli.root import root
from sizewise.report.language import translator

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parents[1] / "docs" / "reference" / "cli.md"
HEADER = """# Commands

Generated from the program by `make docs`; do not edit. Exit codes: 0 answered, 1 no option was found or it does not
fit, 2 bad input.
"""


def commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name; groups are followed."""
    context = click.Context(group, info_name=prefix)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        elif command is not None:
            yield f"{prefix} {name}", command


def option_row(parameter: click.Parameter, command: click.Command) -> str:
    """One line of the table: names, English, 中文."""
    context = click.Context(command)
    say = translator("zh")
    if not isinstance(parameter, click.Option):
        return f"| `{parameter.make_metavar(context)}` | | |"
    record = click.Option.get_help_record(parameter, context)
    names = record[0] if record else ", ".join(parameter.opts)
    help_text = parameter.help or ""
    return f"| `{names.replace('|', '&#124;')}` | {help_text} | {say(help_text)} |"


def section(name: str, command: click.Command) -> Iterator[str]:
    """One command."""
    help_text = command.help or ""
    yield f"## {name}\n"
    yield f"{help_text}\n"
    yield f"{translator('zh')(help_text)}\n"
    yield "| option | what it does | 作用 |"
    yield "|---|---|---|"
    yield from (option_row(parameter, command) for parameter in command.params if not is_hidden(parameter))
    yield ""


def is_hidden(parameter: click.Parameter) -> bool:
    """Not for people."""
    return isinstance(parameter, click.Option) and parameter.hidden


def reference() -> str:
    """The whole page."""
    return "\n".join([HEADER, *(line for named in commands(root, "sizewise") for line in section(*named))])


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
