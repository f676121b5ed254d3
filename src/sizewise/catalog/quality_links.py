"""How a score on a published test follows from a model's skills: the fitted links and skills, as tables."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from functools import cache

from sizewise.catalog.table import FOLDER, file_text
from sizewise.estimate.quality import Z_80
from sizewise.estimate.score_link import ScoreLink

THINKING_ROW, EFFORT_ROW = "thinking mode", "effort mode"
"""Rows of the skill table that hold what thinking, and more effort, add."""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """How a score is made."""

    thinks: bool
    effort: float = 0.0
    """0 is medium or not said, 1 the most."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkLink:
    """value = intercept + slope x (shares . skills) on the unbounded scale."""

    score: ScoreLink
    shares: tuple[tuple[str, float], ...]
    """Skills and how much each counts."""
    main: str
    """The skill that the benchmark is meant to measure."""
    oddity_sd: float
    """How far one model is from what its skills say on one benchmark. [log odds]"""
    intercept: float
    slope: float
    intercept_sd: float
    slope_sd: float
    error_sd: float
    """What one score of one model differs by, items and harness. [log odds]"""


@dataclass(frozen=True, kw_only=True)
class Skill:
    """A skill of a model. [log odds]"""

    mean: float
    sd: float


def benchmark_link(source: str, benchmark: str, protocol: str) -> BenchmarkLink | None:
    """The link of a test; of the benchmark under any harness where the test is not known; None: neither.

    A test of the same source and benchmark under another protocol is nearer than the benchmark alone.
    """
    links = _links()
    exact = links.get((source, benchmark, protocol))
    same_source = _by_source().get((source, benchmark))
    return exact or same_source or links.get(("", benchmark, ""))


def skills_of(model_name: str) -> dict[str, Skill] | None:
    """Fitted skills of a model; None: no scores and no siblings."""
    return _skills().get(model_name)


def score_range(
    link: BenchmarkLink, model_name: str, benchmark: str, mode: Mode
) -> tuple[float, float, float] | None:
    """80 % range and likely value of a score, in the unit of the test: low, likely, high; None for unknown skills.

    The skill behind it is the one that the model shows on this benchmark under any harness, where it has been scored;
    otherwise what its skills say, with the spread of oddities. Ranges of a task are as much wider than the fit says as
    held-out scores have shown.
    """
    skills = skills_of(model_name)
    if skills is None:
        return None
    pair = _pairs().get((model_name, benchmark))
    skill = pair.mean if pair else sum(share * skills[name].mean for name, share in link.shares)
    spread = pair.sd if pair else math.hypot(_shares_sd(link, skills), link.oddity_sd)
    skill += _mode_shift(link, mode, is_reasoner=model_name in _reasoners())
    value = link.intercept + link.slope * skill
    sd = math.hypot(link.slope * spread, link.intercept_sd, link.slope_sd * skill, link.error_sd)
    half = Z_80 * _widening(link.main, is_scored=model_name in _scored()) * sd
    ends = sorted(float(link.score.printed(value + step)) for step in (-half, half))
    return ends[0], float(link.score.printed(value)), ends[1]


def _shares_sd(link: BenchmarkLink, skills: dict[str, Skill]) -> float:
    """Spread of a weighted sum of skills, by their usual correlations. [log odds]"""
    correlation = _correlations()
    parts = [(name, share * skills[name].sd) for name, share in link.shares]
    return math.sqrt(max(sum(a * b * correlation[x][y] for x, a in parts for y, b in parts), 0.0))


def _mode_shift(link: BenchmarkLink, mode: Mode, *, is_reasoner: bool) -> float:
    """What the mode adds; a model that always thinks has it in its skills. [log odds]"""
    thinking, effort = _skills()[THINKING_ROW], _skills()[EFFORT_ROW]
    thinks = mode.thinks and not is_reasoner
    return sum(
        share * (thinks * thinking[name].mean + mode.effort * effort[name].mean)
        for name, share in link.shares
    )


@cache
def _links() -> dict[tuple[str, str, str], BenchmarkLink]:
    return {
        (row["source"], row["benchmark"], row["protocol"]): _link(row) for row in _table("quality_links.csv")
    }


@cache
def _by_source() -> dict[tuple[str, str], BenchmarkLink]:
    """One test of each source and benchmark where it has no more than one protocol."""
    found: dict[tuple[str, str], list[BenchmarkLink]] = {}
    for (source, benchmark, _), link in _links().items():
        found.setdefault((source, benchmark), []).append(link)
    return {key: links[0] for key, links in found.items() if key[0] and len(links) == 1}


def _link(row: dict[str, str]) -> BenchmarkLink:
    pairs = (pair.split(":") for pair in row["skills"].split("|"))
    numbers = {
        name: float(row[name])
        for name in ("oddity_sd", "intercept", "slope", "intercept_sd", "slope_sd", "error_sd")
    }
    return BenchmarkLink(
        score=ScoreLink(kind=row["kind"], floor=float(row["floor"])),
        shares=tuple((skill, float(share)) for skill, share in pairs),
        main=row["main"],
        **numbers,
    )


@cache
def _skills() -> dict[str, dict[str, Skill]]:
    return {row["model"]: _skill_cells(row) for row in _table("quality_skills.csv")}


def _skill_cells(row: dict[str, str]) -> dict[str, Skill]:
    names = [name for name in row if f"{name}_sd" in row]
    return {name: Skill(mean=float(row[name]), sd=float(row[f"{name}_sd"])) for name in names}


@cache
def _reasoners() -> frozenset[str]:
    return frozenset(row["model"] for row in _table("quality_skills.csv") if row["always_thinks"] == "yes")


@cache
def _pairs() -> dict[tuple[str, str], Skill]:
    return {
        (row["model"], row["benchmark"]): Skill(mean=float(row["skill"]), sd=float(row["sd"]))
        for row in _table("quality_pairs.csv")
    }


def _widening(skill: str, *, is_scored: bool) -> float:
    """Factor on the range of a score, by skill, for models with scores of their own and without. [ratio]"""
    return float(_widenings()[skill]["scored" if is_scored else "unscored"])


@cache
def _widenings() -> dict[str, dict[str, str]]:
    return {row["skill"]: row for row in _table("quality_widening.csv")}


@cache
def _scored() -> frozenset[str]:
    """Models with scores of their own."""
    return frozenset(model for model, _ in _pairs())


@cache
def _correlations() -> dict[str, dict[str, float]]:
    return {
        row.pop("skill"): {name: float(cell) for name, cell in row.items()}
        for row in _table("quality_correlations.csv")
    }


def _table(name: str) -> csv.DictReader[str]:
    return csv.DictReader(io.StringIO(file_text(FOLDER / name)))
