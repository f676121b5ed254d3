"""`sizewise catalog`: list, show and check the facts."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.complaint import complain
from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page, write
from sizewise.cli.verbs import VerbGroup, option, verb
from sizewise.domain.text import T

FACTS_WRONG = 1


@click.group(
    "catalog",
    cls=VerbGroup,
    help="The facts that are used: list them, show one with its sources, check them.",
)
def command() -> None:
    """Facts."""


@verb("list", help="Names of one kind of entry: model, device, quantization, engine, task.")
@click.argument("kind")
@option("--like", default="", metavar="TEXT", help="Only names that contain this.")
@click.pass_context
def list_entries(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """List entries."""
    from sizewise import advisor

    say, entries = say_of(ctx), advisor.catalog_list(given["kind"], given["like"])
    if given["as_json"]:
        from sizewise.report.answer_json import plain

        show_json(plain(list(entries), say), out=None, say=say)
    else:
        from sizewise.report.text_tables import entry_blocks

        show_page(entry_blocks(entries, say), out=None, say=say)
    return 0


@verb("show", help="Every field of one entry, with its unit, source and date.")
@click.argument("name")
@click.pass_context
def show_entry(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Show one entry."""
    from sizewise import advisor

    say, facts = say_of(ctx), advisor.catalog_show(given["name"])
    if given["as_json"]:
        from sizewise.report.answer_json import plain

        show_json(plain(list(facts), say), out=None, say=say)
    else:
        from sizewise.report.text_tables import fact_blocks

        show_page(fact_blocks(facts, say), out=None, say=say)
    return 0


@verb("check", help="Look for duplicates, missing sources, implausible figures and sums that do not add up.")
@click.pass_context
def check_facts(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Check all entries."""
    from sizewise import advisor

    say = say_of(ctx)
    with busy(say, T("checking every entry")):
        problems = advisor.catalog_check()
    if given["as_json"]:
        show_json({"problems": list(problems)}, out=None, say=say)
    else:
        for problem in problems:
            complain(problem)
        write(say(T("{n} problems found", n=str(len(problems)))) + "\n")
    return FACTS_WRONG if problems else 0


for _verb in (list_entries, show_entry, check_facts):
    command.add_command(_verb)
