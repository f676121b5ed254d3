"""`sizewise recommend`."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sizewise.cli.language import say_of
from sizewise.cli.output import busy, show_json, show_page, show_text, write
from sizewise.cli.verbs import currency_option, option, verb
from sizewise.domain.text import T
from sizewise.errors import BadInput, NotSupported, UnknownName
from sizewise.units import parse_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.advisor import Question
    from sizewise.domain.answers import QualityCurve
    from sizewise.domain.decision import Decision, Option
    from sizewise.domain.proof_answers import VerifyAnswer
    from sizewise.report.language import Say

NO_OPTION = 1
RULE_OF_THUMB = "rule-of-thumb"
POLICIES = ("computed", RULE_OF_THUMB)
FLOWS = ("tree", "mermaid", "svg")
YES, NO = "yes", "no"
MOST_OPTIONS = 1000
"""Options that `--all` lists: more than anybody reads."""


@verb(
    "recommend", help="The smallest model that does the task well enough, on the cheapest hardware, and why."
)
@option(
    "--task", default="chat", show_default=True, help="What it is for, such as chat, coding, summarization."
)
@option("--users", metavar="N", help="People who use it at the same time.")
@option("--context", metavar="TOKENS", help="Text that it keeps in mind, such as 8192 or 32K tokens.")
@option("--input-tokens", metavar="TOKENS", help="Length of a prompt.")
@option("--output-tokens", metavar="TOKENS", help="Length of an answer.")
@option(
    "--thinking-tokens",
    metavar="TOKENS",
    help="Tokens that a model writes before its answer; they take time and are billed like it.",
)
@option(
    "--prefix-hit",
    metavar="SHARE",
    help="Share of every prompt that is still cached from earlier requests, such as 0.5; also by an API, "
    "unless --cached says otherwise.",
)
@option("--think-time", metavar="TIME", help="Pause of a person between two requests, such as 30s.")
@option("--max-ttft", metavar="TIME", help="Longest wait for the first word, such as 2s.")
@option("--max-tpot", metavar="TIME", help="Longest time for each further token, such as 100ms.")
@option(
    "--hours", metavar="HOURS", help="Hours of use a month, on which electricity and the API bill depend."
)
@option(
    "--utilisation",
    metavar="SHARE",
    help="Share of this load that comes on average of these hours, such as 40%.",
)
@option("--cached", metavar="SHARE", help="Share of the input that an API finds in its cache, such as 50%.")
@option("--batch", metavar="SHARE", help="Share of the requests that can wait for a batch of an API.")
@option("--api-peak", metavar="SHARE", help="Share of the requests in the dear hours of an API.")
@option("--monthly-budget", metavar="MONEY", help="At most so much a month: 800, 5000CNY.")
@option("--upfront-budget", metavar="MONEY", help="At most so much at once.")
@option(
    "--language",
    multiple=True,
    metavar="CODE",
    help="A language that the model must know: zh. May be repeated.",
)
@option("--license", metavar="any|commercial|open", help="Use that the licence must allow.")
@option("--as-good-as", metavar="MODEL", help="Good enough means as good as this model.")
@option(
    "--complexity", metavar="WORD", help="Good enough for tasks that are simple, medium, complex or research."
)
@option("--min-quality", metavar="POINTS", help="Good enough means so many points of 100.")
@option(
    "--model", multiple=True, metavar="MODEL", help="Only this model. May be repeated, as may the next four."
)
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
@option(
    "--path",
    multiple=True,
    metavar="owned|rent|buy|api|any",
    help="Only what is paid for in this way; an API, to which data goes out, only where api or any is given.",
)
@option("--electricity", metavar="MONEY/kWh", help="Price of electricity, such as 0.12/kWh or 0.8CNY/kWh.")
@option(
    "--price",
    multiple=True,
    metavar="DEVICE=MONEY",
    help="Your price of a device: 'RTX 4090=1800' to buy, 'RTX 4090=0.45/h' to rent. May be repeated.",
)
@option("--kv-type", metavar="NAME", help="Number format of the KV cache, such as f16 or q8_0.")
@option(
    "--verify",
    "verifies",
    is_flag=True,
    help="Try the options that this computer can run on the real engine.",
)
@option("--no-store", is_flag=True, default=None, help="Neither use nor keep own measurements.")
@option("--catalog", metavar="FILE", help="A CSV with your own models or devices.")
@option("--top", metavar="N", help="List the best N options.")
@option("--all", "lists_all", is_flag=True, help="List every option that satisfies the request.")
@option("--explain", is_flag=True, help="Show every assumption and the way through the questions.")
@option(
    "--flow",
    metavar="tree|mermaid|svg",
    help="Draw the way to the answer, beside that of the original guide.",
)
@option("--curve", is_flag=True, help="Also show quality by size and by cost for the task, and the knee.")
@option("--svg", metavar="FILE", help="Write the curves of quality by size and by cost as SVG.")
@option("--policy", default="computed", metavar="computed|rule-of-thumb",
        help="rule-of-thumb walks the three questions of the original guide.")  # fmt: skip
@option("--budget-limited", metavar="yes|no", help="Answer to the guide's first question.")
@option("--enterprise-hardware", metavar="yes|no", help="Answer to the guide's third question.")
@option("--save", metavar="FILE", help="Keep the decision, for sizewise recheck and sizewise report.")
@option("--out", metavar="FILE", help="Write the answer to a file.")
@currency_option
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:  # noqa: ANN401 - what was typed
    """Answer one question."""
    from sizewise.advisor import Question

    display = {
        name: given.pop(name)
        for name in (
            "as_json", "out", "save", "explain", "top", "lists_all", "catalog", "flow", "verifies", "curve", "svg",
        )
    }  # fmt: skip
    policy = {name: given.pop(name) for name in ("policy", "budget_limited", "enterprise_hardware")}
    question = Question(**given)
    if _chosen("--policy", policy["policy"], POLICIES) == RULE_OF_THUMB:
        return _rule_of_thumb(say_of(ctx), question, policy, display)
    return _computed(say_of(ctx), question, display)


def _computed(say: Say, question: Question, display: Mapping[str, Any]) -> int:
    from sizewise import advisor

    listed = _num_listed(display)
    top: dict[str, Any] = {} if listed is None else {"top": listed}
    with busy(say, T("weighing every model on every machine")):
        decision = advisor.recommend(question, user_catalog=display["catalog"], **top)
    if display["save"] is not None:
        advisor.save_decision(decision, display["save"], user_catalog=display["catalog"])
    tried = _verified(say, decision, uses_store=not question.no_store) if display["verifies"] else ()
    curve = _curve(say, question, decision.answer, display)
    if display["flow"] is not None:
        _draw(say, decision, display)
    elif display["as_json"]:
        from sizewise.report.answer_json import plain

        payload = plain(decision, say) | ({"verified": plain(tried, say)} if display["verifies"] else {})
        payload |= {"curve": plain(curve, say)} if curve else {}
        show_json(payload, out=display["out"], say=say)
    else:
        from sizewise.report.text import decision_blocks
        from sizewise.report.text_curve import curve_blocks
        from sizewise.report.text_verify import verify_blocks

        page = decision_blocks(decision, say, shows_list=listed is not None, explains=display["explain"])
        trials = (block for one in tried for block in verify_blocks(one, say))
        bends = curve_blocks(curve, say) if curve else ()
        show_page(itertools.chain(page, trials, bends), out=display["out"], say=say)
    return 0 if decision.answer or decision.api else NO_OPTION


def _verified(say: Say, decision: Decision, *, uses_store: bool) -> tuple[VerifyAnswer, ...]:
    from sizewise.advisor.verify_options import verified
    from sizewise.cli.verify import asking

    with busy(say, T("running the engine on synthetic weights")):
        return verified(decision, uses_store=uses_store, agree=asking(say))


def _curve(
    say: Say, question: Question, answer: Option | None, display: Mapping[str, Any]
) -> QualityCurve | None:
    """Quality by size and cost where `--curve` or `--svg` asks for it; drawn to the file of `--svg`."""
    if not (display["curve"] or display["svg"]):
        return None
    from sizewise import advisor

    curve = advisor.quality_curve(question, chosen=answer, user_catalog=display["catalog"])
    if display["svg"]:
        from sizewise.report.chart_svg import stacked_svg
        from sizewise.report.curve_chart import curve_charts
        from sizewise.report.whole_file import write_whole

        charts = curve_charts(curve, say)
        if not charts:
            raise NotSupported(
                "--svg: fewer than two models have a known quality, so there is nothing to draw"
            )
        write_whole(Path(display["svg"]), stacked_svg(charts) + "\n")
        if not display["as_json"]:
            write(say(T("written to {file}", file=display["svg"])) + "\n")
    return curve if display["curve"] else None


def _draw(say: Say, decision: Decision, display: Mapping[str, Any]) -> None:
    """The flow alone, as asked for."""
    from sizewise.report.flow_svg import flow_svg
    from sizewise.report.flow_text import flow_mermaid, flow_tree
    from sizewise.report.flow_view import flow_view

    kind, view = _chosen("--flow", display["flow"], FLOWS), flow_view(decision, say)
    if kind == "tree":
        text = "\n".join(flow_tree(view))
    else:
        text = flow_svg(view) if kind == "svg" else flow_mermaid(view).rstrip()
    show_text(text + "\n", out=display["out"], say=say)


def _num_listed(display: Mapping[str, Any]) -> int | None:
    """How many options to list; None: no list."""
    if display["lists_all"] and display["top"] is not None:
        raise BadInput("--all and --top ask for different lists; give one of them")
    if display["lists_all"]:
        return MOST_OPTIONS
    return None if display["top"] is None else parse_whole(display["top"], "--top", MOST_OPTIONS)


def _rule_of_thumb(
    say: Say, question: Question, policy: Mapping[str, Any], display: Mapping[str, Any]
) -> int:
    from sizewise import advisor

    answer = advisor.rule_of_thumb(
        question,
        budget_limited=_truth("--budget-limited", policy["budget_limited"]),
        enterprise_hardware=_truth("--enterprise-hardware", policy["enterprise_hardware"]),
    )
    if display["as_json"]:
        from sizewise.report.answer_json import policy_json

        show_json(policy_json(answer, say), out=display["out"], say=say)
    else:
        from sizewise.report.text_tiers import policy_blocks

        show_page(policy_blocks(answer, say), out=display["out"], say=say)
    return 0


def _truth(what: str, given: str | None) -> bool | None:
    return None if given is None else _chosen(what, given, (YES, NO)) == YES


def _chosen(what: str, given: str, allowed: tuple[str, ...]) -> str:
    choice = given.strip().lower()
    if choice not in allowed:
        raise UnknownName(what, given, allowed, f"allowed: {', '.join(allowed)}")
    return choice
