"""`sizewise fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import show
from sizewise.cli.verbs import option, verb

if TYPE_CHECKING:
    from collections.abc import Iterable

DOES_NOT_FIT = 1


@verb("fit", help="Does this model run on this hardware: with how much text, for how many; and if not, what would help?")
@click.argument("model")
@option("--device", metavar="DEVICE", help="The hardware: 'RTX 4090', '2x RTX 3090'; this computer by default.")
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option("--engine", metavar="NAME", help="The engine, such as llama.cpp or vllm.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--users", metavar="N", help="Requests that run at once.")
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, model: str, catalog: str | None, out: str | None, as_json: bool, **given: Any) -> int:  # noqa: ANN401, FBT001
    """Answer for one model: a Hugging Face id, or a folder with config.json."""
    from sizewise import advisor
    from sizewise.report.answer_json import fit_json

    say = say_of(ctx)
    device = given.pop("device") or "this"
    answer = advisor.fit(model, device=device, user_catalog=catalog, **given)

    def blocks() -> Iterable[Any]:
        from sizewise.report.text_fit import fit_blocks

        return fit_blocks(answer, say)

    show(as_json=as_json, payload=lambda: fit_json(answer, say), blocks=blocks, say=say, out=out)
    return DOES_NOT_FIT if answer.fits == "no" else 0
