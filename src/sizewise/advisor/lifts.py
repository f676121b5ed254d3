"""What would lift a refusal: the nearest change that makes the option pass, each verified by the same evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.trial import trial
from sizewise.decide import wording
from sizewise.decide.candidates import EIGHT_BIT_CACHES
from sizewise.decide.nearest import STAGES
from sizewise.domain.text import T
from sizewise.units import format_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.space import Row
    from sizewise.catalog import Catalog
    from sizewise.decide.evaluate import Evaluated
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text, Value

NOTHING = ""
"""What lifts an option that passes."""
NOTHING_KNOWN = T("none of the small changes that were tried is enough")
SMALLEST_CONTEXT_TOKENS = 1024
PATIENCE = (
    (2.0, T("twice the waiting times")),
    (5.0, T("five times the waiting times")),
    (10.0, T("ten times the waiting times")),
)
"""Longer latency targets that are tried."""


def lift(
    catalog: Catalog, request: Request, row: Row, machine: Machine, binding: str, values: Evaluated
) -> Value:
    """The nearest single change after which this model, format and engine pass the gate that stops them."""
    if binding == "":
        return NOTHING
    if binding == "quality":
        return T("a lower bar, or a test on your own prompts")
    if binding == "budget":
        return budget_lift(values, request)
    fixed = replace(
        request,
        filters=replace(
            request.filters,
            models=(row.model.name,),
            quantizations=(row.quantization.name,),
            engines=(row.engine.name,),
        ),
    )
    carried = int(values.num_users[0]) if np.isfinite(values.num_users[0]) else 0
    for text, changed, machines in changes(fixed, row, machine, binding, carried):
        tried = trial(catalog, changed, [row.model], machines)
        if tried is not None and STAGES.index(binding) < int(tried.stages[tried.best()]):
            return text
    return NOTHING_KNOWN


def budget_lift(values: Evaluated, request: Request) -> Text:
    """How much more money it takes."""
    excess = float(values.monthly_usd[0]) - request.limits.monthly_budget_usd
    if 0 < excess < float("inf"):
        return T("{amount} a month more", amount=wording.money(excess))
    return T("a larger upfront budget, or a price for this hardware")


def changes(
    request: Request, row: Row, machine: Machine, binding: str, carried: int
) -> Iterator[tuple[Text, Request, list[Machine]]]:
    """Single changes in the order in which people would rather make them.

    `carried`: users that one replica carries. [users]
    """
    load = request.workload
    if binding == "memory":
        needed = int(load.input_tokens + load.output_tokens)
        context = load.context_tokens // 2
        while context >= max(needed, SMALLEST_CONTEXT_TOKENS):
            shorter = replace(load, context_tokens=context)
            yield (
                T("a context of {n} tokens", n=format_tokens(context)),
                replace(request, workload=shorter),
                [machine],
            )
            context //= 2
        for kv_type in row.engine.kv_types:
            if kv_type in EIGHT_BIT_CACHES and request.kv_type not in EIGHT_BIT_CACHES:
                yield (
                    T("the KV cache in {kv_type}", kv_type=kv_type),
                    replace(request, kv_type=kv_type),
                    [machine],
                )
    if binding == "speed" and load.num_users > 1:
        fewer = max(1, min(carried, int(load.num_users) - 1))
        text = (
            T("one user at a time") if fewer == 1 else T("at most {n} users at the same time", n=str(fewer))
        )
        yield text, replace(request, workload=replace(load, num_users=fewer)), [machine]
    if not machine.device.is_unified and row.engine.split != "none":
        for count in range(machine.num_devices + 1, request.limits.max_devices + 1):
            bigger = replace(machine, num_devices=count, is_owned=True, num_available=count)
            yield T("{n} of these devices together", n=str(count)), request, [bigger]
    if binding == "speed":
        for factor, text in PATIENCE:
            patient = replace(load, max_tpot_s=load.max_tpot_s * factor, max_ttft_s=load.max_ttft_s * factor)
            yield text, replace(request, workload=patient), [machine]
