"""`sizewise`: the commands, each loaded when it is called, and what is said without one."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import TYPE_CHECKING

import click

from sizewise import __version__
from sizewise.cli.complaint import complain, usage_error
from sizewise.cli.language import LANGUAGE_OPTION, chosen_language, say_of
from sizewise.cli.output import flush
from sizewise.cli.verbs import COMPLETE_VARIABLE, TranslatedOption, VerbGroup
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.report.error_sentence import error_sentence
from sizewise.report.language import ENGLISH, speaker, translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.text import Text

PROGRAM = "sizewise"
OUR_ERROR = 70
DEBUG_VARIABLE = "SIZEWISE_DEBUG"
"""Set, an error of ours shows its traceback."""
COMMANDS: dict[str, Text] = {
    "recommend": T("which model, quantization, engine and hardware, at what cost, for a task"),
    "fit": T("does this model run on this hardware, and with how much text"),
    "capacity": T("how many users and requests a machine carries, and how many machines a load needs"),
    "cost": T("renting, buying or an API: what it costs, and from where on which is cheaper"),
    "compare": T("options side by side"),
    "portfolio": T("two sizes or one: models, machines and routing for traffic of several kinds"),
    "tiers": T("what 7B, 13B, 30-40B and 70B+ need and give"),
    "recheck": T("does a kept decision still stand"),
    "guide": T("the same, asked step by step in plain words"),
    "serve": T("the page and the HTTP API"),
    "mcp": T("the verbs as tools for a language model"),
    "report": T("a kept decision as a document to hand on"),
    "hardware": T("what is in this computer"),
    "predict": T("answer a CSV of questions"),
    "evaluate": T("is the small model enough for your own prompts"),
    "accuracy": T("how wrong the predictions are, against measured facts"),
    "catalog": T("the facts that are used, and where they are from"),
    "completion": T("let the shell complete commands, options and names"),
    "verify": T("try a size on this computer before you download it"),
    "measure": T("put an endpoint under load and compare with the prediction"),
    "store": T("your own measurements and predictions: show, export, import, forget"),
}
"""Commands in the order of `--help`; each is `command` in the module of its name."""
GREETING = (
    ("sizewise recommend --task chat", T("what to run for a task, on this computer or on what can be had")),
    ('sizewise fit Qwen/Qwen3-8B --device "RTX 4090"', T("does this model run there, with how much text")),
    ("sizewise tiers", T("what 7B, 13B, 30-40B and 70B+ need and give today")),
)


class Root(VerbGroup):
    """The program; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now.

        Raises: UnknownName with the nearest commands.
        """
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.add_command(importlib.import_module(f"sizewise.cli.{cmd_name}").command)
        return super().get_command(ctx, cmd_name)

    def summaries(self, ctx: click.Context) -> Iterator[tuple[str, str | Text]]:  # noqa: ARG002 - click's signature
        """Names and what they do, without an import."""
        yield from COMMANDS.items()


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's
    if value and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


def _greet(ctx: click.Context) -> int:
    say = say_of(ctx)
    click.echo(f"{PROGRAM} {__version__}: {say(ctx.command.help or '')}\n")
    width = max(len(line) for line, _ in GREETING)
    for line, what in GREETING:
        click.echo(f"  {line:{width}}  {say(what)}")
    click.echo("\n" + say(T("sizewise --help lists all commands.")))
    return 0


@click.group(
    PROGRAM,
    cls=Root,
    help="Which model size, quantization, engine and hardware, at what cost, for my task?",
    invoke_without_command=True,
    no_args_is_help=False,
)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version,
              cls=TranslatedOption, help="Print the version.")  # fmt: skip
@click.option(
    LANGUAGE_OPTION, expose_value=False, metavar="en|zh", cls=TranslatedOption, help="Language of the output."
)
@click.pass_context
def root(ctx: click.Context) -> int:
    """Greet where no command is given."""
    return _greet(ctx) if ctx.invoked_subcommand is None else 0


def run(arguments: list[str]) -> int:
    """Run one command line; what is wrong with the input is one line and exit code 2."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character shows '?'
    language = ENGLISH
    try:
        if os.environ.get(COMPLETE_VARIABLE):
            from sizewise.cli.completion import answer

            return answer(os.environ[COMPLETE_VARIABLE])
        language = chosen_language(arguments, os.environ)
        code = _invoked(arguments, language)
        flush()
    except SizewiseError as error:
        complain(error_sentence(error, speaker(translator(language))))
        return error.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: no traceback for people
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        what = f"{type(error).__name__}: {error}"
        say = speaker(translator(language))
        complain(say(T("this is an error of sizewise, please report it with the command: {what}", what=what)))
        return OUR_ERROR
    return code


def _invoked(arguments: list[str], language: str) -> int:
    try:
        with root.make_context(PROGRAM, list(arguments), obj=language) as context:
            return int(root.invoke(context) or 0)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.UsageError as error:
        raise usage_error(error) from None
    except click.Abort:  # Ctrl-C or the end of the input at a question
        raise KeyboardInterrupt from None
