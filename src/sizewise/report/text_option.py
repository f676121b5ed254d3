"""One deployment on the page: what it is, its memory as a bar, its figures with their ranges."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from rich.text import Text as Line

from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.report.figures import MARKS, UNKNOWN_MARK, gib, marked, money, seconds, span
from sizewise.report.page import FAINT, grid, heading, paragraph
from sizewise.report.words import EVIDENCE, LEGEND, PARTS, PATHS
from sizewise.units import format_tokens, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.domain.decision import Deployment, MemoryPart, Option
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

READING_TOKENS_PER_S = 5.2
"""Silent reading: 238 words a minute times 1.3 tokens a word. Source: Brysbaert, Journal of Memory and Language 2019.
[tokens/s]"""
BAR_CELLS = 46
"""Width of the memory bar. [characters]"""
FILLS = ("█", "▓", "▒", "░", "▚")
"""One pattern for each part of the bar, readable without colour."""
FREE = "·"
PERCENT = 100

FigureRow: TypeAlias = tuple[str, str, str, str, str]
"""Name, low, likely, high, unit or note."""


def deployment_title(deployment: Deployment, say: Say) -> str:
    """The deployment in one line."""
    title = T(
        "{model} in {quantization} with {engine} on {hardware}",
        model=deployment.model,
        quantization=deployment.quantization,
        engine=deployment.engine,
        hardware=hardware_name(deployment),
    )
    return say(title)


def setup_line(deployment: Deployment, say: Say) -> str:
    """What the verdict leaves out: engine version, cache type, how devices share the model, who pays how."""
    details = [
        say(T("{engine} {version}", engine=deployment.engine, version=deployment.engine_version)),
        say(T("KV cache in {kv_type}", kv_type=deployment.kv_type)),
        say(PATHS[deployment.path]) if deployment.path in PATHS else "",
        say(
            T(
                "{count} devices, split by {split}",
                count=str(deployment.num_devices),
                split=say(deployment.split),
            )
        )
        if deployment.num_devices > 1
        else "",
        say(T("{count} copies", count=str(deployment.replicas))) if deployment.replicas > 1 else "",
    ]
    return ", ".join(detail for detail in details if detail)


def hardware_name(deployment: Deployment) -> str:
    """'2x RTX 3090', and the number of such machines where there are several."""
    machine = (
        f"{deployment.num_devices}x {deployment.device}" if deployment.num_devices > 1 else deployment.device
    )
    return f"{deployment.replicas} x ({machine})" if deployment.replicas > 1 else machine


def option_blocks(option: Option, say: Say) -> Iterator[RenderableType]:
    """Memory bar, figures, legend."""
    deployment = option.deployment
    yield heading(say(T("How it runs: {setup}", setup=setup_line(deployment, say))))
    yield from memory_blocks(option.memory, option.usable_bytes, say)
    header = ("", say(T("low")), say(T("likely")), say(T("high")), "")
    yield grid(figure_rows(option, say), header=header, right=(1, 2, 3))
    yield paragraph(say(LEGEND), FAINT)
    glossary = T(
        "token: 3/4 of an English word; KV cache: the text kept; {quantization}: how weights are stored",
        quantization=deployment.quantization,
    )
    yield paragraph(say(glossary), FAINT)


def memory_blocks(parts: Sequence[MemoryPart], usable_bytes: float, say: Say) -> Iterator[RenderableType]:
    """The bar of the fullest device against what is usable, and its key."""
    here = [part for part in parts if part.placement == "device" and part.size.likely > 0]
    if not here or usable_bytes <= 0:
        return
    used = sum(part.size.likely for part in here)
    scale = BAR_CELLS / max(used, usable_bytes)
    bar, key = Line(), []
    for part, fill in zip(here, FILLS, strict=False):
        bar.append(fill * max(1, round(part.size.likely * scale)))
        key.append(f"{fill} {say(PARTS.get(part.name, part.name))} {marked(part.size, gib)}")
    if used <= usable_bytes:
        bar.append(FREE * max(0, BAR_CELLS - len(bar)), FAINT)
        key.append(f"{FREE} {say(T('free'))} {gib(usable_bytes - used)}")
    bar.append(" " + say(T("{used} of {usable} GiB usable", used=gib(used), usable=gib(usable_bytes))))
    yield grid([(bar,)])
    key += [
        f"+ {say(PARTS.get(part.name, part.name))} {marked(part.size, gib)}"
        for part in parts
        if part.placement != "device"
    ]
    yield paragraph("  ".join(key), FAINT)


def figure_rows(option: Option, say: Say) -> Iterator[FigureRow]:
    """Every figure: low, likely, high, and what it is measured in."""
    deployment = option.deployment
    yield figure_row(T("memory"), option.memory_bytes, T("GiB on the fullest device"), say, gib)
    yield (
        say(T("text kept in mind")), "", format_tokens(deployment.context_tokens), "",
        say(T("tokens for each of {n} at once", n=f"{deployment.num_sequences:,}")),
    )  # fmt: skip
    alone = option.decode_tokens_per_s
    yield figure_row(T("speed alone"), alone, speed_note(alone), say)
    yield figure_row(
        T("speed under load"), option.loaded_tokens_per_s, T("tok/s each at the asked load"), say
    )
    yield figure_row(T("first word after"), option.ttft_s, T("s at the asked load"), say, seconds)
    yield figure_row(T("all together"), option.throughput_tokens_per_s, _users_note(option), say)
    yield figure_row(T("quality"), option.quality, _quality_note(option), say)
    yield figure_row(T("cost"), option.monthly_usd, _cost_note(option), say, money)
    if not isinstance(option.upfront_usd, Estimate) or option.upfront_usd.high > 0:
        yield figure_row(T("paid once"), option.upfront_usd, T("USD"), say, money)


def figure_row(
    name: Text, figure: Estimate | Unknown, note: Text, say: Say, show: Callable[[float], str] = significant
) -> FigureRow:
    """One line of the table; an unknown says why."""
    if isinstance(figure, Unknown):
        return say(name), "", UNKNOWN_MARK, "", say(T("unknown: {reason}", reason=say(figure.reason)))
    low, high = show(figure.low), show(figure.high)
    likely = f"{MARKS[figure.basis]} {show(figure.likely)}".strip()
    return (
        (say(name), "", likely, "", say(note)) if low == high else (say(name), low, likely, high, say(note))
    )


def spoken(
    figure: Estimate | Unknown, note: Text, say: Say, show: Callable[[float], str] = significant
) -> str:
    """A figure in one cell: likely value, range, unit; an unknown says why."""
    if isinstance(figure, Unknown):
        return say(T("unknown: {reason}", reason=say(figure.reason)))
    return f"{span(figure, show)} {say(note)}"


def speed_note(speed: Estimate | Unknown) -> Text:
    """The unit of a writing speed, beside reading."""
    is_fast = isinstance(speed, Estimate) and speed.likely >= READING_TOKENS_PER_S
    return T("tok/s, faster than reading") if is_fast else T("tok/s, slower than reading")


def _users_note(option: Option) -> Text:
    users = f"{math.floor(option.num_users):,}" if math.isfinite(option.num_users) else UNKNOWN_MARK
    return T("tok/s, up to {n} users", n=users)


def _quality_note(option: Option) -> Text:
    evidence = EVIDENCE.get(option.quality_evidence, option.quality_evidence)
    if not math.isfinite(option.pass_probability):
        return T("of 100, {evidence}", evidence=evidence)
    chance = f"{option.pass_probability * PERCENT:.0f}"
    return T("of 100, {evidence}; enough: {chance} %", evidence=evidence, chance=chance)


def _cost_note(option: Option) -> Text:
    if math.isfinite(option.usd_per_million_tokens):
        return T("USD a month, {price} per 1M tokens", price=money(option.usd_per_million_tokens))
    return T("USD a month")
