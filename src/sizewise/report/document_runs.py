"""What runs on a card, as a document: the best model of each size, and which of them is good enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.document import Document, Paragraph, Section, Table
from sizewise.report.figures import marked
from sizewise.report.task_title import task_title
from sizewise.report.text_curve import size_name
from sizewise.report.words import LEGEND
from sizewise.units import significant

if TYPE_CHECKING:
    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.domain.text import Text
    from sizewise.report.language import Say


def runs_document(curve: QualityCurve, device: str, say: Say, *, language: str) -> Document:
    """The models that no smaller one beats and that run there within the limits, the largest first."""
    runs = [
        point for point in reversed(curve.by_size) if point.hardware and isinstance(point.quality, Estimate)
    ]
    words = {"device": device, "task": task_title(curve.task)}
    section = Section(
        heading=say(T("The best model of each size that runs here")), blocks=(_table(runs, say), *_notes(curve, say)),
        opens=True,
    )  # fmt: skip
    return Document(
        title=say(T("What runs on my card")),
        verdict=say(_verdict(runs[0] if runs else None, words)),
        language=language,
        sections=(section,) if runs else (),
        footer="",
    )


def _verdict(best: CurvePoint | None, words: dict[str, str | Text]) -> Text:
    if best is None:
        return T("On {device} nothing runs fast enough for: {task}.", **words)
    quality = significant(best.quality.likely, 2) if isinstance(best.quality, Estimate) else ""
    return T(
        "The best that {device} runs in 4 bits is {model}: {quality} of 100 points for: {task}.",
        model=best.model.rsplit("/", 1)[-1], quality=quality, **words,
    )  # fmt: skip


def _table(runs: list[CurvePoint], say: Say) -> Table:
    rows = tuple(
        (
            point.model.rsplit("/", 1)[-1],
            size_name(point.num_params),
            marked(point.quality) if isinstance(point.quality, Estimate) else "",
            say(T("enough")) if point.is_enough else say(T("probably not enough")),
        )
        for point in runs
    )
    return Table(
        header=(say(T("model")), say(T("size")), say(T("quality")), say(T("for this task"))),
        rows=rows,
        numeric=(1, 2),
    )


def _notes(curve: QualityCurve, say: Say) -> tuple[Paragraph, ...]:
    bar = T("enough: probably reaches the bar of {points} points", points=significant(curve.bar_points))
    runs = T(
        "runs: it fits, the first word comes within 10 s, and then it writes as fast as people read, for one person"
    )
    return (Paragraph(text=say(runs)), Paragraph(text=say(bar)), Paragraph(text=say(LEGEND)))
