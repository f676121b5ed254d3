"""`sizewise hardware`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import show_json, show_page
from sizewise.cli.verbs import verb


@verb("hardware", help="What is in this computer, and how much of it an engine may use.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Look at this computer."""
    from sizewise import advisor

    say, answer = say_of(ctx), advisor.hardware()
    if given["as_json"]:
        from sizewise.report.answer_json import hardware_json

        show_json(hardware_json(answer, say), out=None, say=say)
    else:
        from sizewise.report.text_tables import hardware_blocks

        show_page(hardware_blocks(answer, say), out=None, say=say)
    return 0
