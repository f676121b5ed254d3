"""Fit the speed constants on measured facts and write the table speed.toml.

    python scripts/fit_speed.py --facts DIR [--out FILE]

DIR holds measured/questions and measured/truth. Prints how wrong the fit is, in sample and for devices left out.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fit_bands import (
    Tables,
    class_of,
    device_of,
    held_out_errors,
    kind_of,
    model_family_of,
    names_of,
    reaches_of,
    seen_bands,
    unseen_bands,
)
from fit_parameters import Layout, Parameter, Start, fitted, slopes_at, width_of
from fit_rows import FAMILIES, Figure, Rows, measured_cases, rows_of
from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import POOLED, Seen, band_of, device_key, vendor_of
from sizewise.catalog.table import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array
    from sizewise.predict.speed_cases import Case

HELD_OUT_STEPS = 40
"""Steps of a fit without a device, which starts from the fit with it."""
LLAMACPP = (
    Parameter("read_efficiency", 0.75, 0.1, 0.15, 0.15),
    Parameter("expert_efficiency", 0.7, 0.1, 0.0),
    Parameter("cache_efficiency", 0.6, 0.2, 0.0),
    Parameter("vector_flop_per_byte", 4.0, 0.15, 0.4, 0.15),
    Parameter("legacy_vector_ratio", 3.0, 0.0, 0.0),
    Parameter("step_s", 1e-3, 0.4, 0.0, 0.4),
    Parameter("layer_s", 2e-5, 0.4, 0.0, 0.4),
    Parameter("sequence_s", 1e-4, 0.0, 0.0),
    Parameter("decode_utilisation", 0.2, 0.0, 0.0),
    Parameter("prefill_utilisation", 0.5, 0.25, 0.3, 0.25),
    Parameter("expert_utilisation", 0.5, 0.2, 0.0),
    Parameter("attention_utilisation", 0.3, 0.3, 0.0),
    Parameter("prefill_passes", 1.0, 0.2, 0.3),
    Parameter("prefill_layer_s", 2e-4, 0.4, 0.0, 0.4),
    Parameter("all_reduce_s", 2e-5, 0.0, 0.0),
    Parameter("link_efficiency", 0.5, 0.0, 0.0),
    Parameter("row_hop_s", 1e-4, 0.0, 0.0),
)
SERVER = (
    Parameter("read_efficiency", 0.8, 0.1, 0.1, 0.05, 0.1),
    Parameter("expert_efficiency", 0.7, 0.1, 0.1, 0.05, 0.2),
    Parameter("cache_efficiency", 0.7, 0.2, 0.0, 0.0, 0.2),
    Parameter("vector_flop_per_byte", 0.5, 0.0, 0.0),
    Parameter("legacy_vector_ratio", 3.0, 0.0, 0.0),
    Parameter("step_s", 2e-3, 0.3, 0.0, 0.0, 0.7),
    Parameter("layer_s", 4e-5, 0.3, 0.2, 0.1, 0.5),
    Parameter("sequence_s", 2e-5, 0.3, 0.0, 0.0, 0.5),
    Parameter("decode_utilisation", 0.5, 0.2, 0.2, 0.1, 0.2),
    Parameter("prefill_utilisation", 0.6, 0.2, 0.3, 0.1, 0.2),
    Parameter("expert_utilisation", 0.5, 0.2, 0.0, 0.0, 0.2),
    Parameter("attention_utilisation", 0.3, 0.2, 0.0, 0.0, 0.2),
    Parameter("prefill_passes", 1.0, 0.2, 0.0, 0.0, 0.3),
    Parameter("prefill_layer_s", 1e-4, 0.3, 0.0, 0.0, 0.5),
    Parameter("all_reduce_s", 8e-6, 0.5, 0.0, 0.0, 0.3),
    Parameter("link_efficiency", 0.5, 0.3, 0.0, 0.0, 0.2),
    Parameter("row_hop_s", 1e-4, 0.0, 0.0),
)
PARAMETERS = {"llama.cpp": LLAMACPP, "mlx": LLAMACPP, "server": SERVER}
CONDITIONS = {
    "llama.cpp": (
        ("read_efficiency", "old-build", 0.05),
        ("layer_s", "old-build", 0.3),
        ("prefill_utilisation", "old-build", 0.2),
        ("cache_efficiency", "no-flash", 0.5),
        ("attention_utilisation", "no-flash", 0.5),
        ("cache_efficiency", "amd-flash", 0.5),
        ("attention_utilisation", "amd-flash", 1.5),
        ("read_efficiency", "vulkan", 0.1),
        ("prefill_utilisation", "vulkan", 0.5),
        ("prefill_utilisation", "no-hipblaslt", 1.0),
    ),
    "mlx": (),
    "server": (),
}
CHUNK_TOKENS = {"llama.cpp": 512.0, "mlx": 2048.0, "server": 8192.0}
"""Prompt tokens of one forward pass. Engine defaults; one value for all servers,
whose defaults differ (2,048 to 8,192)."""
OWN = FOLDER / "measured" / "own"
"""Rates of the project's own, by scripts/own_facts.py."""
OWN_ROWS = "own-"
"""How their rows are named."""
INGEST_S = {"llama.cpp": 0.0, "mlx": 0.0, "server": 0.0156}
"""HTTP, tokenizer and scheduler before the model. Source: BLIS, as quoted; not re-read."""


