"""`verify`: a file of the right shapes, run by the real engine on this computer, beside what was predicted for it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.asking import LARGEST_TOKENS, kv_type_named, optional
from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.advisor.fitting import best_case, find_model, possible_cases
from sizewise.advisor.own_probe import well_known_computer
from sizewise.advisor.verify_plan import process_parts
from sizewise.advisor.verify_records import keep
from sizewise.advisor.verify_runs import (
    ENGINES,
    LLAMACPP,
    USUAL_WISHES,
    Wishes,
    own_program,
    tried,
)
from sizewise.catalog import load_catalog
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import MemoryLine, RateLine, VerifyAnswer
from sizewise.domain.text import T
from sizewise.errors import NotSupported
from sizewise.proof.engine_run import USUAL_EFFORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.advisor.fit_terms import Case
    from sizewise.advisor.verify_runs import Trial
    from sizewise.domain.estimate import Unknown
    from sizewise.domain.proof_answers import VerifyPlan
    from sizewise.domain.text import Text
    from sizewise.proof.engine_run import Effort, EngineRun, Rate
    from sizewise.proof.probe import Computer

USUAL_CONTEXT_TOKENS, GROWING_CONTEXT_TOKENS = 4_096, 1_024
"""An engine whose cache grows with the text has to be given the whole text."""
MEMORY_TOLERANCE_RATIO, SMALL_TOLERANCE_RATIO, SMALL_PARAMS = 0.05, 0.08, 1e9
"""Memory has held when the peak is so near; below a billion parameters the program itself weighs more."""


def verify(
    model: str,
    *,
    quantization: str | None = None,
    context: str | float | None = None,
    kv_type: str | None = None,
    engine: str | None = None,
    engine_binary: str | None = None,
    folder: str | None = None,
    user_catalog: str | None = None,
    uses_store: bool = True,
    effort: Effort = USUAL_EFFORT,
    agree: Callable[[VerifyPlan], bool] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> VerifyAnswer | None:
    """Try a size on this computer before anything is downloaded.

    Arguments: `engine_binary` is a llama-bench or llama-server of the user, or its folder; `agree` is asked before a
    large run, and without it a large run is started; `on_step` hears of the progress; `folder` holds the synthetic
    weights meanwhile; `effort` is how long rates are looked at. None: not agreed to.
    Raises: MissingExtra without the engine; NotSupported where disk or memory is short or the engine refuses.
    """
    name = _engine(engine)
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    computer = well_known_computer(catalog, uses_store=uses_store)
    program = own_program(engine_binary, name)
    machine = computer.machines[0 if program and program.has_accelerator else -1]
    found = find_model(catalog, model)
    tokens = optional(context, units.parse_tokens, "--context", LARGEST_TOKENS)
    usual = USUAL_CONTEXT_TOKENS if name == LLAMACPP else GROWING_CONTEXT_TOKENS
    wanted = int(tokens or min(usual, found.model.max_context_tokens))
    if name != LLAMACPP:
        quantization = quantization or found.model.native_format
    case = best_case(
        possible_cases(
            catalog, found.model, machine, quantization=quantization, engine=name,
            context_tokens=wanted, num_sequences=1, kv_type=kv_type_named(kv_type),
        )
    )  # fmt: skip
    wishes = Wishes(folder=folder, effort=effort, agree=agree, on_step=on_step, program=program)
    return verify_case(case, computer, wishes, uses_store=uses_store)


def verify_case(
    case: Case, computer: Computer, wishes: Wishes = USUAL_WISHES, *, uses_store: bool = True
) -> VerifyAnswer | None:
    """The same for a case at hand."""
    trial = tried(case, computer, wishes)
    if trial is None:
        return None
    answer = _answer(replace(case, context_tokens=trial.context_tokens), computer, trial)
    return keep(answer, computer) if uses_store else answer


def _engine(name: str | None) -> str:
    """Name of the engine that is run.

    Raises: NotSupported for one that is not.
    """
    if name is None or name in ENGINES:
        return name or LLAMACPP
    raise NotSupported(
        "verify runs {known}; for {engine} start its own server and give its address to sizewise measure",
        known=", ".join(ENGINES), engine=name,
    )  # fmt: skip


def _answer(case: Case, computer: Computer, trial: Trial) -> VerifyAnswer:
    run = trial.run
    memory, rates = tuple(_memory_lines(case, run)), tuple(_rate_lines(case, run))
    tolerance = SMALL_TOLERANCE_RATIO if case.model.num_params < SMALL_PARAMS else MEMORY_TOLERANCE_RATIO
    return VerifyAnswer(
        model=case.model.name,
        quantization=case.quantization.name,
        engine=case.engine.name,
        engine_build=trial.build,
        device=case.machine.device.name,
        num_threads=computer.num_cores,
        kv_type=case.kv_type,
        context_tokens=case.context_tokens,
        plan=trial.plan,
        memory=memory,
        rates=rates,
        has_memory_held=abs(memory[-1].error_ratio) <= tolerance,
        has_speed_held=all(line.has_held for line in rates),
        notes=tuple(_notes(run)),
        kept_in="",
    )


def _memory_lines(case: Case, run: EngineRun) -> Iterator[MemoryLine]:
    program = Estimate.exactly(float(run.program_bytes), "measured")
    measured = {
        "weights": sum(b.weights_bytes for b in run.buffers),
        "kv_cache": sum(b.kv_bytes for b in run.buffers),
        "compute": sum(b.compute_bytes for b in run.buffers),
    }
    total = program
    for part, size in process_parts(case).items():
        total = total.plus(size)
        yield MemoryLine(part=part, predicted=size, measured_bytes=float(measured[part]) or math.nan)
    yield MemoryLine(part="program", predicted=program, measured_bytes=float(run.program_bytes))
    yield MemoryLine(part="peak", predicted=total, measured_bytes=float(run.peak_bytes))


def _rate_lines(case: Case, run: EngineRun) -> Iterator[RateLine]:
    for rate in run.decode:
        yield _rate_line("decode", rate, decode_at(case, rate.depth_tokens), prompt_tokens=1)
    tokens = run.prefill.num_tokens
    yield _rate_line("prefill", run.prefill, prefill_at(case, tokens), prompt_tokens=tokens)


def _rate_line(phase: str, rate: Rate, predicted: Estimate | Unknown, *, prompt_tokens: int) -> RateLine:
    return RateLine(
        phase=phase, depth_tokens=rate.depth_tokens, prompt_tokens=prompt_tokens, predicted=predicted,
        low=rate.low, likely=rate.likely, high=rate.high, num_repeats=rate.num_repeats, is_quiet=rate.is_quiet,
    )  # fmt: skip


def _notes(run: EngineRun) -> Iterator[Text]:
    if not all(rate.is_quiet for rate in (*run.decode, run.prefill)):
        yield T(
            "other programs took the processor meanwhile, so the speeds are too low; run it again when it is idle"
        )
