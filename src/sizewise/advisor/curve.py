"""Quality of a task against size and against cost: the models that no smaller, or no cheaper, one beats."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.asking import ask
from sizewise.advisor.finding import gate_models, machines_of
from sizewise.advisor.grading import grade
from sizewise.advisor.space import Row
from sizewise.advisor.trial import trial
from sizewise.catalog import load_catalog
from sizewise.decide import wording
from sizewise.decide.knee import frontier, knee, thinned
from sizewise.domain.answers import CurvePoint, QualityCurve
from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request

MAX_POINTS = 12
"""A curve with more points says no more to a reader."""
FORMAT, ENGINE = "Q4_K_M", "llama.cpp"
"""Every point has the same four bits on the same engine, so that only the model differs."""


def quality_curve(
    question: Question, *, chosen: Option | None = None, user_catalog: str | None = None
) -> QualityCurve:
    """Quality of the question's task by size and by cost, over all models and hardware that the question allows.

    Models, formats and engines named in the question are not heeded: a curve compares all of them in four bits.
    Arguments: `chosen` is kept beside both curves; `user_catalog` a CSV with models or devices of one's own.
    Raises: SizewiseError for input that cannot be used.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    asked = ask(catalog, question)
    curve = task_curve(catalog, asked.request, machines_of(catalog, asked))
    return curve if chosen is None else replace(curve, chosen=_choice(catalog, asked.request, chosen))


def _choice(catalog: Catalog, request: Request, chosen: Option) -> CurvePoint:
    """An option as a point; its size is not known where its model is in no catalog."""
    deployment, model = chosen.deployment, catalog.models.get(chosen.deployment.model)
    cost = chosen.monthly_usd
    return CurvePoint(
        model=deployment.model,
        num_params=math.nan if model is None else model.num_params,
        monthly_usd=cost.likely if isinstance(cost, Estimate) else math.nan,
        hardware=wording.hardware(deployment.device, deployment.num_devices),
        quality=chosen.quality,
        is_enough=chosen.pass_probability >= request.limits.min_pass_probability,
        is_knee=False,
    )


def task_curve(catalog: Catalog, request: Request, machines: Sequence[Machine]) -> QualityCurve:
    """Both curves of a request on these machines: unknown quality is on none, an unknown price not on that of cost."""
    filters = replace(request.filters, models=(), quantizations=(FORMAT,), engines=(ENGINE,))
    points = _points(catalog, replace(request, filters=filters), machines)
    return QualityCurve(
        task=request.task.name,
        bar_points=request.bar.value,
        by_size=_frontier(points, lambda point: point.num_params),
        by_cost=_frontier(points, lambda point: point.monthly_usd),
    )


def _points(catalog: Catalog, request: Request, machines: Sequence[Machine]) -> list[CurvePoint]:
    """Every model that may be proposed, in four bits on its cheapest machine that keeps all limits."""
    models, _ = gate_models(catalog, request)
    four_bits, engine = catalog.quantizations[FORMAT], catalog.engines[ENGINE]
    rows = [Row(model=model, quantization=four_bits, engine=engine) for model in models]
    grades = grade(rows, request)
    places = _cheapest(catalog, request, [row.model.name for row in rows], machines)
    return [
        CurvePoint(
            model=row.model.name,
            num_params=row.model.num_params,
            monthly_usd=places.get(row.model.name, ("", math.nan))[1],
            hardware=places.get(row.model.name, ("", math.nan))[0],
            quality=grades.estimate(i),
            is_enough=bool(grades.probability[i] >= request.limits.min_pass_probability),
            is_knee=False,
        )
        for i, row in enumerate(rows)
    ]


def _cheapest(
    catalog: Catalog, request: Request, names: Sequence[str], machines: Sequence[Machine]
) -> dict[str, tuple[str, float]]:
    """Machine and USD a month of each model that runs somewhere within the limits."""
    tried = trial(catalog, request, [catalog.models[name] for name in names], machines)
    found: dict[str, tuple[str, float]] = {}
    if tried is None:
        return found
    for i in np.argsort(-tried.values.monthly_usd, kind="stable").tolist():
        if not tried.constraint(i):
            machine = wording.machine_name(tried.machine(i))
            found[tried.row(i).model.name] = (machine, float(tried.values.monthly_usd[i]))
    return found


def _frontier(
    points: Sequence[CurvePoint], effort_of: Callable[[CurvePoint], float]
) -> tuple[CurvePoint, ...]:
    """Points that none of at most the same effort beats, the knee of them marked; at most MAX_POINTS."""
    effort = np.array([effort_of(point) for point in points], dtype=np.float64)
    quality = np.array([p.quality.likely if isinstance(p.quality, Estimate) else math.nan for p in points])
    places = frontier(effort, quality)
    efforts, qualities = effort[places].tolist(), quality[places].tolist()
    bend = knee(efforts, qualities)
    kept = thinned(efforts, qualities, MAX_POINTS, keep=bend)
    return tuple(replace(points[places[i]], is_knee=i == bend) for i in kept)
