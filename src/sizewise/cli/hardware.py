"""`sizewise hardware`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T


@verb("hardware", help="What is in this computer, and how much of it an engine may use.")
@option(
    "--probe",
    "probes",
    is_flag=True,
    help="Also measure how fast memory and disk are read: some seconds; kept, as later predictions follow from it.",
)
@option("--no-store", is_flag=True, help="Neither use nor keep own measurements.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Look at this computer."""
    from sizewise import advisor

    say = say_of(ctx)
    with busy(say, T("looking at this computer")):
        answer = advisor.hardware(probes=given["probes"], uses_store=not given["no_store"])
    if given["as_json"]:
        from sizewise.report.answer_json import hardware_json

        show_json(hardware_json(answer, say), out=None, say=say)
    else:
        from sizewise.report.text_hardware import hardware_blocks

        show_page(hardware_blocks(answer, say), out=None, say=say)
    return 0
