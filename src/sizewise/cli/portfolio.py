"""`sizewise portfolio`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T

NO_PLAN = 1
TRAFFIC_WORDS = ("users", "requests", "allows_api")


@verb(
    "portfolio",
    help="Two sizes or one? The cheapest set of models and machines for traffic of several kinds, proved optimal.",
)
@click.argument("traffic")
@option("--users", metavar="N", help="People at the same time of all classes, split by their shares.")
@option("--requests", metavar="N", help="Requests a month of all classes, split by their shares.")
@option(
    "--api", "allows_api", is_flag=True, help="Requests may go to an API, unless their class says api = no."
)
@option(
    "--hours", metavar="HOURS", help="Hours of use a month, on which electricity and the API bill depend."
)
@option("--upfront-budget", metavar="MONEY", help="At most so much at once.")
@option(
    "--quantization", multiple=True, metavar="NAME", help="Only this quantization, such as Q4_K_M or FP8."
)
@option(
    "--engine", multiple=True, metavar="NAME", help="Only this engine, such as llama.cpp, vllm or vllm@0.19."
)
@option(
    "--device",
    multiple=True,
    metavar="DEVICE",
    help="Only this hardware: 'RTX 4090', '2x RTX 3090', this, any.",
)
@option("--path", multiple=True, metavar="owned|rent|buy", help="Only hardware paid for in this way.")
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--explain", is_flag=True, help="Show every assumption.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Plan for the classes of one file."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    explains, place, user_catalog = given.pop("explain"), given.pop("traffic"), given.pop("catalog")
    traffic = advisor.TrafficQuestion(**{word: given.pop(word) for word in TRAFFIC_WORDS})
    with busy(say, T("weighing every model on every machine")):
        answer = advisor.portfolio(place, advisor.Question(**given), traffic, user_catalog=user_catalog)
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_portfolio import portfolio_blocks

        show_page(portfolio_blocks(answer, say, explains=explains), out=out, say=say)
    return 0 if answer.monthly_usd is not None else NO_PLAN
