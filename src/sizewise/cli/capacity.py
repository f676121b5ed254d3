"""`sizewise capacity`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import CatalogName, option, verb
from sizewise.domain.text import T

CARRIES_NOTHING = 1
LOAD_WORDS = ("rate", "trace", "length_variation", "bursts", "simulates", "seed")
QUESTION_LISTS = ("model", "device", "quantization", "engine")


@verb(
    "capacity",
    help="How many users and requests does this carry in time, and how many machines does a load need?",
)
@click.argument("model", type=CatalogName("model"))
@option("--device", metavar="DEVICE", required=True, help="The hardware: 'RTX 4090', '2x RTX 3090'.")
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option("--engine", metavar="NAME", help="The engine, such as llama.cpp, vllm or vllm@0.19.")
@option(
    "--task", default="chat", show_default=True, help="What it is for, such as chat, coding, summarization."
)
@option("--input-tokens", metavar="TOKENS", help="Length of a prompt.")
@option("--output-tokens", metavar="TOKENS", help="Length of an answer.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--think-time", metavar="TIME", help="Pause of a person between two requests, such as 30s.")
@option("--max-ttft", metavar="TIME", help="Longest wait for the first word, such as 2s.")
@option("--max-tpot", metavar="TIME", help="Longest time for each further token, such as 100ms.")
@option("--rate", metavar="N", help="Requests a second that have to be carried.")
@option("--users", metavar="N", help="People who use it at the same time.")
@option("--trace", metavar="FILE", help="JSONL or CSV of requests: timestamp, input_tokens, output_tokens.")
@option(
    "--length-variation",
    metavar="RATIO",
    help="How uneven prompts and answers are: standard deviation over mean; 0: all equal.",
)
@option(
    "--bursts",
    metavar="RATIO",
    help="How uneven the simulated arrivals are: 1 is Poisson, 3 comes in bursts.",
)
@option(
    "--prefix-hit",
    metavar="SHARE",
    help="Share of every prompt that is still cached from earlier requests, such as 0.5.",
)
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option(
    "--simulate",
    "simulates",
    is_flag=True,
    help="Follow single requests through the scheduler: bursts, slowest requests, a full cache.",
)
@option("--seed", metavar="N", help="Another seed gives other simulated arrivals.")
@option("--no-store", is_flag=True, default=None, help="Neither use nor keep own measurements.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Answer for one model on one machine."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    user_catalog = given.pop("catalog")
    load = advisor.LoadQuestion(**{name: given.pop(name) for name in LOAD_WORDS})
    named = {name: given.pop(name) for name in QUESTION_LISTS}
    given |= {name: () if value is None else (value,) for name, value in named.items()}
    with busy(say, T("filling the machine with requests")):
        answer = advisor.capacity(advisor.Question(**given), load, user_catalog=user_catalog)
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_capacity import capacity_blocks

        show_page(capacity_blocks(answer, say), out=out, say=say)
    return 0 if answer.at_requests is not None or answer.at_users is not None else CARRIES_NOTHING
