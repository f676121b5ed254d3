"""Builds catalog/gguf_mixtures.csv, gguf_sizes.csv (facts) and weights.csv (computed from the catalog).

Usage: python scripts/build_weights.py [--facts DIR]   (DIR holds gguf_mixtures.csv and gguf_sizes.csv; without it
only weights.csv is rebuilt)
"""

from __future__ import annotations

import argparse
import csv
import io
from dataclasses import replace
from pathlib import Path

from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import GGUF, SIZES, UNQUANTIZED, computed_weights, table_name
from sizewise.estimate.gguf import has_imatrix

CATALOG = Path(__file__).parents[1] / "src" / "sizewise" / "catalog"
MIXTURE_COLUMNS = (
    "file_type", "base_type", "tensor_class", "rule_order", "condition", "type", "block_size",
    "bytes_per_block", "fallback_type", "source", "as_of",
)  # fmt: skip
SIZE_COLUMNS = (
    "hf_id", "file_type", "num_layers", "hidden_size", "num_params", "tensor_bytes",
    "params_in_file", "source", "as_of",
)  # fmt: skip


def main() -> None:
    """Write the files that can be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path)
    arguments = parser.parse_args()
    if arguments.facts:
        copy_mixtures(arguments.facts)
        copy_sizes(arguments.facts)
    (CATALOG / "weights.csv").write_text(weights_csv(), encoding="utf-8")


def copy_mixtures(facts: Path) -> None:
    """The block types and the rules; definitions of terms live in the code."""
    with (facts / "gguf_mixtures.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            r for r in csv.DictReader(lines) if r["file_type"] != "*" or r["tensor_class"] == "type_block"
        ]
    _write("gguf_mixtures.csv", MIXTURE_COLUMNS, rows)


def copy_sizes(facts: Path) -> None:
    """Sizes counted by the quantizer (IQ types with an importance matrix), with the shape they belong to."""
    models = load_catalog().models
    with (facts / "gguf_sizes.csv").open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["hf_id"] in models]
    for row in rows:
        model = models[row["hf_id"]]
        row["num_layers"], row["hidden_size"] = str(model.num_layers), str(model.hidden_size)
        row["num_params"] = f"{model.num_params:.0f}"
        if has_imatrix(row["file_type"]) and row["tensor_bytes_with_imatrix"]:
            row["tensor_bytes"] = row["tensor_bytes_with_imatrix"]
    _write("gguf_sizes.csv", SIZE_COLUMNS, rows)


def _write(name: str, columns: tuple[str, ...], rows: list[dict[str, str]]) -> None:
    with (CATALOG / name).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def weights_csv() -> str:
    """All models in the formats that are proposed by default, and each in its own format."""
    catalog = load_catalog()
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("model", "quantization", "num_params", *SIZES, "basis"))
    for model in catalog.models.values():
        for quantization in catalog.quantizations.values():
            if not (quantization.is_default or quantization.name == model.native_format):
                continue
            containers = {quantization.container, *([GGUF] if quantization.name in UNQUANTIZED else [])}
            for container in sorted(containers, reverse=True):
                stored = replace(quantization, container=container)
                weights = computed_weights(model, stored)
                sizes = [f"{getattr(weights, size):.0f}" for size in SIZES]
                key = (model.name, table_name(stored), f"{model.num_params:.0f}")
                writer.writerow((*key, *sizes, weights.basis))
    return out.getvalue()


if __name__ == "__main__":
    main()
