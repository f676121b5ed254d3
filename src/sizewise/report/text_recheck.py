"""`recheck` on the terminal: does the choice still stand, and what has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text as Line

from sizewise.domain.text import T
from sizewise.report.page import FAINT, STRONG, command_line, grid, heading, paragraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.record import RecheckAnswer
    from sizewise.report.language import Say


def recheck_blocks(answer: RecheckAnswer, reproduce: str, say: Say) -> Iterator[RenderableType]:
    """Verdict, differences, the command that shows today's answer in full."""
    yield Line(say(answer.verdict), style=STRONG)
    if answer.changes:
        yield heading(say(T("What has changed")))
        rows = [(say(change.name), say(change.then), say(change.now)) for change in answer.changes]
        yield grid(rows, header=("", say(T("then")), say(T("now"))))
    else:
        yield paragraph(say(T("Nothing has changed.")))
    saved = T(
        "Decided on {date} with facts of {facts}.",
        date=answer.record.saved_on,
        facts=answer.record.decision.facts_date,
    )
    yield paragraph(say(saved), FAINT)
    yield heading(say(T("Ask the same again")))
    yield command_line(reproduce)
