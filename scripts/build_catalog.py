"""Builds the tables of models and devices out of a folder of facts: build_catalog.py --facts DIR."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from catalog_devices import DEVICE_FIELDS, device_rows
from catalog_measured import write_measured
from catalog_models import dropped_rows, model_rows
from sizewise.catalog.rows import MODEL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CATALOG = Path(__file__).parents[1] / "src" / "sizewise" / "catalog"


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table of facts."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, fields: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    """A table of the catalog."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def copy(facts: Path, name: str, new_name: str) -> None:
    """A table of facts as it is, without rows read in issue trackers."""
    rows = [row for row in read(facts / name) if " issue " not in row["source"]]
    write(CATALOG / new_name, list(rows[0]), rows)


def main() -> None:
    """Write models, devices, visible memory, workloads, latency norms and the shippable measurements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--facts", type=Path, required=True, help="folder with models.csv, gpus.csv ... and measured/"
    )
    facts = parser.parse_args().facts
    models = read(facts / "models.csv")
    attention = {row["hf_id"]: row for row in read(facts / "models_attention.csv")}
    write(CATALOG / "models.csv", [column.name for column in MODEL_COLUMNS], model_rows(models, attention))
    write(CATALOG / "dropped_models.csv", ("name", "reason", "source", "as_of"), dropped_rows(models))
    visible = read(facts / "device_visible_memory.csv")
    copy(facts, "device_visible_memory.csv", "visible_memory.csv")
    write(CATALOG / "devices.csv", DEVICE_FIELDS, device_rows(read(facts / "gpus.csv"), visible))
    copy(facts, "workloads.csv", "workloads.csv")
    copy(facts, "slo_norms.csv", "latency_norms.csv")
    measured = facts / "measured" if (facts / "measured").is_dir() else facts.parent / "measured"
    print("\n".join(write_measured(measured, CATALOG / "measured", read)))


if __name__ == "__main__":
    main()
