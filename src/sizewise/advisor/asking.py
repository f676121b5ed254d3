"""From what a person typed to a complete request: names resolved, numbers parsed, every default filled in and noted."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.bars import bar_text, chosen_bar
from sizewise.advisor.billing import billing_of, note_billing
from sizewise.advisor.named_machine import HERE, machine
from sizewise.advisor.own_prices import prices_of, tariff_of
from sizewise.advisor.question import Notes
from sizewise.catalog.engine_versions import named_version, split_version
from sizewise.catalog.prices import cost_constant, cost_defaults
from sizewise.catalog.quality_table import loss_table
from sizewise.decide.candidates import COMMERCIAL
from sizewise.decide.wording import percent
from sizewise.domain.request import ANY_PATH, API, PATHS, Filters, Limits, Request
from sizewise.domain.text import T, Text
from sizewise.domain.workload import Workload
from sizewise.errors import BadInput, InvalidQuantity, NotSupported, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Assumption
    from sizewise.domain.device import Machine
    from sizewise.domain.text import Value
    from sizewise.domain.workload import Task

LANGUAGE_CODE = re.compile(r"^[a-z]{2,3}$")
RANKING = T(
    "total monthly cost (ties within 10 %), then the smallest model, then more bits, then the better quality, then "
    "the official publisher, then the name"
)
"""The order of decide/rank.py in words."""
NEVER_PROPOSED = T(
    "weights below 4 bits, a KV cache below 8, base models, models that do not write text, merges and re-uploads, "
    "models of unknown quality, models that think before every answer except for reasoning and mathematics"
)
"""What decide/candidates.py leaves out by default, in words."""
THINKING = T(
    "not counted: a model that thinks before it answers writes several times as many tokens; give --thinking-tokens "
    "(DeepSeek-R1 wrote 3,900 tokens for each question of MLPerf, 12,000 to 23,000 in competition mathematics, its "
    "answers included)"
)
"""What speed, waiting time and cost leave out."""
THINKING_SOURCE = (
    "MLPerf inference 2026-08 (mean of 4,388 answers); DeepSeek-R1-0528 model card 2025-05 (AIME)"
)
ANY = "any"
"""The device name that means everything on the market."""
PROMPT_CACHED = T("prompt already cached")
MOST_PREFIX_HIT = 0.99
"""Something of each prompt is always new. [ratio]"""
LICENCE_TEXTS = {
    "any": T("any"),
    "commercial": T("commercial use must be allowed"),
    "open": T("every use must be allowed without conditions"),
}
SMALLEST_CONTEXT_TOKENS = 256
LARGEST_TOKENS = 10**8
MAX_USERS = 10**7


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A complete request, the hardware named in it, and what was assumed."""

    request: Request
    named_machines: tuple[Machine, ...]
    uses_this_computer: bool
    uses_store: bool
    """Does what was measured on this computer count?"""
    searches_market: bool
    assumptions: tuple[Assumption, ...]


def ask(catalog: Catalog, question: Question) -> Asked:
    """The complete request.

    Raises: UnknownName, InvalidQuantity, BadInput: one clear line each.
    """
    notes = Notes()
    task = catalog.task(question.task)
    notes.add(T("task"), Text(task.title), is_asked=True)
    workload = _workload(question, task, notes)
    limits = _limits(question, notes)
    words = {text.strip().lower() for text in question.device}
    machines = tuple(
        machine(catalog, text) for text in question.device if text.strip().lower() not in {HERE, ANY}
    )
    filters = _filters(catalog, question)
    bar = chosen_bar(catalog, task, question)
    notes.add(T("quality bar"), bar_text(bar), is_asked=bar.kind != "default", source="quality table")
    kv_type = kv_type_named(question.kv_type)
    _check_cache(catalog, filters, kv_type)
    notes.add(T("KV cache type"), kv_type, is_asked=question.kv_type is not None, source="engines.toml")
    _note_thinking(workload, notes)
    notes.add(T("ranking"), RANKING, is_asked=False, source="docs/architecture.md")
    notes.add(T("never proposed unasked"), NEVER_PROPOSED, is_asked=False, source="docs/architecture.md")
    if not question.device:
        notes.add(T("hardware"), T("this computer, and everything on the market"), is_asked=False)
    billing = billing_of(
        question.cached, question.batch, question.api_peak, prefix_hit_ratio=workload.prefix_hit_ratio
    )
    note_billing(billing, notes)
    request = Request(
        task=task, workload=workload, bar=bar, limits=limits, filters=filters, kv_type=kv_type,
        prices=prices_of(catalog, question), billing=billing,
    )  # fmt: skip
    _note_prices(request, notes)
    return Asked(
        request=request,
        named_machines=machines,
        uses_store=not question.no_store,
        uses_this_computer=HERE in words or not words,
        searches_market=ANY in words or not words,
        assumptions=tuple(notes.items),
    )


