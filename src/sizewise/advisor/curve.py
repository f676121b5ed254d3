"""Quality of a task against size and against cost: the models that no smaller, or no cheaper, one beats."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sizewise.decide.knee import frontier, knee
from sizewise.domain.answers import CurvePoint, QualityCurve
from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.answers import TierModel

MAX_POINTS = 12
"""A curve with more points says no more to a reader."""


def quality_curve(models: Sequence[TierModel]) -> QualityCurve:
    """Both curves of real models in 4 bits; unknown quality is on none, an unknown price not on that of cost."""
    return QualityCurve(
        by_size=_points(models, [model.num_params for model in models]),
        by_cost=_points(models, [model.monthly_usd for model in models]),
    )


def _points(models: Sequence[TierModel], effort: Sequence[float]) -> tuple[CurvePoint, ...]:
    quality = [m.quality.likely if isinstance(m.quality, Estimate) else math.nan for m in models]
    places = frontier(np.array(effort, dtype=np.float64), np.array(quality, dtype=np.float64))
    bend = knee([effort[i] for i in places], [quality[i] for i in places])
    return tuple(
        CurvePoint(
            model=models[i].model,
            num_params=models[i].num_params,
            monthly_usd=models[i].monthly_usd,
            hardware=models[i].hardware,
            quality=models[i].quality,
            is_knee=place == bend,
        )
        for place, i in enumerate(places)
    )


def size_frontier(num_params: Sequence[float], quality: Sequence[float]) -> list[int]:
    """Positions of at most MAX_POINTS models for the curves: those that no smaller one beats, evenly thinned."""
    places = frontier(np.array(num_params, dtype=np.float64), np.array(quality, dtype=np.float64))
    if len(places) <= MAX_POINTS:
        return places
    kept = np.unique(np.linspace(0, len(places) - 1, MAX_POINTS).round().astype(int))
    return [places[i] for i in kept]
