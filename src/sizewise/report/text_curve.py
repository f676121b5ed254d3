"""The curve of quality against size and against cost, as bars of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.report.figures import UNKNOWN_MARK, marked, money
from sizewise.report.page import FAINT, grid, heading, paragraph
from sizewise.report.text_option import brief
from sizewise.units import GB, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.report.language import Say

POINTS_PER_BLOCK = 10.0
BLOCK = "\u2588"


def curve_blocks(curve: QualityCurve, task: str, say: Say) -> Iterator[RenderableType]:
    """Quality by size, then by cost; the knee of each is marked."""
    title = T("Quality at {task} by size: each line is a model that no smaller one beats", task=task)
    yield heading(say(title))
    header = (say(T("size")), say(T("model")), say(T("USD")), say(T("quality")))
    yield grid((_size_row(point, say) for point in curve.by_size), header=header, right=(0, 2, 3))
    title = T(
        "Quality at {task} by cost, in 4 bits: each line is a model that no cheaper one beats", task=task
    )
    yield heading(say(title))
    header = (say(T("USD")), say(T("model")), say(T("hardware")), say(T("quality")))
    yield grid((_cost_row(point, say) for point in curve.by_cost), header=header, right=(0, 3))
    if any(point.is_knee for point in (*curve.by_size, *curve.by_cost)):
        yield paragraph(say(T("knee: beyond it, more size or more money buys little")), FAINT)


def _size_row(point: CurvePoint, say: Say) -> tuple[str, ...]:
    size = f"{significant(point.num_params / GB)}B"
    return size, point.model.rsplit("/", 1)[-1], money(point.monthly_usd), *_quality(point, say)


def _cost_row(point: CurvePoint, say: Say) -> tuple[str, ...]:
    name = point.model.rsplit("/", 1)[-1]
    return money(point.monthly_usd), name, brief(point.hardware), *_quality(point, say)


def _quality(point: CurvePoint, say: Say) -> tuple[str, str, str]:
    """Points, bar, and the mark of the knee."""
    mark = say(T("knee")) if point.is_knee else ""
    if not isinstance(point.quality, Estimate):
        return UNKNOWN_MARK, "", mark
    return (
        marked(point.quality, significant),
        BLOCK * round(point.quality.likely / POINTS_PER_BLOCK),
        mark,
    )
