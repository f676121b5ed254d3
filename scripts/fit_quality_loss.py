"""Points lost by quantization, by bits and model size: an assumed table drawn towards the measured medians."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SIZES = (1.5e9, 8e9, 24e9, 70e9)
"""Sizes of the table's columns. [count]"""
_SIZE_LIMITS = (3.5e9, 12e9, 45e9, math.inf)
ASSUMED: dict[str, tuple[tuple[float, float, float], ...]] = {
    "8": ((0, 0.5, 2), (0, 0.3, 1), (0, 0.2, 0.8), (0, 0.2, 0.6)),
    "6": ((0, 0.8, 2.2), (0, 0.4, 1.2), (0, 0.3, 0.9), (0, 0.25, 0.7)),
    "5": ((0, 1.2, 2.8), (0, 0.6, 1.8), (0, 0.45, 1.1), (0, 0.35, 0.9)),
    "4": ((1, 3.5, 7), (0.5, 2, 4), (0.3, 1, 2), (0, 0.7, 1.5)),
    "3": ((3, 8, 15), (2, 5, 9), (1, 3, 6), (0.5, 2, 4)),
    "2": ((8, 20, 40), (6, 12, 25), (4, 8, 15), (2, 5, 10)),
}
"""Low, likely, high per size: the assumed starting point. [points]"""
ASSUMED_WEIGHT = 40.0
"""The assumed value counts as so many measured rows."""
AXIS_FACTORS = {
    "coding": 1.5, "math": 1.5, "extraction": 1.5, "translation": 1.3, "chinese": 1.2, "long-context": 1.5,
    "tool-use": 2.0,
}  # fmt: skip
"""Losses of a task against knowledge questions. Source: quantization rows of Llama 3.2 (BFCL, GSM8K, IFEval), Qwen2,
Qwen and OneRuler: medians 1.2 to 5 times those of MMLU, drawn to 1 as they rest on few models. [ratio]"""
KV_POINTS: dict[str, tuple[float, float, float]] = {
    "f32": (0, 0, 0), "f16": (0, 0, 0), "bf16": (0, 0, 0), "fp8": (0, 0.3, 1.0), "q8_0": (0, 0.2, 0.8),
    "q5_1": (0, 0.6, 2.0), "q5_0": (0, 0.7, 2.2), "q4_1": (0.2, 1.5, 4.0), "q4_0": (0.2, 1.8, 5.0),
    "iq4_nl": (0.2, 1.6, 4.5),
}  # fmt: skip
"""Cache types: within noise at 8 bits, visible at 4. Source: KIVI, exllamav2 and vLLM rows of quant_loss.csv."""
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
    measured = measured_losses(rows)
    lines = [
        "# Points lost by quantization on knowledge and reasoning sets (0-100): assumed values drawn towards measured",
        "# medians; `num_measured` says how many rows of quant_loss.csv stand behind each size.",
        "# Generated by scripts/fit_quality.py; basis: fitted where measured, assumed elsewhere.",
        f"num_params = [{', '.join(f'{size:.2g}' for size in SIZES)}]",
        'source = "quant_loss.csv"', 'as_of = "2026-11-23"', "", "[points]",
    ]  # fmt: skip
    counts = ["", "[num_measured]"]
    for name, assumed in ASSUMED.items():
        cells = not_rising([fitted_cell(cell, measured.get((name, i), [])) for i, cell in enumerate(assumed)])
        ends = [", ".join(f"{cell[k]:g}" for cell in cells) for k in range(3)]
        lines.append(f'"{name}" = [[{ends[0]}], [{ends[1]}], [{ends[2]}]]')
        numbers = ", ".join(str(len(measured.get((name, i), []))) for i in range(len(SIZES)))
        counts.append(f'"{name}" = [{numbers}]')
    factors = ["", "[axis_factors]", *(f"{axis} = {factor}" for axis, factor in AXIS_FACTORS.items())]
    caches = [
        "",
        "[kv_points]",
        *(f"{name} = [{a:g}, {b:g}, {c:g}]" for name, (a, b, c) in KV_POINTS.items()),
    ]
    return "\n".join([*lines, *counts, *factors, *caches]) + "\n"
