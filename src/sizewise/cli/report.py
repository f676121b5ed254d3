"""`sizewise report`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, write
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput, UnknownName
from sizewise.report.whole_file import write_whole

FORMATS = ("html", "md", "pdf", "json", "csv")


@verb("report", help="A kept decision as a document to hand on.")
@click.argument("file", metavar="DECISION.json")
@option(
    "--format", "kind", default="html", show_default=True, metavar="|".join(FORMATS), help="Kind of document."
)
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Write the document."""
    from sizewise import advisor

    say, out = say_of(ctx), given["out"]
    kind = "json" if given["as_json"] else given["kind"].strip().lower()
    if kind not in FORMATS:
        raise UnknownName("--format", given["kind"], FORMATS, f"allowed: {', '.join(FORMATS)}")
    if kind == "pdf" and out is None:
        raise BadInput("a PDF goes into a file; give --out report.pdf")
    with busy(say, T("writing the document")):
        content = advisor.report(
            given["file"], kind=kind, language=ctx.find_root().obj, currency=say.currency
        )
    if out is not None:
        write_whole(Path(out), content)
        write(say(T("written to {file}", file=out)) + "\n")
    elif isinstance(content, str):
        write(content)
    return 0
