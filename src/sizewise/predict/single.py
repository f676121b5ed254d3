"""Speed of one stream: answers to the questions of kind `single`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sizewise.catalog.speed_constants import band
from sizewise.estimate.memory import memory_terms, required_bytes
from sizewise.estimate.speed import step_s
from sizewise.predict.speed_cases import Case, CaseGroup, group_coefficients, group_terms, grouped_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array
    from sizewise.estimate.speed import SpeedCoefficients

USUAL_PROMPT_TOKENS = 512.0
"""Prompt of a benchmark that does not say its length: the default of llama-bench. [tokens]"""
USUAL_OUTPUT_TOKENS = 128.0
"""Output of a benchmark that does not say its length: the default of llama-bench. [tokens]"""


def predict_single(
    questions: Sequence[Mapping[str, str]], catalog: Catalog
) -> tuple[list[dict[str, Any]], list[str]]:
    """Tokens per second with its 80 % range, and whether the model fits, in the order of the questions.

    What names something unknown is blank and leaves one warning line.
    """
    return grouped_answers(questions, catalog, _group_answers)


def _group_answers(group: CaseGroup) -> list[dict[str, Any]]:
    rates = group_tokens_per_s(group, group_coefficients(group)).tolist()
    answers = []
    for case, rate, fit in zip(group.cases, rates, group_fits(group).tolist(), strict=True):
        verdict = {} if case.question.get("offload") == "none" else {"fits": bool(fit)}
        answers.append(_answer(case, rate) | verdict)
    return answers


def _answer(case: Case, rate: float) -> dict[str, Any]:
    """The rate and its range; prefill over a row split depends on the host's links, which no question names."""
    if case.split == "row" and case.question["phase"] != "decode":
        return {}
    factors = band(
        case.engine.name,
        case.machine.device,
        _phase(case),
        "moe" if case.model.experts else "dense",
        model_family=case.model.family,
    )
    return {
        "low": rate * factors.factor_low,
        "likely": rate,
        "high": rate * factors.factor_high,
    }


def _phase(case: Case) -> str:
    return "prefill" if case.question["phase"] == "prefill" else "decode"


def group_fits(group: CaseGroup) -> Array:
    """Does each case start with one sequence of its length, everything on the devices?"""
    engine, cache_bytes = group.cases[0].engine, group.per_case(lambda case: case.cache_bytes)
    tokens = group.numbers("depth_tokens", 0.0) + group.numbers("prompt_tokens", 0.0)
    tokens = tokens + group.numbers("generated_tokens", USUAL_OUTPUT_TOKENS)
    terms = memory_terms(
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
    return np.asarray(required_bytes(terms, 1.0) <= terms.budget)


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
    terms, text = group_terms(group, constants, context_tokens=held_tokens(group), input_tokens=prompt)
    step, read_s = step_s(terms, 1.0), text.total_s
    whole_s = read_s + output * step
    return np.select(
        [phase == "decode", phase == "prefill"], [1 / step, prompt / read_s], (prompt + output) / whole_s
    )
