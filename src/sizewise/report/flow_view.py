"""The decision flow as boxes and branches, in words: one view for the tree, for Mermaid and for SVG."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len, chop_cells

from sizewise.domain.text import T
from sizewise.report.figures import MARKS
from sizewise.report.text_option import brief
from sizewise.report.words import COMPLEXITIES, SET_BY

if TYPE_CHECKING:
    from sizewise.domain.decision import Decision, FlowStep, GuideBeside
    from sizewise.report.language import Say


CHINESE, CLOSING = "\u2e80-\u9fff\uff00-\uff60", "，。；：、！？）》”%"
PIECES = re.compile(rf"( ?)([{CHINESE}][{CLOSING}]*|[^ {CHINESE}]+[{CLOSING}]*)")
"""A gap and what may not be broken: one Chinese character or one word, with the closing signs behind it."""


@dataclass(frozen=True, kw_only=True)
class Diamond:
    """One question that decided."""

    question: str
    threshold: str
    """What is asked, and who set it."""
    value: str
    """The answer's own figure with the mark of its basis."""
    passes: bool
    branch: str
    """What went the other way."""
    leads_to: str
    """The nearest option there; empty where none is known."""


@dataclass(frozen=True, kw_only=True)
class FlowView:
    """Everything that a drawing of the flow shows."""

    title: str
    start: str
    diamonds: tuple[Diamond, ...]
    quiet: str
    """Questions that stopped nothing; empty where all did."""
    end: str
    guide_title: str
    guide: tuple[tuple[str, str], ...]
    """The original questions and their replies."""
    guide_end: str
    parts_at: int
    parting: str
    yes: str
    no: str


def flow_view(decision: Decision, say: Say) -> FlowView:
    """The flow of a decision in the language of the reader."""
    steps = [step for step in decision.flow if step.has_decided]
    quiet = [brief(say(step.question)) for step in decision.flow if not step.has_decided]
    start = T("{n} options", n=f"{decision.num_candidates:,}")
    return FlowView(
        title=say(T("The way to this answer")),
        start=say(start),
        diamonds=tuple(_diamond(step, say) for step in steps),
        quiet=say(T("asked as well, and nothing failed: {questions}", questions=" ".join(quiet)))
        if quiet
        else "",
        end=brief(say(decision.verdict)),
        guide_title=say(T("The original guide")),
        guide=_guide(decision.guide, say) if decision.guide else (),
        guide_end=_guide_end(decision.guide, say) if decision.guide else "",
        parts_at=decision.guide.parts_at if decision.guide else -1,
        parting=brief(say(decision.guide.why)) if decision.guide else "",
        yes=say(T("yes")),
        no=say(T("no")),
    )


def _diamond(step: FlowStep, say: Say) -> Diamond:
    limit = T("{threshold}, set by {who}", threshold=step.threshold, who=SET_BY.get(step.set_by, step.set_by))
    mark = MARKS.get(step.basis, "")
    return Diamond(
        question=say(step.question),
        threshold=say(limit),
        value=f"{mark} {say(step.value)}".strip(),
        passes=step.passes,
        branch=say(step.not_taken),
        leads_to=brief(say(step.leads_to)),
    )


def _guide(guide: GuideBeside, say: Say) -> tuple[tuple[str, str], ...]:
    replies = {name: say(text) for name, text in COMPLEXITIES.items()}
    replies |= {"yes": say(T("yes")), "no": say(T("no"))}
    return tuple((say(question), replies.get(reply, reply)) for question, reply in guide.questions)


def _guide_end(guide: GuideBeside, say: Say) -> str:
    sizes = " / ".join(guide.tiers)
    return (
        say(T("{sizes}, and optimise the quantization", sizes=sizes))
        if guide.optimises_quantization
        else sizes
    )


def wrapped(text: str, room: int) -> list[str]:
    """Lines of at most so many cells, broken at spaces, between Chinese characters, and inside of long words.

    No line begins with a closing sign.
    """
    lines, line = [], ""
    for gap, word in PIECES.findall(text):
        for piece in chop_cells(word, max(room, 4)):
            joined = f"{line}{gap}{piece}" if line else piece
            if cell_len(joined) <= max(room, 4):
                line = joined
            else:
                lines.append(line)
                line = piece
    return [*lines, line] if line or not lines else lines
