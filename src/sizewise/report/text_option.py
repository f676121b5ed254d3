"""One deployment on the page: what it is, its memory as a bar, its figures with their ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.decide.wording import hardware, percent
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.report.figures import MARKS, UNKNOWN_MARK, gib, marked, seconds
from sizewise.report.language import listed
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
LONG_BRAND = "NVIDIA GeForce "


@dataclass(frozen=True, kw_only=True)
class FigureRow:
    """One figure as shown; without a range `low` and `high` are empty."""

    name: str
    low: str = ""
    likely: str
    high: str = ""
    unit: str
    note: str

    @property
    def bare(self) -> str:
        """Likely value without the mark of its basis."""
        return self.likely.lstrip("".join(MARKS.values()) + " ")

    @property
    def value(self) -> str:
        """Likely value, range and unit in one cell."""
        ends = f" ({self.low}-{self.high})" if self.low else ""
        return f"{self.likely}{ends} {self.unit}".strip()


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


def spec(option: Option) -> str:
    """The option as `compare` takes it: MODEL@QUANTIZATION on HARDWARE."""
    deployment = option.deployment
    machine = hardware(deployment.device, deployment.num_devices)
    return f"{deployment.model}@{deployment.quantization} on {machine}"


def brief(sentence: str) -> str:
    """A sentence without the brand that everybody knows; the verdict has the full names."""
    return sentence.replace(LONG_BRAND, "")


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
    return listed(details, say)


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
    rows = (
        (row.name, row.low, row.likely, row.high, listed((row.unit, row.note), say))
        for row in figure_rows(option, say)
    )
    yield grid(rows, header=header, right=(1, 2, 3))
    yield paragraph(say(LEGEND), FAINT)
    glossary = T(
        "token: 3/4 of an English word; KV cache: text in memory; {quantization}: weight format",
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
    """Every figure: low, likely, high, unit, and what to know about it."""
    usable = T("of {usable} usable", usable=gib(option.usable_bytes))
    yield figure_row(T("memory"), option.memory_bytes, say, unit=T("GiB"), note=usable, show=gib)
    yield FigureRow(
        name=say(T("text kept in mind")),
        likely=format_tokens(option.deployment.context_tokens),
        unit=say(T("tokens")),
        note=say(T("for each of {n} at once", n=f"{option.deployment.num_sequences:,}")),
    )
    rate, at_load = T("tok/s"), T("at the asked load")
    alone, loaded = option.decode_tokens_per_s, option.loaded_tokens_per_s
    yield figure_row(T("speed alone"), alone, say, unit=rate, note=reading_note(alone))
    yield figure_row(
        T("speed under load"), loaded, say, unit=rate, note=T("each; {reading}", reading=reading_note(loaded))
    )
    yield figure_row(T("first word after"), option.ttft_s, say, unit=T("s"), note=at_load, show=seconds)
    if option.answer_after_s is not None:
        thought = T("after thinking, at the asked load")
        yield figure_row(
            T("answer begins after"), option.answer_after_s, say, unit=T("s"), note=thought, show=seconds
        )
    yield figure_row(
        T("all together"), option.throughput_tokens_per_s, say, unit=rate, note=_users_note(option)
    )
    yield figure_row(T("power"), option.power_watts, say, unit=T("W"), note=_energy_note(option))
    yield figure_row(T("quality"), option.quality, say, unit=T("of 100"), note=_quality_note(option))
    yield figure_row(
        T("cost"),
        option.monthly_usd,
        say,
        unit=T("{currency} a month", currency=say.money_word),
        note=_cost_note(option, say),
        show=say.amount,
    )
    if not isinstance(option.upfront_usd, Estimate) or option.upfront_usd.high > 0:
        yield figure_row(T("paid once"), option.upfront_usd, say, unit=say.money_word, show=say.amount)


def figure_row(  # noqa: PLR0913 - one line of the table
    name: Text,
    figure: Estimate | Unknown,
    say: Say,
    *,
    unit: Text | str,
    note: Text | str = "",
    show: Callable[[float], str] = significant,
) -> FigureRow:
    """One line of the table; an unknown says why."""
    if isinstance(figure, Unknown):
        reason = say(T("unknown: {reason}", reason=say(figure.reason)))
        return FigureRow(name=say(name), likely=UNKNOWN_MARK, unit="", note=reason)
    low, high = show(figure.low), show(figure.high)
    ends = {} if low == high else {"low": low, "high": high}
    return FigureRow(name=say(name), likely=marked(figure, show), unit=say(unit), note=say(note), **ends)


def reading_note(speed: Estimate | Unknown) -> Text:
    """A writing speed beside reading."""
    is_fast = isinstance(speed, Estimate) and speed.likely >= READING_TOKENS_PER_S
    return T("faster than reading") if is_fast else T("slower than reading")


def _users_note(option: Option) -> Text | str:
    if not math.isfinite(option.num_users):
        return ""
    most = math.floor(option.num_users)
    return T("for one user") if most == 1 else T("for up to {n} users", n=f"{most:,}")


def _energy_note(option: Option) -> Text | str:
    joules = option.joules_per_token
    if isinstance(joules, Unknown):
        return ""
    return T("at the asked load; {joules} J for each token", joules=significant(joules.likely))


def _quality_note(option: Option) -> Text | str:
    evidence = EVIDENCE.get(option.quality_evidence, option.quality_evidence)
    if not math.isfinite(option.pass_probability):
        return evidence
    return T("{evidence}; enough: {chance}", evidence=evidence, chance=percent(option.pass_probability))


def _cost_note(option: Option, say: Say) -> Text | str:
    if math.isfinite(option.usd_per_million_tokens):
        return T("{price} per 1M tokens", price=say.amount(option.usd_per_million_tokens))
    return ""
