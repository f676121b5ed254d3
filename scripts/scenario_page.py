"""One written scenario as Markdown in one language: the story, what was asked, the answer, and what it rests on."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sizewise.advisor import Question, TrafficQuestion
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.language import speaker, translator
from sizewise.report.text_fit import fit_rows, fit_verdict
from sizewise.report.text_option import figure_rows, setup_line
from sizewise.report.text_portfolio import comparison_text, proof, route_text
from sizewise.report.words import CONSTRAINTS, LEGEND, PATHS, ROLES, SET_BY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sizewise.domain.answers import FitAnswer
    from sizewise.domain.decision import Decision, Option, Rejection
    from sizewise.domain.portfolio import PortfolioAnswer, PortfolioMachines
    from sizewise.report.language import Say

    Answer = Decision | PortfolioAnswer | FitAnswer

LANGUAGES = ("en", "zh")
money = speaker(str).amount
SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")
"""Signs that Markdown would read as its own."""
SWITCHES = {"allows_api": "--api"}
"""Options that are said or not."""
NAMELESS = frozenset({"name"})
FIGURE_HEADERS = (("", "low", "likely", "high", ""), ("", "低", "可能", "高", ""))
WORDS = {
    "situation": ("The situation", "情况"),
    "asked": ("What was asked", "问了什么"),
    "file": ("with this file of classes, `{name}`:", "请求类别文件 `{name}`："),
    "short": ("In short", "结论"),
    "figures": ("The figures", "数字"),
    "neighbours": ("The neighbours", "相邻的选择"),
    "why_not": ("Why not something else", "为什么不选别的"),
    "nearest": ("What comes nearest", "最接近的是"),
    "flips": ("What would change the answer", "什么会改变结论"),
    "next": ("What to do now", "接下来做什么"),
    "rests": ("What this rests on", "依据"),
    "routes": ("Which requests go where", "各类请求的去向"),
    "ways": ("Beside the other ways", "与其他做法相比"),
    "machines": ("What to have", "需要配备"),
    "footer": ("Facts of {date}, sizewise {version}.", "数据截至 {date}，sizewise {version}。"),
}
"""Headings of the pages: English, Chinese."""
MOST_REASONS = 4
RESTS = ("task", "quality bar", "users at the same time", "prompt length", "answer length", "context",
         "longest wait for the first token", "longest time per token", "licence", "languages",
         "hours of use a month")  # fmt: skip
"""Assumptions that a manager would ask about."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One command and what of its answer is shown."""

    verb: str
    """recommend, fit or portfolio."""
    given: dict[str, object]
    """Words of the question."""
    traffic: str = ""
    """TOML of the classes; empty where there are none."""
    intro: tuple[str, str] = ("", "")
    """A sentence before the command, English and Chinese."""
    is_short: bool = False
    """Only the verdict and what binds."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A story, its questions and what is to be learned from the answers."""

    key: str
    title: tuple[str, str]
    situation: tuple[str, str]
    asks: tuple[Ask, ...]
    lesson: Callable[[Sequence[Answer]], tuple[str, str]]
    """What a manager takes home, from the answers of this run: English and Chinese."""


def page(scenario: Scenario, answers: Sequence[Answer], language: str) -> str:
    """The whole document."""
    number = LANGUAGES.index(language)
    say = speaker(translator(language))
    lines = [
        f"# {scenario.title[number]}", "", _other(scenario, number), "", f"## {WORDS['situation'][number]}", "",
        scenario.situation[number], "", f"## {WORDS['short'][number]}", "", scenario.lesson(answers)[number], "",
    ]  # fmt: skip
    for position, (ask, answer) in enumerate(zip(scenario.asks, answers, strict=True), 1):
        heading = WORDS["asked"][number] + (f" ({position})" if len(answers) > 1 else "")
        lines += [f"## {heading}", ""]
        lines += _asked(scenario, ask, number, shows_file=position == 1)
        lines += list(BODIES[ask.verb](answer, ask, say, number))
    lines += [f"*{plain(say(LEGEND))}*", "", f"*{_footer(answers[0], number)}*"]
    return "\n".join(lines).rstrip() + "\n"


