"""`sizewise accuracy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T

if TYPE_CHECKING:
    from sizewise.report.language import Say


@verb("accuracy", help="How wrong the predictions are: every measured fact predicted and compared.")
@option("--facts", metavar="DIR", help="A folder with questions/ and truth/; the shipped facts by default.")
@option("--groups", is_flag=True, help="Also by engine, device class and the other groups.")
@option("--mine", is_flag=True, help="Your own predictions against what you measured later.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Score the predictions."""
    from sizewise import advisor
    from sizewise.report.answer_json import plain

    say = say_of(ctx)
    if given["mine"]:
        return _mine(say, as_json=given["as_json"], out=given["out"])
    with busy(say, T("predicting every measured fact")):
        payload = plain(advisor.accuracy(given["facts"]), say)
    if given["as_json"]:
        show_json(payload, out=given["out"], say=say)
    else:
        from sizewise.report.text_accuracy import accuracy_blocks

        show_page(accuracy_blocks(payload, say, shows_groups=given["groups"]), out=given["out"], say=say)
    return 0


def _mine(say: Say, *, as_json: bool, out: str | None) -> int:
    from sizewise.advisor.own_accuracy import own_accuracy

    scores = own_accuracy()
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(scores, say), out=out, say=say)
    else:
        from sizewise.report.text_own_accuracy import own_accuracy_blocks

        show_page(own_accuracy_blocks(scores, say), out=out, say=say)
    return 0
