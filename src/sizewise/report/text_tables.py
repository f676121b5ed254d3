"""The answers of `compare`, `hardware`, `accuracy` and `catalog` as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.figures import gib
from sizewise.report.page import FAINT, STRONG, grid, heading, paragraph
from sizewise.report.text import rejection_blocks
from sizewise.report.text_option import deployment_title, figure_rows, hardware_name
from sizewise.report.words import LEGEND
from sizewise.units import GB, significant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from sizewise.domain.answers import CompareAnswer, HardwareAnswer
    from sizewise.report.language import Say


def compare_blocks(answer: CompareAnswer, say: Say) -> Iterator[RenderableType]:
    """The figures of every option in a column each, then what was refused."""
    if answer.options:
        columns = [list(figure_rows(option, say)) for option in answer.options]
        numbers = [f"[{i}]" for i in range(1, len(columns) + 1)]
        yield grid(
            ((number, deployment_title(option.deployment, say)) for number, option in zip(numbers, answer.options, strict=True)),
        )
        yield grid(_side_by_side(columns), header=("", *numbers), right=tuple(range(1, len(columns) + 1)))
        yield paragraph(say(LEGEND), FAINT)
    yield from rejection_blocks(answer.refused, say, has_answer=bool(answer.options))


def hardware_blocks(answer: HardwareAnswer, say: Say) -> Iterator[RenderableType]:
    """What was found, and what an engine may use of it."""
    title = T(
        "{processor}, {cores} cores, {memory} GiB of memory",
        processor=answer.processor,
        cores=str(answer.num_cores),
        memory=gib(answer.memory_bytes),
    )
    yield Line(say(title), style=STRONG)
    header = (say(T("device")), say(T("count")), say(T("memory, GiB")), say(T("usable, GiB")), say(T("bandwidth, GB/s")))
    yield grid(
        (
            (name, str(count), gib(memory), gib(usable), significant(bandwidth / GB))
            for name, count, memory, usable, bandwidth in answer.machines
        ),
        header=header,
        right=(1, 2, 3, 4),
    )
    for note in answer.notes:
        yield paragraph(say(note), FAINT)


__all__ = ["compare_blocks", "hardware_blocks", "hardware_name", "heading"]
