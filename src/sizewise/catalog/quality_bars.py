"""The quality that is good enough: by default, by a model's name, by a complexity or as a number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog.quality_table import OWN_GRADES, quality_columns, quality_entry, reference_name
from sizewise.domain.model import GENERATOR
from sizewise.domain.request import QualityBar
from sizewise.domain.workload import COMPLEXITIES
from sizewise.errors import InvalidQuantity, UnknownName
from sizewise.estimate.quality import LARGEST_SCORE, bar_as_good_as, best_of_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.model import Model

DEFAULT_MARGIN_POINTS = 5.0
"""Accepted loss against a reference. [points] Assumed: the margin that everyday use accepts."""
SMALLEST_DEFAULT_PARAMS, LARGEST_DEFAULT_PARAMS = 6.5e9, 9.5e9
"""What counts as a 7-9B. [count]"""
COMPLEXITY_REFERENCES = {
    "simple": "Qwen/Qwen2.5-7B-Instruct",
    "medium": "Qwen/Qwen2.5-14B-Instruct",
    "complex": "Qwen/Qwen2.5-32B-Instruct",
    "research": "Qwen/Qwen2.5-72B-Instruct",
}
"""The sizes that the original guide gives each complexity (7B, 13B, 30-40B, 70B), in the one family that has all of
them with scores on most axes. Fixed: newer families are measured by it, they do not move it."""
COMPLEXITY_POINTS = {"simple": 50.0, "medium": 57.8, "complex": 61.2, "research": 63.7}
"""The same as fixed numbers: medians of the references over the axes where they are known, used on axes where a
reference is not. [points]"""


def default_bar(models: Sequence[Model], axis: str, margin: float = DEFAULT_MARGIN_POINTS) -> QualityBar:
    """As good as the best 7-9B of today on the axis, less a margin.

    Only official instruct generators count, with scores of their own on the axis. NaN, which nothing passes, where no
    such model is known.
    """
    names = [model.name for model in models]
    entries = [quality_entry(name, axis) for name in names]
    eligible = [
        m.kind == GENERATOR and m.is_instruct and m.is_official and e is not None and e.grade in OWN_GRADES
        for m, e in zip(models, entries, strict=True)
    ]
    mean, _ = quality_columns(names, axis)
    best = best_of_size(
        mean=mean,
        num_params=np.array([m.num_params for m in models], dtype=np.float64),
        is_eligible=np.array(eligible, dtype=bool),
        smallest=SMALLEST_DEFAULT_PARAMS,
        largest=LARGEST_DEFAULT_PARAMS,
    )
    if best < 0:
        return QualityBar(value=math.nan, reference="", kind="default", margin=margin)
    value = bar_as_good_as(mean=float(mean[best]), margin=margin)
    return QualityBar(value=value, reference=names[best], kind="default", margin=margin)


def model_bar(given: str, axis: str, margin: float = DEFAULT_MARGIN_POINTS) -> QualityBar:
    """As good as a model that people name, less a margin.

    Raises: UnknownName with the nearest references when the axis knows no such model.
    """
    name = reference_name(given, axis)
    entry = quality_entry(name, axis)
    value = bar_as_good_as(mean=entry.mean if entry else math.nan, margin=margin)
    return QualityBar(value=value, reference=name, kind="model", margin=margin)


def complexity_bar(complexity: str, axis: str, margin: float = DEFAULT_MARGIN_POINTS) -> QualityBar:
    """What the original guide's size for this complexity reaches, less a margin.

    Raises: UnknownName for a complexity that does not exist.
    """
    if complexity not in COMPLEXITIES:
        raise UnknownName("complexity", complexity, COMPLEXITIES)
    entry = quality_entry(COMPLEXITY_REFERENCES[complexity], axis)
    mean = entry.mean if entry else COMPLEXITY_POINTS[complexity]
    value = bar_as_good_as(mean=mean, margin=margin)
    return QualityBar(value=value, reference=complexity, kind="complexity", margin=margin)


def number_bar(value: float) -> QualityBar:
    """A bar in points of the axis.

    Raises: InvalidQuantity for a number outside 0 to 100.
    """
    if not 0.0 <= value <= LARGEST_SCORE:
        raise InvalidQuantity("--min-quality: '{given}' must be from 0 to 100", given=value)
    return QualityBar(value=float(value), reference=f"{value:g}", kind="number", margin=0.0)
