"""`make verify` goes on where it was ended, repeats what was disturbed, and puts nothing half in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import verify_shapes
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import MemoryLine, RateLine, VerifyAnswer, VerifyPlan
from sizewise.proof.engine_architectures import BUILD
from sizewise.proof.probe_rates import MemoryRate
from sizewise.proof.store.exchange import imported_records
from sizewise.proof.store.records import MEMORY_READ, Measurement

if TYPE_CHECKING:
    from pathlib import Path

SHAPES = (("a", "Q8_0"), ("b", "Q8_0"), ("c", "Q8_0"))


def answer(model: str, *, is_quiet: bool = True) -> VerifyAnswer:
    size, rate = Estimate.exactly(1e9, "exact"), Estimate.exactly(10.0, "fitted")
    plan = VerifyPlan(
        model=model, quantization="Q8_0", memory_bytes=1e9, available_bytes=2e9, disk_bytes=0.0, seconds=1.0,
        is_large=False,
    )  # fmt: skip
    line = RateLine(
        phase="decode", depth_tokens=20.0, prompt_tokens=1, predicted=rate, low=9.0, likely=10.0, high=11.0,
        num_repeats=3, is_quiet=is_quiet,
    )  # fmt: skip
    return VerifyAnswer(
        model=model, quantization="Q8_0", engine="llama.cpp", engine_build=BUILD, device="this", num_threads=2,
        kv_type="f16", context_tokens=4096, plan=plan,
        memory=(MemoryLine(part="peak", predicted=size, measured_bytes=1e9),), rates=(line,), has_memory_held=True,
        has_speed_held=True, notes=(), kept_in="",
    )  # fmt: skip


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(verify_shapes, "RECORDS", tmp_path / "verify.jsonl")
    monkeypatch.setattr(verify_shapes, "STARTED", tmp_path / "build" / "verify.jsonl")
    rate = MemoryRate(Estimate.exactly(3e10, "measured"), is_quiet=True)
    monkeypatch.setattr(verify_shapes, "memory_read_bytes_per_s", lambda _: rate)
    return tmp_path


def models_in(path: Path) -> list[str]:
    """What was tried; the probe of the computer is of no model."""
    return sorted({record.model for record in imported_records(path)} - {""})


def test_a_run_that_was_ended_goes_on_where_it_stopped(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ended_at_c(model: str, **_: object) -> VerifyAnswer:
        asked.append(model)
        if model == "c" and asked.count("c") == 1:
            raise KeyboardInterrupt
        return answer(model)

    monkeypatch.setattr(verify_shapes, "verify", ended_at_c)
    with pytest.raises(KeyboardInterrupt):
        verify_shapes.measure(SHAPES)
    assert not (places / "verify.jsonl").exists()
    assert models_in(places / "build" / "verify.jsonl") == ["a", "b"]
    verify_shapes.measure(SHAPES)
    assert asked == ["a", "b", "c", "c"]
    assert models_in(places / "verify.jsonl") == ["a", "b", "c"]
    assert not (places / "build" / "verify.jsonl").exists()


def test_a_disturbed_run_is_repeated_and_the_quieter_one_kept(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter([False, True])
    monkeypatch.setattr(verify_shapes, "verify", lambda model, **_: answer(model, is_quiet=next(tries)))
    verify_shapes.measure(SHAPES[:1])
    measured = [r for r in imported_records(places / "verify.jsonl") if isinstance(r, Measurement)]
    assert sorted(r.metric for r in measured) == ["decode_tokens_per_s", "memory_bytes", MEMORY_READ]
