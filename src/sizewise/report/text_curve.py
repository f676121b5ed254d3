"""The curve of quality against size and against cost, as bars of text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.curve_chart import flat_cost
from sizewise.report.figures import UNKNOWN_MARK, marked
from sizewise.report.language import listed
from sizewise.report.page import FAINT, grid, heading, paragraph
from sizewise.report.task_title import task_title
from sizewise.report.text_option import brief
from sizewise.units import GB, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.report.language import Say

POINTS_PER_BLOCK = 10.0
BLOCK = "\u2588"


def curve_blocks(curve: QualityCurve, say: Say) -> Iterator[RenderableType]:
    """Quality by size, then by cost; the knee of each is marked, the first that is good enough, and the choice."""
    task = task_title(curve.task)
    yield heading(say(T("Quality by size: {task}", task=task)))
    yield paragraph(say(T("Each line is a model that no smaller one beats.")), FAINT)
    header = (say(T("size")), say(T("model")), say.money_word, say(T("quality")))
    rows = _rows(_with_choice(curve.by_size, curve.chosen, lambda p: p.num_params), curve, _size_cells, say)
    yield grid(rows, header=header, right=(0, 2, 3))
    yield heading(say(T("Quality by cost, in 4 bits: {task}", task=task)))
    flat = flat_cost(curve)
    if flat is not None:
        yield paragraph(say(flat))
    if curve.by_cost:
        yield paragraph(say(T("Each line is a model that no cheaper one beats.")), FAINT)
        header = (say.money_word, say(T("model")), say(T("hardware")), say(T("quality")))
        rows = _rows(
            _with_choice(curve.by_cost, curve.chosen, lambda p: p.monthly_usd), curve, _cost_cells, say
        )
        yield grid(rows, header=header, right=(0, 3))
    scale = T("quality: of 100, on the scale of this task, the likely value; --json has the range of each")
    yield paragraph(say(scale), FAINT)
    if any(point.is_enough for point in (*curve.by_size, *curve.by_cost)):
        bar = T("enough: probably reaches the bar of {points} points", points=significant(curve.bar_points))
        yield paragraph(say(bar), FAINT)
    if any(point.is_knee for point in (*curve.by_size, *curve.by_cost)):
        yield paragraph(say(T("knee: beyond it, more size or more money buys little")), FAINT)
    if curve.chosen is not None:
        yield paragraph(
            say(T("the choice: as it would run, in its own format and on its own hardware")), FAINT
        )


def _with_choice(
    points: Sequence[CurvePoint], chosen: CurvePoint | None, effort_of: Callable[[CurvePoint], float]
) -> list[CurvePoint]:
    """The points with the choice at its place; without it where its effort is not known."""
    if chosen is None or not math.isfinite(effort_of(chosen)):
        return list(points)
    return sorted((*points, chosen), key=effort_of)


def _rows(
    points: Sequence[CurvePoint], curve: QualityCurve, cells: Callable[[CurvePoint, Say], tuple[str, ...]], say: Say
) -> Iterator[tuple[str, ...]]:  # fmt: skip
    first_enough = next((point for point in points if point.is_enough and point is not curve.chosen), None)
    for point in points:
        words = [
            say(word)
            for word, holds in (
                (T("enough"), point is first_enough),
                (T("knee"), point.is_knee),
                (T("the choice"), point is curve.chosen),
            )
            if holds
        ]
        yield (*cells(point, say), *_quality(point), listed(words, say))


def size_name(num_params: float) -> str:
    """Parameters as sizes are named: '8.19B'."""
    return f"{significant(num_params / GB)}B"


def _size_cells(point: CurvePoint, say: Say) -> tuple[str, ...]:
    return size_name(point.num_params), point.model.rsplit("/", 1)[-1], say.amount(point.monthly_usd)


def _cost_cells(point: CurvePoint, say: Say) -> tuple[str, ...]:
    return say.amount(point.monthly_usd), point.model.rsplit("/", 1)[-1], brief(point.hardware)


def _quality(point: CurvePoint) -> tuple[str, str]:
    """Points and bar."""
    if not isinstance(point.quality, Estimate):
        return UNKNOWN_MARK, ""
    return marked(point.quality, significant), BLOCK * round(point.quality.likely / POINTS_PER_BLOCK)
