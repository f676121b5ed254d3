"""`sizewise evaluate`."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import show_json, show_page
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.report.language import Say

NOT_ANSWERED = 1


@verb(
    "evaluate",
    help="Is the small model enough? Your own prompts, to your own servers, graded and compared.",
)
@click.argument("prompts", metavar="PROMPTS")
@option("--endpoint", multiple=True, metavar="NAME=URL", help="A server that speaks the OpenAI protocol, smallest "
        "model first; NAME=URL#MODEL where it has several. Repeat it.")  # fmt: skip
@option(
    "--reference", metavar="NAME", help="The endpoint that must not be undercut; the last one by default."
)
@option(
    "--margin", default="5", show_default=True, metavar="POINTS", help="Percentage points that may be lost."
)
@option("--task", metavar="NAME", help="What the prompts are for, such as extraction: kept for recommend.")
@option("--runs", multiple=True, metavar="NAME=MODEL@QUANTIZATION", help="What runs there, so that recommend can use "
        "the result.")  # fmt: skip
@option("--judge", metavar="NAME", help="The endpoint that compares answers which no rule can grade.")
@option(
    "--key", multiple=True, metavar="NAME=VARIABLE", help="Environment variable with the key of an endpoint."
)
@option(
    "--price", multiple=True, metavar="NAME=IN/OUT", help="USD per million tokens of prompt and of answer."
)
@option("--max-usd", metavar="USD", help="Stop before more than this is spent.")
@option(
    "--concurrency", default="8", show_default=True, metavar="N", help="Questions in flight at each endpoint."
)
@option("--max-tokens", default="1024", show_default=True, metavar="N", help="Longest answer.")
@option("--temperature", default="0", show_default=True, metavar="T", help="Randomness of the answers.")
@option(
    "--seed",
    default="1",
    show_default=True,
    metavar="N",
    help="Order of the prompts, and seed of the answers.",
)
@option("--timeout", default="120", show_default=True, metavar="SECONDS", help="Longest wait for one answer.")
@option("--attempts", default="4", show_default=True, metavar="N", help="Tries of each question.")
@option(
    "--folder", metavar="DIR", help="Where answers are kept; the same folder goes on with an interrupted run."
)
@option("--allow-code", is_flag=True, help="Run the code that the models write, in a restricted process.")
@option("--ask-all", "asks_all", is_flag=True, help="Ask every prompt, even when the answer is settled.")
@option("--out", metavar="FILE", help="Write the answer to a file: .md, .html, .json or text.")
@option("--router-out", metavar="FILE", help="Write the thresholds for a router between the two sizes.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Ask, grade, compare."""
    from sizewise import advisor
    from sizewise.domain.evaluation import NO_COMPARISON, NOBODY, UNSETTLED
    from sizewise.report.answer_json import plain

    say = say_of(ctx)
    out, router_out, as_json = (given.pop(name) for name in ("out", "router_out", "as_json"))
    question = advisor.EvaluateQuestion(**given)
    with _progress(say) as shown:
        answer = advisor.evaluate(question, shown)
    if router_out is not None:
        _write_router(answer, router_out)
    if as_json or (out or "").endswith(".json"):
        show_json(plain(answer, say), out=out, say=say)
    elif out is not None and out.endswith((".md", ".html")):
        _export(answer, out, say)
    else:
        from sizewise.report.text_evaluate import evaluate_blocks

        show_page(evaluate_blocks(answer, say), out=out, say=say)
    return NOT_ANSWERED if answer.verdict in {NOBODY, UNSETTLED, NO_COMPARISON} else 0


def _export(answer: Any, out: str, say: Say) -> None:  # noqa: ANN401 - an EvaluationAnswer
    from pathlib import Path

    from sizewise.advisor import kept_answers
    from sizewise.cli.output import write
    from sizewise.report.evaluation_document import html_text, markdown_text
    from sizewise.report.whole_file import write_whole

    render = html_text if out.endswith(".html") else markdown_text
    write_whole(Path(out), render(answer, kept_answers(answer), say))
    write(say(T("written to {file}", file=out)) + "\n")


def _write_router(answer: Any, out: str) -> None:  # noqa: ANN401 - an EvaluationAnswer
    from pathlib import Path

    from sizewise.export.router import router_text
    from sizewise.report.whole_file import write_whole

    if answer.router is None:
        raise BadInput("a router needs two endpoints and at least 20 prompts that both answered")
    write_whole(Path(out), router_text(answer.router))


@contextmanager
def _progress(say: Say) -> Iterator[Callable[[Any], None]]:
    """A bar on a terminal, with rate and cost; nothing in pipes."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
               TextColumn("{task.fields[cost]}"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        line = bar.add_task(say(T("asking")), rate="", cost="")

        def shown(progress: Any) -> None:  # noqa: ANN401 - a Progress of the asking
            elapsed_s = bar.tasks[0].elapsed or 0
            new = progress.num_done - progress.num_reused
            rate = f"{new / elapsed_s:.1f}/s" if elapsed_s else ""
            bar.update(line, completed=progress.num_done, total=progress.num_total, rate=rate,
                       cost=f"{progress.cost_usd:.4f} USD" if progress.cost_usd else "")  # fmt: skip

        yield shown