def layout_of(family: str, cases: Sequence[Case]) -> Layout:
    """Parameters of a family for the classes, formats and engines that occur."""
    return Layout(
        parameters=PARAMETERS[family],
        classes=tuple(sorted({case.machine.device.device_class for case in cases})),
        generations=tuple(sorted({case.machine.device.generation for case in cases})),
        formats=tuple(sorted({width_of(case.quantization.speed_class) for case in cases})),
        engines=tuple(sorted({case.engine.name for case in cases})) if family == "server" else (),
        conditions=CONDITIONS[family],
        chunk_tokens=CHUNK_TOKENS[family],
        ingest_s=INGEST_S[family],
    )


def held_out_figures(
    rows: Rows, layout: Layout, vector: Array, group_of: Callable[[Case], str], *, max_steps: int
) -> list[Figure]:
    """The figures of every group of cases, predicted by a fit without that group."""
    groups = np.concatenate(
        [np.tile([group_of(c) for c in p.group.cases], len(p.phases)) for p in rows.parts]
    )
    found: list[Figure] = []
    log_errors = rows.log_errors(layout)
    start = Start(vector, slopes_at(log_errors, vector))
    for group in sorted(set(groups.tolist())):
        weights = np.where(groups == group, 0.0, rows.weights)
        other = fitted(layout, log_errors, weights, start=start, max_steps=max_steps)
        found += [f for f in rows.figures(layout, other) if group_of(f.case) == group]
    return found


