"""Speed of one stream: answers to the questions of kind `single`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.catalog.speed_constants import Band, band
from sizewise.estimate.memory import required_bytes
from sizewise.estimate.offload import (
    OFFLOAD_FACTORS,
    USUAL_HOST_BANDWIDTH_BYTES_PER_S,
    copied_weights_s,
    offloaded_token_s,
)
from sizewise.estimate.speed import step_s
from sizewise.predict.single_memory import (
    USUAL_OUTPUT_TOKENS,
    check_offload,
    group_memory,
    is_shared,
    on_host_of,
)
from sizewise.predict.speed_cases import (
    HOST_ONLY,
    Case,
    CaseGroup,
    Prompts,
    group_coefficients,
    group_terms,
    grouped_answers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array
    from sizewise.estimate.speed import SpeedCoefficients

USUAL_PROMPT_TOKENS = 512.0
"""Prompt of a benchmark that does not say its length: the default of llama-bench. [tokens]"""


def predict_single(
    questions: Sequence[Mapping[str, str]], catalog: Catalog
) -> tuple[list[dict[str, Any]], list[str]]:
    """Tokens per second with its 80 % range, and whether the model fits, in the order of the questions.

    What names something unknown is blank and leaves one warning line.
    """
    return grouped_answers(questions, catalog, _group_answers, check=check_offload)


def _group_answers(group: CaseGroup) -> list[dict[str, Any]]:
    rates = group_tokens_per_s(group, group_coefficients(group)).tolist()
    terms = group_memory(group)
    fits = np.asarray(required_bytes(terms, 1.0) <= terms.budget).tolist()
    answers = []
    for case, rate, fit in zip(group.cases, rates, fits, strict=True):
        is_whole = not is_shared(case) and case.question.get("offload", "") not in HOST_ONLY
        answers.append(_answer(case, rate) | ({"fits": fit} if is_whole else {}))
    return answers


def _answer(case: Case, rate: float) -> dict[str, Any]:
    """The rate and its range; prefill over a row split depends on the host's links, which no question names."""
    if case.split == "row" and case.question["phase"] != "decode":
        return {}
    factors = _band(case)
    return {
        "low": rate * factors.factor_low,
        "likely": rate,
        "high": rate * factors.factor_high,
    }


def _band(case: Case) -> Band:
    """Of its engine, class and phase; wider where a part lies in a host that nobody described."""
    kind = "moe" if case.model.experts else "dense"
    found = band(case.engine.name, case.machine.device, _phase(case), kind, model_family=case.model.family)
    if not is_shared(case):
        return found
    low, high = OFFLOAD_FACTORS
    return Band(min(found.factor_low, low), max(found.factor_high, high), "assumed")


def _phase(case: Case) -> str:
    return "prefill" if case.question["phase"] == "prefill" else "decode"


def prompt_tokens(group: CaseGroup) -> Array:
    """Prompt of every case. [tokens]"""
    return np.asarray(np.maximum(group.numbers("prompt_tokens", USUAL_PROMPT_TOKENS), 1.0))


def held_tokens(group: CaseGroup) -> Array:
    """What the cache holds on average while every case writes. [tokens]"""
    is_decode = group.per_case(lambda case: case.question["phase"]) == "decode"
    held = np.where(is_decode, group.numbers("depth_tokens", 0.0), prompt_tokens(group))
    held = held + group.numbers("generated_tokens", USUAL_OUTPUT_TOKENS) / 2
    return np.asarray(np.minimum(held, group.numbers("context_tokens", np.inf)))


def group_tokens_per_s(group: CaseGroup, constants: SpeedCoefficients) -> Array:
    """Rate of every case: of decoding, of prefill, or of prompt and output over the whole time. [tokens/s]"""
    phase = group.per_case(lambda case: case.question["phase"])
    prompt, output = prompt_tokens(group), group.numbers("generated_tokens", USUAL_OUTPUT_TOKENS)
    terms, text = group_terms(group, constants, context_tokens=held_tokens(group), prompts=Prompts(prompt))
    step, read_s = step_s(terms, 1.0), text.total_s
    on_host = on_host_of(group)
    if on_host is not None:
        step = offloaded_token_s(
            terms,
            weights=group.weights,
            models=group.models,
            on_host=on_host,
            host_bandwidth_bytes_per_s=USUAL_HOST_BANDWIDTH_BYTES_PER_S,
        )
        read_s = read_s + copied_weights_s(
            weights=group.weights,
            models=group.models,
            machines=group.machines,
            on_host=on_host,
            input_tokens=prompt,
            chunk_tokens=constants.chunk_tokens,
        )
    whole_s = read_s + output * step
    return np.select(
        [phase == "decode", phase == "prefill"], [1 / step, prompt / read_s], (prompt + output) / whole_s
    )
