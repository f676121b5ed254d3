"""The ways in which `verify` runs an engine: the wheel, a program of the user's own, Transformers, vLLM."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.advisor.fit_terms import cache_types
from sizewise.advisor.verify_plan import (
    VLLM_FRAMEWORK_BYTES,
    check_memory,
    check_room,
    plan_of,
    process_parts,
    random_plan,
)
from sizewise.catalog.weights_table import mixture_rules
from sizewise.domain.proof_answers import VerifyPlan  # noqa: TC001 - a field of a value
from sizewise.errors import MissingExtra, NotSupported
from sizewise.proof.engine_architectures import BUILD
from sizewise.proof.engine_gguf import write_shape_file
from sizewise.proof.engine_oracle import PACKAGE, PINNED_VERSION, engine_version
from sizewise.proof.engine_run import USUAL_EFFORT, RunQuestion, TransformersQuestion, run_engine
from sizewise.proof.llama_program import SERVER, llama_program
from sizewise.proof.llama_run import run_program
from sizewise.proof.scratch import scratch_folder
from sizewise.proof.transformers_shape import dtype_of, shape_config, transformers_version
from sizewise.proof.vllm_program import vllm_config, vllm_python
from sizewise.proof.vllm_run import VllmQuestion, run_vllm
from sizewise.sources.cache_folder import cache_folder
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.advisor.fit_terms import Case
    from sizewise.proof.engine_run import Effort, EngineRun
    from sizewise.proof.llama_program import LlamaProgram
    from sizewise.proof.probe import Computer

LLAMACPP, TRANSFORMERS, VLLM = "llama.cpp", "transformers", "vllm"
ENGINES = (LLAMACPP, TRANSFORMERS, VLLM)
PROMPT_TOKENS = 512
TIMEOUT_FACTOR, TIMEOUT_FLOOR_S = 6.0, 300.0
"""A run that takes so many times its estimate is stopped."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the user said about a run."""

    folder: str | None = None
    """Where synthetic weights lie meanwhile."""
    effort: Effort = USUAL_EFFORT
    agree: Callable[[VerifyPlan], bool] | None = None
    """Asked before a large run; None: started."""
    on_step: Callable[[str], None] | None = None
    program: LlamaProgram | None = None
    """Run instead of the wheel."""

    def agrees(self, plan: VerifyPlan) -> bool:
        """May it be started?"""
        return not plan.is_large or self.agree is None or self.agree(plan)


