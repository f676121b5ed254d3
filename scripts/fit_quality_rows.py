"""Published scores as observations: who, on which test, in which mode, how good on an unbounded scale."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fit_quality_alias import aliases
from fit_quality_skills import DEFAULT_NUM_ITEMS, FLOORS, NUM_ITEMS, skill_weights
from sizewise.catalog.benchmark_names import benchmark_name, protocol_name, source_name
from sizewise.catalog.model_names import EFFORTS, canonical_name, effort_word, thinks_in
from sizewise.estimate.score_link import ScoreLink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

UNSHIPPABLE = ("haonan-li/CMMLU", "adobe-research/NoLiMa")
"""Sources whose terms forbid commercial use (CC BY-NC-SA; Adobe research licence): neither shipped nor fitted."""
NOT_COMPARABLE = ("textclass weighted", "vectara hhem answer")
"""Averages over different sets per model and answer rates: no skill on one scale."""
NOT_GENERATORS = re.compile(
    r"(?:-rm|-prm|reward)(?:$|-)|^perspective-|embed|rerank|/gte-|/bge-|-e5-|ritrieve", re.IGNORECASE
)
"""Reward models, rankers and classifiers that answer nothing."""
SEVERAL_TRIES = re.compile(r"pass@(?:[2-9]|1\d)|cons@|maj@", re.IGNORECASE)
"""The best or the vote of several answers is another test than one answer."""
_VENDORS: tuple[tuple[str, str], ...] = (
    (r"qwen|qwq", "qwen"), (r"falcon", "falcon|tii"), (r"exaone", "exaone"), (r"deepseek", "deepseek"),
    (r"kimi|moonlight", "moonshot|kimi"), (r"mimo", "mimo"), (r"internlm|intern-", "internlm|intern-s"),
    (r"minimax", "minimax"), (r"baichuan", "baichuan"), (r"dots", "dots"), (r"hunyuan", "hunyuan"),
    (r"llama", "meta-llama"), (r"olmo", "olmo"), (r"minicpm", "minicpm"), (r"gemma|gemini", "gemma"),
    (r"seed", "seed-oss"), (r"glm", "glm"), (r"\bling|\bring", "ling"), (r"granite", "granite"),
    (r"nemotron", "nemotron"), (r"mistral|mixtral|devstral", "mistral|ministral|devstral"),
    (r"phi-", "phi-4"), (r"step-", "step 3"), (r"lfm", "lfm"), (r"nanbeige", "nanbeige"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One published score."""

    model: str
    """Hugging Face id, or the canonical name of a model without one."""
    test: tuple[str, str, str]
    """Source, benchmark, protocol: scores are compared only inside one test."""
    benchmark: str
    category: str
    weights: tuple[tuple[str, float], ...]
    """Skills and their shares."""
    value: float
    """Score on the unbounded scale, higher is better. [log odds]"""
    item_variance: float
    """Variance of the finite number of items. [log odds^2]"""
    thinks: bool
    """Scored in thinking mode."""
    effort: float
    """Reasoning effort where it is said; 0 is medium or not said."""
    is_self_reported: bool
    """The model's own vendor measured it."""
    printed: Mapping[str, str]


def link_of(benchmark: str, unit: str) -> ScoreLink:
    """The link of a benchmark by its unit and direction."""
    if unit in {"Elo", "Elo/rating"}:
        return ScoreLink(kind="elo", floor=0.0)
    if unit == "score 1-10":
        return ScoreLink(kind="ten", floor=0.0)
    if "lower is better" in benchmark:
        return ScoreLink(kind="error", floor=0.0)
    return ScoreLink(kind="share", floor=float(FLOORS.get(benchmark, 0.0)))


def is_self_report(model: str, source: str) -> bool:
    """Does the table come from the maker of the model?"""
    plain_model, plain_source = model.lower(), source.lower()
    return any(re.search(m, plain_model) and re.search(s, plain_source) for m, s in _VENDORS)


def model_name(row: Mapping[str, str]) -> str:
    """Hugging Face id of a row, or the one spelling of a name without; an id with a blank in it is a printed name."""
    if row["hf_id"] and " " not in row["hf_id"]:
        return row["hf_id"]
    return canonical_name(row["hf_id"] or row["model_name"])


def observation(row: Mapping[str, str]) -> Observation | None:
    """A row of the table as an observation; None where it is empty or measures no skill of a generator."""
    model = model_name(row)
    benchmark = benchmark_name(row["benchmark"])
    weights = skill_weights(benchmark, row["task_category"])
    if (
        not (row["score"] and model and weights)
        or row["source"].startswith(UNSHIPPABLE)
        or NOT_GENERATORS.search(model)
    ):
        return None
    has_tries = SEVERAL_TRIES.search(row["benchmark"] + row["setting"]) is not None
    if benchmark.startswith(NOT_COMPARABLE) or row["unit"] == "rating" or has_tries:
        return None
    link = link_of(benchmark, row["unit"])
    score = float(row["score"])
    if score <= 0 and link.kind != "error":
        return None
    num_items = NUM_ITEMS.get(benchmark, DEFAULT_NUM_ITEMS)
    share = float(link.gained_ratio(score)) if link.kind != "elo" else 0.5
    return Observation(
        model=model,
        test=(source_name(row["source"]), benchmark, protocol_name(row["setting"], row["benchmark"])),
        benchmark=benchmark,
        category=row["task_category"],
        weights=tuple(weights.items()),
        value=float(link.unbounded(score)),
        item_variance=sampling_variance(share, link.floor / 100.0, num_items),
        thinks=thinks_in(row["setting"], row["model_name"]),
        effort=EFFORTS.get(effort_word(row["setting"], row["model_name"]), 0.0),
        is_self_reported=is_self_report(model, row["source"]),
        printed=row,
    )


def sampling_variance(gained: float, floor: float, num_items: float) -> float:
    """Variance of the log odds of a share above guessing that rests on so many items. [log odds^2]

    p (1 - p) / n of the printed share p = floor + (1 - floor) gained, times the square of the slope of the log odds:
    near the floor most right answers are guessed, and the log odds are all but unknown.
    """
    printed = floor + (1.0 - floor) * gained
    slope = 1.0 / ((1.0 - floor) * gained * (1.0 - gained))
    return printed * (1.0 - printed) / num_items * slope**2


def usable_rows(facts: Path) -> list[Observation]:
    """All usable scores of quality.csv, under the names that they print."""
    return [item for row in read_rows(facts / "quality.csv") if (item := observation(row)) is not None]


def meant_models(facts: Path, items: Sequence[Observation]) -> dict[str, str]:
    """Printed names and the ids that they mean."""
    return aliases((item.model for item in items), (row["hf_id"] for row in read_rows(facts / "models.csv")))


def observations(facts: Path) -> list[Observation]:
    """All usable scores of quality.csv under one name per model; a score printed twice counts once."""
    seen: set[tuple[object, ...]] = set()
    found = []
    usable = usable_rows(facts)
    meant = meant_models(facts, usable)
    for item in (replace(item, model=meant.get(item.model, item.model)) for item in usable):
        key = (item.model, item.test, item.value, item.thinks, item.effort)
        if key not in seen:
            seen.add(key)
            found.append(item)
    return found


def read_rows(path: Path) -> list[dict[str, str]]:
    """All rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))
