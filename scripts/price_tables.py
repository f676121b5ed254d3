"""Reading tables of facts and writing tables of the catalog: what the price scripts share."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CATALOG = Path(__file__).parents[1] / "src" / "sizewise" / "catalog"
FACTS_DATE = "2026-11-23"
"""Day on which the facts were collected; ages are counted to it, so that a rebuild is repeatable. [ISO
date]"""

Cells = dict[str, str]
"""One row: column name to text."""


def read(path: Path) -> list[Cells]:
    """Rows of a table of facts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rendered(fields: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """A table as CSV text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def plain(value: float, digits: int = 6) -> str:
    """A number without an exponent, at most so many significant digits."""
    return f"{float(f'{value:.{digits}g}'):.10f}".rstrip("0").rstrip(".")