@dataclass(frozen=True)
class Scored:
    """Figures with their errors: of the fit itself, and of fits that had not seen the device or the model family."""

    in_sample: list[Figure] = field(default_factory=list)
    device: list[Figure] = field(default_factory=list)
    family: list[Figure] = field(default_factory=list)

    def with_more(self, other: Scored) -> Scored:
        """Both together."""
        return Scored(
            self.in_sample + other.in_sample, self.device + other.device, self.family + other.family
        )


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The fitted constants of one family of engines."""

    family: str
    cases: list[Case]
    rows: Rows
    layout: Layout
    vector: Array

    def scored(self, *, is_held_out: bool, max_steps: int = HELD_OUT_STEPS) -> Scored:
        """Errors of every measured figure; `max_steps` of each fit without a group."""
        in_sample = self.rows.figures(self.layout, self.vector)
        if not is_held_out:
            return Scored(in_sample)
        by_device, by_family = (
            held_out_figures(self.rows, self.layout, self.vector, group_of, max_steps=max_steps)
            for group_of in (device_of, model_family_of)
        )
        return Scored(in_sample, by_device, by_family)


def fits(measured: Path, catalog: Catalog) -> Iterator[Fit]:
    """Every family, fitted on a folder with questions/ and truth/ and on what this project measured itself."""
    cases: list[Case] = []
    truth: dict[str, dict[str, str]] = {}
    own_catalog = catalog.with_user_rows(OWN / "devices.csv")
    for folder, known, kind in (
        (measured, catalog, "single"), (measured, catalog, "serving"), (OWN, own_catalog, "single"),
    ):  # fmt: skip
        some, values = measured_cases(folder, known, kind)
        cases += some
        truth |= values
    for family, names in FAMILIES.items():
        mine = [case for case in cases if case.engine.name in names]
        if mine:
            rows, layout = rows_of(mine, truth), layout_of(family, mine)
            vector = fitted(layout, rows.log_errors(layout), rows.weights)
            yield Fit(family=family, cases=mine, rows=rows, layout=layout, vector=vector)


def quality_of(figure: Figure) -> str:
    """Reliable sources, or what users submitted."""
    return "community" if figure.case.question["source_quality"] == "community" else "reliable"


def report(title: str, figures: Sequence[Figure], by: Callable[[Figure], tuple[str, ...]]) -> None:
    """Median and 90 % quantile of the relative error of every group."""
    groups = defaultdict(list)
    for figure in figures:
        groups[by(figure)].append(float(np.expm1(figure.log_error)))
    print(title)
    for name, values in sorted(groups.items()):
        size = 100 * np.abs(values)
        print(
            f"  {' '.join(name):50s} n {len(size):4d}  median {np.median(size):6.1f} %"
            f"  p90 {np.percentile(size, 90):6.1f} %  bias {100 * np.median(values):+6.1f} %"
        )


def report_own(figures: Sequence[Figure], bands: Tables) -> None:
    """How often the ranges for a device not seen hold what this project measured, its model family held out."""
    held = defaultdict(list)
    for figure in figures:
        if figure.case.question["row_id"].startswith(OWN_ROWS):
            found = band_of(bands, names_of(figure), Seen(device=False, family=True))
            held[figure.phase].append(found.factor_low <= np.exp(-figure.log_error) <= found.factor_high)
    for phase, inside in held.items():
        print(
            f"own measurements, model family held out, {phase}: {np.mean(inside):.0%} of {len(inside)} in range"
        )


def bands_of(scored: Scored) -> Tables:
    """80 % ranges of measured / predicted for what the fit has seen, and for devices and families that it has not."""
    tables = {"band": seen_bands(scored.in_sample)}
    for name, figures in (("device_band", scored.device), ("family_band", scored.family)):
        errors = held_out_errors(figures or scored.in_sample, name)
        tables[name] = unseen_bands(errors, reaches_of(errors))
    return tables


def entries_of(
    family: str, layout: Layout, vector: Array, cases: Sequence[Case]
) -> dict[str, dict[str, Any]]:
    """Tables of speed.toml for the engines of a family."""
    vectors = vector[None]

    def factor(name: str, *groups: str) -> float:
        return float(np.exp(sum(layout.logarithm(vectors, name, group)[0] for group in groups)))

    names = [p.name for p in layout.parameters]
    kinds: dict[str, tuple[str, ...]] = {POOLED: ()} | {vendor: (vendor,) for vendor in layout.vendors}
    kinds |= {kind: tuple(dict.fromkeys((vendor_of(kind), kind))) for kind in layout.classes}
    conditions: dict[str, dict[str, float]] = defaultdict(dict)
    for name, condition, _ in layout.conditions:
        conditions[condition][name] = factor(name, condition)
    tables = {}
    for engine in layout.engines or (family,):
        measured = {device_key(c.machine.device) for c in cases if engine in {c.engine.name, family}}
        tables[engine] = {
            "chunk_tokens": layout.chunk_tokens,
            "ingest_s": layout.ingest_s,
            "measured": sorted(measured),
            "families": sorted({c.model.family for c in cases}),
            "class": {k: {n: factor(n, "", engine, *groups) for n in names} for k, groups in kinds.items()},
            "generation": {
                g: {p.name: factor(p.name, g) for p in layout.parameters if p.generation_spread}
                for g in layout.generations
            },
            "format": {
                f: {p.name: factor(p.name, f) for p in layout.parameters if p.format_spread}
                for f in layout.formats
            },
            "condition": dict(conditions),
        }
    return tables


def toml_text(
    engines: dict[str, dict[str, Any]], bands: dict[str, dict[str, list[float]]], num_figures: int
) -> str:
    """The table as text, numbers to four digits."""
    lines = [
        "# Speed constants: written by scripts/fit_speed.py, not by hand. What they mean: estimate/speed.py.",
        f"# Fitted on {num_figures} measured figures; excluded rows left out, community rows count a quarter.",
        "",
    ]
    for engine, table in engines.items():
        lines += [
            f'[engine."{engine}"]',
            f"chunk_tokens = {table['chunk_tokens']}",
            f"ingest_s = {table['ingest_s']}",
            "measured = [",
            *(f'  "{name}",' for name in table["measured"]),
            "]",
            "families = [",
            *(f'  "{name}",' for name in table["families"]),
            "]",
            "",
        ]
        for part in ("class", "generation", "format", "condition"):
            for key, values in table[part].items():
                lines.append(f'[engine."{engine}".{part}."{key}"]')
                lines += [f"{name} = {value:.4g}" for name, value in values.items()]
                lines.append("")
    for table_name, entries in bands.items():
        lines.append(f"[{table_name}]")
        lines += [f'"{name}" = [{low:.3f}, {high:.3f}]' for name, (low, high) in sorted(entries.items())]
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Fit every family, report, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--facts", type=Path, required=True, help="folder with measured/questions and measured/truth"
    )
    parser.add_argument("--out", type=Path, default=Path("src/sizewise/catalog/speed.toml"))
    parser.add_argument(
        "--no-held-out", action="store_true", help="skip the fits without a device; bands get too narrow"
    )
    args = parser.parse_args()
    engines: dict[str, dict[str, Any]] = {}
    scored = Scored()
    for fit in fits(args.facts / "measured", load_catalog()):
        found = fit.scored(is_held_out=not args.no_held_out)
        for title, figures in (
            ("in sample", found.in_sample), ("device held out", found.device), ("model family held out", found.family),
        ):  # fmt: skip
            report(f"{fit.family}, {title}", figures, lambda f: (f.phase, kind_of(f), quality_of(f)))
            report(
                f"{fit.family}, {title}, by class", figures, lambda f: (f.phase, class_of(f), quality_of(f))
            )
        engines |= entries_of(fit.family, fit.layout, fit.vector, fit.cases)
        scored = scored.with_more(found)
    bands = bands_of(scored)
    report_own(scored.family, bands)
    args.out.write_text(toml_text(engines, bands, len(scored.in_sample)), encoding="utf-8")
    print(f"wrote {args.out}: {len(scored.in_sample)} figures")


if __name__ == "__main__":
    main()
