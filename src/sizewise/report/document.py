"""A decision as a document to hand on: sections of paragraphs, tables, drawings and commands, in one language.

A manager reads from the top and stops anywhere; an engineer finds every input, range and source further down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sizewise.decide.risks import risks
from sizewise.domain.text import T
from sizewise.report.figure_sources import source_rows
from sizewise.report.flow_svg import flow_svg
from sizewise.report.flow_view import flow_view
from sizewise.report.memory_svg import memory_svg
from sizewise.report.text_option import deployment_title, figure_rows, setup_line
from sizewise.report.words import CONSTRAINTS, LEGEND, ROLES, SET_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.decision import Decision, FlowStep, Option
    from sizewise.domain.text import Text, Value
    from sizewise.report.language import Say


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A sentence or several."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a header; `numeric` columns are aligned to the right."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    repeats_drawing: bool = False
    """Does it only say again what a drawing above shows? A page may fold it."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """An inline SVG and what it shows, for those who do not see it."""

    svg: str
    caption: str


@dataclass(frozen=True, kw_only=True)
class Commands:
    """Lines to copy into a shell."""

    lines: tuple[str, ...]


Block: TypeAlias = Paragraph | Table | Drawing | Commands
KINDS = {Paragraph: "paragraph", Table: "table", Drawing: "drawing", Commands: "commands"}


def block_kind(block: Block) -> str:
    """The name by which a template tells blocks apart."""
    return KINDS[type(block)]


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what stands under it."""

    heading: str
    blocks: tuple[Block, ...]
    opens: bool = False
    """Is it shown at once where sections can be folded?"""


@dataclass(frozen=True, kw_only=True)
class Document:
    """The whole report."""

    title: str
    verdict: str
    language: str
    sections: tuple[Section, ...]
    footer: str


def decision_document(decision: Decision, say: Say, *, language: str, reproduce: str) -> Document:
    """The document of one decision.

    Arguments: `reproduce` the command line that asks the same again; empty: left out.
    """
    footer = T("Facts of {date}, sizewise {version}.", date=decision.facts_date, version=decision.version)
    return Document(
        title=say(T("Which model, on what, at what cost")),
        verdict=say(decision.verdict),
        language=language,
        sections=tuple(section for section in _sections(decision, say, reproduce) if section.blocks),
        footer=say(footer),
    )


def _sections(decision: Decision, say: Say, reproduce: str) -> Iterator[Section]:
    if decision.answer:
        yield Section(heading=say(T("The choice")), blocks=_choice(decision.answer, say), opens=True)
    if decision.answer:
        yield Section(heading=say(T("Where each number comes from")), blocks=_sources(decision.answer, say))
    yield Section(heading=say(T("How the decision was made")), blocks=_flow(decision, say), opens=True)
    yield Section(heading=say(T("Alternatives")), blocks=_alternatives(decision, say))
    yield Section(
        heading=say(T("Why not")) if decision.answer else say(T("What comes nearest")),
        blocks=_rejected(decision, say),
        opens=decision.answer is None,
    )
    yield Section(heading=say(T("What would change this answer")), blocks=_flips(decision, say), opens=True)
    if decision.answer:
        yield Section(heading=say(T("Risks")), blocks=_risks(decision.answer, say))
        yield Section(heading=say(T("Next steps")), blocks=_next_steps(decision, say), opens=True)
    yield Section(heading=say(T("What was asked and assumed")), blocks=_assumptions(decision, say))
    if reproduce:
        yield Section(heading=say(T("Ask the same again")), blocks=(Commands(lines=(reproduce,)),))


def _choice(answer: Option, say: Say) -> tuple[Block, ...]:
    rows = tuple(
        (row.name, row.low, row.likely, row.high, row.unit, row.note) for row in figure_rows(answer, say)
    )
    header = ("", say(T("low")), say(T("likely")), say(T("high")), "", "")
    return (
        Paragraph(text=f"{deployment_title(answer.deployment, say)}. {setup_line(answer.deployment, say)}"),
        Drawing(
            svg=memory_svg(answer.memory, answer.usable_bytes, say),
            caption=say(T("Memory on the fullest device, part by part")),
        ),
        Table(header=header, rows=rows, numeric=(1, 2, 3)),
        Paragraph(text=say(LEGEND)),
    )


def _sources(answer: Option, say: Say) -> tuple[Block, ...]:
    header = ("", say(T("how, and from what")), say(T("basis or value")), say(T("source")), say(T("date")))
    return (Table(header=header, rows=tuple(source_rows(answer, say))),)


def _flow(decision: Decision, say: Say) -> tuple[Block, ...]:
    if not decision.flow:
        return ()
    header = tuple(
        say(word)
        for word in (
            T("question"),
            T("threshold"),
            T("set by"),
            T("value"),
            T("passes"),
            T("the other branch"),
        )
    )
    rows = tuple(_flow_row(step, say) for step in decision.flow)
    count = T("{n} options were evaluated.", n=f"{decision.num_candidates:,}")
    return (
        Paragraph(text=say(count)),
        Drawing(svg=flow_svg(flow_view(decision, say)), caption=say(T("The way through the questions"))),
        Table(header=header, rows=rows, repeats_drawing=True),
    )


def _flow_row(step: FlowStep, say: Say) -> tuple[str, ...]:
    passes = T("yes") if step.passes else T("no")
    return (
        say(step.question),
        say(step.threshold),
        say(SET_BY.get(step.set_by, step.set_by)),
        say(step.value),
        say(passes),
        say(step.not_taken),
    )


def _alternatives(decision: Decision, say: Say) -> tuple[Block, ...]:
    rows = tuple(
        (_role(item.role, say), say(item.title), say(item.difference)) for item in decision.alternatives
    )
    if not rows:
        return ()
    return (Table(header=("", say(T("option")), say(T("difference"))), rows=rows),)


def _rejected(decision: Decision, say: Say) -> tuple[Block, ...]:
    rows = tuple(
        (
            _role(item.role, say),
            say(item.option),
            say(CONSTRAINTS[item.constraint]),
            say(item.shortfall),
            say(item.lift),
        )
        for item in decision.rejected
    )
    if not rows:
        return ()
    header = ("", say(T("option")), say(T("what binds")), say(T("by how much")), say(T("what would help")))
    return (Table(header=header, rows=rows),)


def _flips(decision: Decision, say: Say) -> tuple[Block, ...]:
    rows = tuple((say(flip.input), say(flip.threshold), say(flip.then)) for flip in decision.flips)
    if not rows:
        return ()
    return (Table(header=(say(T("input")), say(T("threshold")), say(T("then"))), rows=rows),)


def _risks(answer: Option, say: Say) -> tuple[Block, ...]:
    found = risks(answer) or (T("None that the figures show."),)
    return tuple(Paragraph(text=say(risk)) for risk in found)


def _next_steps(decision: Decision, say: Say) -> tuple[Block, ...]:
    return (
        Paragraph(text=say(T("Start it:"))),
        Commands(lines=(*decision.prepare, decision.command)),
    )


def _assumptions(decision: Decision, say: Say) -> tuple[Block, ...]:
    header = (say(T("input")), say(T("value")), say(T("set by")), say(T("source")))
    rows = tuple(
        (say(item.name), say(item.value), say(SET_BY.get(item.set_by, item.set_by)), item.source)
        for item in decision.assumptions
    )
    return (Table(header=header, rows=rows),)


def _role(role: str, say: Say) -> str:
    value: Text | Value = ROLES.get(role, role)
    return say(value)
