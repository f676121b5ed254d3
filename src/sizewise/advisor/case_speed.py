"""Rates of one case at a depth and for a prompt that a measurement names: the formulas of the search, on one pair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.fit_terms import cache_bytes
from sizewise.advisor.options import ranged
from sizewise.advisor.space import Row
from sizewise.catalog.speed_constants import coefficients
from sizewise.domain.estimate import Unknown
from sizewise.errors import NotSupported
from sizewise.estimate.columns import first_value
from sizewise.estimate.prefill import prefill
from sizewise.estimate.speed import step_s, step_terms

if TYPE_CHECKING:
    from sizewise.advisor.fit_terms import Case
    from sizewise.domain.estimate import Estimate
    from sizewise.estimate.speed import SpeedCoefficients, StepTerms

NOT_KNOWN = Unknown(reason="no speed is known for this engine")


def decode_at(case: Case, held_tokens: float) -> Estimate | Unknown:
    """One stream alone that holds so many tokens. [tokens/s]"""
    constants = _constants(case)
    if constants is None:
        return NOT_KNOWN
    terms = terms_of_case(case, constants, held_tokens)
    return ranged(1.0 / first_value(step_s(terms, 1.0)), _row(case), case.machine, "decode")


def terms_of_case(case: Case, constants: SpeedCoefficients, held_tokens: float) -> StepTerms:
    """Terms of a decode step of sequences that hold so many tokens each. [s]"""
    models, weights, machines = case.columns
    k_bytes, v_bytes = cache_bytes(case.kv_type)
    return step_terms(
        models=models, weights=weights, machines=machines, coefficients=constants, context_tokens=held_tokens,
        k_bytes_per_element=k_bytes, v_bytes_per_element=v_bytes, split=case.split,
    )  # fmt: skip


def prefill_at(case: Case, prompt_tokens: float) -> Estimate | Unknown:
    """A prompt of so many tokens, read on an idle machine. [tokens/s]"""
    constants = _constants(case)
    if constants is None:
        return NOT_KNOWN
    models, weights, machines = case.columns
    text = prefill(
        models=models, weights=weights, machines=machines, coefficients=constants, input_tokens=prompt_tokens,
        split=case.split,
    )  # fmt: skip
    return ranged(prompt_tokens / first_value(text.total_s), _row(case), case.machine, "prefill")


def _constants(case: Case) -> SpeedCoefficients | None:
    try:
        return coefficients(case.engine.name, [case.machine.device], case.quantization.speed_class)
    except NotSupported:
        return None


def _row(case: Case) -> Row:
    return Row(model=case.model, quantization=case.quantization, engine=case.engine)
