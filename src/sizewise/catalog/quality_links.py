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

THINKING_ROW = "thinking mode"
"""Row of the skill table that holds what thinking adds."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkLink:
    """value = intercept + slope x (shares . skills) on the unbounded scale."""

    score: ScoreLink
    shares: tuple[tuple[str, float], ...]
    """Skills and their shares, sum 1."""
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


def score_range(link: BenchmarkLink, skills: dict[str, Skill], *, thinks: bool) -> tuple[float, float, float]:
    """80 % range and likely value of a score, in the unit of the test: low, likely, high.

    Skills of one test are taken as fully correlated, which errs to the wide side.
    """
    shift = _skills()[THINKING_ROW] if thinks else {}
    skill = sum(
        share * (skills[name].mean + (shift[name].mean if thinks else 0.0)) for name, share in link.shares
    )
    skill_sd = sum(share * skills[name].sd for name, share in link.shares)
    value = link.intercept + link.slope * skill
    spread = Z_80 * math.hypot(link.slope * skill_sd, link.intercept_sd, link.slope_sd * skill, link.error_sd)
    ends = sorted(float(link.score.printed(value + step)) for step in (-spread, spread))
    return ends[0], float(link.score.printed(value)), ends[1]


@cache
def _links() -> dict[tuple[str, str, str], BenchmarkLink]:
    rows = csv.DictReader(io.StringIO(file_text(FOLDER / "quality_links.csv")))
    return {(row["source"], row["benchmark"], row["protocol"]): _link(row) for row in rows}


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
        name: float(row[name]) for name in ("intercept", "slope", "intercept_sd", "slope_sd", "error_sd")
    }
    return BenchmarkLink(
        score=ScoreLink(kind=row["kind"], floor=float(row["floor"])),
        shares=tuple((skill, float(share)) for skill, share in pairs),
        **numbers,
    )


@cache
def _skills() -> dict[str, dict[str, Skill]]:
    rows = csv.DictReader(io.StringIO(file_text(FOLDER / "quality_skills.csv")))
    return {row.pop("model"): _skill_cells(row) for row in rows}


def _skill_cells(row: dict[str, str]) -> dict[str, Skill]:
    names = [name for name in row if not name.endswith("_sd")]
    return {name: Skill(mean=float(row[name]), sd=float(row[f"{name}_sd"])) for name in names}
