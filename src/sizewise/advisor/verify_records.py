"""What a `verify` leaves in the store: what was predicted, what was measured, and whether it held."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sizewise.domain.estimate import Unknown
from sizewise.domain.text import T
from sizewise.errors import SizewiseError
from sizewise.proof.fingerprint import fingerprint
from sizewise.proof.store.place import store_place
from sizewise.proof.store.records import Measurement, Prediction, Verification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.proof_answers import VerifyAnswer
    from sizewise.proof.probe import Computer
    from sizewise.proof.store.records import Record

ORIGIN = "verify"


def keep(answer: VerifyAnswer, computer: Computer) -> VerifyAnswer:
    """Store it; where that is not possible, the answer says why and stays."""
    place = store_place(os.environ)
    try:
        from sizewise.proof.store.writing import Store

        with Store(place) as store:
            store.add(list(records_of(answer, computer)))
    except SizewiseError as error:
        note = T("not kept for later predictions: {problem}", problem=str(error))
        return replace(answer, notes=(*answer.notes, note))
    return replace(answer, kept_in=place.shown)


def records_of(answer: VerifyAnswer, computer: Computer) -> Iterator[Record]:
    """Every rate and the peak, each with its prediction; then the whole."""
    common = _common(answer, computer)
    settings = {"kv_type": answer.kv_type, "num_threads": answer.num_threads}
    peak = answer.memory[-1]
    held = {**settings, "context_tokens": answer.context_tokens}
    yield Prediction(
        **common, settings=held, metric="memory_bytes", low=peak.predicted.low, likely=peak.predicted.likely,
        high=peak.predicted.high, rung=peak.predicted.basis,
    )  # fmt: skip
    yield Measurement(
        **common, settings=held, metric="memory_bytes", value=peak.measured_bytes, low=peak.measured_bytes,
        high=peak.measured_bytes, num_repeats=1, origin=ORIGIN,
    )  # fmt: skip
    for line in answer.rates:
        told = {**settings, "depth_tokens": line.depth_tokens, "prompt_tokens": line.prompt_tokens}
        metric = f"{line.phase}_tokens_per_s"
        if not isinstance(line.predicted, Unknown):
            yield Prediction(
                **common, settings=told, metric=metric, low=line.predicted.low, likely=line.predicted.likely,
                high=line.predicted.high, rung=line.predicted.basis,
            )  # fmt: skip
        if line.is_quiet:
            yield Measurement(
                **common, settings=told, metric=metric, value=line.likely, low=line.low, high=line.high,
                num_repeats=line.num_repeats, origin=ORIGIN,
            )  # fmt: skip
    yield Verification(
        **common,
        settings=settings,
        has_held=answer.has_held,
        report={"memory": _memory(answer), "rates": _rates(answer)},
    )


def _common(answer: VerifyAnswer, computer: Computer) -> dict[str, Any]:
    where = fingerprint(computer)
    return {
        "machine_id": where.machine_id, "machine": where.machine, "engine": answer.engine,
        "engine_version": answer.engine_build, "model": answer.model, "quantization": answer.quantization,
        "device": answer.device, "num_devices": 1,
    }  # fmt: skip


def _memory(answer: VerifyAnswer) -> dict[str, list[float]]:
    """Predicted and measured, of the parts that the engine tells. [bytes]"""
    return {
        line.part: [line.predicted.likely, line.measured_bytes]
        for line in answer.memory
        if math.isfinite(line.measured_bytes)
    }


def _rates(answer: VerifyAnswer) -> list[dict[str, Any]]:
    return [
        {
            "phase": line.phase, "depth_tokens": line.depth_tokens, "prompt_tokens": line.prompt_tokens,
            "measured": [line.low, line.likely, line.high], "is_quiet": line.is_quiet,
        }
        for line in answer.rates
    ]  # fmt: skip