def _other(scenario: Scenario, number: int) -> str:
    return f"[中文]({scenario.key}.zh.md)" if number == 0 else f"[English]({scenario.key}.md)"


def _footer(answer: Answer, number: int) -> str:
    date, version = getattr(answer, "facts_date", ""), getattr(answer, "version", "")
    return plain(WORDS["footer"][number].format(date=date, version=version)) if date else ""


def _asked(scenario: Scenario, ask: Ask, number: int, *, shows_file: bool) -> Iterator[str]:
    if ask.intro[number]:
        yield from (ask.intro[number], "")
    yield from ("```sh", command_line(scenario, ask), "```", "")
    if ask.traffic and shows_file:
        name = WORDS["file"][number].format(name=traffic_name(scenario))
        yield from (name, "", "```toml", ask.traffic.strip(), "```", "")


def traffic_name(scenario: Scenario) -> str:
    """File of the classes of a scenario, beside its pages."""
    return f"{scenario.key}.toml"


def command_line(scenario: Scenario, ask: Ask) -> str:
    """The command as it is typed."""
    words = ["sizewise", ask.verb]
    words += [traffic_name(scenario)] if ask.traffic else []
    words += [str(ask.given["name"])] if "name" in ask.given else []
    known = {f.name for kind in (Question, TrafficQuestion) for f in fields(kind)} | NAMELESS
    for name, value in ask.given.items():
        if name in NAMELESS:
            continue
        if name not in known:
            raise ValueError(f"no option is called {name}")
        for one in value if isinstance(value, tuple) else (value,):
            words += [SWITCHES[name]] if name in SWITCHES else [f"--{name.replace('_', '-')}", str(one)]
    return shlex.join(words)


def plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _decision(decision: Decision, ask: Ask, say: Say, number: int) -> Iterator[str]:
    yield from (f"**{plain(say(decision.verdict))}**", "")
    if decision.answer is not None and not ask.is_short:
        yield from _figures(decision.answer, say, number)
    if not ask.is_short and decision.alternatives:
        yield from (f"### {WORDS['neighbours'][number]}", "")
        for item in decision.alternatives:
            text = T("{title}; {difference}", title=item.title, difference=item.difference)
            yield f"- {plain(say(T('{role}: {text}', role=ROLES.get(item.role, item.role), text=text)))}"
        yield ""
    yield from _reasons(decision, ask, say, number)
    if not ask.is_short:
        yield from _flips(decision, say, number)
        yield from _commands(decision, number)
        yield from _rests(decision, say, number)


def _figures(option: Option, say: Say, number: int) -> Iterator[str]:
    yield from (f"### {WORDS['figures'][number]}", "", plain(setup_line(option.deployment, say)), "")
    yield from _table(FIGURE_HEADERS[number], 3)
    for row in figure_rows(option, say):
        what = " ".join(part for part in (row.unit, f"({row.note})" if row.note else "") if part)
        yield f"| {row.name} | {row.low} | {plain(row.likely)} | {row.high} | {plain(what)} |"
    yield ""


def _table(header: Sequence[str], num_right: int) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    marks = ["---", *["---:"] * num_right, *["---"] * (len(header) - num_right - 1)]
    yield f"| {' | '.join(marks)} |"


def _reasons(decision: Decision, ask: Ask, say: Say, number: int) -> Iterator[str]:
    shown = [r for r in decision.rejected if r.role != "quantization"]
    if not shown or (ask.is_short and decision.answer is not None):
        return
    heading = WORDS["why_not" if decision.answer is not None else "nearest"][number]
    yield from (f"### {heading}", "")
    for item in shown[:MOST_REASONS]:
        yield _reason(item, say)
    yield ""


