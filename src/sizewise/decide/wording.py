"""Sentences about options: what binds, by how much, and what it costs. Texts are translated where they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.domain.decision import ApiOption
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import Money, T
from sizewise.units import format_bytes, format_seconds, significant

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment, Option
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text, Value

SAME_USD = 1.0
"""A smaller difference is none. [USD/month]"""


def money(usd: float) -> Money:
    """An amount inside a sentence, shown in the currency of the reader."""
    return Money(usd)


def points(value: float) -> str:
    """Quality points: no decimals beyond the evidence."""
    return f"{value:.0f}"


def percent(ratio: float) -> str:
    """A probability or share; never quite none or all, which no evidence supports.

    >>> percent(0.834), percent(1.0), percent(0.002)
    ('83 %', '>99 %', '<1 %')
    """
    if ratio > 0.99:  # noqa: PLR2004 - the last whole percent
        return ">99 %"
    return "<1 %" if ratio < 0.01 else f"{100 * ratio:.0f} %"  # noqa: PLR2004 - the first whole percent


def hardware(device: str, count: int) -> str:
    """'2x NVIDIA GeForce RTX 3090'; one device without a count."""
    return device if count == 1 else f"{count}x {device}"


def machine_name(machine: Machine) -> str:
    """A machine as people name it."""
    return hardware(machine.device.name, machine.num_devices)


def option_name(option: Option | ApiOption) -> Text:
    """What is chosen, in one phrase: a deployment, or a model behind an API."""
    if isinstance(option, ApiOption):
        return api_name(option.model, option.provider)
    return deployment_name(option.deployment)


def api_name(model: str, provider: str) -> Text:
    """A model behind an API."""
    return T("{model} through the API of {provider}", model=model, provider=provider)


def deployment_name(deployment: Deployment) -> Text:
    """model, format, engine and hardware in one phrase."""
    each = hardware(deployment.device, deployment.num_devices)
    if deployment.replicas == 1:
        return T(
            "{model} in {quantization} with {engine} on {hardware}",
            model=deployment.model, quantization=deployment.quantization, engine=deployment.engine, hardware=each,
        )  # fmt: skip
    return T(
        "{model} in {quantization} with {engine} on {replicas} machines of {hardware}",
        model=deployment.model, quantization=deployment.quantization, engine=deployment.engine,
        replicas=str(deployment.replicas), hardware=each,
    )  # fmt: skip


def memory_shortfall(shortfall_bytes: float, usable_bytes: float, machine: Machine) -> Text:
    """What is missing on the fullest device."""
    return T(
        "short by {missing} of memory ({usable} usable) on {machine}",
        missing=format_bytes(shortfall_bytes), usable=format_bytes(usable_bytes), machine=machine_name(machine),
    )  # fmt: skip


def speed_shortfall(decode_s: float, prefill_s: float, request: Request, machine: Machine) -> Text:
    """The latency target that even one user alone misses, or the load that no allowed number of machines carries."""
    load = request.workload
    if decode_s > load.max_tpot_s:
        return T(
            "writes {rate} tokens/s alone, {needed} asked, on {machine}",
            rate=significant(1 / decode_s), needed=significant(1 / load.max_tpot_s), machine=machine_name(machine),
        )  # fmt: skip
    if prefill_s + decode_s > load.max_ttft_s:
        return T(
            "first token after {wait}, {limit} asked, on {machine}",
            wait=format_seconds(prefill_s + decode_s), limit=format_seconds(load.max_ttft_s),
            machine=machine_name(machine),
        )  # fmt: skip
    return T(
        "does not carry {users} users within the latency targets on {machine}",
        users=f"{load.num_users:,.0f}", machine=machine_name(machine),
    )  # fmt: skip


def budget_shortfall(monthly_usd: float, request: Request) -> Text:
    """How much a budget is exceeded."""
    limit = request.limits.monthly_budget_usd
    if monthly_usd > limit:
        return T(
            "costs {cost} a month, {excess} above the budget",
            cost=money(monthly_usd),
            excess=money(monthly_usd - limit),
        )
    if request.limits.upfront_budget_usd < float("inf"):
        return T(
            "its purchase is above the upfront budget of {limit}",
            limit=money(request.limits.upfront_budget_usd),
        )
    return T("no price is known for it")


def quality_shortfall(mean: float, probability: float, request: Request) -> Text:
    """How far the quality is from the bar."""
    if not probability >= 0:
        return T("no evidence of its quality on this task: unknown never passes")
    return T(
        "quality {mean}, bar {bar}: {probability} likely to be enough",
        mean=points(mean), bar=points(request.bar.value), probability=percent(probability),
    )  # fmt: skip


def cost_difference(monthly_usd: float, answer_usd: float, *, is_same_model: bool) -> Text:
    """What an option that passes every gate costs more or less than the answer."""
    if monthly_usd - answer_usd >= SAME_USD:
        return T("passes every gate but costs {more} a month more", more=money(monthly_usd - answer_usd))
    if answer_usd - monthly_usd >= SAME_USD:
        return T("costs {less} a month less, a tie with the answer", less=money(answer_usd - monthly_usd))
    if is_same_model:
        return T(
            "passes every gate at the same cost; of equals, what you named comes first, then what keeps more bits"
        )
    return T("passes every gate at the same cost; the smaller sufficient model is preferred")


def verdict(answer: Option, request: Request, cost: Value) -> Text:
    """The answer in one plain sentence."""
    deployment, rate = answer.deployment, answer.loaded_tokens_per_s
    if request.workload.num_users == 1:
        return T(
            "Run {deployment}: it writes about {rate} tokens/s for one person, is {probability} likely to be good "
            "enough, and costs {cost}.",
            deployment=deployment_name(deployment), cost=cost,
            rate=significant(rate.likely, 2) if isinstance(rate, Estimate) else T("unknown"),
            probability=percent(answer.pass_probability),
        )  # fmt: skip
    return T(
        "Run {deployment}: it serves {users} at the same time at about {rate} tokens/s each, is {probability} likely "
        "to be good enough, and costs {cost}.",
        deployment=deployment_name(deployment), users=people(request.workload.num_users),
        rate=significant(rate.likely, 2) if isinstance(rate, Estimate) else T("unknown"),
        probability=percent(answer.pass_probability), cost=cost,
    )  # fmt: skip


def people(count: float) -> Text:
    """How many people."""
    return T("one person") if count == 1 else T("{n} people", n=f"{count:,.0f}")
