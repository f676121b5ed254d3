"""`sizewise cost`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page, write
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T
from sizewise.errors import NotSupported

NOTHING_KNOWN = 1
MONEY_WORDS = (
    "requests", "tokens", "reasoning_tokens", "cached", "batch", "api_peak", "horizon", "currency", "api_model",
    "api_price", "buy_price", "rent_price", "devices_per_machine", "ways", "profile",
)  # fmt: skip
QUESTION_LISTS = ("quantization", "engine", "device")


@verb(
    "cost",
    help="Renting, buying or an API: what does this model cost a month, and from where on which is cheaper?",
)
@click.argument("model")
@option(
    "--device",
    metavar="DEVICE",
    help="The hardware: 'RTX 4090', '2x RTX 3090'; the cheapest where none is named.",
)
@option("--requests", metavar="N", help="Requests a month, such as 600000, 2M or 20000/day.")
@option("--tokens", metavar="N", help="All tokens a month instead, such as 2.5B.")
@option("--users", metavar="N", help="People who use it at the same time, instead.")
@option(
    "--task", default="chat", show_default=True, help="What it is for, such as chat, coding, summarization."
)
@option("--input-tokens", metavar="TOKENS", help="Length of a prompt.")
@option("--output-tokens", metavar="TOKENS", help="Length of an answer.")
@option("--reasoning-tokens", metavar="TOKENS", help="Tokens written before each answer.")
@option(
    "--cached", metavar="SHARE", help="Share of the input that a provider finds in its cache, such as 50%."
)
@option("--batch", metavar="SHARE", help="Share of the requests that can wait for a batch.")
@option("--api-peak", metavar="SHARE", help="Share of the requests in the provider's dear hours.")
@option("--hours", metavar="HOURS", help="Hours of use a month.")
@option("--peak", metavar="RATIO", help="Peak over mean use in these hours.")
@option("--horizon", metavar="MONTHS", help="Months over which totals are given.")
@option(
    "--way",
    "ways",
    multiple=True,
    metavar="WAY",
    help="Only this way to pay, such as api, rent or buy. May be repeated.",
)
@option("--electricity", metavar="MONEY/kWh", help="Price of electricity, such as 0.12/kWh or 0.8CNY/kWh.")
@option("--pue", metavar="RATIO", help="Power of the building over power of the machines.")
@option("--idle-power", metavar="SHARE", help="Power of an idle card over its most.")
@option("--life", metavar="MONTHS", help="Months until bought machines are sold.")
@option("--residual", metavar="SHARE", help="Share of the price that they then bring.")
@option("--capital", metavar="SHARE", help="Interest on the money bound, a year.")
@option("--maintenance", metavar="SHARE", help="Share of the price for maintenance, a year.")
@option("--space", metavar="MONEY", help="Space for a server, for each kW and month.")
@option("--staff", metavar="PERSONS", help="People who look after one's own machines, such as 0.05.")
@option("--api-staff", metavar="PERSONS", help="People who look after an API.")
@option("--staff-cost", metavar="MONEY", help="What a person costs a month.")
@option("--setup", metavar="MONEY", help="Setting up one's own machines, once.")
@option("--api-setup", metavar="MONEY", help="Connecting an API, once.")
@option("--spares", metavar="N", help="Spare machines beyond what the load needs: 1 is N + 1.")
@option("--traffic", metavar="MONEY", help="Traffic out of a rented machine, for each GB.")
@option("--network", metavar="MONEY", help="Network of bought machines, for each device, once.")
@option("--licence-fee", metavar="MONEY", help="Software licence, for each device and year.")
@option("--reserved-discount", metavar="SHARE", help="Discount for a year's commitment.")
@option("--spot-discount", metavar="SHARE", help="Discount of machines that can be taken away.")
@option("--api-falls", metavar="SHARE", help="How much API prices fall in a year, such as 30%.")
@option("--api-model", metavar="NAME", help="Compare with the API of this model.")
@option(
    "--api-price",
    metavar="IN/OUT",
    help="Your price of a million tokens: 0.15/0.60, or 0.15/0.60/0.003 with cached input.",
)
@option("--buy-price", metavar="MONEY", help="Your price of one device.")
@option("--rent-price", metavar="MONEY", help="Your price of one device for an hour.")
@option("--devices-per-machine", metavar="N", help="Only machines with so many devices are to be had.")
@option("--currency", metavar="USD|CNY", help="Currency of the answer.")
@option("--exchange-rate", metavar="RATE", help="CNY for one USD.")
@option("--profile", metavar="FILE", help='A TOML file with these costs, such as electricity = "0.12/kWh".')
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option("--engine", metavar="NAME", help="The engine, such as llama.cpp, vllm or vllm@0.19.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--max-ttft", metavar="TIME", help="Longest wait for the first word, such as 2s.")
@option("--max-tpot", metavar="TIME", help="Longest time for each further token, such as 100ms.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--explain", is_flag=True, help="Show every way in parts and every constant with its source.")
@option("--svg", metavar="FILE", help="Write the chart of cost over use as SVG.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Price one model."""
    from sizewise import advisor
    from sizewise.advisor.cost_terms import SETTINGS
    from sizewise.domain.estimate import Estimate

    say = say_of(ctx)
    shown = {name: given.pop(name) for name in ("as_json", "out", "explain", "svg")}
    money = advisor.CostQuestion(
        **{name: given.pop(name) for name in MONEY_WORDS},
        settings={name: given.pop(name) for name in SETTINGS},
    )
    model, catalog = given.pop("model"), given.pop("catalog")
    named = {name: given.pop(name) for name in QUESTION_LISTS}
    given |= {name: () if value is None else (value,) for name, value in named.items()}
    with busy(say, T("pricing every way to pay")):
        answer = advisor.cost(model, advisor.Question(**given), money, user_catalog=catalog)
    if shown["svg"]:
        _draw(answer, shown["svg"], say, is_told=not shown["as_json"])
    if shown["as_json"]:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=shown["out"], say=say)
    else:
        from sizewise.report.text_cost import cost_blocks

        show_page(cost_blocks(answer, say, explains=shown["explain"]), out=shown["out"], say=say)
    return 0 if any(isinstance(way.monthly_usd, Estimate) for way in answer.ways) else NOTHING_KNOWN


def _draw(answer: Any, file: str, say: Any, *, is_told: bool) -> None:  # noqa: ANN401 - types imported when needed
    from sizewise.report.chart_svg import chart_svg
    from sizewise.report.cost_chart import cost_chart
    from sizewise.report.whole_file import write_whole

    chart = cost_chart(answer, say)
    if chart is None:
        raise NotSupported("--svg: no way to pay has a known cost over use, so there is nothing to draw")
    write_whole(Path(file), chart_svg(chart) + "\n")
    if is_told:
        write(say(T("written to {file}", file=file)) + "\n")
