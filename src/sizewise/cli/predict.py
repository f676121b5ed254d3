"""`sizewise predict`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.complaint import complain
from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, write
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T


@verb("predict", help="Answer a CSV of questions: the same rows with low, likely and high.")
@click.argument("questions", metavar="QUESTIONS.csv")
@option("--kind", required=True, metavar="memory|single|serving|quality", help="What the questions ask for.")
@option("--out", required=True, metavar="FILE", help="The CSV with the answers.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Predict every row; a row that names something unknown stays blank, with one warning."""
    from sizewise import advisor

    say, out = say_of(ctx), given["out"]
    with busy(say, T("answering every row")):
        warnings = advisor.predict(given["questions"], given["kind"], out)
    if given["as_json"]:
        show_json({"out": out, "warnings": list(warnings)}, out=None, say=say)
        return 0
    for warning in warnings:
        complain(warning)
    write(say(T("written to {file}", file=out)) + "\n")
    return 0
