"""Fits catalog/memory.toml: sizes of GGUF names without a fixed recipe, and what drivers and processes add.

Usage: python scripts/fit_memory.py --facts DIR   (DIR/measured/questions/memory.csv, exclude.csv,
../truth/memory.csv)
Medians and quantiles only: no row decides anything alone. Run scripts/build_weights.py before and after. Ranges are
those of the constants that were there before, so it is run twice.
"""

from __future__ import annotations

import argparse
import csv
import math
import statistics
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import computed_weights, mixture_rules
from sizewise.errors import BadInput
from sizewise.estimate.weights import GGUF
from sizewise.predict import memory_growing, memory_llamacpp, memory_paged
from sizewise.predict.memory_setup import memory_setup
from sizewise.units import GIB

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
LEAN_SAMPLER = (0, 12)
"""First vLLM with a sampler that needs less. Assumed: after 0.11.0, before a log of November 2025."""
HIDDEN_OF_PUBLISHED = 2.0 * 8_192 * 4_096
"""Hidden states in the published base: batches of 8,192 tokens, 4,096 wide; the formula adds them itself. [bytes]"""
PUBLISHED_BASE = 0.23 * GIB - HIDDEN_OF_PUBLISHED
PUBLISHED = {
    "vllm 0.12": (14.2, PUBLISHED_BASE, 0.13 * GIB, 0.55 * GIB),
    "vllm 0.19": (14.2, PUBLISHED_BASE, 0.27 * GIB, 2.1 * GIB),
}
"""Bytes per logit, base, outside the allocator alone and of each rank. Source: llm-d planner, profiles of vLLM 0.11 and
0.19 on H100."""
LEAST_STATED = 0.005 * GIB
"""Engines print GiB with two digits. [bytes]"""
SPREAD_COMPONENTS = frozenset({"activation_peak", "non_torch", "kv_cache"})
LEAST_SPREAD = 0.17 * GIB
"""A range is not narrower, however few rows agree: residual of the published profiles. [bytes]"""
HELD_RATIO, MOST_HELD_RATIO = 0.8, 0.92
"""Share of the rows that a range is made to hold, and the most that it may: more is too wide."""
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
        "# ratios = the least factor, up or down, within which 80 % of n + 1 rows are measured; the comment is n.",
        "# computes: the same ratios of compute buffers in engine logs.",
        "# profiles: vLLM 0.1 = median of (activation peak - hidden states) / (sequences x vocabulary) where the",
        "# sampler is the peak, of rows before 0.12, and median memory outside the allocator, of those that name it;",
        "# the others as published; other = the same engine-independent figures without a sampler.",
        "# spreads: the least distance outside the span of possible versions that holds 80 % of n + 1 measured rows;",
        "# stated: rows that name their version, at least half of the last printed digit; assumed: the others, at",
        "# least 0.17 GiB.",
        "",
        *relative_lines(catalog, rows),
        "",
        *total_lines(catalog, rows),
        "",
        *compute_lines(catalog, rows),
        "",
        *profile_lines(catalog, rows),
        "",
        *spread_lines(catalog, rows),
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
    base = f"weights_factor = {factor:.3f}, device_bytes = {bases[factor]:.0f}.0"
    return f'"{name}" = {{ {base}, {_ratio_ends(ratios[factor])} }}  # {len(value)}'


def _num_held(num_rows: int) -> int:
    """Rows inside a range: so many that a new one would be inside with 80 %, at most 92 % of those that there are."""
    return max(1, min(math.ceil(HELD_RATIO * (num_rows + 1)), math.floor(MOST_HELD_RATIO * num_rows)))


def _ratio_ends(ratios: np.ndarray) -> str:
    """The least factor, up or down, that holds enough of the ratios; at least what printing rounds."""
    factors = np.sort(np.exp(np.abs(np.log(ratios))))
    factor = max(float(factors[_num_held(len(factors)) - 1]), 1.0 + PRINT_ROUNDING)
    low, high = math.floor(1e4 / factor) / 1e4, math.ceil(1e4 * factor) / 1e4
    return f"ratio_low = {low:.4f}, ratio_high = {high:.4f}"


