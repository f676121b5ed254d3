"""Fits catalog/memory.toml: sizes of GGUF names without a fixed recipe, and what drivers and processes add.

Usage: python scripts/fit_memory.py --facts DIR   (DIR/measured/questions/memory.csv, exclude.csv,
../truth/memory.csv)
Medians and quantiles only: no row decides anything alone. Run scripts/build_weights.py before and after.
"""

from __future__ import annotations

import argparse
import csv
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import computed_weights, mixture_rules
from sizewise.errors import BadInput
from sizewise.estimate.weights import GGUF
from sizewise.predict import memory_growing, memory_llamacpp
from sizewise.predict.memory_setup import memory_setup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.catalog import Catalog

TARGET = Path(__file__).parents[1] / "src" / "sizewise" / "catalog" / "memory.toml"
FACTORS = np.arange(1.0, 1.1001, 0.005)
"""Weight factors tried for engines whose process keeps more than the weights."""
PRINT_ROUNDING = 0.001
"""Half of the last digit of sizes printed in GiB or GB, relative."""
FACTOR_ENGINES = frozenset({"mlx", "transformers"})
RELATED_TYPES = {
    "UD-Q8_K_XL": "Q8_0",
    "Q6_K_L": "Q6_K",
    "Q5_K_L": "Q5_K_M",
    "Q4_K_L": "Q4_K_M",
    "Q3_K_XL": "Q3_K_L",
    "Q2_K_L": "Q2_K",
}
"""Names whose nearest file type does not follow from the name."""
PARTS = {"mlx": memory_growing.total_parts, "transformers": memory_growing.total_parts}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True)
    measured = parser.parse_args().facts / "measured"
    rows = list(measured_rows(measured))
    catalog = load_catalog()
    lines = [
        "# Fitted constants of the memory estimate. Reproduced by: scripts/fit_memory.py --facts DIR",
        "# relatives: median size against the nearest file type, in dense models and in mixtures of experts;",
        "# unmeasured UD- names take the median over all of them, other names 1.",
        "# totals: base per device = median of (measured - sum of the parts);",
        "# ratios = 10 and 90 % quantiles of measured / predicted; the comment is the number of rows.",
        "",
        *relative_lines(catalog, rows),
        "",
        *total_lines(catalog, rows),
    ]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(TARGET.read_text(encoding="utf-8"))


def measured_rows(measured: Path) -> Iterator[tuple[dict[str, str], float]]:
    """Questions with their truth, excluded rows left out."""
    excluded = {row["row_id"] for row in _read(measured / "questions" / "exclude.csv")}
    truth = {row["row_id"]: float(row["value"]) for row in _read(measured / "truth" / "memory.csv")}
    for question in _read(measured / "questions" / "memory.csv"):
        if question["row_id"] not in excluded:
            yield question, truth[question["row_id"]]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def relative_lines(catalog: Catalog, rows: list[tuple[dict[str, str], float]]) -> list[str]:
    """One line a name: nearest file type and ratios."""
    names = {
        name: file_type
        for name, quantization in catalog.quantizations.items()
        if quantization.container == GGUF and (file_type := _nearest(name)) is not None
    }
    ratios = size_ratios(catalog, rows, names)
    usual: dict[int, float] = {
        kind: statistics.median(r for (_, k), rs in ratios.items() if k == kind for r in rs)
        for kind in (0, 1)
    }
    lines = ["[relatives]"]
    for name, file_type in names.items():
        default = usual if name.startswith("UD-") else {0: 1.0, 1: 1.0}
        dense, sparse = (statistics.median(ratios.get((name, kind), [default[kind]])) for kind in (0, 1))
        ratio = f"dense_ratio = {dense:.3f}, expert_ratio = {sparse:.3f}"
        lines.append(f'"{name}" = {{ file_type = "{file_type}", {ratio} }}')
    return lines


def _nearest(name: str) -> str | None:
    """The nearest file type of a name without a recipe; None for names that have one."""
    rules = mixture_rules()
    if name in rules.base_types:
        return None
    bare = name.removeprefix("UD-")
    tried = (RELATED_TYPES.get(name, bare), bare.replace("_XL", "_M"), bare.removesuffix("_XL"))
    return next((file_type for file_type in tried if file_type in rules.base_types), None)


def size_ratios(
    catalog: Catalog, rows: list[tuple[dict[str, str], float]], names: dict[str, str]
) -> dict[tuple[str, int], list[float]]:
    """Measured file size / computed size of the nearest file type, by name and whether there are experts."""
    ratios: dict[tuple[str, int], list[float]] = defaultdict(list)
    for question, value in rows:
        if question["component"] != "file_size" or question["quant"] not in names:
            continue
        model = catalog.model(question["model"])
        base = computed_weights(model, catalog.quantization(names[question["quant"]]))
        ratios[question["quant"], int(model.experts is not None)].append(value / base.file_bytes)
    return ratios


def total_lines(catalog: Catalog, rows: list[tuple[dict[str, str], float]]) -> list[str]:
    """One line an engine and way of measuring."""
    groups: dict[str, list[tuple[float, float, float, float]]] = defaultdict(list)
    for question, value in rows:
        if question["component"] != "total" or question["engine"] in {"vllm", "sglang"}:
            continue
        try:
            setup = memory_setup(question, catalog)
        except BadInput:
            continue
        if setup.weights is None or setup.offload == "partial":
            continue
        parts = PARTS.get(question["engine"], memory_llamacpp.total_parts)(setup, question["measure"])
        weights = parts.pop("weights")
        engine = question["engine"] if question["engine"] in PARTS else "llama.cpp"
        groups[f"{engine} {question['measure']}"].append(
            (weights, sum(parts.values()), value, setup.num_devices)
        )
    return ["[totals]", *(_total_line(name, np.array(group)) for name, group in sorted(groups.items()))]


def _total_line(name: str, group: np.ndarray) -> str:
    weights, other, value, devices = group.T
    factors = FACTORS if name.split(maxsplit=1)[0] in FACTOR_ENGINES else np.ones(1)
    bases = {f: max(0.0, float(np.median((value - other - f * weights) / devices))) for f in factors.tolist()}
    ratios = {f: value / (f * weights + other + base * devices) for f, base in bases.items()}
    factor = min(ratios, key=lambda f: float(np.median(np.abs(ratios[f] - 1.0))))
    low, high = np.quantile(ratios[factor], (0.1, 0.9))
    ends = min(low, 1.0 - PRINT_ROUNDING), max(high, 1.0 + PRINT_ROUNDING)
    base = f"weights_factor = {factor:.3f}, device_bytes = {bases[factor]:.0f}.0"
    return f'"{name}" = {{ {base}, ratio_low = {ends[0]:.4f}, ratio_high = {ends[1]:.4f} }}  # {len(value)}'


if __name__ == "__main__":
    main()
