"""`measure`: an endpoint under load, beside what is predicted for the same load."""

from __future__ import annotations

import asyncio
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.asking import LARGEST_TOKENS, optional
from sizewise.advisor.measure_prediction import Named, predicted_load
from sizewise.advisor.measure_records import keep
from sizewise.domain.failures import FAILURES
from sizewise.domain.measured_load import Counted, MeasureAnswer
from sizewise.domain.text import T
from sizewise.errors import BadInput, NotSupported
from sizewise.proof.load.bench_files import imported_runs
from sizewise.proof.load.counters import counted, parsed_counters
from sizewise.proof.load.figures import load_figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.domain.text import Text
    from sizewise.proof.endpoint import Endpoint, Target
    from sizewise.proof.load.drive import Driven, Load
    from sizewise.proof.load.request import Asker

KEY_VARIABLE = "OPENAI_API_KEY"
OK = 200
USUAL_PROMPT_TOKENS, USUAL_OUTPUT_TOKENS, USUAL_REQUESTS, USUAL_S = 512, 64, 32, 60.0
MOST_USERS, MOST_REQUESTS, MOST_RATE, LONGEST_S = 4_096, 1_000_000, 100_000.0, 86_400.0
FIRST_WORDS = 32
"""Words of the first request, which tells how many tokens a word is."""
HIGH_GENERATOR_RATIO = 0.5
"""Of one processor; beyond, the generator itself may slow what it measures."""
NOTHING_NAMED = Named()
NOT_COUNTED = Counted(engine="", prompt_tokens=math.nan, output_tokens=math.nan, preemptions=math.nan)


@dataclass(frozen=True, kw_only=True)
class MeasureQuestion:
    """A load as typed; None: not said."""

    users: str | float | None = None
    rate: str | float | None = None
    input_tokens: str | float | None = None
    output_tokens: str | float | None = None
    requests: str | float | None = None
    time_limit: str | float | None = None
    uses_chat: bool = False
    served_model: str | None = None
    """Name to ask the server for; its only one by default."""
    key: str | None = None
    """Name of the environment variable that holds the key; OPENAI_API_KEY by default."""
    named: Named = NOTHING_NAMED
    uses_store: bool = True


def measure(
    url: str, question: MeasureQuestion | None = None, *, on_done: Callable[[int], None] | None = None
) -> MeasureAnswer:
    """Load the endpoint and compare.

    Raises: BadInput, InvalidQuantity for a load that makes no sense; NotSupported where the server gives no answer;
    MissingExtra without the HTTP library.
    """
    asked = question or MeasureQuestion()
    load, lengths = _load(asked), _lengths(asked)
    target = _target(url, asked)
    found = asyncio.run(_run(target, load, lengths, uses_chat=asked.uses_chat, on_done=on_done))
    answer = MeasureAnswer(
        source=target.url, generator="sizewise", model=found.model, known_model="", quantization="",
        engine=found.counted.engine, engine_version="", device="", num_devices=1,
        num_users=0 if load.requests_per_s else load.num_users, requests_per_s=load.requests_per_s or math.nan,
        measured=load_figures(found.driven), counted=found.counted, predicted=None,
        notes=(), kept_in="",
    )  # fmt: skip
    if answer.measured.num_failed == answer.measured.num_requests:
        raise NotSupported("{url} gave no answer: {why}", url=target.url,
                           why=FAILURES[answer.measured.errors[0][0]])  # fmt: skip
    return _completed(answer, asked)


def measure_imported(file: str, question: MeasureQuestion | None = None) -> tuple[MeasureAnswer, ...]:
    """The runs of a result file of guidellm or vllm bench serve, each beside its prediction.

    Raises: InvalidFile.
    """
    asked = question or MeasureQuestion()
    return tuple(
        _completed(
            MeasureAnswer(
                source=file, generator=run.generator, model=run.model, known_model="", quantization="",
                engine="vllm" if run.generator == "vllm" else "", engine_version="", device="", num_devices=1,
                num_users=run.num_users, requests_per_s=run.requests_per_s, measured=run.measured,
                counted=NOT_COUNTED, predicted=None, notes=(), kept_in="",
            ),
            asked,
        )
        for run in imported_runs(Path(file))
    )  # fmt: skip


def _completed(answer: MeasureAnswer, asked: MeasureQuestion) -> MeasureAnswer:
    """With the prediction, the notes, and a place in the store where it is known what was measured."""
    compared = predicted_load(answer, asked.named, uses_store=asked.uses_store)
    noted = replace(compared, notes=(*compared.notes, *_notes(compared)))
    return keep(noted) if asked.uses_store and noted.known_model and noted.quantization else noted


