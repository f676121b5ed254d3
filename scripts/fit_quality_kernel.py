"""How alike two models are before any score: a covariance from size, date, kind, family and maker's line.

Models that share a family, or are near in size, date and kind, have near skills; how much each of these counts was
found once by maximal marginal likelihood of the fitted skills of all models. The unit is the spread of what is one
model's alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fit_quality_names import Facts

    Array = NDArray[Any]

LINES = {
    "qwen": r"qwen|qwq",
    "llama": r"^(?:code)?llama",
    "gemma": r"gemma",
    "phi": r"^phi",
    "mistral": r"mi(?:ni)?stral|mixtral|(?:code|dev|magi)stral",
    "deepseek": r"^deepseek",
    "glm": r"glm",
    "kimi": r"^kimi",
    "minimax": r"^minimax",
    "hunyuan": r"^hunyuan",
    "intern": r"^intern",
    "baichuan": r"^baichuan",
    "yi": r"^yi",
    "falcon": r"^falcon",
    "exaone": r"^exaone",
    "granite": r"^granite",
    "smollm": r"^smollm",
    "olmo": r"^olmo",
    "nemotron": r"^nemotron",
    "command": r"^command|^c4ai|^aya",
    "gpt": r"^gpt(?!4all)[-3-9]|^o[134]$",
    "claude": r"^claude",
    "gemini": r"^gemini",
    "grok": r"^grok",
    "nova": r"^nova",
    "starcoder": r"^starcoder",
    "bloom": r"^bloom",
    "codegen": r"^codegen",
}
"""Makers' lines, and how the names of their families read."""
LEVEL = 1000.0
"""The common level of all models is not known beforehand."""
FAMILY, FAMILY_KIND = 0.6, 0.17
"""Same family; same family and kind."""
LINE_NEAR, LINE_DATE = 0.15, 0.056
"""Same maker's line and near in size, date and kind; and near in date."""
NEAR, FAR = 0.08, 0.29
"""Near in size, date and kind, narrowly and widely, whoever made them."""
USUAL_SIZE, USUAL_YEAR = 0.5, 1.5
"""Where nobody says them: log10 of the parameters over ten billion, and years after 2023."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """What models that have scores say of all models."""

    seen: Array
    """Has scores. [models]"""
    smoother: Array
    """Skills expected of each model, as shares of the skills of those seen. [models, seen]"""
    variance: Array
    """Of what is expected, in units of the spread of one model. [models]"""
    precision: Array
    """Inverse covariance of the skills of those seen. [seen, seen]"""


def prior_of(facts: Sequence[Facts], seen: Array) -> Prior:
    """The prior of all models by those that have scores: Gaussian process with a nugget of one."""
    cov = likeness(facts)
    precision = np.linalg.inv(cov[np.ix_(seen, seen)] + np.eye(int(seen.sum())))
    smoother = cov[:, seen] @ precision
    variance = np.diag(cov) - (smoother * cov[:, seen]).sum(axis=1)
    return Prior(seen=seen, smoother=smoother, variance=np.maximum(variance, 0.0), precision=precision)


def likeness(facts: Sequence[Facts]) -> Array:
    """Covariance of the skills of models before any score, in units of the spread of one model. [models, models]"""
    x = np.array([[*covariates(f), *lineage_marks(f)] for f in facts])
    total, active, year = (np.array(column) for column in zip(*(_place(f) for f in facts), strict=True))
    kinds = np.array([kinds_of(f) for f in facts])
    other_kind = np.abs(kinds[:, None, :] - kinds[None, :, :]).sum(axis=2)
    family = _same([f.family for f in facts])
    line = _same([line_of(f) for f in facts])
    cov: Array = LEVEL + x @ x.T + FAMILY * family + FAMILY_KIND * family * np.exp(-other_kind)
    cov += LINE_NEAR * line * np.exp(-_far(total, 0.5) - _far(year, 1.0) - 0.5 * other_kind)
    cov += LINE_DATE * line * np.exp(-_far(year, 0.5))
    cov += NEAR * np.exp(-_far(total, 0.4) - _far(active, 0.4) - _far(year, 0.5) - other_kind)
    cov += FAR * np.exp(-_far(total, 1.0) - _far(active, 1.0) - _far(year, 1.2) - 0.5 * other_kind)
    return cov


def _far(value: Array, scale: float) -> Array:
    gap: Array = (value[:, None] - value[None, :]) / scale
    return gap**2 / 2.0


def _same(names: Sequence[str]) -> Array:
    at = {name: index for index, name in enumerate(dict.fromkeys(names))}
    index = np.array([at[name] for name in names])
    same: Array = (index[:, None] == index[None, :]).astype(float)
    return same


def line_of(facts: Facts) -> str:
    """The maker's line of a model; its family where no line is known."""
    return next((line for line, names in LINES.items() if re.search(names, facts.family)), facts.family)


def _place(facts: Facts) -> tuple[float, float, float]:
    """Total and active size and date, at the usual value where they are not known."""
    no_size, no_active = np.isnan(facts.log10_params), np.isnan(facts.log10_active_params)
    total = USUAL_SIZE + facts.tier if no_size else facts.log10_params - 10.0
    active = total if no_active else facts.log10_active_params - 10.0
    return total, active, USUAL_YEAR if np.isnan(facts.year) else facts.year


def kinds_of(facts: Facts) -> list[float]:
    """What a model was made for, as marks."""
    return [
        float(facts.is_closed), float(facts.is_instruct), float(facts.is_reasoning), float(facts.is_coder),
        float(facts.is_math), float(facts.is_vision), float(facts.is_derivative),
    ]  # fmt: skip


def covariates(facts: Facts) -> list[float]:
    """Size, age, kind and their products; what is unknown is at the usual value with a mark beside it."""
    no_size, no_year = float(np.isnan(facts.log10_params)), float(np.isnan(facts.year))
    size = 0.0 if no_size else facts.log10_params - 10.0
    active = size if np.isnan(facts.log10_active_params) else facts.log10_active_params - 10.0
    year = 0.0 if no_year else facts.year - 1.5
    kinds = kinds_of(facts)
    curves = [size * abs(size), max(size - 0.5, 0.0), max(-size, 0.0), year * abs(year), max(year - 1.0, 0.0),
              max(-year - 0.5, 0.0), size * year, active * year]  # fmt: skip
    products = [kind * number for kind in kinds for number in (size, year)]
    return [
        1.0,
        size,
        active,
        year,
        no_size,
        no_year,
        facts.tier,
        facts.tier * year,
        *kinds,
        *curves,
        *products,
    ]


def lineage_marks(facts: Facts) -> list[float]:
    """One mark per maker's line, whatever its generation."""
    own = line_of(facts)
    return [float(own == line) for line in LINES]
