"""What `evaluate` is asked, as it was typed, and how it is understood."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, InvalidQuantity, UnknownName
from sizewise.proof.endpoint import Patience, target_of
from sizewise.proof.evaluate.asking import Price
from sizewise.proof.evaluate.items import CODE, JUDGE
from sizewise.proof.evaluate.prompts import STARTER
from sizewise.units import parse_number, parse_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sizewise.proof.endpoint import Target
    from sizewise.proof.evaluate.items import Item

NAME = re.compile(r"^[\w.-]{1,40}$")
PERCENT = 100
MOST_AT_ONCE, MOST_TOKENS, MOST_ATTEMPTS = 1024, 1_000_000, 20


@dataclass(frozen=True, kw_only=True)
class EvaluateQuestion:
    """What the user typed."""

    prompts: str
    endpoint: tuple[str, ...]
    """NAME=URL or NAME=URL#MODEL, smallest first."""
    reference: str | None = None
    """Name of the endpoint that the others are compared with; the last by default."""
    judge: str | None = None
    key: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    """NAME=MODEL@QUANTIZATION: what of the catalog runs there."""
    task: str | None = None
    margin: str = "5"
    max_usd: str | None = None
    concurrency: str = "8"
    max_tokens: str = "1024"
    temperature: str = "0"
    seed: str = "1"
    timeout: str = "120"
    attempts: str = "4"
    folder: str | None = None
    allow_code: bool = False
    asks_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The question, understood."""

    targets: tuple[Target, ...]
    reference: str
    judge: Target | None
    patience: Patience
    prices: dict[str, Price]
    runs: dict[str, str]
    margin: float
    max_usd: float | None
    concurrency: int
    max_tokens: int
    temperature: float
    seed: int


def plan_of(question: EvaluateQuestion, items: Sequence[Item]) -> Plan:
    """Everything checked before anybody is asked.

    Raises: BadInput, UnknownName, InvalidQuantity.
    """
    given = _pairs(question.endpoint, "--endpoint", "small=http://127.0.0.1:8080")
    if not given:
        raise BadInput(
            "--endpoint is missing; give one or more, the smallest first, such as small=http://127.0.0.1:8080"
        )
    keys = _pairs(question.key, "--key", "small=MY_KEY", known=given)
    targets = {name: target_of(name, address, key=_secret(keys.get(name))) for name, address in given.items()}
    judge = _judge(question.judge, targets, items)
    asked = tuple(target for name, target in targets.items() if name != question.judge)
    reference = asked[-1].name if question.reference is None else question.reference
    if reference not in {target.name for target in asked}:
        raise UnknownName("endpoint", reference, [t.name for t in asked], "")
    prices = {
        n: _price(p) for n, p in _pairs(question.price, "--price", "small=0.10/0.40", known=given).items()
    }
    max_usd = None if question.max_usd is None else _between(question.max_usd, "--max-usd", 0, 1e6)
    if max_usd is not None and not prices:
        raise BadInput(
            "--max-usd needs prices to count with; give --price NAME=INPUT/OUTPUT in USD per million tokens"
        )
    if not question.allow_code and any(CODE in item.needs for item in items):
        raise BadInput(
            "these prompts are graded by running the code that the models write; allow it with --allow-code"
        )
    return Plan(
        targets=asked, reference=reference, judge=judge,
        patience=replace(Patience(), attempt_s=_between(question.timeout, "--timeout", 0.1, 3600),
                         num_attempts=parse_whole(question.attempts, "--attempts", MOST_ATTEMPTS)),
        prices=prices, runs=_runs(question, given),
        margin=_between(question.margin, "--margin", 0.1, 50) / PERCENT, max_usd=max_usd,
        concurrency=parse_whole(question.concurrency, "--concurrency", MOST_AT_ONCE),
        max_tokens=parse_whole(question.max_tokens, "--max-tokens", MOST_TOKENS),
        temperature=_between(question.temperature, "--temperature", 0, 2),
        seed=parse_whole(question.seed, "--seed", 2**31),
    )  # fmt: skip


def _runs(question: EvaluateQuestion, known: Iterable[str]) -> dict[str, str]:
    """Names of the catalog for what runs at each endpoint, as MODEL@QUANTIZATION."""
    example = "small=Qwen3-8B@Q4_K_M"
    given = _pairs(question.runs, "--runs", example, known=known)
    if given and question.task is None and not question.prompts.startswith(STARTER):
        raise BadInput("--runs needs --task: what are the prompts for?")
    catalog, found = load_catalog(), {}
    for name, text in given.items():
        model, sign, quantization = text.rpartition("@")
        if not sign:
            raise BadInput("{option} '{given}' is not understood; write it as {example}", option="--runs", given=text,
                           example=example)  # fmt: skip
        found[name] = f"{catalog.model(model).name}@{catalog.quantization(quantization).name}"
    return found


def _judge(name: str | None, targets: dict[str, Target], items: Sequence[Item]) -> Target | None:
    needs_one = any(JUDGE in item.needs for item in items)
    if name is None:
        if needs_one:
            raise BadInput("these prompts need a judge; name one of the endpoints with --judge")
        return None
    if name not in targets:
        raise UnknownName("endpoint", name, targets, "")
    return targets[name]


def _pairs(
    given: Iterable[str], option: str, example: str, known: Iterable[str] | None = None
) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        name = name.strip()
        if not sign or not value.strip() or not NAME.match(name):
            raise BadInput("{option} '{given}' is not understood; write it as {example}", option=option, given=text,
                           example=example)  # fmt: skip
        if name in found:
            raise BadInput("{option} names '{given}' twice", option=option, given=name)
        if known is not None and name not in known:
            raise UnknownName("endpoint", name, list(known), "")
        found[name] = value.strip()
    return found


def _secret(variable: str | None) -> str:
    if variable is None:
        return ""
    value = os.environ.get(variable, "")
    if not value:
        raise BadInput("the environment variable {given} is empty; it should hold the key", given=variable)
    return value


def _price(text: str) -> Price:
    parts = text.split("/")
    if len(parts) != 2:  # noqa: PLR2004 - input and output
        raise InvalidQuantity("--price '{given}' is not understood; write it as 0.10/0.40: USD per million tokens of "
                              "prompt and of answer", given=text)  # fmt: skip
    return Price(
        prompt_usd=_between(parts[0], "--price", 0, 1e6), output_usd=_between(parts[1], "--price", 0, 1e6)
    )


def _between(text: str, option: str, low: float, high: float) -> float:
    value = parse_number(text, option)
    if not low <= value <= high:
        raise InvalidQuantity("{option} {given} is out of range; allowed: {low} to {high}", option=option, given=text,
                              low=low, high=high)  # fmt: skip
    return value
