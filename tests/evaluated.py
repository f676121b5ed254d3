"""Suites for the tiny models, and runs of `evaluate` on them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from sizewise.advisor import EvaluateQuestion, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from sizewise.domain.evaluation import EvaluationAnswer

FRIENDLY = ("lovely", "superb", "warm", "kind", "bright", "splendid", "sweet", "fresh")
HOSTILE = ("dreadful", "rude", "dirty", "cruel", "boring", "stale", "bitter", "broken")
FILLERS = ("the", "room", "was", "quite", "food", "a", "staff", "we", "very", "today")


def moods(num_items: int) -> list[dict[str, str]]:
    """The easy suite: is a sentence friendly or hostile?"""
    rng, rows = random.Random(3), []  # noqa: S311 - the same suite every time
    for _ in range(num_items):
        is_friendly = rng.random() < 0.5
        words = [rng.choice(FILLERS) for _ in range(3)]
        words.insert(rng.randrange(4), rng.choice(FRIENDLY if is_friendly else HOSTILE))
        rows.append({"prompt": " ".join(words), "expected": "friendly" if is_friendly else "hostile"})
    return rows


def sums(num_items: int) -> list[dict[str, str]]:
    """The hard suite: the sum of two numbers."""
    rng = random.Random(5)  # noqa: S311 - the same suite every time
    pairs = [(rng.randrange(100), rng.randrange(100)) for _ in range(num_items)]
    return [{"prompt": f"{a:02d}+{b:02d}=", "expected": f"{a + b:03d}", "grader": "exact"} for a, b in pairs]


def capitals(num_items: int) -> list[dict[str, str]]:
    """What no tiny model knows."""
    known = {"France": "Paris", "Japan": "Tokyo", "Egypt": "Cairo", "Peru": "Lima", "Norway": "Oslo"}
    names = list(known)
    return [
        {"prompt": f"capital {names[i % 5]} {i}?", "expected": known[names[i % 5]]} for i in range(num_items)
    ]


def written(folder: Path, rows: Iterable[Mapping[str, object]]) -> str:
    """A JSONL file of these rows."""
    path = folder / "prompts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def evaluated(
    folder: Path, rows: Iterable[Mapping[str, object]], addresses: Mapping[str, str], **given: object
) -> EvaluationAnswer:
    """The answer about these rows."""
    settings = {"max_tokens": "12", "folder": str(folder / "run"), **given}
    endpoints = tuple(f"{name}={address}" for name, address in addresses.items())
    return evaluate(EvaluateQuestion(prompts=written(folder, rows), endpoint=endpoints, **settings))  # type: ignore[arg-type]
