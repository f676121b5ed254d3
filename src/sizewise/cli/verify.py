"""`sizewise verify`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page
from sizewise.cli.verbs import option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput
from sizewise.report.figures import gib

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.proof_answers import VerifyPlan
    from sizewise.report.language import Say

HAS_NOT_HELD = 1
MINUTE_S = 60.0


@verb(
    "verify", help="Try a size on this computer before you download it: its shapes, run by the real engine."
)
@click.argument("model")
@option("--quantization", metavar="NAME", help="Number format of the weights, such as Q4_K_M or FP8.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option(
    "--engine", metavar="NAME", help="The engine: llama.cpp, or transformers or vllm with random weights."
)
@option(
    "--engine-binary",
    metavar="PATH",
    help="Your own llama-bench or llama-server, or its folder; one in PATH is used where it sees a graphics card.",
)
@option(
    "--folder", metavar="DIR", help="Where the synthetic weights lie meanwhile; the cache folder by default."
)
@option("--yes", "agrees", is_flag=True, help="Start a large run without being asked.")
@option("--no-store", is_flag=True, help="Neither use nor keep own measurements.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Verify one model."""
    from sizewise import advisor

    say, as_json, out = say_of(ctx), given.pop("as_json"), given.pop("out")
    agrees, uses_store = given.pop("agrees"), not given.pop("no_store")
    with busy(say, T("running the engine on synthetic weights")):
        answer = advisor.verify(
            given.pop("model"), user_catalog=given.pop("catalog"), uses_store=uses_store,
            agree=None if agrees else asking(say), **given,
        )  # fmt: skip
    if answer is None:
        return HAS_NOT_HELD
    if as_json:
        from sizewise.report.answer_json import plain

        show_json(plain(answer, say), out=out, say=say)
    else:
        from sizewise.report.text_verify import verify_blocks

        show_page(verify_blocks(answer, say), out=out, say=say)
    return 0 if answer.has_held else HAS_NOT_HELD


def asking(say: Say) -> Callable[[VerifyPlan], bool]:
    """Ask on the terminal before a large run; without one, say how to agree."""

    def agree(plan: VerifyPlan) -> bool:
        needs = {
            "minutes": f"{max(plan.seconds / MINUTE_S, 1):.0f}",
            "memory": gib(plan.memory_bytes),
            "disk": gib(plan.disk_bytes),
        }
        if sys.stdin is None or not sys.stdin.isatty():
            raise BadInput(
                "this takes about {minutes} minutes, {memory} GiB of memory and {disk} GiB of disk; "
                "give --yes to start it",
                **needs,
            )
        told = T(
            "This takes about {minutes} minutes, {memory} GiB of memory and {disk} GiB of disk. Start it?",
            **needs,
        )
        return click.confirm(say(told), err=True)

    return agree
