"""Measured facts that may be shipped: questions and truths whose source is known and allows it.

The questions carry no source; it is found by joining their truth with the measured tables on value,
device class,
model family and what was measured. A row whose matches disagree about the permission,
or that matches nothing, is
left out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

Cells = dict[str, str]
Key = tuple[str, ...]

NOT_SHIPPED = (
    "localmaxxing", "reddit.com", "vllm-project/vllm/issues", "github.com/vllm-project/vllm",
    "ikawrakow/ik_llama.cpp",
    "public GitHub file", "ozeki.chat", "gist.github.com",
)  # fmt: skip
"""Sources without terms of reuse: forums, issues, gists, user submissions."""
BYTES_OF_UNIT = {
    "bytes": 1, "tokens": 1, "MiB": 2**20, "GiB": 2**30, "MB": 10**6, "GB": 10**9, "blocks": 16,
}  # fmt: skip
KINDS = ("memory", "single", "serving")
DIGITS = 4
"""Significant digits that must agree: the measured tables are printed with at least as many."""


@dataclass(frozen=True)
class Kept:
    """Questions and truths of one kind that may be shipped, and how many were left out."""

    questions: list[Cells]
    truths: list[Cells]
    num_forbidden: int
    num_unmatched: int


def rounded(value: str, factor: float = 1.0) -> str:
    """A number to the digits that are compared; empty stays empty."""
    return f"{float(value) * factor:.{DIGITS}g}" if value else ""


def sources_by_key(
    facts: Iterable[Mapping[str, str]], key: Callable[[Mapping[str, str]], Key]
) -> dict[Key, set[str]]:
    """All sources of the measured rows with the same key."""
    found: dict[Key, set[str]] = {}
    for row in facts:
        found.setdefault(key(row), set()).add(row["source"])
    return found


def memory_key(row: Mapping[str, str]) -> Key:
    """Family and value of a measured memory row. [bytes or tokens]"""
    return (row["model_family"], rounded(row["value"], BYTES_OF_UNIT.get(row["unit"], 1)))


def single_key(row: Mapping[str, str]) -> Key:
    """Class, family, phase and rate of a single-stream row. [tokens/s]"""
    return (row["device_class"], row["model_family"], row["phase"], rounded(row["tokens_per_s"]))


def serving_key(row: Mapping[str, str]) -> Key:
    """Class, family, throughput and latencies of a serving row. [tokens/s, s]"""
    return (
        row["device_class"], row["model_family"], rounded(row["output_tokens_per_s_total"]),
        rounded(row["ttft_ms"], 1e-3), rounded(row["tpot_ms"], 1e-3),
    )  # fmt: skip


def asked_key(kind: str, question: Mapping[str, str], truth: Mapping[str, str]) -> Key:
    """The key of a question and its truth."""
    if kind == "memory":
        return (question["model_family"], rounded(truth["value"]))
    if kind == "single":
        return (
            question["device_class"],
            question["model_family"],
            question["phase"],
            rounded(truth["tokens_per_s"]),
        )
    rates = (rounded(truth[n]) for n in ("output_tokens_per_s", "ttft_s", "tpot_s"))
    return (question["device_class"], question["model_family"], *rates)


def shippable(kind: str, facts: Path, read: Callable[[Path], list[Cells]]) -> Kept:
    """The questions of one kind that may be shipped, with their source."""
    key, table = {
        "memory": (memory_key, "memory.csv"),
        "single": (single_key, "speed_single.csv"),
        "serving": (serving_key, "speed_serving.csv"),
    }[kind]
    known = sources_by_key(read(facts / table), key)
    truths = {row["row_id"]: row for row in read(facts / "truth" / f"{kind}.csv")}
    kept: list[Cells] = []
    num_forbidden = num_unmatched = 0
    for question in read(facts / "questions" / f"{kind}.csv"):
        sources = known.get(asked_key(kind, question, truths[question["row_id"]]), set())
        if not sources:
            num_unmatched += 1
        elif any(word in source for source in sources for word in NOT_SHIPPED):
            num_forbidden += 1
        else:
            kept.append({**question, "source": min(sources)})
    return Kept(kept, [truths[row["row_id"]] for row in kept], num_forbidden, num_unmatched)


def write_measured(facts: Path, out: Path, read: Callable[[Path], list[Cells]]) -> list[str]:
    """Write the shippable questions, truths and doubtful rows; one line of counts a kind."""
    for folder in ("questions", "truth"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    lines, kept_ids = [], set()
    for kind in KINDS:
        kept = shippable(kind, facts, read)
        kept_ids |= {row["row_id"] for row in kept.questions}
        _write(out / "questions" / f"{kind}.csv", kept.questions)
        _write(out / "truth" / f"{kind}.csv", kept.truths)
        lines.append(
            f"{kind}: {len(kept.questions)} kept, {kept.num_forbidden} not allowed, "
            f"{kept.num_unmatched} unmatched"
        )
    doubtful = [row for row in read(facts / "questions" / "exclude.csv") if row["row_id"] in kept_ids]
    _write(out / "questions" / "exclude.csv", doubtful)
    return lines


def _write(path: Path, rows: list[Cells]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
