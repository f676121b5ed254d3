"""`verify`: a file of the right shapes, run by the real engine on this computer, beside what was predicted for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.asking import LARGEST_TOKENS, kv_type_named, optional
from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.advisor.fit_terms import cache_types
from sizewise.advisor.fitting import best_case, find_model, possible_cases
from sizewise.advisor.own_computer import own_computer
from sizewise.advisor.verify_plan import check_memory, check_room, plan_of, process_parts, random_plan
from sizewise.advisor.verify_records import keep
from sizewise.catalog import load_catalog
from sizewise.catalog.weights_table import mixture_rules
from sizewise.domain.estimate import Estimate
from sizewise.domain.proof_answers import MemoryLine, RateLine, VerifyAnswer
from sizewise.domain.text import T
from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof.engine_architectures import BUILD
from sizewise.proof.engine_gguf import write_shape_file
from sizewise.proof.engine_oracle import PACKAGE, PINNED_VERSION, engine_version
from sizewise.proof.engine_run import USUAL_EFFORT, RunQuestion, TransformersQuestion, run_engine
from sizewise.proof.scratch import scratch_folder
from sizewise.proof.transformers_shape import dtype_of, shape_config, transformers_version
from sizewise.sources.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.advisor.fit_terms import Case
    from sizewise.domain.estimate import Unknown
    from sizewise.domain.proof_answers import VerifyPlan
    from sizewise.domain.text import Text
    from sizewise.proof.engine_run import Effort, EngineRun, Rate
    from sizewise.proof.probe import Computer

    Agree = Callable[[VerifyPlan], bool]

ENGINE = "llama.cpp"
TRANSFORMERS = "transformers"
USUAL_CONTEXT_TOKENS, GROWING_CONTEXT_TOKENS, PROMPT_TOKENS = 4_096, 1_024, 512
"""An engine whose cache grows with the text has to be given the whole text."""
MEMORY_TOLERANCE_RATIO, SMALL_TOLERANCE_RATIO, SMALL_PARAMS = 0.05, 0.08, 1e9
"""Memory has held when the peak is so near; below a billion parameters the program itself weighs more."""
TIMEOUT_FACTOR, TIMEOUT_FLOOR_S = 6.0, 300.0
"""A run that takes so many times its estimate is stopped."""


def verify(
    model: str,
    *,
    quantization: str | None = None,
    context: str | float | None = None,
    kv_type: str | None = None,
    engine: str | None = None,
    folder: str | None = None,
    user_catalog: str | None = None,
    uses_store: bool = True,
    effort: Effort = USUAL_EFFORT,
    agree: Callable[[VerifyPlan], bool] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> VerifyAnswer | None:
    """Try a size on this computer before anything is downloaded.

    Arguments: `agree` is asked before a large run, and without it a large run is started; `on_step` hears of the
    progress; `folder` holds the synthetic weights meanwhile; `effort` is how long rates are looked at. None: not agreed
    to.
    Raises: MissingExtra without the engine; NotSupported where disk or memory is short or the engine refuses.
    """
    name = _engine(engine)
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    computer = own_computer(catalog, uses_store=uses_store)
    found = find_model(catalog, model)
    tokens = optional(context, units.parse_tokens, "--context", LARGEST_TOKENS)
    usual = USUAL_CONTEXT_TOKENS if name == ENGINE else GROWING_CONTEXT_TOKENS
    wanted = int(tokens or min(usual, found.model.max_context_tokens))
    if name == TRANSFORMERS:
        quantization = quantization or found.model.native_format
    case = best_case(
        possible_cases(
            catalog, found.model, computer.machines[-1], quantization=quantization, engine=name,
            context_tokens=wanted, num_sequences=1, kv_type=kv_type_named(kv_type),
        )
    )  # fmt: skip
    return verify_case(
        case, computer, folder=folder, uses_store=uses_store, effort=effort, agree=agree, on_step=on_step
    )


def verify_case(
    case: Case,
    computer: Computer,
    *,
    folder: str | None = None,
    uses_store: bool = True,
    effort: Effort = USUAL_EFFORT,
    agree: Callable[[VerifyPlan], bool] | None = None,
    on_step: Callable[[str], None] | None = None,
) -> VerifyAnswer | None:
    """The same for a case at hand."""
    if case.engine.name == TRANSFORMERS:
        plan, run = _transformers_run(case, computer, effort, agree, on_step)
        build = transformers_version()
    else:
        plan, run = _llamacpp_run(case, computer, folder, effort, agree, on_step)
        build = BUILD
    if run is None:
        return None
    answer = _answer(case, computer, plan, run, build)
    return keep(answer, computer) if uses_store else answer


def _llamacpp_run(
    case: Case,
    computer: Computer,
    folder: str | None,
    effort: Effort,
    agree: Agree | None,
    on_step: Callable[[str], None] | None,
) -> tuple[VerifyPlan, EngineRun | None]:
    if engine_version() != PINNED_VERSION:
        raise MissingExtra("engine", f"running the engine ({PACKAGE} {PINNED_VERSION})")
    parent = Path(folder) if folder else cache_folder(os.environ) / "verify"
    plan = plan_of(case, parent, PROMPT_TOKENS)
    check_room(plan, parent)
    if plan.is_large and agree is not None and not agree(plan):
        return plan, None
    with scratch_folder(parent) as scratch:
        path = scratch / "shapes.gguf"
        write_shape_file(path, case.model, case.quantization.name, mixture_rules(), has_values=True)
        return plan, run_engine(
            _question(case, path, computer.num_cores, effort), timeout_s=_timeout_s(plan), on_step=on_step
        )


def _transformers_run(
    case: Case, computer: Computer, effort: Effort, agree: Agree | None, on_step: Callable[[str], None] | None
) -> tuple[VerifyPlan, EngineRun | None]:
    """Nothing is written: random weights are drawn in memory."""
    question = TransformersQuestion(
        context_tokens=_held_tokens(case), num_threads=computer.num_cores, vocab_size=case.model.vocab_size,
        prompt_tokens=PROMPT_TOKENS, config=shape_config(case.model), dtype=dtype_of(case.quantization),
        **vars(effort),
    )  # fmt: skip
    question.check()
    plan = random_plan(case, PROMPT_TOKENS)
    check_memory(plan)
    if plan.is_large and agree is not None and not agree(plan):
        return plan, None
    return plan, run_engine(question, timeout_s=_timeout_s(plan), on_step=on_step)


def _timeout_s(plan: VerifyPlan) -> float:
    return max(TIMEOUT_FLOOR_S, TIMEOUT_FACTOR * plan.seconds)


def _held_tokens(case: Case) -> int:
    return max(case.context_tokens, 2 * PROMPT_TOKENS)


def _engine(name: str | None) -> str:
    """Name of the engine that is run.

    Raises: NotSupported for one that is not.
    """
    if name in {None, ENGINE, TRANSFORMERS}:
        return name or ENGINE
    raise NotSupported(
        "verify runs {known}; for {engine} start its own server and give its address to sizewise measure",
        known=f"{ENGINE}, {TRANSFORMERS}", engine=name,
    )  # fmt: skip


def _question(case: Case, path: Path, num_threads: int, effort: Effort) -> RunQuestion:
    k_type, v_type = cache_types(case.kv_type)
    return RunQuestion(
        path=str(path), context_tokens=_held_tokens(case), num_threads=num_threads,
        ubatch_tokens=case.engine.ubatch_tokens, k_type=k_type, v_type=v_type, vocab_size=case.model.vocab_size,
        prompt_tokens=PROMPT_TOKENS, **vars(effort),
    )  # fmt: skip


def _answer(case: Case, computer: Computer, plan: VerifyPlan, run: EngineRun, build: str) -> VerifyAnswer:
    memory, rates = tuple(_memory_lines(case, run)), tuple(_rate_lines(case, run))
    tolerance = SMALL_TOLERANCE_RATIO if case.model.num_params < SMALL_PARAMS else MEMORY_TOLERANCE_RATIO
    return VerifyAnswer(
        model=case.model.name,
        quantization=case.quantization.name,
        engine=case.engine.name,
        engine_build=build,
        device=case.machine.device.name,
        num_threads=computer.num_cores,
        kv_type=case.kv_type,
        context_tokens=_held_tokens(case),
        plan=plan,
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
        yield MemoryLine(part=part, predicted=size, measured_bytes=float(measured[part]))
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
