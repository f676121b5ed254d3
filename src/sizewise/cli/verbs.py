"""What all commands share: `--json`, `--lang`, translated help, no stray arguments."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from sizewise.cli.examples import EXAMPLES
from sizewise.cli.language import CURRENCY_OPTION, LANGUAGE_OPTION, keep_currency, say_of
from sizewise.domain.text import T, Text
from sizewise.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


COMPLETE_VARIABLE = "_SIZEWISE_COMPLETE"
"""Set by the script of `sizewise completion`: the shell asks what could follow."""


class CatalogName(click.ParamType[str]):
    """Any text; a shell completes it by the names of the catalog."""

    name = "text"

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002 - same
        incomplete: str,
    ) -> list[CompletionItem]:
        """Names that contain what is typed so far."""
        from sizewise.advisor import catalog_list

        names = (entry.name for entry in catalog_list(self.kind, incomplete))
        return [CompletionItem(shlex.quote(name) if is_bash() else name) for name in names]


SENTENCES_OF_CLICK = (T("Show this message and exit."),)
"""What click itself says in a help page; here so that it is translated."""
DEFAULT_OF_CLICK = "default: "
"""How click writes a default behind the help of an option."""
CATALOG_OPTIONS = {
    "--model": "model", "--as-good-as": "model", "--device": "device", "--engine": "engine",
    "--quantization": "quantization", "--task": "task",
}  # fmt: skip
"""Options whose value is a name of the catalog, and its kind of entry."""


class TranslatedOption(click.Option):
    """An option whose help is in the language of the run."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Names and help."""
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        say, extra = say_of(ctx), record[1].removeprefix(self.help)  # "  [default: 5]", which click adds
        return record[0], say(self.help) + extra.replace(DEFAULT_OF_CLICK, say(T("default: ")))


class Verb(click.Command):
    """A command; what it does is said in the language of the run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; names with spaces in them are the usual reason for words that are left over."""
        rest = super().parse_args(ctx, args)
        if ctx.args:
            raise BadInput("unexpected '{given}'; put a name with spaces in quotes, such as --device \"RTX 4090\"",
                           given=" ".join(ctx.args))  # fmt: skip
        return rest

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Usage, what it does, options, examples."""
        super().format_help(ctx, formatter)
        examples = EXAMPLES.get(ctx.command_path.partition(" ")[2], ())
        if examples:
            with formatter.section(say_of(ctx)(T("Examples"))):
                for line, what in examples:
                    formatter.write_text(say_of(ctx)(what))
                    with formatter.indentation():
                        formatter.write(f"{'':{formatter.current_indent}}{line}\n")

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line."""
        usage_line(self, ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One paragraph for each option."""
        option_section(self, ctx, formatter)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sentence under the usage line."""
        with formatter.indentation():
            formatter.write_paragraph()
            formatter.write_text(say_of(ctx)(self.help or ""))


class VerbGroup(click.Group):
    """Commands under one name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line."""
        usage_line(self, ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One paragraph for each option, then the commands."""
        option_section(self, ctx, formatter)
        self.format_commands(ctx, formatter)

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


def is_bash() -> bool:
    """Is it bash that asks? It alone inserts names as they are, spaces and all."""
    return os.environ.get(COMPLETE_VARIABLE, "").startswith("bash")


def usage_line(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """How the command is written, under a heading in the language of the run."""
    formatter.write_usage(
        ctx.command_path, " ".join(command.collect_usage_pieces(ctx)), f"{say_of(ctx)(T('Usage'))}: "
    )


def option_section(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """The options of a command, under a heading in the language of the run."""
    say = say_of(ctx)
    options = [item for item in command.get_params(ctx) if isinstance(item, click.Option)]
    records = [record for item in options if (record := item.get_help_record(ctx)) is not None]
    with formatter.section(say(T("Options"))):
        formatter.write_dl([(names, say(what)) for names, what in records])


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


def currency_option(function: Callable[..., int]) -> Callable[..., int]:
    """`--currency`, for verbs that show money; `say_of` then speaks in it."""
    add = option(
        CURRENCY_OPTION,
        metavar="USD|CNY",
        expose_value=False,
        callback=keep_currency,
        help="Currency of the answer.",
    )
    return add(function)  # type: ignore[no-any-return]  # a decorator of click


def option(*names: str, help: str, **settings: Any) -> Callable[..., Any]:  # noqa: A002, ANN401 - click's own
    """An option with translated help; values stay text, so that the advisor says what is wrong with them."""
    if not settings.get("is_flag"):
        kind = CATALOG_OPTIONS.get(names[0])
        settings = {"type": CatalogName(kind) if kind else str, **settings}
    return click.option(*names, cls=TranslatedOption, help=help, **settings)
