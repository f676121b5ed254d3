"""`sizewise fit`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import CatalogName, option, verb
from sizewise.domain.text import T

DOES_NOT_FIT = 1
THIS_COMPUTER = "this"


@verb(
    "fit",
    help="Does this model run on this hardware: with how much text, for how many; and if not, what would help?",
)
@click.argument("model", type=CatalogName("model"))
@option(
    "--device",
    metavar="DEVICE",
    multiple=True,
    help="The hardware: 'RTX 4090', '2x RTX 3090'; this computer by default. Unequal ones: '4090 + 3090'.",
)
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option(
    "--engine", metavar="NAME", help="The engine, such as llama.cpp or vllm; vllm@0.11 is its version 0.11."
)
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--users", metavar="N", help="Requests that run at once.")
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16, q8_0 or q8_0/f16.")
@option("--usable", metavar="SIZE", help="Memory that may be used on each device, such as 20GiB.")
@option("--system", metavar="NAME", help="What the card also serves: headless, desktop or windows.")
@option(
    "--pipeline-parallel",
    metavar="N",
    help="Stages that share the layers, with an equal part of the devices each.",
)
@option(
    "--ask-engine", is_flag=True, help="Ask llama.cpp itself what it would allocate; no weights are needed."
)
@option("--no-store", is_flag=True, default=None, help="Neither use nor keep own measurements.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Answer for one model: a Hugging Face id, a folder, a .gguf file, ollama:NAME or modelscope:ORG/NAME."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    with busy(say, T("reading the model and sizing it")):
        answer = advisor.fit(
            given.pop("model"),
            device=given.pop("device") or (THIS_COMPUTER,),
            user_catalog=given.pop("catalog"),
            **given,
        )
    if as_json:
        from sizewise.report.answer_json import fit_json

        show_json(fit_json(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_fit import fit_blocks

        show_page(fit_blocks(answer, say), out=out, say=say)
    return DOES_NOT_FIT if answer.fits == "no" else 0
