"""Where the weights of a question of kind `single` lie: wholly on the devices, or in part in host memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from sizewise.errors import BadInput
from sizewise.estimate.memory import memory_terms
from sizewise.estimate.memory_answers import max_device_layers
from sizewise.estimate.offload import OnHost
from sizewise.predict.speed_cases import HOST_ONLY

if TYPE_CHECKING:
    from sizewise.domain.number import Array
    from sizewise.estimate.memory import MemoryTerms
    from sizewise.predict.speed_cases import Case, CaseGroup

USUAL_OUTPUT_TOKENS = 128.0
"""Output of a benchmark that does not say its length: the default of llama-bench. [tokens]"""
LAYERS_STATED = re.compile(r"^ngl=(\d+)$")
WHOLE = frozenset({"", "full", "unknown"})
PARTIAL, EXPERTS = "partial", "experts"
"""As many blocks on the device as fit; all routed experts in host memory."""


def check_offload(case: Case) -> None:
    """Nothing if the question's `offload` can be answered.

    Raises: BadInput for a word that is not known, or an engine that keeps everything on the devices.
    """
    given = case.question.get("offload", "")
    if given in WHOLE | HOST_ONLY:
        return
    if given not in {PARTIAL, EXPERTS} and not LAYERS_STATED.match(given):
        raise BadInput("offload '{given}' is not known; one of full, none, cpu, partial, experts, ngl=N, or empty",
                       given=given)  # fmt: skip
    if not case.engine.can_offload:
        raise BadInput("{engine} keeps the whole model on the devices; offload '{given}' is for llama.cpp",
                       engine=case.engine.name, given=given)  # fmt: skip


def group_memory(group: CaseGroup) -> MemoryTerms:
    """Memory of every case with one sequence of its length, everything on the devices."""
    engine, cache_bytes = group.cases[0].engine, group.per_case(lambda case: case.cache_bytes)
    tokens = group.numbers("depth_tokens", 0.0) + group.numbers("prompt_tokens", 0.0)
    tokens = tokens + group.numbers("generated_tokens", USUAL_OUTPUT_TOKENS)
    return memory_terms(
        engine.memory_rule,
        weights=group.weights,
        models=group.models,
        machines=group.machines,
        engine=engine,
        context_tokens=np.maximum(tokens, group.numbers("context_tokens", 0.0)),
        k_bytes_per_element=cache_bytes[:, 0],
        v_bytes_per_element=cache_bytes[:, 1],
        split="tensor" if group.key.split == "row" else group.key.split,
    )


def is_shared(case: Case) -> bool:
    """Does the question put a part into host memory? A device without memory of its own has no other place."""
    return case.question.get("offload", "") not in WHOLE | HOST_ONLY and not case.machine.device.is_unified


def on_host_of(group: CaseGroup) -> OnHost | None:
    """Shares in host memory of every case; None where no question puts anything there."""
    if not any(is_shared(case) for case in group.cases):
        return None
    layers = np.asarray(group.models.num_layers, dtype=np.float64)
    placed = max_device_layers(
        group_memory(group), weights=group.weights, num_layers=layers, num_sequences=1.0
    )
    stated = group.per_case(_layers_stated)
    on_device = np.where(np.isnan(stated), placed.device_layers, np.minimum(stated, layers))
    by_layers = group.per_case(lambda case: is_shared(case) and case.question["offload"] != EXPERTS)
    by_experts = group.per_case(lambda case: is_shared(case) and case.question["offload"] == EXPERTS)
    blocks: Array = np.where(by_layers, 1.0 - on_device / layers, 0.0)
    return OnHost(blocks, np.where(by_experts, 1.0, blocks))


def _layers_stated(case: Case) -> float:
    match = LAYERS_STATED.match(case.question.get("offload", ""))
    return float(match.group(1)) if match else float("nan")
