"""One function for each verb of the user; the only thing that shells call."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sizewise.advisor.around_answer import cost_around, load_curve
    from sizewise.advisor.capacity_plan import LoadQuestion, capacity
    from sizewise.advisor.comparison import compare
    from sizewise.advisor.computer import hardware
    from sizewise.advisor.cost_question import CostQuestion
    from sizewise.advisor.curve import quality_curve
    from sizewise.advisor.decision_record import asked_question, load_decision, recheck, save_decision
    from sizewise.advisor.deployment_cost import cost
    from sizewise.advisor.evaluation import evaluate, kept_answers
    from sizewise.advisor.evaluation_question import EvaluateQuestion
    from sizewise.advisor.facts import (
        accuracy,
        catalog_check,
        catalog_list,
        catalog_show,
        exchange_rate,
        known_model,
        predict,
    )
    from sizewise.advisor.fitting import fit
    from sizewise.advisor.guidance import check_answer, guide_questions, guided
    from sizewise.advisor.own_store import store_export, store_forget, store_import, store_show
    from sizewise.advisor.portfolio_plan import portfolio
    from sizewise.advisor.portfolio_traffic import TrafficQuestion
    from sizewise.advisor.question import Question
    from sizewise.advisor.recommendation import recommend
    from sizewise.advisor.reporting import report
    from sizewise.advisor.tier_table import rule_of_thumb, tiers
    from sizewise.advisor.verification import verify

HOMES = {
    "CostQuestion": "cost_question",
    "EvaluateQuestion": "evaluation_question",
    "LoadQuestion": "capacity_plan",
    "Question": "question",
    "TrafficQuestion": "portfolio_traffic",
    "accuracy": "facts",
    "asked_question": "decision_record",
    "capacity": "capacity_plan",
    "catalog_check": "facts",
    "catalog_list": "facts",
    "catalog_show": "facts",
    "check_answer": "guidance",
    "compare": "comparison",
    "cost": "deployment_cost",
    "cost_around": "around_answer",
    "evaluate": "evaluation",
    "exchange_rate": "facts",
    "fit": "fitting",
    "guide_questions": "guidance",
    "guided": "guidance",
    "hardware": "computer",
    "kept_answers": "evaluation",
    "known_model": "facts",
    "load_curve": "around_answer",
    "load_decision": "decision_record",
    "portfolio": "portfolio_plan",
    "predict": "facts",
    "quality_curve": "curve",
    "recheck": "decision_record",
    "recommend": "recommendation",
    "report": "reporting",
    "rule_of_thumb": "tier_table",
    "save_decision": "decision_record",
    "store_export": "own_store",
    "store_forget": "own_store",
    "store_import": "own_store",
    "store_show": "own_store",
    "tiers": "tier_table",
    "verify": "verification",
}
"""Module of each verb: imported when it is called, so that one verb does not pay for the others."""

__all__ = [
    "CostQuestion",
    "EvaluateQuestion",
    "LoadQuestion",
    "Question",
    "TrafficQuestion",
    "accuracy",
    "asked_question",
    "capacity",
    "catalog_check",
    "catalog_list",
    "catalog_show",
    "check_answer",
    "compare",
    "cost",
    "cost_around",
    "evaluate",
    "exchange_rate",
    "fit",
    "guide_questions",
    "guided",
    "hardware",
    "kept_answers",
    "known_model",
    "load_curve",
    "load_decision",
    "portfolio",
    "predict",
    "quality_curve",
    "recheck",
    "recommend",
    "report",
    "rule_of_thumb",
    "save_decision",
    "store_export",
    "store_forget",
    "store_import",
    "store_show",
    "tiers",
    "verify",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the verbs
    """Import a verb when it is first asked for."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    globals()[name] = found
    return found
