"""`recommend --verify`: the options of a decision that this computer itself can run, tried one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.advisor.verification import verify
from sizewise.advisor.verify_runs import LLAMACPP
from sizewise.catalog import load_catalog
from sizewise.errors import NotSupported
from sizewise.proof.probe import this_computer

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.decision import Decision
    from sizewise.domain.proof_answers import VerifyAnswer, VerifyPlan


def verified(
    decision: Decision, *, uses_store: bool = True, agree: Callable[[VerifyPlan], bool] | None = None
) -> tuple[VerifyAnswer, ...]:
    """Each option on the processor of this computer with the engine that can be run, beside its prediction.

    Raises: NotSupported where no option is one of those.
    """
    here = this_computer(load_catalog()).machines[-1].device.name
    chosen = [one.deployment for one in decision.options if one.deployment.device == here]
    able = [one for one in chosen if one.engine == LLAMACPP]
    if not able:
        raise NotSupported(
            "none of the options runs on this computer with {engine}; add --device this --engine {engine}, "
            "or name a model to sizewise verify",
            engine=LLAMACPP,
        )
    answers = (
        verify(
            one.model, quantization=one.quantization, context=one.context_tokens, kv_type=one.kv_type,
            uses_store=uses_store, agree=agree,
        )
        for one in able
    )  # fmt: skip
    return tuple(answer for answer in answers if answer is not None)
