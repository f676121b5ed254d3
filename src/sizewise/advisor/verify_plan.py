"""What a run of `verify` will take: memory, disk and time, before anything is written."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sizewise.advisor.case_speed import decode_at, prefill_at
from sizewise.catalog.weights_table import mixture_rules
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.proof_answers import VerifyPlan
from sizewise.errors import InvalidFile, NotSupported
from sizewise.estimate.memory_answers import WEIGHT_BANDS
from sizewise.proof.engine_architectures import architecture_of
from sizewise.proof.engine_gguf import file_tensors
from sizewise.proof.engine_run import RunQuestion
from sizewise.proof.engine_values import filled_bytes
from sizewise.proof.probe import available_memory_bytes
from sizewise.units import GIB, MIB, significant

if TYPE_CHECKING:
    from pathlib import Path

    from sizewise.advisor.fit_terms import Case

PROGRAM_BYTES = 64 * MIB
"""The program beside the model; measured 46 MiB. [bytes]"""
FRAMEWORK_BYTES, DRAWN_PER_S = 1024 * MIB, 5e7
"""Python with torch and Transformers, measured 760 MiB; random numbers drawn on one core. [bytes, 1/s]"""
VLLM_FRAMEWORK_BYTES = 2560 * MIB
"""The three processes of vLLM 0.32 on a processor, without a model: measured 1.9 GiB. [bytes]"""
LOAD_BYTES_PER_S = 0.2e9
"""Reading a file of holes and arranging its blocks for the kernels; measured on two cores. [bytes/s]"""
LARGE_BYTES, LARGE_DISK_BYTES, LARGE_S = 8 * GIB, GIB, 300.0
"""Beyond any of these, a person is asked first. [bytes, bytes, s]"""
HEADER_BYTES = 16 * MIB
"""More than any header takes. [bytes]"""
HOLE_BYTES = 4 * MIB


def process_parts(case: Case) -> dict[str, Estimate]:
    """What the model takes of the host's memory: the whole file, the cache and the work space. [bytes]

    A graphics card leaves the embeddings of the file in the host's memory; here everything is there, and once.
    """
    sizes = {part.name: part.size for part in case.parts}
    basis = case.weights.basis
    whole = Estimate.within(case.weights.file_bytes, *WEIGHT_BANDS[basis], basis)
    return {"weights": whole, "kv_cache": sizes["kv_cache"], "compute": sizes["compute"]}


def plan_of(case: Case, folder: Path, prompt_tokens: int) -> VerifyPlan:
    """Memory by the prediction's upper end, disk by what is written, time by the predicted rates."""
    rules = mixture_rules()
    architecture = architecture_of(case.model)
    tensors = tuple(file_tensors(architecture, case.model, case.quantization.name, rules))
    file_bytes = float(sum(tensor.num_bytes for tensor in tensors))
    memory_bytes = PROGRAM_BYTES + sum(size.high for size in process_parts(case).values())
    disk_bytes = HEADER_BYTES + (filled_bytes(tensors) if _has_holes(folder) else file_bytes)
    seconds = file_bytes / LOAD_BYTES_PER_S + _run_s(case, prompt_tokens)
    is_large = memory_bytes > LARGE_BYTES or disk_bytes > LARGE_DISK_BYTES or seconds > LARGE_S
    return VerifyPlan(
        model=case.model.name,
        quantization=case.quantization.name,
        memory_bytes=memory_bytes,
        available_bytes=available_memory_bytes(),
        disk_bytes=disk_bytes,
        seconds=seconds,
        is_large=is_large,
    )


def random_plan(case: Case, prompt_tokens: int, framework_bytes: float = FRAMEWORK_BYTES) -> VerifyPlan:
    """The same of random weights that are drawn in memory."""
    memory_bytes = framework_bytes + sum(size.high for size in process_parts(case).values())
    seconds = case.model.num_params / DRAWN_PER_S + _run_s(case, prompt_tokens)
    return VerifyPlan(
        model=case.model.name, quantization=case.quantization.name, memory_bytes=memory_bytes,
        available_bytes=available_memory_bytes(), disk_bytes=0.0, seconds=seconds,
        is_large=memory_bytes > LARGE_BYTES or seconds > LARGE_S,
    )  # fmt: skip


def check_room(plan: VerifyPlan, folder: Path) -> None:
    """Refuse what would drive the computer into swapping or fill its disk.

    Raises: NotSupported.
    """
    check_memory(plan)
    free_bytes = shutil.disk_usage(folder).free
    if not plan.disk_bytes <= free_bytes:
        raise NotSupported(
            "the synthetic weights need {need} GiB in {folder} and {free} GiB are free; name another --folder",
            need=significant(plan.disk_bytes / GIB), free=significant(free_bytes / GIB), folder=folder,
        )  # fmt: skip


def check_memory(plan: VerifyPlan) -> None:
    """Refuse what would drive the computer into swapping.

    Raises: NotSupported.
    """
    if not plan.memory_bytes <= plan.available_bytes:
        raise NotSupported(
            "{model} in {quantization} needs {need} GiB of memory to be tried and {free} GiB are free; "
            "close programs, or name a smaller --quantization or --context",
            model=plan.model, quantization=plan.quantization, need=significant(plan.memory_bytes / GIB),
            free=significant(plan.available_bytes / GIB),
        )  # fmt: skip


def _run_s(case: Case, prompt_tokens: int) -> float:
    """Two series of decoding and one of prompts: each its own budget, or what its first piece takes. [s]"""
    decode, prefill = decode_at(case, prompt_tokens), prefill_at(case, prompt_tokens)
    if isinstance(decode, Unknown) or isinstance(prefill, Unknown):
        return 0.0
    stretches = RunQuestion.num_repeats * RunQuestion.stretch_tokens
    decode_s = min(
        stretches / decode.likely, RunQuestion.budget_s + RunQuestion.stretch_tokens / decode.likely
    )
    prompt_s = prompt_tokens / prefill.likely
    return 2 * decode_s + min(RunQuestion.num_repeats * prompt_s, RunQuestion.budget_s + 2 * prompt_s)


def _has_holes(folder: Path) -> bool:
    """Does this file system keep files with holes?

    Raises: InvalidFile where nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ".holes"
        with path.open("wb") as file:
            file.truncate(HOLE_BYTES)
        blocks = getattr(path.stat(), "st_blocks", HOLE_BYTES)
        path.unlink()
    except OSError as error:
        raise InvalidFile("cannot write {path}: {reason}", path=folder, reason=error.strerror) from None
    return blocks * 512 < HOLE_BYTES
