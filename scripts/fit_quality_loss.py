"""Points lost by quantization, by bits and model size: an assumed table drawn towards the measured medians."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

SIZES = (1.5e9, 8e9, 24e9, 70e9)
"""Sizes of the table's columns. [count]"""
_SIZE_LIMITS = (3.5e9, 12e9, 45e9, math.inf)
ASSUMED: dict[str, tuple[tuple[float, float, float], ...]] = {
    "8": ((0, 0.5, 2), (0, 0.3, 1), (0, 0.2, 0.8), (0, 0.2, 0.6)),
    "4": ((1, 3.5, 7), (0.5, 2, 4), (0.3, 1, 2), (0, 0.7, 1.5)),
    "3": ((3, 8, 15), (2, 5, 9), (1, 3, 6), (0.5, 2, 4)),
    "2": ((8, 20, 40), (6, 12, 25), (4, 8, 15), (2, 5, 10)),
}
"""Low, likely, high per size: the assumed starting point. [points]"""
BETWEEN = {"6": 0.5, "5": 0.75}
"""Bits without measured scores: how far from eight bits to four, on a logarithmic axis of points. [ratio]"""
BETWEEN_WIDENING = 1.25
"""How much further the high end of an interpolated loss is. [ratio]"""
ASSUMED_WEIGHT = 40.0
"""The assumed value counts as so many measured rows."""
METRICS_OF_AXIS = {
    "coding": r"humaneval|mbpp|livecode|aider|scicode", "math": r"gsm-?8k|math|aime|olympiad",
    "extraction": r"ifeval|ifbench", "translation": r"mgsm", "chinese": r"c-?eval|cmmlu",
    "long-context": r"ruler|nocha|aa-lcr|multi-needle", "tool-use": r"bfcl|nexus|tool|\u03c4",
    "writing": r"cs4|rewrite",
    "summarization": r"tldr|factscore", "reasoning": r"gpqa|bbh|drop",
}  # fmt: skip
"""Metrics of each task. Axes without an entry lose what knowledge sets lose."""
FACTOR_PRIOR_CELLS = 10.0
"""The factor 1 counts as so many measured cells (a model in a format), each losing the usual points."""
SMALLEST_FACTOR = 0.5
"""No task loses less than this share of what knowledge loses: a smaller fit is noise of few items."""
NUM_RESAMPLES = 2000
JUDGED_KV: dict[str, tuple[float, float, float]] = {
    "fp8": (0, 0.3, 1.0), "q8_0": (0, 0.2, 0.8), "q4_0": (0.2, 1.8, 5.0),
}  # fmt: skip
SMALLEST_KV_POINTS = 0.1
"""No cache type of 8 bits or less is free."""
KV_FORMATS = {
    "fp8": r"kv fp8",
    "q4_0": r"^kv q4$|kivi 4-bit|turboquant 4bit",
}
METRICS_OF_KV_AXIS = {
    "long-context": r"mrcr|longbench (?:narrative|qasper|multifield|hotpot|musique|2wiki|trivia|passage)",
}
"""Tasks with scores of quantized caches by more than one team. Those of code and of summaries come from one paper with
two models, too few for a range: they lose the usual points."""
KV_RATIOS = {"q4_1": 0.85, "iq4_nl": 0.9}
"""Losses of sibling types against q4_0: as their errors in weights compare. Assumed. [ratio]"""
KNOWLEDGE = re.compile(
    r"mmlu|average|avg|hellaswag|arc|winogrande|piqa|lambada|c-?eval|cmmlu|gpqa|bbh|drop", re.IGNORECASE
)
NOT_POINTS = re.compile(r"perplex|kl div|delta p|same top|bits|ratio|recovery|relative", re.IGNORECASE)
SPECIAL = re.compile(r"aqlm|vptq|efficientqat|mixed|mix-|qat|spinquant", re.IGNORECASE)
"""Methods without an own name in the vocabulary, or trained: not the usual case."""
_BITS = re.compile(r"int ?([2348])|q([234568])|([2348])[ -]?bit|nf(4)|fp([48])|w([2348])a", re.IGNORECASE)
LARGEST_LOSS_POINTS, LARGEST_SCORE = 60.0, 100.0


