"""`sizewise measure`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import show_json, show_page, write
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.report.language import Say

NAMES = ("model", "quantization", "engine", "engine_version", "device")


@verb("measure", help="An endpoint under load, beside what is predicted for the same load.")
@click.argument("url", required=False)
@option(
    "--users",
    metavar="N",
    help="So many users, each sending its next request after the answer; 1 by default.",
)
@option(
    "--rate", metavar="N", help="Requests a second at random moments, whatever happens, instead of users."
)
@option("--input-tokens", metavar="TOKENS", help="Length of a prompt; 512 by default.")
@option("--output-tokens", metavar="TOKENS", help="Length of an answer; 64 by default.")
@option("--requests", metavar="N", help="At most so many requests; 32 by default.")
@option("--time-limit", metavar="TIME", help="No request begins later than this; 60 s by default.")
@option("--chat", "uses_chat", is_flag=True, help="Ask for chat answers instead of continued text.")
@option("--served-model", metavar="NAME", help="Name to ask the server for; its only model by default.")
@option("--key", metavar="NAME", help="Environment variable that holds the key; OPENAI_API_KEY by default.")
@option("--model", metavar="MODEL", help="The same model in the catalog, for the prediction.")
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option("--engine", metavar="NAME", help="The engine, such as llama.cpp or vllm.")
@option("--engine-version", metavar="TEXT", help="Version of the engine, for the record.")
@option("--device", metavar="DEVICE", help="The hardware of the endpoint: 'RTX 4090', '2x RTX 3090', this.")
@option(
    "--import", "imported", metavar="FILE", help="A result of guidellm or vllm bench serve instead of a load."
)
@option(
    "--csv", "csv_file", metavar="FILE", help="Also write the figures in the columns of the measured facts."
)
@option("--no-store", is_flag=True, help="Neither use nor keep own measurements.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Measure one endpoint; the key is read from the environment and kept nowhere."""
    from sizewise.advisor.measure_prediction import Named
    from sizewise.advisor.measure_records import measured_csv
    from sizewise.advisor.measurement import MeasureQuestion, measure, measure_imported
    from sizewise.report.whole_file import write_whole

    say, as_json, out, csv_file = say_of(ctx), given.pop("as_json"), given.pop("out"), given.pop("csv_file")
    url, imported = given.pop("url"), given.pop("imported")
    if (url is None) == (imported is None):
        raise BadInput("give the address of an endpoint, or --import FILE, not both")
    named = Named(**{name: given.pop(name) for name in NAMES})
    question = MeasureQuestion(named=named, uses_store=not given.pop("no_store"), **given)
    if imported is not None:
        answers = measure_imported(imported, question)
    else:
        with _progress(say) as on_done:
            answers = (measure(url, question, on_done=on_done),)
    if csv_file is not None:
        write_whole(Path(csv_file), measured_csv(answers))
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(answers if imported else answers[0], say), out=out, say=say)
    else:
        from sizewise.report.text_measure import measure_blocks

        show_page((block for one in answers for block in measure_blocks(one, say)), out=out, say=say)
    if csv_file is not None:
        write(say(T("written to {file}", file=csv_file)) + "\n")
    return 0


@contextmanager
def _progress(say: Say) -> Iterator[Callable[[int], None] | None]:
    """How many answers have come, on a terminal only."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(say(T("measuring"))) as status:
        yield lambda count: status.update(say(T("measuring: {count} answers", count=f"{count:,}")))
