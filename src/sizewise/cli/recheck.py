"""`sizewise recheck`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.record import STANDS
from sizewise.domain.text import T

NO_LONGER = 1


@verb("recheck", help="Does a kept decision still stand, with the facts of today?")
@click.argument("file", metavar="DECISION.json")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Ask again and compare; 1 where something else is the answer now."""
    from sizewise import advisor

    say = say_of(ctx)
    with busy(say, T("weighing every model on every machine")):
        answer = advisor.recheck(given["file"])
    if given["as_json"]:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=given["out"], say=say)
    else:
        from sizewise.report.text_recheck import recheck_blocks

        reproduce = advisor.asked_question(answer.record).command()
        show_page(recheck_blocks(answer, reproduce, say), out=given["out"], say=say)
    return 0 if answer.outcome == STANDS else NO_LONGER