def optional(
    value: str | float | None, parse: Callable[..., float], what: str, largest: float
) -> float | None:
    """A number that may be missing; numbers of the Python API pass the same checks as typed ones."""
    return None if value is None else parse(str(value), what, largest)


def _workload(question: Question, task: Task, notes: Notes) -> Workload:
    given = _given_load(question)
    presets: dict[str, float] = {name: getattr(task, name) for name in given if hasattr(task, name)}
    presets |= {
        "num_users": 1.0,
        "active_hours_per_month": cost_defaults().active_hours_per_month,
        "utilisation_ratio": cost_constant("utilisation_ratio").value.likely,
    }
    values = presets | {name: value for name, value in given.items() if value is not None}
    thinking = _thinking_tokens(question)
    values["output_tokens"] += thinking
    values["context_tokens"] = _context(question, values)
    for name, label, show in SHOWN_LOAD:
        notes.add(label, show(values[name]), is_asked=given[name] is not None, source=task.source)
    return Workload(
        input_tokens=values["input_tokens"],
        output_tokens=values["output_tokens"],
        context_tokens=int(values["context_tokens"]),
        num_users=values["num_users"],
        think_time_s=values["think_time_s"],
        max_ttft_s=values["max_ttft_s"],
        max_tpot_s=values["max_tpot_s"],
        active_hours_per_month=values["active_hours_per_month"],
        utilisation_ratio=values["utilisation_ratio"],
        thinking_tokens=thinking,
        prefix_hit_ratio=_prefix_hits(question, notes),
    )


def _prefix_hits(question: Question, notes: Notes) -> float:
    """Share of every prompt that needs no reading; 0 where nothing is said. [ratio]

    Raises: BadInput for a share outside 0..MOST_PREFIX_HIT.
    """
    given = question.prefix_hit
    if given is None:
        return 0.0
    share = units.parse_number(str(given), "--prefix-hit")
    if not 0.0 <= share <= MOST_PREFIX_HIT:
        raise BadInput(
            "--prefix-hit: {given} is outside 0 to {most}, the share of a prompt that is cached, such as 0.5",
            given=str(given),
            most=str(MOST_PREFIX_HIT),
        )
    notes.add(PROMPT_CACHED, percent(share), is_asked=True)
    return share


def _thinking_tokens(question: Question) -> float:
    """Tokens before every answer; 0 where nothing is said. [tokens]"""
    text = question.thinking_tokens
    if text is None or str(text).strip() == "0":
        return 0.0
    return units.parse_tokens(str(text), "--thinking-tokens", LARGEST_TOKENS)


def _note_thinking(workload: Workload, notes: Notes) -> None:
    """What is counted of thinking: nothing unasked."""
    if not workload.thinking_tokens:
        notes.add(T("thinking"), THINKING, is_asked=False, source=THINKING_SOURCE)
        return
    counted = T(
        "{n} tokens before every answer, of every model: in the wait for the answer, its time, the load, the cost and "
        "the bill of an API; the limit for the first token is that of the first one thought",
        n=units.format_tokens(workload.thinking_tokens),
    )
    notes.add(T("thinking"), counted, is_asked=True)


