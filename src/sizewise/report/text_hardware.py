"""The answer of `hardware`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, gib, span
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph
from sizewise.units import GB, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import RenderableType

    from sizewise.domain.answers import HardwareAnswer
    from sizewise.domain.estimate import Estimate
    from sizewise.report.language import Say

MOST_MODELS = 3
"""Models of a running engine that are named."""


def hardware_blocks(answer: HardwareAnswer, say: Say) -> Iterator[RenderableType]:
    """What was found, what an engine may use of it, what runs, and what was measured."""
    title = T(
        "{processor}, {cores} cores, {memory} GiB of memory",
        processor=answer.processor, cores=str(answer.num_cores), memory=gib(answer.memory_bytes),
    )  # fmt: skip
    yield Line(say(title), style=STRONG)
    header = (
        say(T("device")), say(T("count")), say(T("memory, GiB")), say(T("usable, GiB")), say(T("bandwidth, GB/s")),
    )  # fmt: skip
    rows = (
        (name, str(count), gib(memory), gib(usable), significant(bandwidth / GB))
        for name, count, memory, usable, bandwidth in answer.machines
    )
    yield grid(rows, header=header, right=(1, 2, 3, 4))
    if answer.cards:
        yield heading(say(T("As the drivers tell")))
        titles = (
            say(T("card")), say(T("memory, GiB")), say(T("free, GiB")), say(T("link, GB/s")), say(T("power limit, W")),
            say(T("driver")),
        )  # fmt: skip
        yield grid(_card_rows(answer), header=titles, right=(1, 2, 3, 4))
    yield heading(say(T("Now")))
    yield grid(_state_rows(answer, say))
    if answer.engines:
        yield heading(say(T("Running engines")))
        rows_of = ((one.engine, one.url, _models(one.models, say)) for one in answer.engines)
        yield grid(rows_of)
    for note in answer.notes:
        yield paragraph(say(note), FAINT)


def _card_rows(answer: HardwareAnswer) -> Iterator[tuple[str, ...]]:
    for card in answer.cards:
        yield (
            card.name, gib(card.memory_bytes), _known(card.free_bytes, gib), _known(card.link_bytes_per_s, _gb),
            _known(card.power_limit_watts, significant), card.driver,
        )  # fmt: skip


def _state_rows(answer: HardwareAnswer, say: Say) -> Iterator[tuple[str, str]]:
    places = {
        "container": T("in a container: its limits count"), "wsl": T("in the Linux of Windows (WSL): its limits count"),
    }  # fmt: skip
    yield say(T("processors that may be used")), str(answer.num_processors)
    yield say(T("free memory, GiB")), gib(answer.free_memory_bytes)
    yield say(T("free disk, GiB")), _known(answer.free_disk_bytes, gib)
    if answer.memory_read_bytes_per_s is not None:
        yield say(T("memory read, GB/s, measured")), _rate(answer.memory_read_bytes_per_s)
    if answer.disk_read_bytes_per_s is not None:
        yield say(T("disk read, GB/s, measured")), _rate(answer.disk_read_bytes_per_s)
    if answer.surroundings in places:
        yield say(T("where")), say(places[answer.surroundings])


def _rate(rate: Estimate) -> str:
    return span(rate, _gb)


def _gb(value_bytes: float) -> str:
    return significant(value_bytes / GB)


def _known(value: float, show: Callable[[float], str]) -> str:
    return show(value) if math.isfinite(value) else UNKNOWN_MARK


def _models(models: tuple[str, ...], say: Say) -> str:
    named = say(T(", ")).join(models[:MOST_MODELS])
    if len(models) <= MOST_MODELS:
        return named
    return say(T("{names} and {more} more", names=named, more=str(len(models) - MOST_MODELS)))
