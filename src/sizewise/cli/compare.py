"""`sizewise compare`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T

NONE_RUNS = 1


@verb(
    "compare",
    help='Options side by side, each written as MODEL, MODEL@QUANTIZATION or "MODEL@QUANTIZATION on DEVICE".',
)
@click.argument("options", nargs=-1, required=True, metavar="OPTION...")
@option(
    "--task", default="chat", show_default=True, help="What it is for, such as chat, coding, summarization."
)
@option("--users", metavar="N", help="People who use it at the same time.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option(
    "--engine", multiple=True, metavar="NAME", help="Only this engine, such as llama.cpp, vllm or vllm@0.19."
)
@option("--device", multiple=True, metavar="DEVICE", help="Hardware of the options that name none.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Compare the options."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    options = given.pop("options")
    with busy(say, T("sizing every option")):
        answer = advisor.compare(advisor.Question(**given), options)
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_tables import compare_blocks

        show_page(compare_blocks(answer, say), out=out, say=say)
    return 0 if answer.options else NONE_RUNS
