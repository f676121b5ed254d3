"""Every shape of docs/verify.md tried on this computer by `sizewise verify`: records for `scripts/render_verify.py`.

Each shape is added to build/verify.jsonl as soon as it was run, so that a run that was ended goes on where it stopped;
when all are there, the file becomes docs/verify.jsonl. A run that other programs disturbed is repeated.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.advisor.own_probe import probe_record
from sizewise.advisor.verification import verify
from sizewise.advisor.verify_records import records_of
from sizewise.catalog import load_catalog
from sizewise.errors import InvalidFile, NotSupported, SizewiseError
from sizewise.proof.engine_architectures import BUILD
from sizewise.proof.engine_run import Effort
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.probe_rates import memory_read_bytes_per_s
from sizewise.proof.store.exchange import imported_records, record_lines
from sizewise.proof.store.records import Verification
from sizewise.report.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.domain.proof_answers import VerifyAnswer
    from sizewise.proof.probe import Computer
    from sizewise.proof.store.records import Record

ROOT = Path(__file__).parent.parent
RECORDS, STARTED = ROOT / "docs" / "verify.jsonl", ROOT / "build" / "verify.jsonl"
SHAPES = (
    ("HuggingFaceTB/SmolLM2-135M-Instruct", "Q8_0"), ("HuggingFaceTB/SmolLM2-135M-Instruct", "F16"),
    ("google/gemma-3-270m-it", "Q8_0"), ("HuggingFaceTB/SmolLM2-360M-Instruct", "Q4_K_M"),
    ("Qwen/Qwen2.5-0.5B-Instruct", "Q8_0"), ("Qwen/Qwen3-0.6B", "Q4_K_M"), ("Qwen/Qwen3-0.6B", "Q6_K"),
    ("google/gemma-3-1b-it", "Q4_0"), ("meta-llama/Llama-3.2-1B-Instruct", "Q4_K_M"),
    ("meta-llama/Llama-3.2-1B-Instruct", "Q8_0"), ("Qwen/Qwen2.5-1.5B-Instruct", "Q5_K_M"),
    ("HuggingFaceTB/SmolLM2-1.7B-Instruct", "Q4_K_M"), ("google/gemma-2-2b-it", "Q4_K_M"),
    ("meta-llama/Llama-3.2-3B-Instruct", "Q4_0"), ("microsoft/Phi-4-mini-instruct", "Q4_K_M"),
    ("allenai/OLMoE-1B-7B-0924-Instruct", "Q4_K_M"), ("meta-llama/Llama-3.1-8B-Instruct", "Q4_K_M"),
)  # fmt: skip
"""0.1B to 8B, dense and mixtures of experts, seven formats."""
EFFORT = Effort(num_repeats=3, budget_s=8.0)
"""Enough for a median; all shapes fit into ten quiet minutes on two cores."""
NUM_TRIES = 2
"""Runs of a shape that other programs disturb."""
MOST_PROBES = 120
"""Probes of memory, of a second each, until one was quiet."""
FRESH = timedelta(hours=24)
"""Records of an ended run that are still taken."""


def measure(shapes: Sequence[tuple[str, str]] = SHAPES) -> None:
    """Run every shape that fits this computer and is not there yet, and put the records in their place."""
    computer, start = this_computer(load_catalog()), time.monotonic()
    found = list(_continued(computer)) or [_probed(computer)]
    known = {(record.model, record.quantization) for record in found}
    for model, quantization in shapes:
        if (model, quantization) in known:
            _say(f"{model} {quantization}: measured before this run was ended")
            continue
        try:
            answer = _quiet_answer(model, quantization)
        except SizewiseError as error:
            _say(f"{model} {quantization}: {error}")
            continue
        found += records_of(answer, computer)
        STARTED.parent.mkdir(exist_ok=True)
        write_whole(STARTED, "".join(f"{line}\n" for line in record_lines(found)))
        note = "" if _num_quiet(answer) == len(answer.rates) else ", disturbed by other programs"
        _say(f"{model} {quantization}: memory {answer.memory[-1].error_ratio:+.1%}{note}")
    if any(record.model for record in found):
        STARTED.replace(RECORDS)
    _say(
        f"{len({(r.model, r.quantization) for r in found if r.model})} shapes in {time.monotonic() - start:.0f} s"
    )


def _probed(computer: Computer) -> Record:
    """The computer's memory, as a stranger's `hardware --probe` measures it; waits for a quiet moment."""
    for _ in range(MOST_PROBES):
        found = memory_read_bytes_per_s(computer.num_cores)
        if found.is_quiet:
            return probe_record(computer, found.rate)
    raise NotSupported("other programs take the processor; run it again when it is idle")


def _continued(computer: Computer) -> tuple[Record, ...]:
    """What an ended run left: of this computer and engine, and not old."""
    try:
        records = imported_records(STARTED)
    except InvalidFile:
        return ()
    here, now = fingerprint(computer).machine_id, datetime.now(UTC)
    return tuple(
        record
        for record in records
        if record.machine_id == here
        and record.engine_version in (BUILD, "")  # a probe is of no engine
        and now - datetime.fromisoformat(record.recorded_at) < FRESH
    )


def _quiet_answer(model: str, quantization: str) -> VerifyAnswer:
    """The least disturbed of some runs; the first where nothing disturbs it."""
    best: VerifyAnswer | None = None
    for _ in range(NUM_TRIES):
        answer = verify(model, quantization=quantization, uses_store=False, effort=EFFORT)
        if answer is not None and (best is None or _num_quiet(answer) > _num_quiet(best)):
            best = answer
        if best is not None and _num_quiet(best) == len(best.rates):
            break
    if best is None:
        raise InvalidFile("nobody agreed to run {model}", model=model)
    return best


def _num_quiet(answer: VerifyAnswer) -> int:
    return sum(line.is_quiet for line in answer.rates)


def is_here(records: Sequence[Record]) -> bool:
    """Were these measured on this computer, with whole runs among them?"""
    here = fingerprint(this_computer(load_catalog())).machine_id
    return {record.machine_id for record in records} == {here} and any(
        isinstance(record, Verification) for record in records
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
