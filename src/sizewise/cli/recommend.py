"""`sizewise recommend`."""

from __future__ import annotations

from typing import Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import show
from sizewise.cli.verbs import option, verb
from sizewise.errors import BadInput, UnknownName

NO_OPTION = 1
POLICIES = ("computed", "rule-of-thumb")
YES, NO = "yes", "no"
MOST_OPTIONS = 1000
"""Options that `--all` lists: more than anybody reads."""
REPEATABLE = ("language", "model", "quantization", "engine", "device", "path")


@verb("recommend", help="The smallest model that does the task well enough, on the cheapest hardware, and why.")
@option("--task", default="chat", show_default=True, help="What it is for, such as chat, coding, summarization.")
@option("--users", metavar="N", help="People who use it at the same time.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--input-tokens", metavar="TOKENS", help="Length of a prompt.")
@option("--output-tokens", metavar="TOKENS", help="Length of an answer.")
@option("--think-time", metavar="TIME", help="Pause of a person between two requests, such as 30s.")
@option("--max-ttft", metavar="TIME", help="Longest wait for the first word, such as 2s.")
@option("--max-tpot", metavar="TIME", help="Longest time for each further token, such as 100ms.")
@option("--monthly-budget", metavar="MONEY", help="At most so much a month: 800, 5000CNY.")
@option("--upfront-budget", metavar="MONEY", help="At most so much at once.")
@option("--language", multiple=True, metavar="CODE", help="A language that the model must know: zh. May be repeated.")
@option("--license", metavar="any|commercial|open", help="Use that the licence must allow.")
@option("--as-good-as", metavar="MODEL", help="Good enough means as good as this model.")
@option("--complexity", metavar="WORD", help="Good enough for tasks that are simple, medium, complex or research.")
@option("--min-quality", metavar="POINTS", help="Good enough means so many points of 100.")
@option("--model", multiple=True, metavar="MODEL", help="Only this model. May be repeated, as may the next four.")
@option("--quantization", multiple=True, metavar="NAME", help="Only this quantization, such as Q4_K_M or FP8.")
@option("--engine", multiple=True, metavar="NAME", help="Only this engine, such as llama.cpp or vllm.")
@option("--device", multiple=True, metavar="DEVICE", help="Only this hardware: 'RTX 4090', '2x RTX 3090', this, any.")
@option("--path", multiple=True, metavar="owned|rent|buy", help="Only hardware paid for in this way.")
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--top", metavar="N", help="List the best N options.")
@option("--all", "lists_all", is_flag=True, help="List every option that satisfies the request.")
@option("--explain", is_flag=True, help="Show every assumption and the way through the questions.")
@option("--policy", default="computed", metavar="computed|rule-of-thumb",
        help="rule-of-thumb walks the three questions of the original guide.")  # fmt: skip
@option("--budget-limited", metavar="yes|no", help="Answer to the guide's first question.")
@option("--enterprise-hardware", metavar="yes|no", help="Answer to the guide's third question.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Answer one question."""
    from sizewise.advisor.question import Question

    shown = {name: given.pop(name) for name in ("as_json", "out", "explain", "top", "lists_all", "catalog")}
    policy = {name: given.pop(name) for name in ("policy", "budget_limited", "enterprise_hardware")}
    question = Question(**given)
    if _chosen("--policy", policy["policy"], POLICIES) == POLICIES[0]:
        return _computed(ctx, question, shown)
    return _rule_of_thumb(ctx, question, policy, shown)


def _computed(ctx: click.Context, question: Any, shown: dict[str, Any]) -> int:  # noqa: ANN401 - Question, not loaded
    from sizewise import advisor
    from sizewise.report.answer_json import plain
    from sizewise.units import parse_whole

    say = say_of(ctx)
    top = {} if shown["top"] is None else {"top": parse_whole(shown["top"], "--top", MOST_OPTIONS)}
    if shown["lists_all"]:
        if top:
            raise BadInput("--all and --top ask for different lists; give one of them")
        top = {"top": MOST_OPTIONS}
    decision = advisor.recommend(question, user_catalog=shown["catalog"], **top)

    def blocks() -> Any:  # noqa: ANN401 - blocks of a library that JSON does not load
        from sizewise.report.text import decision_blocks

        return decision_blocks(decision, say, shows_list=bool(top), explains=shown["explain"])

    show(as_json=shown["as_json"], payload=lambda: plain(decision, say), blocks=blocks, say=say, out=shown["out"])
    return 0 if decision.answer else NO_OPTION


def _rule_of_thumb(ctx: click.Context, question: Any, policy: dict[str, Any], shown: dict[str, Any]) -> int:  # noqa: ANN401
    from sizewise import advisor
    from sizewise.report.answer_json import policy_json

    say = say_of(ctx)
    answer = advisor.rule_of_thumb(
        question,
        budget_limited=_truth("--budget-limited", policy["budget_limited"]),
        enterprise_hardware=_truth("--enterprise-hardware", policy["enterprise_hardware"]),
    )

    def blocks() -> Any:  # noqa: ANN401 - as above
        from sizewise.report.text_tiers import policy_blocks

        return policy_blocks(answer, say)

    show(as_json=shown["as_json"], payload=lambda: policy_json(answer, say), blocks=blocks, say=say, out=shown["out"])
    return 0


def _truth(what: str, given: str | None) -> bool | None:
    return None if given is None else _chosen(what, given, (YES, NO)) == YES


def _chosen(what: str, given: str, allowed: tuple[str, ...]) -> str:
    choice = given.strip().lower()
    if choice not in allowed:
        raise UnknownName(what, given, allowed, f"allowed: {', '.join(allowed)}")
    return choice