USUAL_WISHES = Wishes()


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run of an engine."""

    plan: VerifyPlan
    run: EngineRun
    build: str
    context_tokens: int
    """What its cache was made for."""


def own_program(given: str | None, engine: str) -> LlamaProgram | None:
    """The user's llama-bench or llama-server: named, or found where the wheel is missing or sees less than it does.

    Raises: BadInput where a named one cannot be run; NotSupported where one is named for another engine.
    """
    if engine != LLAMACPP:
        if given:
            raise NotSupported("--engine-binary is a program of llama.cpp, not of {engine}", engine=engine)
        return None
    found = llama_program(given, os.environ)
    is_needed = found and (given or found.has_accelerator or engine_version() != PINNED_VERSION)
    return found if is_needed else None


def tried(case: Case, computer: Computer, wishes: Wishes) -> Trial | None:
    """Run it; None where a large run was not agreed to.

    Raises: MissingExtra without the engine; NotSupported where disk or memory is short or the engine refuses.
    """
    if case.engine.name == TRANSFORMERS:
        return _transformers(case, computer, wishes)
    if case.engine.name == VLLM:
        return _vllm(case, computer, wishes)
    return _llamacpp(case, computer, wishes)


def held_tokens(case: Case) -> int:
    """A context in which a prompt and what follows it have room."""
    return max(case.context_tokens, 2 * PROMPT_TOKENS)


def _llamacpp(case: Case, computer: Computer, wishes: Wishes) -> Trial | None:
    program = wishes.program
    if program is None and engine_version() != PINNED_VERSION:
        raise MissingExtra("engine", f"running the engine ({PACKAGE} {PINNED_VERSION})")
    parent = Path(wishes.folder) if wishes.folder else cache_folder(os.environ) / "verify"
    plan = plan_of(case, parent, PROMPT_TOKENS)
    check_room(plan, parent)
    if not wishes.agrees(plan):
        return None
    with scratch_folder(parent) as scratch:
        path = scratch / "shapes.gguf"
        speaks = program is not None and program.name == SERVER
        write_shape_file(
            path, case.model, case.quantization.name, mixture_rules(), has_values=True, has_words=speaks
        )
        asked = question_of(case, path, computer.num_cores, wishes.effort)
        if program is not None:
            told = run_program(program, asked, timeout_s=_timeout_s(plan))
            build = f"{program.name} {program.build}"
            return Trial(plan=plan, run=told.run, build=build, context_tokens=told.context_tokens)
        run = run_engine(asked, timeout_s=_timeout_s(plan), on_step=wishes.on_step)
    return Trial(plan=plan, run=run, build=BUILD, context_tokens=asked.context_tokens)


def _transformers(case: Case, computer: Computer, wishes: Wishes) -> Trial | None:
    """Nothing is written: random weights are drawn in memory."""
    question = TransformersQuestion(
        context_tokens=held_tokens(case), num_threads=computer.num_cores, vocab_size=case.model.vocab_size,
        prompt_tokens=PROMPT_TOKENS, config=shape_config(case.model), dtype=dtype_of(case.quantization),
        **vars(wishes.effort),
    )  # fmt: skip
    question.check()
    plan = random_plan(case, PROMPT_TOKENS)
    check_memory(plan)
    if not wishes.agrees(plan):
        return None
    run = run_engine(question, timeout_s=_timeout_s(plan), on_step=wishes.on_step)
    return Trial(plan=plan, run=run, build=transformers_version(), context_tokens=question.context_tokens)


def _vllm(case: Case, computer: Computer, wishes: Wishes) -> Trial | None:
    """Its pool is as large as it is told to be, so that the prediction is for the tokens that fit into it."""
    dtype, context_tokens = dtype_of(case.quantization), held_tokens(case)
    config, python = vllm_config(case.model, dtype), vllm_python(os.environ)
    token_bytes = process_parts(case)["kv_cache"].likely / case.context_tokens
    pool_gib = ceil(context_tokens * token_bytes / GIB)
    plan = random_plan(
        replace(case, context_tokens=int(pool_gib * GIB / token_bytes)), PROMPT_TOKENS, VLLM_FRAMEWORK_BYTES
    )
    check_memory(plan)
    if not wishes.agrees(plan):
        return None
    question = VllmQuestion(
        python=python, config=config, dtype=dtype, context_tokens=context_tokens, pool_gib=pool_gib,
        num_threads=computer.num_cores, prompt_tokens=PROMPT_TOKENS, stretch_tokens=RunQuestion.stretch_tokens,
        effort=wishes.effort,
    )  # fmt: skip
    parent = Path(wishes.folder) if wishes.folder else cache_folder(os.environ) / "verify"
    parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(parent) as scratch:
        told = run_vllm(question, scratch, timeout_s=_timeout_s(plan))
    return Trial(plan=plan, run=told.run, build=told.build, context_tokens=told.pool_tokens)


def _timeout_s(plan: VerifyPlan) -> float:
    return max(TIMEOUT_FLOOR_S, TIMEOUT_FACTOR * plan.seconds)


def question_of(case: Case, path: Path, num_threads: int, effort: Effort) -> RunQuestion:
    """What llama.cpp is asked to run."""
    k_type, v_type = cache_types(case.kv_type)
    return RunQuestion(
        path=str(path), context_tokens=held_tokens(case), num_threads=num_threads,
        ubatch_tokens=case.engine.ubatch_tokens, k_type=k_type, v_type=v_type, vocab_size=case.model.vocab_size,
        prompt_tokens=PROMPT_TOKENS, **vars(effort),
    )  # fmt: skip
