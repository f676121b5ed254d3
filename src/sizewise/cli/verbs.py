"""What all commands share: `--json`, `--lang`, translated help, no stray arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import LANGUAGE_OPTION, say_of
from sizewise.domain.text import T, Text
from sizewise.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class TranslatedOption(click.Option):
    """An option whose help is in the language of the run."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Names and help."""
        record = super().get_help_record(ctx)
        return (record[0], say_of(ctx)(record[1])) if record else None


class Verb(click.Command):
    """A command; what it does is said in the language of the run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; names with spaces in them are the usual reason for words that are left over."""
        rest = super().parse_args(ctx, args)
        if ctx.args:
            raise BadInput("unexpected '{given}'; put a name with spaces in quotes, such as --device \"RTX 4090\"",
                           given=" ".join(ctx.args))  # fmt: skip
        return rest

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sentence under the usage line."""
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(say_of(ctx)(self.help or ""))


class VerbGroup(click.Group):
    """Commands under one name."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name.

        Raises: UnknownName with the nearest commands.
        """
        names = self.list_commands(ctx)
        if cmd_name not in names:
            raise UnknownName("command", cmd_name, names, f"{ctx.command_path} --help lists the commands")
        return super().get_command(ctx, cmd_name)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sentence under the usage line."""
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(say_of(ctx)(self.help or ""))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each command."""
        with formatter.section(say_of(ctx)(T("Commands"))):
            formatter.write_dl([(name, say_of(ctx)(what)) for name, what in self.summaries(ctx)])

    def summaries(self, ctx: click.Context) -> Iterator[tuple[str, str | Text]]:
        """Names and what they do."""
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            yield name, (command.help or "") if command else ""


def verb(name: str, help: str) -> Callable[[Callable[..., int]], Verb]:  # noqa: A002 - click's own word
    """A command with the options that all of them have."""

    def build(function: Callable[..., int]) -> Verb:
        options = [
            option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON."),
            option(LANGUAGE_OPTION, expose_value=False, metavar="en|zh", help="Language of the output."),
        ]
        for add in options:
            function = add(function)
        settings = {"allow_extra_args": True}
        return click.command(name, cls=Verb, help=help, context_settings=settings)(function)

    return build


def option(*names: str, help: str, **settings: Any) -> Callable[..., Any]:  # noqa: A002, ANN401 - click's own
    """An option with translated help; values stay text, so that the advisor says what is wrong with them."""
    if not settings.get("is_flag"):
        settings = {"type": str, **settings}
    return click.option(*names, cls=TranslatedOption, help=help, **settings)
