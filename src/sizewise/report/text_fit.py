"""The answer of `fit` on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import gib, span
from sizewise.report.language import listed
from sizewise.report.page import BAD, FAINT, GOOD, STRONG, command_line, grid, heading, paragraph
from sizewise.report.text_option import FigureRow, figure_row, memory_blocks, reading_note
from sizewise.report.words import CONSTRAINTS, KINDS, LEGEND, PARTS
from sizewise.units import GB, MIB, format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.answers import FitAnswer
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

STYLES = {"yes": GOOD, "tight": "yellow", "no": BAD}


def fit_blocks(answer: FitAnswer, say: Say) -> Iterator[RenderableType]:
    """Verdict, memory, what it holds and how fast, the rule of thumb, what would help, the command."""
    yield Line(say(fit_verdict(answer)), style=f"{STRONG} {STYLES[answer.fits]}")
    yield from memory_blocks(answer.memory, answer.usable_bytes, say)
    yield grid(fit_rows(answer, say))
    yield paragraph(say(LEGEND), FAINT)
    if answer.engine_buffers:
        yield heading(say(T("Asked the engine ({build})", build=answer.engine_buffers[0].engine_build)))
        header = ("", say(T("predicted")), say(T("engine")), say(T("difference")))
        yield grid(_engine_rows(answer, say), header=header, right=(1, 2, 3))
    if answer.lifts:
        yield heading(say(T("What would make it fit")))
        yield grid((say(lift),) for lift in answer.lifts)
    if answer.caveats:
        yield heading(say(T("Good to know")))
        yield grid((say(caveat),) for caveat in answer.caveats)
    if answer.command:
        yield heading(say(T("Start it")))
        for line in (*answer.prepare, answer.command):
            yield command_line(line)


def fit_verdict(answer: FitAnswer) -> Text:
    """The answer in one sentence."""
    is_counted = answer.num_devices > 1 and not answer.layers_per_device
    where = f"{answer.num_devices}x {answer.device}" if is_counted else answer.device
    names = {
        "model": answer.model,
        "quantization": answer.quantization,
        "hardware": where,
        "engine": f"{answer.engine} {answer.engine_version}".strip(),
        "context": format_tokens(answer.context_tokens),
        "count": f"{answer.num_sequences:,}",
    }
    if answer.fits == "yes":
        return T(
            "Yes: {model} in {quantization} fits on {hardware} with {engine}, {count} x {context} tokens.",
            **names,
        )
    if answer.fits == "tight":
        return T(
            "Only just: {model} in {quantization} fits on {hardware} with {engine}, {count} x {context} tokens, "
            "if everything takes what is likely; test it before you rely on it.",
            **names,
        )
    if answer.binding == "memory":
        return T(
            "No: {model} in {quantization} does not fit on {hardware} with {engine}, {count} x {context} tokens: "
            "{missing} GiB are missing.",
            missing=gib(answer.shortfall_bytes),
            **names,
        )
    return T(
        "No: {model} in {quantization} does not run on {hardware} with {engine}, {count} x {context} tokens; "
        "it fails on: {constraint}.",
        constraint=CONSTRAINTS.get(answer.binding, answer.binding),
        **names,
    )


def fit_rows(answer: FitAnswer, say: Say) -> Iterator[tuple[str, str]]:
    """What it takes, what it holds and how fast it is: name and value."""
    memory = T(
        "{span} GiB, {usable} GiB usable",
        span=span(answer.memory_bytes, gib),
        usable=gib(answer.usable_bytes),
    )
    yield say(T("memory")), say(memory)
    yield from _stage_rows(answer, say)
    yield say(T("what it does")), say(KINDS.get(answer.kind, answer.kind))
    longest = T("{tokens} tokens", tokens=format_tokens(answer.max_context_tokens))
    yield say(T("longest text (context)")), say(longest if answer.max_context_tokens else T("none fits"))
    yield (
        say(T("requests at once")),
        say(T("{sure} each of full length, about {usual} of the usual length",
              sure=f"{answer.max_concurrency:,}", usual=f"{answer.expected_concurrency:,}")),
    )  # fmt: skip
    alone, texts = answer.decode_tokens_per_s, answer.texts_per_s
    if alone is not None:
        yield _figure(
            figure_row(T("speed alone"), alone, say, unit=T("tok/s"), note=reading_note(alone)), say
        )
    if texts is not None:
        yield _figure(figure_row(T("texts of this length"), texts, say, unit=T("a second")), say)
    fp16, low, high = (significant(size / GB) for size in answer.rule_of_thumb_bytes)
    rule = T("{fp16} GB in 16 bits, {low}-{high} GB in 4 bits: weights only", fp16=fp16, low=low, high=high)
    yield say(T("rule of thumb")), say(rule)


def _stage_rows(answer: FitAnswer, say: Say) -> Iterator[tuple[str, str]]:
    """Layers and memory of every pipeline stage."""
    for number, stage in enumerate(answer.stages, start=1):
        held = T(
            "{layers} layers, {span} GiB on each device",
            layers=str(stage.num_layers), span=span(stage.memory_bytes, gib),
        )  # fmt: skip
        yield say(T("stage {n} of {all}", n=str(number), all=str(len(answer.stages)))), say(held)


def _engine_rows(answer: FitAnswer, say: Say) -> Iterator[tuple[str, ...]]:
    for line in answer.engine_buffers:
        off = line.predicted_bytes / line.engine_bytes - 1.0 if line.engine_bytes else 0.0
        sizes = (f"{size / MIB:,.2f} MiB" for size in (line.predicted_bytes, line.engine_bytes))
        yield say(PARTS[line.part]), *sizes, f"{100 * off:+.2f} %"


def _figure(row: FigureRow, say: Say) -> tuple[str, str]:
    return row.name, listed((row.value, row.note), say)
