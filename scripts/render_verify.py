"""docs/verify.md: shapes tried on this computer by `sizewise verify`, predicted and measured, and recalibrated.

    python scripts/render_verify.py --measure      run every shape (15 minutes on two cores), then write both files
    python scripts/render_verify.py                write the page again from docs/verify.jsonl, on the same computer

Recalibrated figures of a shape come from the measurements of all other shapes, never from its own.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from own_facts import OWN
from sizewise import __version__
from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.advisor.fit_terms import Case
from sizewise.advisor.own_speed import calibration
from sizewise.advisor.verification import MEMORY_TOLERANCE_RATIO, SMALL_PARAMS, SMALL_TOLERANCE_RATIO, verify
from sizewise.advisor.verify_plan import process_parts
from sizewise.catalog import load_catalog
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import with_repeats
from sizewise.errors import SizewiseError
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.store.exchange import exported_lines, imported_records
from sizewise.proof.store.place import StorePlace
from sizewise.proof.store.records import Measurement, Verification
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.proof.store.records import Record

DOCS = Path(__file__).parent.parent / "docs"
RECORDS, PAGE = DOCS / "verify.jsonl", DOCS / "verify.md"
SHAPES = (
    ("HuggingFaceTB/SmolLM2-135M-Instruct", "Q8_0"), ("HuggingFaceTB/SmolLM2-135M-Instruct", "F16"),
    ("google/gemma-3-270m-it", "Q8_0"), ("HuggingFaceTB/SmolLM2-360M-Instruct", "Q4_K_M"),
    ("Qwen/Qwen2.5-0.5B-Instruct", "Q8_0"), ("Qwen/Qwen3-0.6B", "Q4_K_M"), ("Qwen/Qwen3-0.6B", "Q6_K"),
    ("google/gemma-3-1b-it", "Q4_0"), ("meta-llama/Llama-3.2-1B-Instruct", "Q4_K_M"),
    ("meta-llama/Llama-3.2-1B-Instruct", "Q8_0"), ("Qwen/Qwen2.5-1.5B-Instruct", "Q5_K_M"),
    ("HuggingFaceTB/SmolLM2-1.7B-Instruct", "Q4_K_M"), ("google/gemma-2-2b-it", "Q4_K_M"),
    ("meta-llama/Llama-3.2-3B-Instruct", "Q4_0"), ("microsoft/Phi-4-mini-instruct", "Q4_K_M"),
    ("allenai/OLMoE-1B-7B-0924-Instruct", "Q4_K_M"), ("mistralai/Mistral-7B-Instruct-v0.3", "Q4_K_M"),
    ("meta-llama/Llama-3.1-8B-Instruct", "Q4_K_M"),
)  # fmt: skip
"""0.1B to 8B, dense and mixtures of experts, seven formats."""
BAND_TARGET_RATIO, RECALIBRATED_RATIO, RECALIBRATED_ERROR = 0.8, 0.6, 0.1


class RateRow(NamedTuple):
    """One measured rate, what was predicted, and what the measurements of the other shapes make of it."""

    row: Measurement
    predicted: Estimate
    recalibrated: Estimate

    @property
    def error(self) -> float:
        """Before. [ratio]"""
        return abs(self.predicted.likely / self.row.value - 1)

    @property
    def error_after(self) -> float:
        """After. [ratio]"""
        return abs(self.recalibrated.likely / self.row.value - 1)


def measure() -> None:
    """Try every shape that fits this computer, into the file of records."""
    with tempfile.TemporaryDirectory() as folder:
        place = StorePlace(path=Path(folder) / "store.sqlite3")
        os.environ["SIZEWISE_STORE"] = str(place.path)
        for model, quantization in SHAPES:
            try:
                answer = verify(model, quantization=quantization)
            except SizewiseError as error:
                print(f"{model} {quantization}: {error}", file=sys.stderr)
                continue
            if answer is not None:
                print(f"{model} {quantization}: memory {answer.memory[-1].error_ratio:+.1%}", file=sys.stderr)
        RECORDS.write_text("".join(f"{line}\n" for line in exported_lines(place)), encoding="utf-8")


def case_of(record: Record, catalog: Catalog, machine: Machine) -> Case:
    """The record as a question."""
    return Case(
        catalog=catalog, model=catalog.model(record.model), quantization=catalog.quantization(record.quantization),
        engine=catalog.engine(record.engine), machine=machine,
        context_tokens=int(record.settings.get("context_tokens", 4096)), num_sequences=1,
        kv_type=str(record.settings["kv_type"]),
    )  # fmt: skip


def rate_rows(rows: Sequence[Measurement], catalog: Catalog, machine: Machine) -> Iterator[RateRow]:
    """Every rate, before and after."""
    for shape in dict.fromkeys((r.model, r.quantization) for r in rows):
        others = [r for r in rows if (r.model, r.quantization) != shape]
        found = calibration(others, catalog, machine)
        corrected = replace(machine, device=replace(machine.device, calibration=found))
        for row in rows:
            if (row.model, row.quantization) == shape:
                before, after = (_predicted(row, case_of(row, catalog, one)) for one in (machine, corrected))
                yield RateRow(row, before, after)


def _predicted(row: Measurement, case: Case) -> Estimate:
    if row.metric == "decode_tokens_per_s":
        found = decode_at(case, float(row.settings["depth_tokens"]))
    else:
        found = prefill_at(case, float(row.settings["prompt_tokens"]))
    if not isinstance(found, Estimate):
        raise TypeError(found.reason)
    return with_repeats(found, row.low, row.value, row.high)


def page(records: Sequence[Record], catalog: Catalog) -> Iterator[str]:
    """The page, line by line."""
    computer = this_computer(catalog)
    machine = computer.machines[-1]
    verified = [r for r in records if isinstance(r, Verification)]
    rates = [r for r in records if isinstance(r, Measurement) and r.metric.endswith("_tokens_per_s")]
    yield "# Verify: predicted and measured on one computer"
    yield ""
    yield (
        f"{computer.processor}, {computer.num_cores} cores, llama.cpp {verified[0].engine_version}, synthetic weights, "
        f"sizewise {__version__}. `make verify` measures it again on your computer; "
        "`scripts/render_verify.py` writes this page from `verify.jsonl`."
    )
    yield ""
    yield "## Memory of the whole process, at its peak"
    yield ""
    yield "| model | format | predicted, MiB | measured, MiB | error |"
    yield "|---|---|---:|---:|---:|"
    yield from _memory_table(verified, catalog, machine)
    yield ""
    yield "## Speed, tokens/s"
    yield ""
    yield (
        "Only pieces during which other programs left the processor alone count; ranges hold the spread of repeats. "
        "*Recalibrated* by all other shapes. `scripts/fit_speed.py` fits the class of processors with rates of an "
        f"earlier run (`catalog/measured/own`, {own_date()}), and says how often the ranges hold a family of models "
        "that it has not seen."
    )
    yield ""
    yield "| model | format | what | predicted (80 %) | measured | in range | recalibrated (80 %) | in range |"
    yield "|---|---|---|---:|---:|---|---:|---|"
    yield from _speed_table(list(rate_rows(rates, catalog, machine)))


def _memory_table(verified: Sequence[Verification], catalog: Catalog, machine: Machine) -> Iterator[str]:
    errors, num_good = [], 0
    for record in verified:
        case = case_of(record, catalog, machine)
        told = record.report["memory"]
        likely = sum(size.likely for size in process_parts(case).values()) + told["program"][1]
        error = likely / told["peak"][1] - 1
        limit = SMALL_TOLERANCE_RATIO if case.model.num_params < SMALL_PARAMS else MEMORY_TOLERANCE_RATIO
        num_good += abs(error) <= limit
        errors.append(abs(error))
        sizes = f"{likely / MIB:,.0f} | {told['peak'][1] / MIB:,.0f}"
        yield f"| {record.model} | {record.quantization} | {sizes} | {100 * error:+.1f} % |"
    yield ""
    yield (
        f"Within 5 % (8 % below a billion parameters): {num_good} of {len(errors)}; "
        f"median error {100 * median(errors):.1f} %, largest {100 * max(errors):.1f} %."
    )


def _speed_table(rows: Sequence[RateRow]) -> Iterator[str]:
    for one in rows:
        row = one.row
        is_decode = row.metric == "decode_tokens_per_s"
        what = f"decode at {row.settings['depth_tokens']:.0f}" if is_decode else "prefill of 512"
        yield (
            f"| {row.model} | {row.quantization} | {what} | {_span(one.predicted)} | {row.value:.1f} | "
            f"{_held(one.predicted, row)} | {_span(one.recalibrated)} | {_held(one.recalibrated, row)} |"
        )
    yield ""
    for name, metric in (("decode", "decode_tokens_per_s"), ("prefill", "prefill_tokens_per_s")):
        chosen = [one for one in rows if one.row.metric == metric]
        yield f"- {_summary(name, chosen)}"
    ratio = median(one.error_after / one.error for one in rows if one.error)
    after = median(one.error_after for one in rows)
    yield (
        f"- Recalibration, all {len(rows)} rates: median of error after / before {ratio:.2f}, "
        f"median error after {after:.1%}."
    )


def _summary(name: str, rows: Sequence[RateRow]) -> str:
    before, after = (median(v) for v in zip(*((r.error, r.error_after) for r in rows), strict=True))
    inside, inside_after = (
        sum(_held(one, r.row) == "yes" for r, one in pairs) / len(rows)
        for pairs in ([(r, r.predicted) for r in rows], [(r, r.recalibrated) for r in rows])
    )
    return (
        f"{name}, {len(rows)} rates: median error {before:.1%}, {inside:.0%} in the predicted range; "
        f"recalibrated {after:.1%}, {inside_after:.0%} in range."
    )


def _span(estimate: Estimate) -> str:
    return f"{estimate.likely:.1f} ({estimate.low:.1f}-{estimate.high:.1f})"


def _held(estimate: Estimate, row: Measurement) -> str:
    return "yes" if estimate.low <= row.value <= estimate.high else "no"


def own_date() -> str:
    """When the rates were measured that are facts of the fit."""
    with (OWN / "devices.csv").open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))["as_of"]


def main() -> int:
    """Measure if asked to, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args().measure:
        measure()
    catalog, records = load_catalog(), imported_records(RECORDS)
    here = fingerprint(this_computer(catalog)).machine_id
    if {record.machine_id for record in records} != {here}:
        print("docs/verify.jsonl was measured on another computer; run with --measure", file=sys.stderr)
        return 2
    PAGE.write_text("".join(f"{line}\n" for line in page(records, catalog)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
