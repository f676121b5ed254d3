"""The answer of `measure`: measured beside predicted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, seconds, span
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph
from sizewise.report.words import LEGEND
from sizewise.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.estimate import Estimate
    from sizewise.domain.measured_load import Latency, MeasureAnswer
    from sizewise.domain.text import Text
    from sizewise.report.language import Say


def measure_blocks(answer: MeasureAnswer, say: Say) -> Iterator[RenderableType]:
    """What was asked, latencies, rates, the server's own figures, and what to know."""
    yield Line(say(_title(answer)), style=STRONG)
    yield paragraph(say(_about(answer)), FAINT)
    yield heading(say(T("Latency, s")))
    header = ("", say(T("mean")), "p50", "p90", "p95", "p99", say(T("predicted mean")))
    yield grid(_latency_rows(answer, say), header=header, right=(1, 2, 3, 4, 5))
    yield heading(say(T("Rates")))
    yield grid(_rate_rows(answer, say), header=("", say(T("measured")), say(T("predicted"))), right=(1,))
    own = list(_server_rows(answer, say))
    if own:
        yield heading(say(T("The server's own figures")))
        yield grid(own, right=(1,))
    if answer.predicted is not None:
        yield paragraph(say(LEGEND), FAINT)
    for note in answer.notes:
        yield paragraph(say(note))
    if answer.kept_in:
        yield paragraph(say(T("Kept in {place}.", place=answer.kept_in)), FAINT)


def _title(answer: MeasureAnswer) -> Text:
    names = {
        "source": answer.source,
        "count": f"{answer.measured.num_requests:,}",
        "seconds": seconds(answer.measured.elapsed_s),
    }
    if answer.num_users:
        return T(
            "{source}: {users} users at once, {count} requests in {seconds} s",
            users=f"{answer.num_users:,}", **names,
        )  # fmt: skip
    rate = significant(answer.requests_per_s) if math.isfinite(answer.requests_per_s) else UNKNOWN_MARK
    return T("{source}: {rate} requests/s at random, {count} requests in {seconds} s", rate=rate, **names)


def _about(answer: MeasureAnswer) -> Text:
    lengths = {
        "prompt": f"{answer.measured.prompt_tokens:,.0f}", "output": f"{answer.measured.output_tokens:,.0f}",
    }  # fmt: skip
    if answer.known_model:
        return T(
            "{model} in {quantization}, {engine}, {device}; prompts of {prompt} tokens, answers of {output}",
            model=answer.known_model, quantization=answer.quantization, engine=answer.engine, device=answer.device,
            **lengths,
        )  # fmt: skip
    return T(
        "{model}; prompts of {prompt} tokens, answers of {output}",
        model=answer.model or UNKNOWN_MARK,
        **lengths,
    )


def _latency_rows(answer: MeasureAnswer, say: Say) -> Iterator[tuple[str, ...]]:
    measured, predicted = answer.measured, answer.predicted
    lines: tuple[tuple[Text, Latency, Estimate | None], ...] = (
        (T("first token (TTFT)"), measured.ttft, predicted.ttft_s if predicted else None),
        (T("each further token (TPOT)"), measured.tpot, predicted.tpot_s if predicted else None),
        (T("gap between pieces"), measured.gap, None),
        (T("whole answer"), measured.e2e, None),
    )
    for name, latency, estimate in lines:
        if math.isnan(latency.mean_s):
            continue
        figures = (latency.mean_s, latency.p50_s, latency.p90_s, latency.p95_s, latency.p99_s)
        yield (
            say(name), *(_seconds(value) for value in figures),
            "" if estimate is None else span(estimate, _seconds),
        )  # fmt: skip


def _seconds(value_s: float) -> str:
    return UNKNOWN_MARK if math.isnan(value_s) else significant(value_s)


def _rate_rows(answer: MeasureAnswer, say: Say) -> Iterator[tuple[str, str, str]]:
    measured, predicted = answer.measured, answer.predicted
    likely = "" if predicted is None else span(predicted.output_tokens_per_s)
    yield say(T("output, tokens/s")), significant(measured.output_tokens_per_s), likely
    if not math.isnan(measured.total_tokens_per_s):
        yield say(T("prompt and output, tokens/s")), significant(measured.total_tokens_per_s), ""
    yield say(T("answers, requests/s")), significant(measured.requests_per_s), ""
    if measured.num_failed:
        yield say(T("failed")), f"{measured.num_failed:,}", ""


def _server_rows(answer: MeasureAnswer, say: Say) -> Iterator[tuple[str, str]]:
    server, counted = answer.measured.server, answer.counted
    lines = (
        (T("reading a prompt, s"), server.prompt_s),
        (T("each token, s"), server.token_s),
        (T("prompt tokens counted"), counted.prompt_tokens),
        (T("output tokens counted"), counted.output_tokens),
        (T("requests that lost their place"), counted.preemptions),
    )
    for name, value in lines:
        if not math.isnan(value):
            yield say(name), significant(value) if value < 1 else f"{value:,.4g}"
