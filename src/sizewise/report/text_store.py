"""The answers of `store`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.page import BAD, FAINT, STRONG, grid, heading, paragraph
from sizewise.units import MIB, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.store_answers import StoreAnswer, StoreChange
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

KINDS = {
    "measurements": T("measurements"),
    "verifications": T("verifications"),
    "evaluations": T("evaluations"),
    "predictions": T("predictions"),
}
"""Kinds of records."""
DATE_CHARACTERS = 16


def store_blocks(answer: StoreAnswer, say: Say) -> Iterator[RenderableType]:
    """Where it is, whether it is whole, and the records of each machine."""
    if not answer.exists:
        yield Line(say(T("Nothing is stored yet; it would be in {place}.", place=answer.place)), style=STRONG)
        yield paragraph(say(T("sizewise verify and sizewise measure write it.")), FAINT)
        return
    if answer.damage:
        told = T("The store {place} is damaged: {problem}", place=answer.place, problem=answer.damage)
        yield Line(say(told), style=f"{STRONG} {BAD}")
        yield paragraph(say(T("Move it away, and a new one is begun.")))
        return
    yield Line(say(T("The store is {place}", place=answer.place)), style=STRONG)
    if answer.schema:
        size = significant(answer.size_bytes / MIB)
        yield paragraph(say(T("{size} MiB, schema {schema}", size=size, schema=answer.schema)), FAINT)
    for machine in answer.machines:
        name = T("{machine} (this computer)", machine=machine.machine) if machine.is_this else machine.machine
        yield heading(say(name))
        rows = [(say(KINDS[kind]), f"{count:,}") for kind, count in machine.counts]
        latest = machine.latest[:DATE_CHARACTERS].replace("T", " ")
        yield grid(
            [(say(T("fingerprint")), machine.machine_id), *rows, (say(T("last one")), f"{latest} UTC")]
        )


def imported_text(change: StoreChange) -> Text:
    """One sentence."""
    return T(
        "{count} records added to {place}; {rest} were there already.",
        count=f"{change.num_records:,}", place=change.place, rest=f"{change.num_left_alone:,}",
    )  # fmt: skip


def forgotten_text(change: StoreChange) -> Text:
    """One sentence."""
    return T(
        "{count} records forgotten; {rest} stay in {place}.",
        count=f"{change.num_records:,}", place=change.place, rest=f"{change.num_left_alone:,}",
    )  # fmt: skip