def _given_load(question: Question) -> dict[str, float | None]:
    """What was said about the load, in base units; None: not said."""
    longest_s = units.SECONDS_PER_MONTH
    return {
        "num_users": optional(question.users, units.parse_whole, "--users", MAX_USERS),
        "input_tokens": optional(question.input_tokens, units.parse_tokens, "--input-tokens", LARGEST_TOKENS),
        "output_tokens": optional(
            question.output_tokens, units.parse_tokens, "--output-tokens", LARGEST_TOKENS
        ),
        "context_tokens": optional(question.context, units.parse_tokens, "--context", LARGEST_TOKENS),
        "think_time_s": optional(question.think_time, units.parse_pause, "--think-time", longest_s),
        "max_ttft_s": optional(question.max_ttft, units.parse_seconds, "--max-ttft", longest_s),
        "max_tpot_s": optional(question.max_tpot, units.parse_seconds, "--max-tpot", longest_s),
        "active_hours_per_month": optional(
            question.hours, units.parse_count, "--hours", units.HOURS_PER_MONTH
        ),
        "utilisation_ratio": optional(question.utilisation, _utilisation, "--utilisation", 1.0),
    }


def _utilisation(text: str, what: str, largest: float) -> float:
    """A share above nothing. [ratio]"""
    share = units.parse_share(text, what)
    if not 0 < share <= largest:
        raise InvalidQuantity("{what}: '{given}' must be above 0, up to 100%", what=what, given=text)
    return share


def _tokens_text(value: float) -> Text:
    return T("{n} tokens", n=units.format_tokens(value))


def _count_text(value: float) -> str:
    return f"{value:,.0f}"


SHOWN_LOAD: tuple[tuple[str, Text, Callable[[float], Value]], ...] = (
    ("num_users", T("users at the same time"), _count_text),
    ("input_tokens", T("prompt length"), _tokens_text),
    ("output_tokens", T("answer length"), _tokens_text),
    ("context_tokens", T("context"), _tokens_text),
    ("think_time_s", T("pause between two requests of a user"), units.format_seconds),
    ("max_ttft_s", T("longest wait for the first token"), units.format_seconds),
    ("max_tpot_s", T("longest time per token"), units.format_seconds),
    ("active_hours_per_month", T("hours of use a month"), _count_text),
    (
        "utilisation_ratio",
        T("share of this load that comes on average"),
        lambda ratio: f"{100 * ratio:.0f} %",
    ),
)
"""Load in the order in which it is shown: field, name, how its value is written."""


def _context(question: Question, values: dict[str, float]) -> float:
    """The context asked for, or the preset, raised to the next power of two that holds prompt and answer. [tokens]

    Raises: InvalidQuantity where the context asked for does not hold them.
    """
    context, needed = values["context_tokens"], values["input_tokens"] + values["output_tokens"]
    if context >= needed:
        return context
    if question.context is None:
        return float(2 ** (int(needed) - 1).bit_length())
    raise InvalidQuantity(
        "--context: {context} tokens do not hold a prompt of {input} and an answer of {output} tokens; "
        "give at least {needed}, or shorter --input-tokens and --output-tokens",
        context=f"{context:.0f}",
        input=f"{values['input_tokens']:.0f}",
        output=f"{values['output_tokens']:.0f}",
        needed=f"{needed:.0f}",
    )


def usd(text: str | float, what: str) -> float:
    """An amount in USD or CNY, converted with the catalog's dated rate. [USD]"""
    amount, currency = units.parse_money(str(text), what)
    return amount if currency == "USD" else amount / cost_defaults().fx_cny_per_usd


