"""Proposes prices_api.csv: refresh_api_prices.py --facts DIR [--check].

Reads the package genai-prices offline and api_prices.csv of the facts; --check prints what would change and writes
nothing. People look at the difference before they commit it; no prediction reads a live price.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from api_names import MAKERS, is_served, plain_name, served_models, serves
from api_sources import package_rows, table_rows
from price_tables import CATALOG, Cells, read, rendered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FIELDS = (
    "provider", "model", "serves", "input_usd_per_mtok", "cached_usd_per_mtok", "output_usd_per_mtok", "batch_factor",
    "peak_factor", "peak_hours_per_week", "peak_window", "long_from_tokens", "long_input_usd_per_mtok",
    "long_cached_usd_per_mtok", "long_output_usd_per_mtok", "context_tokens", "currency", "source", "as_of", "note",
)  # fmt: skip
DISAGREEMENT = 1.05
"""Two sources that differ by more than this factor are noted. [ratio]"""


def merged(offers: Iterable[Cells], known: Mapping[str, str]) -> list[Cells]:
    """One row for each provider and model; the first source of an offer wins, a later one fills what it leaves open.

    Open weights of every provider and closed models of their makers are kept. Sorted: those that serve catalog models
    first.
    """
    rows: dict[tuple[str, str], Cells] = {}
    for offer in (offer for offer in offers if is_served(offer["provider"], offer["model"])):
        key = (offer["provider"], plain_name(offer["model"]))
        kept = rows.setdefault(key, offer)
        if kept is not offer:
            rows[key] = offer | {name: cell for name, cell in kept.items() if cell} | _note(kept, offer)
    for row in rows.values():
        row["serves"] = serves(row["provider"], row["model"], known)
    wanted = (row for row in rows.values() if row["serves"] or row["provider"] in MAKERS)
    return sorted(wanted, key=lambda row: (not row["serves"], row["serves"], row["provider"], row["model"]))


def _note(kept: Cells, other: Cells) -> Cells:
    """What a second source says, where it disagrees."""
    pairs = [
        (float(kept[name]), float(other[name])) for name in ("input_usd_per_mtok", "output_usd_per_mtok")
    ]
    if all(max(pair) <= min(pair) * DISAGREEMENT for pair in pairs):
        return {}
    said = f"{other['input_usd_per_mtok']} in, {other['output_usd_per_mtok']} out ({other['as_of']})"
    return {"note": "; ".join(filter(None, (kept.get("note", ""), f"another source says {said}")))}


def main() -> None:
    """Write the proposal, or print how it differs from the table in use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True, help="folder with api_prices.csv")
    parser.add_argument(
        "--check", action="store_true", help="print the difference, write nothing; exit 1 if there is one"
    )
    given = parser.parse_args()
    known = served_models(row["name"] for row in read(CATALOG / "models.csv"))
    facts = sorted(
        table_rows(read(given.facts / "api_prices.csv")), key=lambda row: row["as_of"], reverse=True
    )
    text = rendered(FIELDS, merged([*package_rows(), *facts], known))
    path = CATALOG / "prices_api.csv"
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not given.check:
        path.write_text(text, encoding="utf-8", newline="")
        print(f"{path.name}: {text.count(chr(10)) - 1} rows, {len(text.encode())} bytes")
        return
    difference = list(
        difflib.unified_diff(old.splitlines(), text.splitlines(), "in use", "proposed", lineterm="", n=0)
    )
    print("\n".join(difference) or "no difference")
    sys.exit(bool(difference))


if __name__ == "__main__":
    main()
