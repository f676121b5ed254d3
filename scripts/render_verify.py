"""docs/verify.md: shapes tried on this computer by `sizewise verify`, predicted and measured, and recalibrated.

    python scripts/render_verify.py --measure      run every shape (ten quiet minutes on two cores), then write the page
    python scripts/render_verify.py                write the page again from docs/verify.jsonl, on the same computer

Predictions are those of constants that have not seen this computer (`scripts/fit_without_own.py`); recalibrated figures
of a shape come from the measurements of all other shapes, never from its own.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from fit_without_own import FAMILY
from fit_without_own import OUT as WITHOUT_OWN
from own_facts import OWN
from sizewise import __version__
from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.advisor.fit_terms import Case
from sizewise.advisor.own_computer import probed_computer
from sizewise.advisor.own_speed import calibration
from sizewise.advisor.verification import MEMORY_TOLERANCE_RATIO, SMALL_PARAMS, SMALL_TOLERANCE_RATIO
from sizewise.advisor.verify_plan import process_parts
from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import speed_table
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import with_repeats
from sizewise.proof.probe import READ_SHARE, this_computer
from sizewise.proof.store.exchange import imported_records
from sizewise.proof.store.records import Measurement, Verification
from sizewise.units import GB, MIB
from verify_shapes import RECORDS, is_here, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.proof.store.records import Record

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "verify.md"
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


@contextmanager
def constants_without_own() -> Iterator[None]:
    """Predict by the constants that were fitted without any rate of this computer."""
    engines = speed_table()["engine"]
    kept = engines[FAMILY]
    engines[FAMILY] = tomllib.loads(WITHOUT_OWN.read_text(encoding="utf-8"))["engine"][FAMILY]
    try:
        yield
    finally:
        engines[FAMILY] = kept


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
    computer = probed_computer(this_computer(catalog), records)
    machine = computer.machines[-1]
    verified = [r for r in records if isinstance(r, Verification)]
    rates = [r for r in records if isinstance(r, Measurement) and r.metric.endswith("_tokens_per_s")]
    yield "# Verify: predicted and measured on one computer"
    yield ""
    yield (
        f"{computer.processor}, {computer.num_cores} cores, llama.cpp {verified[0].engine_version}, synthetic weights, "
        f"sizewise {__version__}. `make verify` measures it again on your computer; "
        "`scripts/render_verify.py` writes this page from `verify.jsonl`. No graphics card was at hand: nothing here "
        "was measured on one."
    )
    yield ""
    yield "## Memory of the whole process, at its peak"
    yield ""
    yield "| model | format | predicted, MiB | measured, MiB | error |"
    yield "|---|---|---:|---:|---:|"
    yield from _memory_table(verified, catalog, machine)
    yield ""
    with constants_without_own():
        held_out = list(rate_rows(rates, catalog, machine))
    yield from _speed_part(held_out, list(rate_rows(rates, catalog, machine)), machine)


def _read_rate(machine: Machine) -> str:
    return f"{machine.device.bandwidth_bytes_per_s * READ_SHARE / GB:.0f} GB/s"


def _speed_part(held_out: Sequence[RateRow], shipped: Sequence[RateRow], machine: Machine) -> Iterator[str]:
    yield "## Speed, tokens/s"
    yield ""
    yield (
        "*Predicted* by constants fitted without any rate of this computer (`scripts/fit_without_own.py`) and by how "
        f"fast its memory is read ({_read_rate(machine)}, `sizewise hardware --probe`): what a computer is told that "
        "nobody measured. *Recalibrated* by all other shapes, never by the shape itself. Only "
        "pieces during which other programs left the processor alone count; ranges hold the spread of repeats."
    )
    yield ""
    yield "| model | format | what | predicted (80 %) | measured | in range | recalibrated (80 %) | in range |"
    yield "|---|---|---|---:|---:|---|---:|---|"
    yield from _speed_table(held_out)
    yield ""
    yield "| constants | rates | error before | in range, width | error after | in range, width | after / before |"
    yield "|---|---:|---:|---|---:|---|---:|"
    for name, rows in (("without this computer", held_out), ("as shipped", shipped)):
        for phase in ("decode", "prefill"):
            yield _summary(f"{name}, {phase}", [r for r in rows if r.row.metric == f"{phase}_tokens_per_s"])
        yield _summary(f"{name}, all", rows)
    yield ""
    yield (
        "Errors, widths (high / low) and after / before are medians. The shipped constants were fitted with rates of "
        f"this computer of an earlier run among the facts (`catalog/measured/own`, {own_date()}), so their errors "
        "before are in sample, and what recalibration can add to them is little; a user's computer is in the "
        "position of the first three rows."
    )
    yield ""
    yield from _verdicts(held_out, shipped)


def _verdicts(held_out: Sequence[RateRow], shipped: Sequence[RateRow]) -> Iterator[str]:
    """What was asked for, and whether it was reached."""
    after = median(one.error_after for one in held_out)
    ratio = median(one.error_after / one.error for one in held_out if one.error)
    recalibration = (
        f"recalibration: error after / before {ratio:.2f}, asked for at most {RECALIBRATED_RATIO}, "
        f"or error after {after:.1%}, asked for at most {RECALIBRATED_ERROR:.0%}"
    )
    yield _verdict("decode in the printed range, as shipped", _inside(_decode(shipped), after=False))
    yield _verdict("the same without this computer", _inside(_decode(held_out), after=False))
    yield _verdict("the same, recalibrated", _inside(_decode(held_out), after=True))
    yield _told(recalibration, held=ratio <= RECALIBRATED_RATIO or after <= RECALIBRATED_ERROR)


def _decode(rows: Sequence[RateRow]) -> list[RateRow]:
    return [one for one in rows if one.row.metric == "decode_tokens_per_s"]


def _verdict(what: str, share: float) -> str:
    told = f"{what}: {share:.0%}, asked for at least {BAND_TARGET_RATIO:.0%}"
    return _told(told, held=share >= BAND_TARGET_RATIO)


def _told(what: str, *, held: bool) -> str:
    return f"- {'Reached' if held else '**Not reached**'}: {what}."


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


def _summary(name: str, rows: Sequence[RateRow]) -> str:
    before, after = (median(v) for v in zip(*((r.error, r.error_after) for r in rows), strict=True))
    ratio = median(r.error_after / r.error for r in rows if r.error)
    held = [_told_range(rows, after=later) for later in (False, True)]
    return f"| {name} | {len(rows)} | {before:.1%} | {held[0]} | {after:.1%} | {held[1]} | {ratio:.2f} |"


def _told_range(rows: Sequence[RateRow], *, after: bool) -> str:
    ranges = (r.recalibrated if after else r.predicted for r in rows)
    return f"{_inside(rows, after=after):.0%}, {median(one.high / one.low for one in ranges):.1f}"


def _inside(rows: Sequence[RateRow], *, after: bool) -> float:
    """Share of the rates in their range."""
    held = (_held(r.recalibrated if after else r.predicted, r.row) == "yes" for r in rows)
    return sum(held) / len(rows)


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
    records = imported_records(RECORDS)
    if not is_here(records):
        print("docs/verify.jsonl was measured on another computer; run with --measure", file=sys.stderr)
        return 2
    catalog = load_catalog()
    PAGE.write_text("".join(f"{line}\n" for line in page(records, catalog)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
