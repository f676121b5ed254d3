"""Fit the speed constants on measured facts and write src/sizewise/catalog/speed.toml.

    python scripts/fit_speed.py --facts DIR [--out FILE] [--held-out]

DIR holds measured/questions and measured/truth. Prints how wrong the fit is, by engine, device class and phase, in
sample and (with --held-out) for devices left out of the fit.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fit_parameters import Layout, Parameter, fitted
from sizewise.catalog import load_catalog
from sizewise.predict.single import group_tokens_per_s
from sizewise.predict.speed_cases import Case, CaseGroup, case_groups, conditions_of, resolved_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sizewise.domain.number import Array

SOURCE_WEIGHTS = {"bench": 1.0, "log": 1.0, "vendor": 1.0, "community": 0.25}
"""Community rows have unknown offload, backend and load."""
ROWS_OF_A_MACHINE = 8.0
"""Rows of one machine share its cooling, drivers and power limit: more of them do not tell more."""
NOISE = 0.05
"""Typical error of a good row, in logarithms."""
FAMILY_OF_ENGINE = {"ollama": "llama.cpp"}
SINGLE_PARAMETERS = (
    Parameter("read_efficiency", 0.75, 0.25, 0.15),
    Parameter("expert_efficiency", 0.7, 0.1, 0.0),
    Parameter("cache_efficiency", 0.6, 0.2, 0.0),
    Parameter("vector_flop_per_byte", 4.0, 0.3, 0.4),
    Parameter("legacy_vector_ratio", 3.0, 0.0, 0.0),
    Parameter("step_s", 1e-3, 0.7, 0.0),
    Parameter("layer_s", 2e-5, 0.7, 0.0),
    Parameter("sequence_s", 1e-5, 0.0, 0.0),
    Parameter("decode_utilisation", 0.3, 0.0, 0.0),
    Parameter("prefill_utilisation", 0.5, 0.4, 0.3),
    Parameter("attention_utilisation", 0.3, 0.3, 0.0),
    Parameter("prefill_layer_s", 5e-5, 0.7, 0.0),
    Parameter("row_hop_s", 1e-4, 0.0, 0.0),
)
SINGLE_CONDITIONS = (
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
)


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Measured rows of one family, in groups that one call of the formulas answers."""

    groups: list[CaseGroup]
    truths: list[Array]
    weights: list[Array]

    @property
    def cases(self) -> list[Case]:
        return [case for group in self.groups for case in group.cases]

    def log_errors(self, layout: Layout) -> Callable[[Array], Array]:
        """log(predicted / measured) [k, rows] of vectors [k]."""

        def errors(vectors: Array) -> Array:
            parts = []
            for group, truth in zip(self.groups, self.truths, strict=True):
                conditions = [conditions_of(case) for case in group.cases]
                constants = layout.constants(
                    vectors, group.key.engine, group.device_classes, group.key.speed_class, conditions
                )
                parts.append(np.log(group_tokens_per_s(group, constants) / truth))
            return np.concatenate(parts, axis=1)

        return errors


def table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def single_rows(facts: Path) -> tuple[list[dict[str, str]], dict[str, float]]:
    """Questions about one stream that are not excluded, and the measured rate of each."""
    excluded = {row["row_id"] for row in table(facts / "measured/questions/exclude.csv")}
    truth = {
        row["row_id"]: float(row["tokens_per_s"])
        for row in table(facts / "measured/truth/single.csv")
        if row["tokens_per_s"] and row["row_id"] not in excluded
    }
    questions = [q for q in table(facts / "measured/questions/single.csv") if q["row_id"] in truth]
    return [q for q in questions if not (q["split"] == "row" and q["phase"] == "prefill")], truth


def rows_of(cases: Sequence[Case], truth: dict[str, float]) -> Rows:
    """The cases with what was measured."""
    groups = case_groups(cases)
    counts = Counter(device_key(c) for c in cases)
    return Rows(
        groups=groups,
        truths=[np.array([truth[c.question["row_id"]] for c in g.cases]) for g in groups],
        weights=[np.array([row_weight(c, counts) for c in g.cases]) for g in groups],
    )


def device_key(case: Case) -> tuple[str, ...]:
    """Rows that share faults of one machine."""
    return case.machine.device.name, case.question["phase"], case.question["source_quality"]


def row_weight(case: Case, counts: Counter[tuple[str, ...]]) -> float:
    """Weight of a row: by source, and so that all rows of one machine count like at most ROWS_OF_A_MACHINE."""
    return SOURCE_WEIGHTS[case.question["source_quality"]] * min(1.0, ROWS_OF_A_MACHINE / counts[device_key(case)])


def layout_of(cases: Sequence[Case]) -> Layout:
    return Layout(
        parameters=SINGLE_PARAMETERS,
        classes=tuple(sorted({c.device_class for c in cases})),
        formats=tuple(sorted({c.quantization.speed_class for c in cases})),
        engines=(),
        conditions=SINGLE_CONDITIONS,
        chunk_tokens=512.0,
        ingest_s=0.0,
    )


def report(cases: Sequence[Case], errors: Array, by: Callable[[Case], tuple[str, ...]]) -> None:
    groups = defaultdict(list)
    for case, error in zip(cases, errors, strict=True):
        groups[by(case)].append(float(np.expm1(error)))
    for name, values in sorted(groups.items()):
        e = np.abs(values)
        print(f"{' '.join(name):58s} n {len(e):4d} median {100*np.median(e):5.1f} p90 {100*np.percentile(e, 90):6.1f} bias {100*np.median(values):6.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true")
    args = parser.parse_args()
    catalog = load_catalog()
    questions, truth = single_rows(args.facts)
    cases, warnings = resolved_cases(questions, catalog)
    cases = [c for c in cases if c.model.num_active_params > 0]
    print(len(questions), len(cases), len(warnings))
    for family in ("llama.cpp", "mlx"):
        mine = [c for c in cases if FAMILY_OF_ENGINE.get(c.engine.name, c.engine.name) == family]
        rows = rows_of(mine, truth)
        layout = layout_of(mine)
        log_errors = rows.log_errors(layout)
        vector = fitted(layout, log_errors, np.concatenate(rows.weights), noise=NOISE)
        errors = log_errors(vector[None])[0]
        report(rows.cases, errors, lambda c: (family, c.question["phase"], "comm" if c.question["source_quality"]=="community" else "good"))
        report(rows.cases, errors, lambda c: (family, c.question["phase"], c.device_class, "comm" if c.question["source_quality"]=="community" else "good"))
        for (n, g, m, s), v in zip(layout.entries, vector, strict=True):
            print(f"{n:26s} {g:16s} {np.exp(v):.4g}   z {(v-m)/s:.1f}")


if __name__ == "__main__":
    main()