def loss_fact_rows(rows: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Rows of the shipped table of facts: those with a source."""
    return [row for row in rows if row["source"] and row["value"]]


def loss_class_of(quant_format: str) -> str:
    """Bits by quality of a printed format; empty where it does not say."""
    found = _BITS.search(quant_format)
    return next((g for g in found.groups() if g), "") if found else ""


def size_column(model: str) -> int:
    """Column of the table for the size in a model's name; -1 where it states none."""
    found = re.search(r"(\d+(?:\.\d+)?) ?b\b", model, re.IGNORECASE)
    if not found:
        return -1
    return next(i for i, limit in enumerate(_SIZE_LIMITS) if float(found.group(1)) * 1e9 < limit)


def lost_points(row: Mapping[str, str]) -> float:
    """Points of a percentage lost in a row; NaN where it is no such score."""
    if NOT_POINTS.search(row["metric"]) or not (row["delta"] and row["baseline_value"]):
        return math.nan
    base, delta = float(row["baseline_value"]), float(row["delta"])
    scale = 100.0 if base <= 1.0 else 1.0
    lost = -delta * scale
    return lost if abs(lost) <= LARGEST_LOSS_POINTS and base * scale <= LARGEST_SCORE else math.nan


Cells = dict[tuple[str, int], tuple[float, float, float]]
"""Low, likely and high points of a loss class and size column."""


def cells_of_table(rows: Sequence[Mapping[str, str]]) -> Cells:
    """Points on knowledge sets."""
    measured = measured_losses(rows)
    found = {}
    for name, assumed in ASSUMED.items():
        line = not_rising([fitted_cell(cell, measured.get((name, i), [])) for i, cell in enumerate(assumed)])
        found.update({(name, i): cell for i, cell in enumerate(line)})
    for name, share in BETWEEN.items():
        for i in range(len(SIZES)):
            found[name, i] = between(found["8", i], found["4", i], share)
    return found


def between(
    eight: tuple[float, float, float], four: tuple[float, float, float], share: float
) -> tuple[float, float, float]:
    """Points of a loss between eight and four bits: geometric, as divergence falls with bits; never free.

    >>> between((0.0, 0.2, 0.8), (0.2, 1.8, 3.2), 0.5)
    (0.0, 0.6, 2.0)
    """
    low, likely, high = (a ** (1.0 - share) * b**share for a, b in zip(eight, four, strict=True))
    return round(low, 2), round(likely, 2), round(high * BETWEEN_WIDENING, 2)


def axis_factors(rows: Sequence[Mapping[str, str]], cells: Cells) -> dict[str, tuple[float, float, float]]:
    """How much more each task loses than knowledge sets: low, likely and high. See `factor`."""

    def usual(row: Mapping[str, str]) -> float:
        key = (loss_class_of(row["quant_format"]), size_column(row["model"] or row["hf_id"]))
        is_usual = (
            row["quant_target"] == "weights" and key in cells and not SPECIAL.search(row["quant_format"])
        )
        return cells[key][1] if is_usual else math.nan

    return _factors(rows, METRICS_OF_AXIS, usual)


def kv_factors(
    rows: Sequence[Mapping[str, str]], points: Mapping[str, tuple[float, float, float]]
) -> dict[str, tuple[float, float, float]]:
    """How much more than usual each task loses by a quantized cache: low, likely and high. See `factor`."""

    def usual(row: Mapping[str, str]) -> float:
        if row["quant_target"] != "kv-cache":
            return math.nan
        formats = (n for n, p in KV_FORMATS.items() if re.search(p, row["quant_format"], re.IGNORECASE))
        return points[name][1] if (name := next(formats, "")) else math.nan

    return _factors(rows, METRICS_OF_KV_AXIS, usual)


def _factors(
    rows: Sequence[Mapping[str, str]], metrics: Mapping[str, str], usual: Callable[[Mapping[str, str]], float]
) -> dict[str, tuple[float, float, float]]:
    """The factor of every task that rows speak of; `usual` is the points expected of a row, NaN to pass it over."""
    found = {}
    for axis, pattern in metrics.items():
        pairs = _measured_and_expected(rows, usual, re.compile(pattern, re.IGNORECASE))
        if pairs:
            found[axis] = factor(pairs)
    return found


def factor(pairs: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """What measured points are of the usual ones: low, likely and high of an 80 % bootstrap over cells. [ratio]

    (prior + sum of measured points) / (prior + sum of the points expected of these models and formats).

    >>> factor([(2.0, 1.0)])
    (1.09, 1.09, 1.09)
    """
    table = np.array(pairs)
    picks = np.random.default_rng(0).integers(len(table), size=(NUM_RESAMPLES, len(table)))
    prior = FACTOR_PRIOR_CELLS * table[:, 1].mean()
    sums = table[picks].sum(axis=1)
    drawn = (prior + sums[:, 0]) / (prior + sums[:, 1])
    likely = float((prior + table[:, 0].sum()) / (prior + table[:, 1].sum()))
    low, high = (float(end) for end in np.quantile(drawn, (0.1, 0.9)))
    return _triple(sorted(max(end, SMALLEST_FACTOR) for end in (low, likely, high)))


def _measured_and_expected(
    rows: Sequence[Mapping[str, str]], usual: Callable[[Mapping[str, str]], float], pattern: re.Pattern[str]
) -> list[tuple[float, float]]:
    """Mean points lost on the metrics of a task, and the usual points, of every model in a format."""
    lost: dict[tuple[str, str], list[float]] = defaultdict(list)
    expected: dict[tuple[str, str], float] = {}
    for row in rows:
        points, of_format = lost_points(row), usual(row)
        if pattern.search(row["metric"]) and not (math.isnan(points) or math.isnan(of_format)):
            name = row["model"] or row["hf_id"], row["quant_format"]
            lost[name].append(points)
            expected[name] = of_format
    return [(sum(points) / len(points), expected[name]) for name, points in lost.items()]


def points_per_divergence(rows: Sequence[Mapping[str, str]], cells: Cells) -> float:
    """Points on knowledge sets of one unit of mean KL divergence: through zero, from weights of an 8B. [points]"""
    top, bottom = 0.0, 0.0
    for row in rows:
        key = (loss_class_of(row["quant_format"]), 1)
        if row["quant_target"] == "weights" and row["metric"].startswith("mean KL") and key in cells:
            top += float(row["value"]) * cells[key][1]
            bottom += float(row["value"]) ** 2
    return top / bottom


def kv_points(rows: Sequence[Mapping[str, str]], cells: Cells) -> dict[str, tuple[float, float, float]]:
    """Points of every cache type: measured scores where there are some, divergence for q8_0, between for five bits.

    Four bits never cost less than eight.
    """
    found: dict[str, tuple[float, float, float]] = dict.fromkeys(("f32", "f16", "bf16"), (0.0, 0.0, 0.0))
    for name, pattern in KV_FORMATS.items():
        lost = [
            lost_points(row) for row in rows
            if row["quant_target"] == "kv-cache" and re.search(pattern, row["quant_format"], re.IGNORECASE)
        ]  # fmt: skip
        found[name] = _kv_cell(JUDGED_KV[name], [points for points in lost if not math.isnan(points)])
    divergence = [
        float(row["value"]) for row in rows
        if row["quant_format"] == "KV q8_0 K / q8_0 V" and row["metric"].startswith("mean KL")
    ]  # fmt: skip
    found["q8_0"] = _kv_cell(
        JUDGED_KV["q8_0"], [points_per_divergence(rows, cells) * value for value in divergence]
    )
    eight = found["q8_0"]
    four = _triple(max(ends) for ends in zip(found["q4_0"], eight, found["fp8"], strict=True))
    found["q4_0"] = four
    five = _triple(math.sqrt(a * b) for a, b in zip(eight, four, strict=True))
    found |= {"q5_1": five, "q5_0": five}
    return found | {name: _triple(end * ratio for end in four) for name, ratio in KV_RATIOS.items()}


def _triple(ends: Iterable[float]) -> tuple[float, float, float]:
    low, likely, high = (round(end, 2) for end in ends)
    return low, likely, high


def _kv_cell(judged: tuple[float, float, float], lost: Sequence[float]) -> tuple[float, float, float]:
    """Judged range drawn to the measured 10 %, median and 90 % points."""
    if not lost:
        return judged
    ends = np.quantile(lost, (0.1, 0.5, 0.9))
    share = len(lost) / (len(lost) + ASSUMED_WEIGHT)
    low, likely, high = (float(share * a + (1.0 - share) * b) for a, b in zip(ends, judged, strict=True))
    likely = max(likely, SMALLEST_KV_POINTS)
    return round(min(max(low, 0.0), likely), 2), round(likely, 2), round(max(high, likely), 2)


def measured_losses(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, int], list[float]]:
    """Points lost on knowledge sets by loss class and size column."""
    found: dict[tuple[str, int], list[float]] = defaultdict(list)
    for row in rows:
        key = (loss_class_of(row["quant_format"]), size_column(row["model"] or row["hf_id"]))
        is_usual = row["quant_target"] == "weights" and not SPECIAL.search(row["quant_format"])
        lost = lost_points(row)
        if (
            is_usual
            and key[0] in ASSUMED
            and key[1] >= 0
            and KNOWLEDGE.search(row["metric"])
            and not math.isnan(lost)
        ):
            found[key].append(lost)
    return found


def fitted_cell(assumed: tuple[float, float, float], losses: Sequence[float]) -> tuple[float, float, float]:
    """The assumed range moved so that its likely value is the weighted mean with the measured median."""
    if not losses:
        return assumed
    likely = (ASSUMED_WEIGHT * assumed[1] + len(losses) * max(median(losses), 0.0)) / (
        ASSUMED_WEIGHT + len(losses)
    )
    ratio = likely / assumed[1]
    return round(assumed[0] * ratio, 2), round(likely, 2), round(assumed[2] * max(ratio, 0.8), 2)


def not_rising(cells: Sequence[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """A larger model never loses more: each cell at most its left neighbour."""
    kept: list[tuple[float, float, float]] = []
    for low, likely, high in cells:
        before = kept[-1] if kept else (low, likely, high)
        kept.append((min(low, before[0]), min(likely, before[1]), min(high, before[2])))
    return kept


def loss_table_text(rows: Sequence[Mapping[str, str]]) -> str:
    """The table as TOML."""
    measured, cells = measured_losses(rows), cells_of_table(rows)
    lines = [
        "# Points lost by quantization on knowledge and reasoning sets (0-100): assumed values drawn towards measured",
        "# medians; `num_measured`: rows of quant_loss.csv behind each size. No scores are published for",
        "# 6 and 5 bits: interpolated between 8 and 4 bits on a logarithmic axis, with a wider high end.",
        "# axis_factors: what a task loses against knowledge, low, likely, high, fitted. kv_points: cache types;",
        "# kv_factors: what a task loses by its cache against the usual, from the few scores of quantized caches.",
        "# Generated by scripts/fit_quality.py.",
        f"num_params = [{', '.join(f'{size:.2g}' for size in SIZES)}]",
        'source = "quant_loss.csv"', 'as_of = "2026-11-23"', "", "[points]",
    ]  # fmt: skip
    counts = ["", "[num_measured]"]
    for name in ("8", "6", "5", "4", "3", "2"):
        line = [cells[name, i] for i in range(len(SIZES))]
        ends = [", ".join(f"{cell[k]:g}" for cell in line) for k in range(3)]
        lines.append(f'"{name}" = [[{ends[0]}], [{ends[1]}], [{ends[2]}]]')
        numbers = ", ".join(str(len(measured.get((name, i), []))) for i in range(len(SIZES)))
        counts.append(f'"{name}" = [{numbers}]')
    factors = ["", "[axis_factors]", *_range_lines(axis_factors(rows, cells))]
    points = kv_points(rows, cells)
    caches = [
        "",
        "[kv_points]",
        *_range_lines(points),
        "",
        "[kv_factors]",
        *_range_lines(kv_factors(rows, points)),
    ]
    return "\n".join([*lines, *counts, *factors, *caches]) + "\n"


def _range_lines(ranges: Mapping[str, tuple[float, float, float]]) -> list[str]:
    return [f"{name} = [{low:g}, {likely:g}, {high:g}]" for name, (low, likely, high) in ranges.items()]
