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
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import RenderableType

    from sizewise.domain.answers import CurvePoint, QualityCurve
    from sizewise.report.language import Say

POINTS_PER_BLOCK = 10.0
BLOCK = "\u2588"


def curve_blocks(curve: QualityCurve, say: Say) -> Iterator[RenderableType]:
    """Quality by size, then by cost; the knee of each is marked, and the first that is good enough."""
    title = T("Quality at {task} by size: each line is a model that no smaller one beats", task=curve.task)
    yield heading(say(title))
    header = (say(T("size")), say(T("model")), say(T("USD")), say(T("quality")))
    yield grid(_rows(curve.by_size, _size_cells, say), header=header, right=(0, 2, 3))
    title = T(
        "Quality at {task} by cost, in 4 bits: each line is a model that no cheaper one beats",
        task=curve.task,
    )
    yield heading(say(title))
    header = (say(T("USD")), say(T("model")), say(T("hardware")), say(T("quality")))
    yield grid(_rows(curve.by_cost, _cost_cells, say), header=header, right=(0, 3))
    if any(point.is_enough for point in (*curve.by_size, *curve.by_cost)):
        bar = T("enough: probably reaches the bar of {points} points", points=significant(curve.bar_points))
        yield paragraph(say(bar), FAINT)
    if any(point.is_knee for point in (*curve.by_size, *curve.by_cost)):
        yield paragraph(say(T("knee: beyond it, more size or more money buys little")), FAINT)


def _rows(
    points: Sequence[CurvePoint], cells: Callable[[CurvePoint], tuple[str, ...]], say: Say
) -> Iterator[tuple[str, ...]]:
    first_enough = next((point for point in points if point.is_enough), None)
    for point in points:
        words = [say(T("enough"))] if point is first_enough else []
        words += [say(T("knee"))] if point.is_knee else []
        yield (*cells(point), *_quality(point), ", ".join(words))


def _size_cells(point: CurvePoint) -> tuple[str, ...]:
    size = f"{significant(point.num_params / GB)}B"
    return size, point.model.rsplit("/", 1)[-1], money(point.monthly_usd)


def _cost_cells(point: CurvePoint) -> tuple[str, ...]:
    return money(point.monthly_usd), point.model.rsplit("/", 1)[-1], brief(point.hardware)


def _quality(point: CurvePoint) -> tuple[str, str]:
    """Points and bar."""
    if not isinstance(point.quality, Estimate):
        return UNKNOWN_MARK, ""
    return marked(point.quality, significant), BLOCK * round(point.quality.likely / POINTS_PER_BLOCK)