def _reason(item: Rejection, say: Say) -> str:
    title = say(T("{role}: {text}", role=ROLES.get(item.role, item.role), text=item.option))
    what = say(
        T("{constraint}: {shortfall}", constraint=CONSTRAINTS[item.constraint], shortfall=item.shortfall)
    )
    lift = say(item.lift)
    return f"- {plain(title)}  \n  {plain(what)}" + (f" → {plain(lift)}" if lift else "")


def _flips(decision: Decision, say: Say, number: int) -> Iterator[str]:
    if not decision.flips:
        return
    yield from (f"### {WORDS['flips'][number]}", "")
    for flip in decision.flips:
        change = T("{input} {threshold}: {then}", input=flip.input, threshold=flip.threshold, then=flip.then)
        yield f"- {plain(say(change))}"
    yield ""


def _commands(decision: Decision, number: int) -> Iterator[str]:
    if decision.command:
        lines = (*decision.prepare, decision.command)
        yield from (f"### {WORDS['next'][number]}", "", "```sh", *lines, "```", "")


def _rests(decision: Decision, say: Say, number: int) -> Iterator[str]:
    yield from (f"### {WORDS['rests'][number]}", "")
    for item in decision.assumptions:
        if str(item.name) in RESTS:
            who = say(SET_BY.get(item.set_by, item.set_by))
            yield f"- {plain(say(item.name))}: {plain(say(item.value))} ({plain(who)})"
    yield ""


def _portfolio(answer: PortfolioAnswer, _ask: Ask, say: Say, number: int) -> Iterator[str]:
    yield from (f"**{plain(say(answer.verdict))}**", "")
    if answer.parts:
        yield from (f"### {WORDS['routes'][number]}", "")
    for position, part in enumerate(answer.parts):
        yield f"- [{position + 1}] {plain(say(part.title))}"
        for route in answer.routes:
            if route.part == position:
                yield f"  - {plain(say(route_text(route, part, say)))}"
    yield ""
    if answer.parts:
        yield from (f"### {WORDS['machines'][number]}", "")
    for machines in answer.machines:
        name = T("{machine}, {path}", machine=name_of(machines), path=PATHS[machines.path])
        runs = ", ".join(f"[{i + 1}]" for i in machines.parts)
        cost = machines.monthly_usd
        amounts = {"likely": money(cost.likely), "low": money(cost.low), "high": money(cost.high)}
        yield f"- {plain(say(name))}: {runs}; {MONTHLY[number].format(**amounts, once=money(machines.upfront_usd))}"
    for position, part in enumerate(answer.parts, 1):
        if part.deployment is None:
            yield f"- {say(PATHS['api'])}: [{position}]; {BILL[number].format(usd=money(part.usage_usd))}"
    yield from ("", f"### {WORDS['ways'][number]}", "")
    yield from (f"- {plain(say(comparison_text(other)))}" for other in answer.comparisons)
    if answer.monthly_usd is not None:
        yield from ("", plain(say(proof(answer))))
    yield ""


BILL = ("{usd} USD a month", "每月 {usd} 美元")
MONTHLY = (
    "{likely} USD a month ({low} to {high}), {once} USD at once",
    "每月 {likely} 美元（{low} 到 {high}），一次性 {once} 美元",
)


def name_of(machines: PortfolioMachines) -> str:
    """So many machines in one phrase."""
    return f"{machines.count} x {machines.machine}" if machines.count > 1 else machines.machine


def _fit(answer: FitAnswer, _ask: Ask, say: Say, number: int) -> Iterator[str]:
    yield from (f"**{plain(say(fit_verdict(answer)))}**", "", f"### {WORDS['figures'][number]}", "")
    yield from _table(("", ""), 0)
    yield from (f"| {plain(name)} | {plain(str(value))} |" for name, value in fit_rows(answer, say))
    yield ""


BODIES: dict[str, Callable[..., Iterator[str]]] = {
    "recommend": _decision,
    "portfolio": _portfolio,
    "fit": _fit,
}


def likely(figure: object) -> float:
    """The likely value; NaN where it is unknown."""
    return figure.likely if isinstance(figure, Estimate) else float("nan")
