"""What surrounds an answer of `recommend`: latency over load, ways to pay over use, quality over cost.

Each asks the verb of its own (`capacity`, `cost`, `tiers`) about the chosen deployment under the asked load, so
that drawings show the numbers that those verbs print.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.api_path import requests_per_month
from sizewise.advisor.asking import ask
from sizewise.advisor.capacity_plan import Limits, LoadQuestion, prepared
from sizewise.advisor.cost_question import CostQuestion
from sizewise.advisor.deployment_cost import cost
from sizewise.catalog import load_catalog
from sizewise.decide.wording import hardware
from sizewise.domain.capacity import LoadCurve

if TYPE_CHECKING:
    from sizewise.advisor.question import Question
    from sizewise.domain.cost import CostAnswer
    from sizewise.domain.decision import Deployment, Option

NUM_POINTS = 32
"""Loads of a curve at most: people are whole. [count]"""
BEYOND = 1.25
"""A curve ends so far beyond the larger of what is carried and what is asked. [ratio]"""


def about(question: Question, deployment: Deployment) -> Question:
    """The question narrowed to one deployment."""
    return replace(
        question,
        model=(deployment.model,),
        quantization=(deployment.quantization,),
        engine=(deployment.engine,),
        device=(hardware(deployment.device, deployment.num_devices),),
    )


def load_curve(question: Question, deployment: Deployment, *, user_catalog: str | None = None) -> LoadCurve:
    """Percentiles of both latencies of one machine over the number of its users, by the closed forms of `capacity`.

    Raises: SizewiseError where the deployment is no longer known.
    """
    case, given, _ = prepared(about(question, deployment), LoadQuestion(), user_catalog=user_catalog)
    limits = Limits(case=case, replica=case.replica(given.inputs, given.outputs))
    most, workload = limits.num_users(), case.request.workload
    asked = workload.num_users / deployment.replicas
    loads = np.unique(np.rint(np.geomspace(1.0, max(BEYOND * max(most.likely, asked), 2.0), NUM_POINTS)))
    return LoadCurve(
        points=tuple(limits.by_users(float(num_users)) for num_users in loads),
        max_ttft_s=workload.max_ttft_s,
        max_tpot_s=workload.max_tpot_s,
        num_users=most,
        asked_users=asked,
    )


def cost_around(
    question: Question, answer: Option, currency: str, *, user_catalog: str | None = None
) -> CostAnswer:
    """Every way to pay for an answer at the requests that its users send, evenly over the hours of use.

    Raises: SizewiseError where the deployment is no longer known.
    """
    catalog = load_catalog()
    if user_catalog is not None:
        catalog = catalog.with_user_rows(user_catalog)
    sent = requests_per_month(ask(catalog, question).request, answer)
    narrowed = replace(about(question, answer.deployment), model=(), path=(), users=None)
    money = CostQuestion(currency=currency, requests=sent, settings={"peak": "1"})
    return cost(answer.deployment.model, narrowed, money, user_catalog=user_catalog)