def compute_lines(catalog: Catalog, rows: list[tuple[dict[str, str], float]]) -> list[str]:
    """One line an engine and kind of device: how far its compute buffers lie from the formula."""
    groups: dict[str, list[float]] = defaultdict(list)
    for question, value in rows:
        if question["component"] != "compute_buffer" or question["engine"] in {"vllm", "sglang"}:
            continue
        try:
            size = memory_llamacpp.compute_buffer_bytes(memory_setup(question, catalog), question)
        except BadInput:
            continue
        if size is not None:
            groups[question["engine"]].append(value / size)
    lines = [
        f'"{name}" = {{ {_ratio_ends(np.array(ratios))} }}  # {len(ratios)}'
        for name, ratios in sorted(groups.items())
    ]
    return ["[computes]", *lines]


def profile_lines(catalog: Catalog, rows: list[tuple[dict[str, str], float]]) -> list[str]:
    """One line a profile: the first fitted, the rest as published, with its non-torch memory where nothing is said."""
    logits: list[float] = []
    outside: dict[int, list[float]] = {1: [], 2: []}
    for question, value in rows:
        if question["engine"] != "vllm" or not question["device"]:
            continue
        try:
            setup = memory_setup(question, catalog)
        except BadInput:
            continue
        seen = memory_paged.profiled(setup, question)
        if seen is None or seen.version >= LEAN_SAMPLER:
            continue
        if question["component"] == "non_torch" and setup.version:
            outside[1 if setup.num_devices == 1 else 2].append(value)
        if question["component"] == "activation_peak" and seen.layer_bytes < seen.sampler_bytes:
            logits.append((value - seen.hidden_bytes) / seen.num_logits)
    alone, shared = (statistics.median(outside[n]) for n in (1, 2))
    count = f"{len(logits)} peaks, {len(outside[1])} and {len(outside[2])} outside"
    first = _profile_line("vllm 0.1", (statistics.median(logits), 0.0, alone, shared)) + f"  # {count}"
    published = [_profile_line(name, values) for name, values in PUBLISHED.items()]
    return ["[profiles]", first, *published, _profile_line("other", (0.0, 0.0, alone, shared))]


def spread_lines(catalog: Catalog, rows: list[tuple[dict[str, str], float]]) -> list[str]:
    """One line a component of the paged engines."""
    outside: dict[tuple[str, bool], list[float]] = defaultdict(list)
    for question, value in rows:
        named = question["component"]
        component = {"kv_tokens": "kv_cache"}.get(named, named)
        if question["engine"] not in {"vllm", "sglang"} or component not in SPREAD_COMPONENTS:
            continue
        try:
            setup = memory_setup(question, catalog)
        except BadInput:
            continue
        sizes = memory_paged.sizes_by_version(setup, question, component)
        if not sizes:
            continue
        scale = memory_paged.token_bytes(setup, question) if question["component"] == "kv_tokens" else 1.0
        distance = max(0.0, min(sizes) - value * scale, value * scale - max(sizes))
        outside[named, bool(setup.version)].append(distance)
    return ["[spreads]", *(_spread_line(name, outside) for name in sorted({name for name, _ in outside}))]


def _spread_line(name: str, outside: dict[tuple[str, bool], list[float]]) -> str:
    stated, assumed = (sorted(outside[name, is_stated]) for is_stated in (True, False))
    held = [
        max(least, distances[_num_held(len(distances)) - 1])
        for distances, least in ((stated, LEAST_STATED), (assumed, LEAST_SPREAD))
    ]
    counts = f"# {len(stated)} and {len(assumed)}"
    return f"{name} = {{ stated = {math.ceil(held[0])}.0, assumed = {math.ceil(held[1])}.0 }}  {counts}"


def _profile_line(name: str, values: tuple[float, ...]) -> str:
    names = ("bytes_per_logit", "base_bytes", "non_torch_bytes", "non_torch_split_bytes")
    cells = ", ".join(f"{n} = {v:.1f}" for n, v in zip(names, values, strict=True))
    return f'"{name}" = {{ {cells} }}'


if __name__ == "__main__":
    main()
