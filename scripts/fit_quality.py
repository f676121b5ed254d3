"""Fit the quality tables of the catalog from published scores, or say how wrong such a fit is.

    python scripts/fit_quality.py --facts DIR              writes the tables (a few seconds)
    python scripts/fit_quality.py --facts DIR --validate   hides scores, predicts them: docs/quality_accuracy.md
                                                           and how much wider ranges must be: quality_widening.csv

DIR holds quality.csv, quant_loss.csv and models.csv. Sources that forbid commercial use are left out of both the
shipped facts and the fit.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from fit_quality_design import build_design
from fit_quality_link_tables import alias_rows, correlation_rows, link_rows, pair_rows, skill_rows
from fit_quality_loss import loss_fact_rows, loss_table_text
from fit_quality_model import Fit, fit_skills
from fit_quality_names import Facts, family_years, model_facts, without_kind, year_of
from fit_quality_panel import PanelScores, panel_rows
from fit_quality_report import page
from fit_quality_rows import (
    UNSHIPPABLE,
    Observation,
    meant_models,
    observations,
    read_rows,
    usable_rows,
)
from fit_quality_tables import Evidence, estimate_rows, read_axes, write_rows
from fit_quality_validate import all_splits, widening_rows

# V
from sizewise.catalog import load_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

CATALOG = Path(__file__).parent.parent / "src" / "sizewise" / "catalog"
VALIDATION_PAGE = Path(__file__).parent.parent / "docs" / "quality_accuracy.md"
MIN_REFERENCE_SCORES = 3
"""A model outside the catalog becomes a reference from so many scores on."""


def facts_of_models(facts: Path, items: list[Observation]) -> dict[str, Facts]:
    """What is known of every scored or catalogued model besides its scores."""
    rows = {row["hf_id"]: row for row in read_rows(facts / "models.csv")}
    years = family_years(rows.values())
    siblings = {without_kind(name): row for name, row in reversed(rows.items())}
    first_seen: dict[str, float] = {}
    for item in items:
        first_seen[item.model] = min(first_seen.get(item.model, math.inf), year_of(item.printed["as_of"]))
    names = {item.model for item in items} | set(rows)
    return {
        name: model_facts(
            name, rows.get(name), years, first_seen.get(name, math.nan), siblings.get(without_kind(name))
        )
        for name in sorted(names)
    }


def wanted_models(evidence: Evidence) -> set[str]:
    """Generators of the catalog, and scored models outside it that may serve as references."""
    catalogued = load_catalog().models
    generators = {name for name, model in catalogued.items() if model.is_generator and name in evidence.facts}
    others = {
        name
        for name, count in evidence.count.items()
        if count >= MIN_REFERENCE_SCORES and name not in catalogued
    }
    return generators | others


def write_tables(facts: Path, items: list[Observation], known: Mapping[str, Facts], fit: Fit) -> None:
    """All tables of the catalog that come from the fit."""
    evidence = Evidence(items, known)
    wanted = wanted_models(evidence)
    axes = read_axes(CATALOG / "quality_axes.toml")
    write_rows(
        CATALOG / "quality_estimates.csv", estimate_rows(PanelScores(fit, items), evidence, axes, wanted)
    )
    write_rows(CATALOG / "quality_panel.csv", panel_rows(fit, items))
    write_rows(CATALOG / "quality_skills.csv", skill_rows(fit, known, wanted))
    write_rows(CATALOG / "quality_correlations.csv", correlation_rows(fit, wanted))
    write_rows(CATALOG / "quality_pairs.csv", pair_rows(fit, wanted))
    write_rows(CATALOG / "quality_links.csv", link_rows(fit, items))
    write_rows(CATALOG / "quality_aliases.csv", alias_rows(meant_models(facts, usable_rows(facts))))
    shippable = [
        r for r in read_rows(facts / "quality.csv") if r["score"] and not r["source"].startswith(UNSHIPPABLE)
    ]
    write_rows(CATALOG / "quality.csv", shippable)
    losses = read_rows(facts / "quant_loss.csv")
    write_rows(CATALOG / "quant_loss.csv", loss_fact_rows(losses))
    (CATALOG / "quant_loss.toml").write_text(loss_table_text(losses), encoding="utf-8")


def main() -> None:
    """Read the facts, fit, write or validate."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--facts", type=Path, required=True, help="folder with the facts")
    parser.add_argument("--validate", action="store_true", help="hide scores and write the errors instead")
    options = parser.parse_args()
    items = observations(options.facts)
    known = facts_of_models(options.facts, items)
    if options.validate:
        splits = all_splits(items, known)
        text = page(splits, items)
        VALIDATION_PAGE.write_text(text, encoding="utf-8")
        write_rows(CATALOG / "quality_widening.csv", widening_rows(splits))
        print(text)
        return
    fit = fit_skills(build_design(items, known))
    write_tables(options.facts, items, known, fit)
    print(
        f"{len(items)} scores, {len(fit.design.models)} models, {len(fit.design.tests)} tests; tables written"
    )


if __name__ == "__main__":
    main()
