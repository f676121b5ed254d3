"""`sizewise tiers`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T


@verb(
    "tiers",
    help="What 7B, 13B, 30-40B and 70B+ need and give: the guide's rule of thumb beside computed figures.",
)
@option("--context", metavar="TOKENS", help="Text that each model keeps in mind, such as 8192 or 32K tokens.")
@option("--users", metavar="N", help="Requests that run at once.")
@option("--task", metavar="TASK", help="The task that quality is about.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Show the tiers."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    with busy(say, T("weighing every size")):
        answer = advisor.tiers(**given)
    if as_json:
        from sizewise.report.answer_json import tiers_json

        show_json(tiers_json(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_tiers import tiers_blocks

        show_page(tiers_blocks(answer, say), out=out, say=say)
    return 0
