"""Speed constants of llama.cpp without any rate that this project measured: what an unknown computer is told.

    python scripts/fit_without_own.py [--out docs/verify_speed.toml]

Fits on the shipped facts alone, as `scripts/fit_speed.py` does on all. `scripts/render_verify.py` predicts with it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fit_parameters import fitted
from fit_rows import FAMILIES, measured_cases, rows_of
from fit_speed import entries_of, layout_of, toml_text
from sizewise.catalog import load_catalog
from sizewise.catalog.table import FOLDER

FAMILY = "llama.cpp"
OUT = Path(__file__).parent.parent / "docs" / "verify_speed.toml"


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=OUT)
    catalog, cases = load_catalog(), []
    truth: dict[str, dict[str, str]] = {}
    for kind in ("single", "serving"):
        some, values = measured_cases(FOLDER / "measured", catalog, kind)
        cases += [case for case in some if case.engine.name in FAMILIES[FAMILY]]
        truth |= values
    rows, layout = rows_of(cases, truth), layout_of(FAMILY, cases)
    vector = fitted(layout, rows.log_errors(layout), rows.weights)
    entries = entries_of(FAMILY, layout, vector, cases)
    text = toml_text(entries, {}, len(rows.figures(layout, vector)))
    out: Path = parser.parse_args().out
    out.write_text(text.replace("fit_speed.py", "fit_without_own.py"), encoding="utf-8")


if __name__ == "__main__":
    main()
