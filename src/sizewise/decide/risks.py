"""What could go wrong with a choice, read from the ends of its ranges and the evidence behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.decide.wording import money, percent
from sizewise.domain.estimate import Estimate
from sizewise.domain.text import T
from sizewise.units import format_bytes, significant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.decision import Option
    from sizewise.domain.text import Text

TESTED = frozenset({"own", "direct"})
"""Grades of evidence that rest on a test of this very model."""
SURE = 0.95
"""Chance of being good enough from which it is no risk worth a line. Assumed."""
WIDE_RATIO = 2.0
"""High end over likely value from which a cost or a waiting time may surprise. Assumed."""


def risks(option: Option) -> tuple[Text, ...]:
    """Risks of a chosen option, the gravest first; none where every range stays clear of its limit."""
    return (*_memory_risk(option), *_quality_risk(option), *_speed_risk(option), *_cost_risk(option))


def _memory_risk(option: Option) -> Iterator[Text]:
    excess = option.memory_bytes.high - option.usable_bytes
    if excess > 0:
        yield T(
            "Memory: at the high end of its range {excess} are missing; a shorter text or a smaller cache helps.",
            excess=format_bytes(excess),
        )


def _quality_risk(option: Option) -> Iterator[Text]:
    if option.pass_probability < SURE:
        yield T(
            "Quality: {chance} likely to be good enough; a test on your own prompts settles it.",
            chance=percent(option.pass_probability),
        )
    if option.quality_evidence not in TESTED:
        yield T("Quality: no independent test of exactly this model is known for the task.")


def _speed_risk(option: Option) -> Iterator[Text]:
    wait = option.ttft_s
    if isinstance(wait, Estimate) and wait.high > WIDE_RATIO * wait.likely:
        yield T(
            "Waiting: the first word may take {wait} s under the asked load; measure it when it runs.",
            wait=significant(wait.high, 2),
        )


def _cost_risk(option: Option) -> Iterator[Text]:
    cost = option.monthly_usd
    if isinstance(cost, Estimate) and cost.high > WIDE_RATIO * cost.likely:
        yield T(
            "Cost: up to {cost} a month at the high end of prices, power and people.", cost=money(cost.high)
        )
