"""The fit as a table: axis scores with their evidence."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from fit_quality_skills import SKILLS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fit_quality_names import Facts
    from fit_quality_panel import PanelScores
    from fit_quality_rows import Observation

    Array = NDArray[np.float64]
    Row = dict[str, str]

MIN_SHARE = 0.3
"""A benchmark counts as evidence for a skill from this share on."""
MIN_OWN_SHARE = 0.5
"""Share of an axis that must have evidence of the model itself to be more than interpolated."""
MAX_SD_POINTS = {"interpolated": 8.0}
MAX_OWN_SD_POINTS = 11.0
"""Wider than this is too little evidence: unknown. [points]"""
OWN_EVIDENCE_ONLY = frozenset({"vision", "long"})
"""Skills that other skills say nothing about: whether a model sees, and how far it reads."""
MIN_OTHER_SCORES = 8
"""Own scores on other tasks from which a task without own score may be interpolated."""
MAX_SIZE_RATIO = 2.0
"""No extrapolation beyond this ratio to a sibling of the same family."""
NUM_SHOWN_BENCHMARKS = 3


def read_axes(path: Path) -> dict[str, tuple[str, Array]]:
    """Anchor model and skill shares of each axis."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        axis: (table["anchor"], np.array([table["skills"].get(skill, 0.0) for skill in SKILLS]))
        for axis, table in tables.items()
    }


class Evidence:
    """Who was scored on what."""

    def __init__(self, items: Sequence[Observation], facts: Mapping[str, Facts]) -> None:
        self.facts = facts
        self.by_skill: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        self.count = Counter(item.model for item in items)
        for item in items:
            for skill, share in item.weights:
                if share >= MIN_SHARE:
                    self.by_skill[item.model, skill].append(item)
        self.siblings: dict[str, list[str]] = defaultdict(list)
        for name in self.count:
            self.siblings[facts[name].family].append(name)

    def on_axis(self, model: str, shares: Array) -> list[Observation]:
        """Scores of a model on the skills of an axis, each once."""
        wanted = [skill for skill, share in zip(SKILLS, shares, strict=True) if share > 0]
        found = {id(item): item for skill in wanted for item in self.by_skill.get((model, skill), ())}
        return list(found.values())

    def covered_share(self, model: str, shares: Array) -> float:
        """Share of an axis whose skills have scores of this model."""
        return float(
            sum(s for skill, s in zip(SKILLS, shares, strict=True) if self.by_skill.get((model, skill)))
        )

    @staticmethod
    def needs_own(shares: Array) -> bool:
        """Does most of the axis rest on skills that cannot be interpolated?"""
        return float(sum(shares[SKILLS.index(skill)] for skill in OWN_EVIDENCE_ONLY)) >= MIN_OWN_SHARE

    def is_bracketed(self, model: str, shares: Array) -> bool:
        """Are there scored siblings of both kinds of size, or one within the allowed ratio?"""
        own = self.facts[model]
        if np.isnan(own.log10_params):
            return False
        gaps = [
            self.facts[other].log10_params - own.log10_params
            for other in self.siblings[own.family]
            if other != model
            and self.facts[other].is_instruct == own.is_instruct
            and self.covered_share(other, shares) >= MIN_OWN_SHARE
        ]
        known = [gap for gap in gaps if not np.isnan(gap)]
        near = any(abs(gap) <= np.log10(MAX_SIZE_RATIO) for gap in known)
        return near or (any(gap > 0 for gap in known) and any(gap < 0 for gap in known))

    def grade(self, model: str, shares: Array, *, is_hybrid_reasoner: bool) -> str:
        """Evidence grade of a model on an axis: direct, variant, self-reported, interpolated or none."""
        if self.covered_share(model, shares) >= MIN_OWN_SHARE:
            rows = self.on_axis(model, shares)
            independent = [item for item in rows if not item.is_self_reported]
            if not independent:
                return "self-reported"
            is_other_mode = all(item.thinks for item in independent) and is_hybrid_reasoner
            return "variant" if is_other_mode else "direct"
        if self.needs_own(shares):
            return "none"
        if self.count[model] >= MIN_OTHER_SCORES or self.is_bracketed(model, shares):
            return "interpolated"
        return "none"


def estimate_rows(
    panel: PanelScores, evidence: Evidence, axes: Mapping[str, tuple[str, Array]], wanted: set[str]
) -> list[Row]:
    """One row per axis and model that is known well enough, sorted by axis and name."""
    at = {name: index for index, name in enumerate(panel.fit.design.models)}
    rows = []
    for axis, (anchor, shares) in axes.items():
        for name in sorted(wanted):
            is_hybrid = not evidence.facts[name].is_reasoning
            grade = evidence.grade(name, shares, is_hybrid_reasoner=is_hybrid)
            mean, sd = panel.points(at[name], at[anchor], shares)
            if grade == "none" or sd > MAX_SD_POINTS.get(grade, MAX_OWN_SD_POINTS):
                continue
            scores = evidence.on_axis(name, shares)
            common = Counter(item.benchmark for item in scores).most_common(NUM_SHOWN_BENCHMARKS)
            rows.append({
                "axis": axis, "model": name, "mean": f"{mean:.1f}", "sd": f"{sd:.1f}", "grade": grade,
                "num_scores": str(len(scores)), "benchmarks": "|".join(name for name, _ in common),
                "newest": max((item.printed["as_of"] for item in scores), default=""),
            })  # fmt: skip
    return rows


def write_rows(path: Path, rows: Sequence[Mapping[str, str]], columns: Sequence[str] | None = None) -> None:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns or list(rows[0]), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
