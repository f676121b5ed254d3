"""The answer of `verify`: predicted beside measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.estimate import Unknown
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, span
from sizewise.report.page import BAD, FAINT, GOOD, STRONG, grid, heading, paragraph
from sizewise.report.words import LEGEND, PARTS
from sizewise.units import MIB, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.proof_answers import RateLine, VerifyAnswer
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

OWN_PARTS = {"program": T("program itself"), "peak": T("whole process, peak")}


def verify_blocks(answer: VerifyAnswer, say: Say) -> Iterator[RenderableType]:
    """Verdict, memory, rates, and what to know."""
    style = GOOD if answer.has_held else BAD
    yield Line(say(_verdict(answer)), style=f"{STRONG} {style}")
    about = T(
        "{model} in {quantization}, {context} tokens of context, {engine} {build}, {threads} threads, made-up weights",
        model=answer.model, quantization=answer.quantization, context=f"{answer.context_tokens:,}",
        engine=answer.engine, build=answer.engine_build, threads=str(answer.num_threads),
    )  # fmt: skip
    yield paragraph(say(about), FAINT)
    yield heading(say(T("Memory, MiB")))
    header = ("", say(T("predicted")), say(T("measured")), say(T("difference")))
    yield grid(_memory_rows(answer, say), header=header, right=(1, 2, 3))
    yield heading(say(T("Speed, tokens/s")))
    header = ("", say(T("predicted")), say(T("measured")), say(T("held")))
    yield grid((_rate_row(line, say) for line in answer.rates), header=header)
    yield paragraph(say(LEGEND), FAINT)
    for note in answer.notes:
        yield paragraph(say(note))
    if answer.kept_in:
        yield paragraph(
            say(T("Kept in {place}; later answers for this computer use it.", place=answer.kept_in)), FAINT
        )


def _verdict(answer: VerifyAnswer) -> Text:
    off = [line for line in answer.rates if not line.has_held]
    if answer.has_held:
        return T("The prediction held: memory and speed are as predicted.")
    if not answer.has_memory_held:
        peak = answer.memory[-1]
        return T(
            "The prediction did not hold: the process took {measured} MiB, not {predicted} MiB.",
            measured=_mib(peak.measured_bytes), predicted=_mib(peak.predicted.likely),
        )  # fmt: skip
    worst = max(off, key=_distance)
    return T(
        "Memory held, speed did not: {what} runs at {measured} tokens/s, {share} of what was likely.",
        what=_name(worst), measured=significant(worst.likely), share=_share(worst),
    )  # fmt: skip


def _distance(line: RateLine) -> float:
    ratio = 1.0 if isinstance(line.predicted, Unknown) else line.likely / line.predicted.likely
    return max(ratio, 1.0 / ratio)


def _share(line: RateLine) -> str:
    return (
        UNKNOWN_MARK if isinstance(line.predicted, Unknown) else f"{line.likely / line.predicted.likely:.0%}"
    )


def _memory_rows(answer: VerifyAnswer, say: Say) -> Iterator[tuple[str, str, str, str]]:
    for line in answer.memory:
        name = OWN_PARTS.get(line.part) or PARTS[line.part]
        if math.isnan(line.measured_bytes):
            yield say(name), span(line.predicted, _mib), UNKNOWN_MARK, ""
            continue
        difference = "0 %" if line.error_ratio == 0 else f"{line.error_ratio:+.1%}".replace("%", " %")
        if line.part == "program":
            yield say(name), "", _mib(line.measured_bytes), ""
        else:
            yield say(name), span(line.predicted, _mib), _mib(line.measured_bytes), difference


def _rate_row(line: RateLine, say: Say) -> tuple[str, str, str, str]:
    measured = f"{significant(line.likely)} ({significant(line.low)}-{significant(line.high)})"
    expected = line.expected
    predicted = say(expected.reason) if isinstance(expected, Unknown) else span(expected)
    return say(_name(line)), predicted, measured, say(T("yes") if line.has_held else T("no"))


def _name(line: RateLine) -> Text:
    if line.phase == "prefill":
        return T("reading a prompt of {tokens} tokens", tokens=f"{line.prompt_tokens:,}")
    return T("writing after {tokens} tokens", tokens=f"{line.depth_tokens:,.0f}")


def _mib(value_bytes: float) -> str:
    return f"{value_bytes / MIB:,.0f}"
