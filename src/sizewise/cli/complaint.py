"""One line for everything that can be wrong with what was typed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from sizewise.cli.language import chosen_language
from sizewise.domain.text import T
from sizewise.errors import BadInput, SizewiseError, UnknownName, shown
from sizewise.report.language import ENGLISH, speaker, translator

if TYPE_CHECKING:
    from collections.abc import Sequence


def complain(line: str) -> None:
    """Print one line on standard error; control characters are made visible."""
    safe = "".join(letter if letter.isprintable() else shown(letter) for letter in line)
    if sys.stderr is not None:
        click.echo(f"sizewise: {safe}", err=True)


def complain_interrupted(arguments: Sequence[str]) -> None:
    """The one line after Ctrl-C."""
    try:
        language = chosen_language(arguments, os.environ)
    except UnknownName:
        language = ENGLISH
    complain(speaker(translator(language))(T("interrupted")))


def usage_error(error: click.UsageError) -> SizewiseError:
    """An error of the command line's grammar as one of ours."""
    command = error.ctx.command_path if error.ctx else "sizewise"
    if isinstance(error, click.NoSuchOption):
        known = [name for option in error.ctx.command.params for name in option.opts] if error.ctx else []
        return UnknownName("option", error.option_name, known, f"{command} --help lists the options")
    if isinstance(error, click.MissingParameter) and error.param is not None:
        name = (
            error.param.opts[0] if isinstance(error.param, click.Option) else error.param.human_readable_name
        )
        return BadInput(
            "{name} is missing; {command} --help shows how it is used", name=name, command=command
        )
    if isinstance(error, click.BadOptionUsage):
        return BadInput("{name} needs a value; {command} --help shows how it is used",
                        name=error.option_name, command=command)  # fmt: skip
    return BadInput("{message}; {command} --help shows how it is used",
                    message=error.format_message().rstrip("."), command=command)  # fmt: skip
