"""`sizewise store`: what was measured, verified, evaluated and predicted here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page, write
from sizewise.cli.verbs import VerbGroup, option, verb
from sizewise.domain.text import T

IS_DAMAGED = 1


@click.group(
    "store",
    cls=VerbGroup,
    help="Your own measurements and predictions: show, export, import or forget them.",
)
def command() -> None:
    """The store."""


@verb("show", help="Where the store is, whether it is whole, and what is in it.")
@click.pass_context
def show(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Show the store."""
    from sizewise import advisor

    say, answer = say_of(ctx), advisor.store_show()
    if given["as_json"]:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=None, say=say)
    else:
        from sizewise.report.text_store import store_blocks

        show_page(store_blocks(answer, say), out=None, say=say)
    return IS_DAMAGED if answer.damage else 0


@verb("export", help="Every record as one line of JSON, on standard output or into a file.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def export_records(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Export the store."""
    from sizewise import advisor
    from sizewise.report.whole_file import write_whole

    lines = advisor.store_export()
    if given["out"] is None:
        write(lines)
    else:
        write_whole(Path(given["out"]), lines)
        write(say_of(ctx)(T("written to {file}", file=given["out"])) + "\n")
    return 0


@verb("import", help="Add the records of an exported file, such as those of a colleague.")
@click.argument("file")
@click.pass_context
def import_records(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Import records."""
    from sizewise import advisor
    from sizewise.report.text_store import imported_text

    with busy(say_of(ctx), T("reading the records")):
        change = advisor.store_import(given["file"])
    _tell(ctx, change, imported_text(change), as_json=given["as_json"])
    return 0


@verb("forget", help="Delete records for good: those of a model, a machine, a kind, before a day, or all.")
@option("--model", metavar="MODEL", help="Only records of this model, by its full name.")
@option("--machine", metavar="ID", help="Only records of this machine: its fingerprint, or the word this.")
@option("--kind", metavar="NAME", help="Only measurements, verifications, evaluations or predictions.")
@option("--before", metavar="DATE", help="Only records older than this day, such as 2026-11-24.")
@option("--all", "everything", is_flag=True, help="Every record.")
@click.pass_context
def forget(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Forget records."""
    from sizewise import advisor
    from sizewise.report.text_store import forgotten_text

    as_json = given.pop("as_json")
    change = advisor.store_forget(**given)
    _tell(ctx, change, forgotten_text(change), as_json=as_json)
    return 0


def _tell(ctx: click.Context, change: Any, sentence: Any, *, as_json: bool) -> None:  # noqa: ANN401 - an answer
    say = say_of(ctx)
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(change, say), out=None, say=say)
    else:
        write(say(sentence) + "\n")


for _verb in (show, export_records, import_records, forget):
    command.add_command(_verb)