def _notes(answer: MeasureAnswer) -> Iterator[Text]:
    if answer.measured.generator_ratio > HIGH_GENERATOR_RATIO:
        share = f"{answer.measured.generator_ratio:.0%}"
        yield T(
            "this program took {share} of a processor: on the same computer it slows the server", share=share
        )
    for kind, count in answer.measured.errors:
        yield T("failed: {why} ({n} times)", why=FAILURES[kind], n=f"{count:,}")


@dataclass(frozen=True, kw_only=True)
class _Found:
    driven: Driven
    counted: Counted
    model: str


def _target(url: str, asked: MeasureQuestion) -> Target:
    from sizewise.proof.endpoint import target_of

    variable = asked.key or KEY_VARIABLE
    key = os.environ.get(variable, "")
    if asked.key and not key:
        raise BadInput("the environment variable {given} is empty; it should hold the key", given=asked.key)
    target = target_of("", url, key=key)
    return replace(target, model=asked.served_model) if asked.served_model else target


async def _run(
    target: Target, load: Load, lengths: tuple[int, int], *, uses_chat: bool, on_done: Callable[[int], None] | None
) -> _Found:  # fmt: skip
    """Warm up, look at the counters, load, look again."""
    from sizewise.proof.load.drive import drive
    from sizewise.proof.load.request import Asker, opened

    prompt_tokens, output_tokens = lengths
    async with opened(target, output_tokens=output_tokens) as endpoint:
        target = await endpoint.with_model()
        asker = Asker(endpoint=endpoint, uses_chat=uses_chat, seed=load.seed)
        num_words = await _warmed(asker, load, prompt_tokens, output_tokens)
        before = await _counters(endpoint)
        driven = await drive(load, lambda: asker.ask(num_words, output_tokens), on_done)
        after = await _counters(endpoint)
    return _Found(driven=driven, counted=counted(before, after), model=target.model)


async def _counters(endpoint: Endpoint) -> dict[str, float]:
    """What the server has counted so far; nothing where it does not tell."""
    try:
        status, content = await endpoint.page(endpoint.target.url.removesuffix("/v1") + "/metrics")
    except NotSupported:
        return {}
    return parsed_counters(content.decode("utf-8", "replace")) if status == OK else {}


async def _warmed(asker: Asker, load: Load, prompt_tokens: int, output_tokens: int) -> int:
    """Words of a prompt of so many tokens; the requests that find out also warm the server up."""
    num_words = min(FIRST_WORDS, prompt_tokens)
    for _ in range(2):
        told = await asker.ask(num_words, min(output_tokens, 8))
        if told.failure:
            why = T("{what} ({detail})", what=FAILURES[told.failure], detail=told.detail)
            raise NotSupported("{url} gave no answer: {why}", url=asker.endpoint.target.url,
                               why=why if told.detail else FAILURES[told.failure])  # fmt: skip
        if told.prompt_tokens:
            num_words = max(1, round(num_words * prompt_tokens / told.prompt_tokens))
    if load.requests_per_s is None and load.num_users > 1:
        await asyncio.gather(*(asker.ask(num_words, 2) for _ in range(load.num_users)))
    return num_words


def _load(asked: MeasureQuestion) -> Load:
    from sizewise.proof.load.drive import Load

    if asked.users is not None and asked.rate is not None:
        raise BadInput("--users and --rate are two kinds of load; give one of them")
    users = optional(asked.users, units.parse_whole, "--users", MOST_USERS)
    rate = optional(asked.rate, units.parse_count, "--rate", MOST_RATE)
    requests = optional(asked.requests, units.parse_whole, "--requests", MOST_REQUESTS)
    limit_s = optional(asked.time_limit, units.parse_seconds, "--time-limit", LONGEST_S)
    return Load(
        num_users=int(users or 1), requests_per_s=rate, max_requests=int(requests or USUAL_REQUESTS),
        max_s=limit_s or USUAL_S,
    )  # fmt: skip


def _lengths(asked: MeasureQuestion) -> tuple[int, int]:
    inputs = optional(asked.input_tokens, units.parse_tokens, "--input-tokens", LARGEST_TOKENS)
    outputs = optional(asked.output_tokens, units.parse_tokens, "--output-tokens", LARGEST_TOKENS)
    return int(inputs or USUAL_PROMPT_TOKENS), int(outputs or USUAL_OUTPUT_TOKENS)
