"""Latency over load as charts: what half of the requests and what nearly all of them feel, beside the target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.report.chart import Chart, Mark, Series

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.capacity import LoadCurve, LoadFigures, Percentiles
    from sizewise.domain.text import Text
    from sizewise.report.language import Say

MILLISECONDS = 1000.0
TALLEST = 4.0
"""A curve leaves the drawing at so many times the target: what lies higher is only a queue. [ratio]"""


def ttft_chart(curve: LoadCurve, say: Say) -> Chart:
    """The wait for the first token. [s]"""
    return _chart(curve, say, T("Wait for the first token over load"), T("s"), lambda load: load.ttft,
                  curve.max_ttft_s, 1.0)  # fmt: skip


def tpot_chart(curve: LoadCurve, say: Say) -> Chart:
    """The time for each further token. [ms]"""
    return _chart(curve, say, T("Time per further token over load"), T("ms"), lambda load: load.tpot,
                  curve.max_tpot_s, MILLISECONDS)  # fmt: skip


def _chart(  # noqa: PLR0913 - one drawing
    curve: LoadCurve, say: Say, title: Text, unit: Text, latency: Callable[[LoadFigures], Percentiles],
    target_s: float, scale: float,
) -> Chart:  # fmt: skip
    def line(name: Text, which: str) -> Series:
        points = ((load.num_users, float(getattr(latency(load), which))) for load in curve.points)
        return Series(
            name=say(name), points=tuple((x, y * scale) for x, y in points if y <= TALLEST * target_s)
        )

    ends = (curve.points[0].num_users, curve.points[-1].num_users)
    marks = [Mark(x=curve.asked_users, name=say(T("asked")))]
    if curve.num_users.likely > 0:
        marks.append(Mark(x=curve.num_users.likely, name=say(T("most within the targets"))))
    return Chart(
        title=say(title),
        x_name=say(T("users of one machine")),
        y_name=say(unit),
        series=(
            line(T("half of the requests"), "p50_s"),
            line(T("95 % of them"), "p95_s"),
            Series(name=say(T("target")), points=tuple((x, target_s * scale) for x in ends)),
        ),
        marks=tuple(sorted(marks, key=lambda mark: mark.x)),
        has_log_x=True,
        x_label=say.count,
        y_label=say.count,
    )
