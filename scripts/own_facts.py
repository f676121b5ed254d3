"""Rates that this project measured itself, in the columns of the measured facts: from the records of `make verify`.

    python scripts/own_facts.py [--records docs/verify.jsonl]

Writes catalog/measured/own: devices.csv (the computer, described as any other would be), questions/single.csv and
truth/single.csv. `scripts/fit_speed.py` reads them beside the facts of others. Run it on the computer that measured.
"""

from __future__ import annotations

import argparse
import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.advisor.own_computer import probed_computer
from sizewise.catalog import load_catalog
from sizewise.catalog.rows import DEVICE_COLUMNS
from sizewise.catalog.table import FOLDER
from sizewise.proof.probe import this_computer
from sizewise.proof.store.exchange import imported_records
from sizewise.proof.store.records import Measurement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Device

OWN = FOLDER / "measured" / "own"
RECORDS = Path(__file__).parent.parent / "docs" / "verify.jsonl"
DEVICE_NAME = "{processor}, {cores} virtual cores (own measurements)"
"""Not what the program calls the computer it runs on: its predictions there are those for a computer not seen."""
DEVICE_NAMES = [column.name for column in DEVICE_COLUMNS]
PHASES = {"decode_tokens_per_s": "decode", "prefill_tokens_per_s": "prefill"}


def main() -> None:
    """Read the records and write the three tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=Path, default=RECORDS)
    catalog, records = load_catalog(), imported_records(parser.parse_args().records)
    computer = probed_computer(this_computer(catalog), records)
    name = DEVICE_NAME.format(processor=computer.processor, cores=computer.num_cores)
    rows = [r for r in records if isinstance(r, Measurement) and r.metric in PHASES]
    questions = question_header(FOLDER / "measured" / "questions" / "single.csv")
    device = replace(computer.machines[-1].device, name=name)
    as_of = max(str(r.recorded_at) for r in rows)[:10]
    write(OWN / "devices.csv", DEVICE_NAMES, [device_row(device, as_of)])
    write(OWN / "questions" / "single.csv", questions, [question(r, name, catalog) for r in rows])
    write(OWN / "truth" / "single.csv", ["row_id", "tokens_per_s", "fits"], [truth(r) for r in rows])
    print(f"{len(rows)} rates of {len({(r.model, r.quantization) for r in rows})} shapes in {OWN}")


def question(row: Measurement, device: str, catalog: Catalog) -> dict[str, Any]:
    """The setting of one rate."""
    model, phase = catalog.model(row.model), PHASES[row.metric]
    return {
        "row_id": row_id(row), "engine": row.engine, "engine_version": row.engine_version, "model": row.model,
        "quant": row.quantization, "kv_dtype": row.settings["kv_type"], "device": device, "num_devices": 1,
        "offload": "none", "phase": phase, "backend": "cpu", "num_repeats": row.num_repeats, "device_class": "cpu",
        "prompt_tokens": int(row.settings["prompt_tokens"]) if phase == "prefill" else "",
        "depth_tokens": int(row.settings["depth_tokens"]), "model_family": model.family,
        "dense_or_moe": "moe" if model.experts else "dense", "source_quality": "bench",
    }  # fmt: skip


def truth(row: Measurement) -> dict[str, Any]:
    """The rate."""
    return {"row_id": row_id(row), "tokens_per_s": f"{row.value:.5g}", "fits": ""}


def row_id(row: Measurement) -> str:
    """Short and stable."""
    return f"own-{row.record_id[:10]}"


def device_row(device: Device, as_of: str) -> dict[str, Any]:
    """The computer in the columns of devices; what is not known stays blank."""
    told = {name: getattr(device, name) for name in DEVICE_NAMES if hasattr(device, name)}
    told |= {"source": "make verify", "as_of": as_of, "aliases": "", "evidence": "file"}
    return {
        name: "" if isinstance(value, float) and math.isnan(value) else value for name, value in told.items()
    }


def question_header(path: Path) -> list[str]:
    """Columns of the questions of others."""
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def write(path: Path, header: list[str], rows: Iterable[dict[str, Any]]) -> None:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
