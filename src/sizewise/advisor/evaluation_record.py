"""What an evaluation leaves in the local store."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from sizewise.advisor.own_evidence import FAILED, PASSED, REFERENCE
from sizewise.catalog import load_catalog
from sizewise.domain.evaluation import NOBODY, NOT_WORSE, WORSE
from sizewise.errors import MissingExtra
from sizewise.proof.store.place import store_place
from sizewise.proof.store.records import Evaluation

if TYPE_CHECKING:
    from sizewise.advisor.evaluation_question import Plan
    from sizewise.domain.evaluation import EvaluationAnswer, Rate


def keep(answer: EvaluationAnswer, plan: Plan) -> bool:
    """Put the rates of what was named with --runs into the store; False where there is nothing, or no store."""
    named = [rate for rate in answer.rates if rate.name in plan.runs and rate.num_items]
    if not named or not answer.task:
        return False
    try:
        from sizewise.proof.store.writing import Store
    except MissingExtra:
        return False
    with Store(store_place(os.environ)) as store:
        store.add([_record(rate, answer, plan) for rate in named])
    return True


def _record(rate: Rate, answer: EvaluationAnswer, plan: Plan) -> Evaluation:
    from sizewise.proof.fingerprint import fingerprint
    from sizewise.proof.probe import this_computer

    machine = fingerprint(this_computer(load_catalog()))
    model, _, quantization = plan.runs[rate.name].partition("@")
    comparison = next((c for c in answer.comparisons if c.name == rate.name), None)
    report = {
        "verdict": answer.verdict, "outcome": _outcome(rate, answer), "margin": answer.margin,
        "reference": plan.runs.get(plan.reference, plan.reference), "prompts": answer.prompts,
        "rate": asdict(rate), "comparison": asdict(comparison) if comparison else None,
    }  # fmt: skip
    share = rate.share or 0.0
    return Evaluation(
        machine_id=machine.machine_id, machine=machine.machine, engine="", engine_version="", model=model,
        quantization=quantization, device="", task=answer.task, score=share, low=min(rate.low, share),
        high=max(rate.high, share), num_items=rate.num_items, report=report,
        settings={"max_tokens": plan.max_tokens, "temperature": plan.temperature},
    )  # fmt: skip


def _outcome(rate: Rate, answer: EvaluationAnswer) -> str:
    if answer.verdict == NOBODY:
        return FAILED
    comparison = next((c for c in answer.comparisons if c.name == rate.name), None)
    if comparison is None:
        return REFERENCE
    return {NOT_WORSE: PASSED, WORSE: FAILED}.get(comparison.outcome, "")
