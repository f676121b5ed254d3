"""The quality table: score, evidence and date of each model on each task axis, and what number formats cost.

The scores are fitted offline from published benchmarks (scripts/fit_quality.py); a model that is not in the table of
an axis is unknown there, whatever its siblings do.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog.table import FOLDER, file_text, toml_table
from sizewise.errors import UnknownName
from sizewise.estimate.quality import LossTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.number import Array

AXES = (
    "classification", "extraction", "summarization", "qa", "rag", "chat", "writing", "translation", "chinese",
    "coding", "math", "reasoning", "tool-use", "long-context", "multimodal",
)  # fmt: skip
"""Task axes; what each is made of stands in quality_axes.toml."""
GRADES = ("direct", "variant", "interpolated", "self-reported")
"""Evidence of the shipped table: an independent result; another mode of the same weights; inferred from other tasks
or from siblings of both sides in size; the vendor's own table."""
OWN_GRADES = frozenset({"direct", "variant", "self-reported"})
"""Grades that rest on scores of the model itself on this axis."""


@dataclass(frozen=True, kw_only=True)
class QualityEntry:
    """What is known of one model on one axis."""

    mean: float
    """Score: 100 x logistic(skill - skill of the anchor); the anchor stands at 50. [points]"""
    sd: float
    """Standard deviation. [points]"""
    grade: str
    """One of GRADES."""
    num_scores: int
    """Published scores of this model behind it. [count]"""
    benchmarks: tuple[str, ...]
    """The most frequent of them."""
    newest: str
    """Date of the newest of them; empty without. [ISO date]"""


def quality_columns(model_names: Sequence[str], axis: str) -> tuple[Array, Array]:
    """Mean and standard deviation of each model on an axis, NaN where unknown. [points]

    Raises: UnknownName for an axis that does not exist.
    """
    entries = axis_entries(axis)
    found = [entries.get(name) for name in model_names]
    mean = np.array([entry.mean if entry else np.nan for entry in found], dtype=np.float64)
    sd = np.array([entry.sd if entry else np.nan for entry in found], dtype=np.float64)
    return mean, sd


def quality_entry(model_name: str, axis: str) -> QualityEntry | None:
    """What is known of a model on an axis; None: nothing, or not enough.

    Raises: UnknownName for an axis that does not exist.
    """
    return axis_entries(axis).get(model_name)


def reference_name(given: str, axis: str) -> str:
    """The reference that people mean: its name, or the spelling of models without a Hugging Face id.

    Raises: UnknownName with the nearest references of the axis.
    """
    from sizewise.catalog.model_names import canonical_name  # noqa: PLC0415 - only for a bar stated by a model

    entries = axis_entries(axis)
    folded = {name.lower(): name for name in entries}
    short = _unambiguous(entries)
    canonical = canonical_name(given)
    for key in (given.strip().lower(), canonical, model_aliases().get(canonical, "").lower()):
        if key in folded:
            return folded[key]
        if key in short:
            return short[key]
    raise UnknownName("quality reference", given, entries, "or give the bar as a number from 0 to 100")


@cache
def model_aliases() -> dict[str, str]:
    """Names that published tables print, and the models that they mean."""
    rows = csv.DictReader(file_text(FOLDER / "quality_aliases.csv").splitlines())
    return {row["name"]: row["model"] for row in rows}


def _unambiguous(names: Sequence[str] | dict[str, QualityEntry]) -> dict[str, str]:
    """Names without publisher, where only one fits."""
    owners: dict[str, list[str]] = {}
    for name in names:
        owners.setdefault(name.lower().rsplit("/", 1)[-1], []).append(name)
    return {short: found[0] for short, found in owners.items() if len(found) == 1}


@cache
def axis_entries(axis: str) -> dict[str, QualityEntry]:
    """All entries of an axis by model name. Rows of one axis stand together, so only they are parsed.

    Raises: UnknownName for an axis that does not exist.
    """
    if axis not in AXES:
        raise UnknownName("quality axis", axis, AXES)
    text = _estimates_text()
    header, start = text[: text.index("\n")].split(","), text.find(f"\n{axis},") + 1
    if not start:
        return {}
    last = text.rfind(f"\n{axis},") + 1
    lines = text[start : text.find("\n", last)].splitlines()
    return {row["model"]: _entry(row) for row in csv.DictReader(lines, header)}


@cache
def _estimates_text() -> str:
    return file_text(FOLDER / "quality_estimates.csv")


def _entry(row: dict[str, str]) -> QualityEntry:
    return QualityEntry(
        mean=float(row["mean"]),
        sd=float(row["sd"]),
        grade=row["grade"],
        num_scores=int(row["num_scores"]),
        benchmarks=tuple(row["benchmarks"].split("|")) if row["benchmarks"] else (),
        newest=row["newest"],
    )


@cache
def loss_table() -> LossTable:
    """Points that number formats cost, from quant_loss.toml."""
    table = toml_table("quant_loss.toml")

    def ranges(name: str) -> dict[str, tuple[float, float, float]]:
        return {key: (low, likely, high) for key, (low, likely, high) in table[name].items()}

    return LossTable(
        num_params=tuple(table["num_params"]),
        points={name: (tuple(a), tuple(b), tuple(c)) for name, (a, b, c) in table["points"].items()},
        axis_factors=ranges("axis_factors"),
        kv_points=ranges("kv_points"),
        kv_factors=ranges("kv_factors"),
    )