def _limits(question: Question, notes: Notes) -> Limits:
    unlimited = Limits()
    monthly = upfront = float("inf")
    if question.monthly_budget is not None:
        monthly = usd(question.monthly_budget, "--monthly-budget")
    if question.upfront_budget is not None:
        upfront = usd(question.upfront_budget, "--upfront-budget")
    licence = _one_of("--license", question.license or unlimited.licence, COMMERCIAL)
    languages = tuple(_language(code) for text in question.language for code in text.split(","))
    for name, amount in ((T("monthly budget"), monthly), (T("upfront budget"), upfront)):
        shown = T("no limit") if amount == float("inf") else T("{n} USD", n=f"{amount:,.0f}")
        notes.add(name, shown, is_asked=amount < float("inf"))
    notes.add(T("licence"), LICENCE_TEXTS[licence], is_asked=question.license is not None)
    notes.add(T("languages"), ", ".join(languages) or T("any"), is_asked=bool(languages))
    return Limits(
        monthly_budget_usd=monthly, upfront_budget_usd=upfront, licence=licence, languages=languages
    )


def _note_prices(request: Request, notes: Notes) -> None:
    """Electricity always, since hardware at hand costs nothing else; prices of devices where they were given."""
    is_asked = request.prices.tariff_usd_per_kwh is not None
    source = "" if is_asked else cost_constant("tariff_usd_per_kwh").source
    tariff = T("{n} USD/kWh", n=units.significant(tariff_of(request)))
    notes.add(T("electricity"), tariff, is_asked=is_asked, source=source)
    for name, usd_per_hour in request.prices.rent_usd_per_hour:
        value = T("{n} USD an hour", n=units.significant(usd_per_hour))
        notes.add(T("rent of {device}", device=name), value, is_asked=True)
    for name, amount in request.prices.buy_usd:
        notes.add(T("price of {device}", device=name), T("{n} USD", n=f"{amount:,.0f}"), is_asked=True)


def _language(text: str) -> str:
    code = text.strip().lower()
    if not LANGUAGE_CODE.match(code):
        raise BadInput(
            "--language: '{given}' is not a language code; write two letters such as en or zh", given=text
        )
    return code


def _filters(catalog: Catalog, question: Question) -> Filters:
    named = {_one_of("--path", p, (*PATHS, API, ANY_PATH)) for p in question.path} or set(PATHS)
    every = named if ANY_PATH not in named else {*PATHS, API}
    engines = named_engines(catalog, question.engine)
    return Filters(
        models=tuple(catalog.model(name).name for name in question.model),
        quantizations=tuple(catalog.quantization(name).name for name in question.quantization),
        engines=tuple(engines),
        engine_versions=tuple((name, version) for name, version in engines.items() if version),
        paths=tuple(path for path in PATHS if path in every),
        allows_api=API in every,
    )


def named_engines(catalog: Catalog, texts: Iterable[str]) -> dict[str, str]:
    """Engines as people name them, 'vllm' or 'vllm@0.19', and their versions; no text: that of the catalog.

    Raises: UnknownName; NotSupported for a version that nobody knows; BadInput for one engine at two versions.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, version = split_version(text)
        engine = catalog.engine(name)
        named = named_version(engine, version, math.nan)
        asked = named.version if version else ""
        if found.setdefault(engine.name, asked) != asked:
            raise BadInput("--engine: {name} is named at two versions; ask once for each", name=engine.name)
    return found


def _check_cache(catalog: Catalog, filters: Filters, kv_type: str) -> None:
    """A cache type that no engine asked for by name keeps is refused, not dropped."""
    named = [catalog.engines[name] for name in filters.engines]
    if named and not any(kv_type in engine.kv_types for engine in named):
        raise NotSupported(
            "--kv-type: {engines} does not keep a '{given}' cache; allowed: {allowed}",
            engines=", ".join(filters.engines), given=kv_type,
            allowed=", ".join(dict.fromkeys(t for engine in named for t in engine.kv_types)),
        )  # fmt: skip


def kv_type_named(text: str | None) -> str:
    """A KV-cache type whose loss is known; f16 where nothing is said."""
    return "f16" if text is None else _one_of("--kv-type", text.lower(), loss_table().kv_points)


def _one_of(what: str, given: str, allowed: Iterable[str]) -> str:
    choice = given.strip().lower()
    names = tuple(allowed)
    if choice not in names:
        raise UnknownName(what, given, names, f"allowed: {', '.join(names)}")
    return choice
