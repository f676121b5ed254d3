"""A decision as a document to hand on: sections of paragraphs, tables, drawings and commands, in one language.

A manager reads from the top and stops anywhere; an engineer finds every input, range and source further down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from sizewise.decide import wording
from sizewise.decide.risks import risks
from sizewise.domain.decision import ApiOption
from sizewise.domain.text import T
from sizewise.report.figure_sources import source_rows
from sizewise.report.flow_svg import NARROW, flow_svg
from sizewise.report.flow_view import flow_view
from sizewise.report.language import listed
from sizewise.report.memory_svg import NARROW_WIDTH, memory_svg
from sizewise.report.text_api import LEAVES_THE_HOUSE, api_rows
from sizewise.report.text_option import deployment_title, figure_rows, setup_line
from sizewise.report.words import CONSTRAINTS, LEGEND, ROLES, SET_BY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.domain.decision import Decision, FlowStep, Option
    from sizewise.domain.text import Text, Value
    from sizewise.report.language import Say
    from sizewise.report.text_option import FigureRow


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
    narrow: str = ""
    """The same for a narrow screen; empty: the one drawing fits everywhere."""


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
    comes_later: bool = False
    """Does a page fetch what stands under the heading when the rest is shown?"""


@dataclass(frozen=True, kw_only=True)
class KeyFigure:
    """One of the few figures that stand beside the verdict."""

    name: str
    value: str
    unit: str
    note: str
    """Its range, and what to know about it."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """The whole report."""

    title: str
    verdict: str
    figures: tuple[KeyFigure, ...] = ()
    language: str
    sections: tuple[Section, ...]
    footer: str


def decision_document(  # noqa: PLR0913 - what one document is made of
    decision: Decision, say: Say, *, language: str, reproduce: str, around: Sequence[Section] = (),
    is_flipped_later: bool = False,
) -> Document:  # fmt: skip
    """The document of one decision.

    Arguments: `reproduce` the command line that asks the same again, empty: left out; `around` sections with the
    charts around the answer, which stand behind the flow; `is_flipped_later` whether a page fetches what would change
    the answer when the rest is shown.
    """
    footer = T("Facts of {date}, sizewise {version}.", date=decision.facts_date, version=decision.version)
    return Document(
        title=say(T("Which model, on what, at what cost")),
        verdict=say(decision.verdict),
        figures=tuple(key_figures(decision.choice, say)),
        language=language,
        sections=tuple(
            section
            for section in _sections(decision, say, reproduce, around, is_flipped_later)
            if section.blocks or section.comes_later
        ),
        footer=say(footer),
    )


TEST_COMMAND = "sizewise evaluate prompts.jsonl --endpoint this=http://127.0.0.1:8080 --endpoint larger=http://127.0.0.1:8081"
KEY_FIGURES = (
    T("cost"), T("paid once"), T("quality"), T("speed under load"), T("first word after"), T("memory"),
    T("input tokens"), T("output tokens"),
)  # fmt: skip
"""Figures beside the verdict, by name, in this order; the rest is in the table."""


def key_figures(choice: Option | ApiOption | None, say: Say) -> Iterator[KeyFigure]:
    """What it costs, how good and how fast it is, what it needs: the figures that a verdict stands on."""
    if choice is None:
        return
    rows = api_rows(choice, say) if isinstance(choice, ApiOption) else figure_rows(choice, say)
    by_name = {row.name: row for row in rows}
    for name in KEY_FIGURES:
        row = by_name.get(say(name))
        if row is not None:
            ends = say(T("{low} to {high}", low=row.low, high=row.high)) if row.low else ""
            yield KeyFigure(name=row.name, value=row.bare, unit=row.unit, note=listed((ends, row.note), say))


def _sections(
    decision: Decision, say: Say, reproduce: str, around: Sequence[Section], is_flipped_later: bool  # noqa: FBT001
) -> Iterator[Section]:  # fmt: skip
    if decision.answer is None:
        yield Section(heading=say(T("What comes nearest")), blocks=_rejected(decision, say), opens=True)
    if decision.api:
        yield Section(
            heading=say(wording.option_name(decision.api)),
            blocks=_api(decision.api, say),
            opens=decision.is_api_best,
        )
    if decision.answer:
        title = T("The best machine instead") if decision.is_api_best else T("The choice")
        yield Section(heading=say(title), blocks=_choice(decision.answer, say), opens=True)
    flipped = flips_section(decision, say)
    yield replace(flipped, comes_later=is_flipped_later and not flipped.blocks)
    yield Section(heading=say(T("Alternatives")), blocks=_alternatives(decision, say), opens=True)
    if decision.answer:
        yield Section(heading=say(T("Why not")), blocks=_rejected(decision, say))
    yield Section(heading=say(T("How the decision was made")), blocks=_flow(decision, say), opens=True)
    yield from around
    if decision.answer:
        yield Section(heading=say(T("Risks")), blocks=_risks(decision.answer, say))
    if decision.choice is not None:
        yield Section(heading=say(T("Next steps")), blocks=_next_steps(decision, say), opens=True)
    if decision.answer:
        yield Section(heading=say(T("Where each number comes from")), blocks=_sources(decision.answer, say))
    yield Section(heading=say(T("What was asked and assumed")), blocks=_assumptions(decision, say))
    if reproduce:
        yield Section(heading=say(T("Ask the same again")), blocks=(Commands(lines=(reproduce,)),))


def _choice(answer: Option, say: Say) -> tuple[Block, ...]:
    return (
        Paragraph(
            text=say(
                T(
                    "{title}. {setup}",
                    title=deployment_title(answer.deployment, say),
                    setup=setup_line(answer.deployment, say),
                )
            )
        ),
        Drawing(
            svg=memory_svg(answer.memory, answer.usable_bytes, say),
            narrow=memory_svg(answer.memory, answer.usable_bytes, say, width=NARROW_WIDTH),
            caption=say(T("Memory on the fullest device, part by part")),
        ),
        _figure_table(figure_rows(answer, say), say),
        Paragraph(text=say(LEGEND)),
    )


def _api(api: ApiOption, say: Say) -> tuple[Block, ...]:
    return (
        _figure_table(api_rows(api, say), say),
        Paragraph(text=say(LEAVES_THE_HOUSE)),
        Paragraph(text=say(LEGEND)),
    )


def _figure_table(rows: Iterator[FigureRow], say: Say) -> Table:
    header = ("", say(T("low")), say(T("likely")), say(T("high")), "", "")
    cells = tuple((row.name, row.low, row.likely, row.high, row.unit, row.note) for row in rows)
    return Table(header=header, rows=cells, numeric=(1, 2, 3))


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
    view = flow_view(decision, say)
    count = T("{n} options were evaluated.", n=f"{decision.num_candidates:,}")
    return (
        Paragraph(text=say(count)),
        Drawing(
            svg=flow_svg(view),
            narrow=flow_svg(view, name="flow-narrow", layout=NARROW),
            caption=say(T("The way through the questions")),
        ),
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


def flips_section(decision: Decision, say: Say) -> Section:
    """What would change the answer: nothing under the heading where nothing does."""
    return Section(heading=say(T("What would change this answer")), blocks=_flips(decision, say), opens=True)


def _flips(decision: Decision, say: Say) -> tuple[Block, ...]:
    rows = tuple((say(flip.input), say(flip.threshold), say(flip.then)) for flip in decision.flips)
    if not rows:
        return ()
    return (Table(header=(say(T("input")), say(T("threshold")), say(T("then"))), rows=rows),)


def _risks(answer: Option, say: Say) -> tuple[Block, ...]:
    found = risks(answer) or (T("None that the figures show."),)
    return tuple(Paragraph(text=say(risk)) for risk in found)


def _next_steps(decision: Decision, say: Say) -> tuple[Block, ...]:
    """Start it, test it, and look again later."""
    start = (Paragraph(text=say(T("Start it:"))), Commands(lines=(*decision.prepare, decision.command)))
    return (
        *(start if decision.command else ()),
        Paragraph(text=say(T("Test it on your own prompts, beside a larger model, before you rely on it:"))),
        Commands(lines=(TEST_COMMAND,)),
        Paragraph(
            text=say(T("Look again when prices or models have changed (recommend --save keeps a decision):"))
        ),
        Commands(lines=("sizewise recheck decision.json",)),
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
