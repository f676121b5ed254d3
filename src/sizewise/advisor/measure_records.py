"""What a `measure` leaves: rows of the store, and a CSV in the columns of the measured facts."""

from __future__ import annotations

import csv
import io
import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sizewise.catalog import load_catalog
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.probe import this_computer
from sizewise.proof.store.place import store_place
from sizewise.proof.store.records import Measurement, Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sizewise.domain.measured_load import MeasureAnswer
    from sizewise.proof.store.records import Record

COLUMNS = (
    "engine", "engine_version", "model", "precision", "gpu", "n_gpu", "tp", "pp", "isl", "osl", "concurrency_or_rate",
    "output_tokens_per_s_total", "output_tokens_per_s_per_user", "ttft_ms", "tpot_ms", "source", "note", "scenario",
    "latency_stat", "run_id", "total_tokens_per_s", "requests_per_s",
)  # fmt: skip
"""Columns of the measured facts of serving."""
MILLISECONDS = 1e3
ALONE = 1
"""Users of a closed loop in which nobody waits: its rates are those of a single stream."""


def keep(answer: MeasureAnswer) -> MeasureAnswer:
    """Store it; where that is not possible, the answer says why and stays."""
    place = store_place(os.environ)
    try:
        from sizewise.proof.store.writing import Store

        with Store(place) as store:
            store.add(list(records_of(answer)))
    except SizewiseError as error:
        note = T("not kept for later predictions: {problem}", problem=str(error))
        return replace(answer, notes=(*answer.notes, note))
    return replace(answer, kept_in=place.shown)


def records_of(answer: MeasureAnswer) -> Iterator[Record]:
    """Throughput, TTFT and TPOT with their predictions; of a single user also the rate of its stream.

    A device that is not in this computer gets its own name as the machine: what it does says nothing about this one.
    """
    common, measured = _common(answer), answer.measured
    load = {"num_users": answer.num_users} if answer.num_users else {"requests_per_s": answer.requests_per_s}
    settings = {
        "prompt_tokens": measured.prompt_tokens, "output_tokens": measured.output_tokens,
        **{name: value for name, value in load.items() if math.isfinite(value)},
    }  # fmt: skip
    told = {
        "ttft_s": (measured.ttft.mean_s, answer.predicted and answer.predicted.ttft_s),
        "tpot_s": (measured.tpot.mean_s, answer.predicted and answer.predicted.tpot_s),
        "output_tokens_per_s": (
            measured.output_tokens_per_s, answer.predicted and answer.predicted.output_tokens_per_s,
        ),
    }  # fmt: skip
    for metric, (value, predicted) in told.items():
        if not math.isfinite(value):
            continue
        if predicted:
            yield Prediction(
                **common, settings=settings, metric=metric, low=predicted.low, likely=predicted.likely,
                high=predicted.high, rung=predicted.basis,
            )  # fmt: skip
        yield _measurement(answer, common, settings, metric, value)
    if answer.num_users == ALONE and math.isfinite(measured.tpot.p50_s):
        held = {"depth_tokens": measured.prompt_tokens + measured.output_tokens / 2, "prompt_tokens": 1}
        yield _measurement(answer, common, held, "decode_tokens_per_s", 1.0 / measured.tpot.p50_s)


def _measurement(
    answer: MeasureAnswer, common: dict[str, Any], settings: dict[str, Any], metric: str, value: float
) -> Measurement:
    return Measurement(
        **common, settings=settings, metric=metric, value=value, low=value, high=value,
        num_repeats=answer.measured.num_requests,
        origin="measure" if answer.generator == "sizewise" else answer.generator,
    )  # fmt: skip


def _common(answer: MeasureAnswer) -> dict[str, Any]:
    computer = this_computer(load_catalog())
    here = fingerprint(computer)
    is_here = answer.device in {m.device.name for m in computer.machines}
    return {
        "machine_id": here.machine_id if is_here else "elsewhere",
        "machine": here.machine if is_here else f"{answer.num_devices}x {answer.device}",
        "engine": answer.engine, "engine_version": answer.engine_version, "model": answer.known_model,
        "quantization": answer.quantization, "device": answer.device, "num_devices": answer.num_devices,
    }  # fmt: skip


def measured_csv(answers: Sequence[MeasureAnswer]) -> str:
    """The runs as rows of measured facts; what is not known stays blank."""
    page = io.StringIO()
    writer = csv.DictWriter(page, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for answer in answers:
        writer.writerow({name: _cell(value) for name, value in _row(answer).items()})
    return page.getvalue()


def _row(answer: MeasureAnswer) -> dict[str, Any]:
    measured = answer.measured
    is_closed = answer.num_users > 0
    return {
        "engine": answer.engine, "engine_version": answer.engine_version, "model": answer.known_model or answer.model,
        "precision": answer.quantization, "gpu": answer.device, "n_gpu": answer.num_devices if answer.device else "",
        "isl": measured.prompt_tokens, "osl": measured.output_tokens,
        "concurrency_or_rate": answer.num_users or answer.requests_per_s,
        "output_tokens_per_s_total": measured.output_tokens_per_s,
        "output_tokens_per_s_per_user": 1.0 / measured.tpot.mean_s if measured.tpot.mean_s else math.nan,
        "ttft_ms": measured.ttft.mean_s * MILLISECONDS, "tpot_ms": measured.tpot.mean_s * MILLISECONDS,
        "source": f"sizewise measure ({answer.generator})",
        "note": f"{measured.num_requests} requests, {measured.num_failed} failed",
        "scenario": "closed loop" if is_closed else "poisson", "latency_stat": "mean",
        "total_tokens_per_s": measured.total_tokens_per_s, "requests_per_s": measured.requests_per_s,
    }  # fmt: skip


def _cell(value: Any) -> Any:  # noqa: ANN401 - text or number
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return value
