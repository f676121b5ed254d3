"""Inputs that are moved in steps until another option takes over: people, context, quality bar, budget."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.decide import wording
from sizewise.domain.text import T
from sizewise.units import format_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.advisor.flip_field import Answer, Field, Winner
    from sizewise.domain.decision import Option
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text

CONTEXT_STEP_TOKENS = 256
BAR_STEP = 0.5
"""[points]"""
MOST_USERS, MOST_CONTEXT, MOST_POINTS = 10**6, 2**20, 100.0
"""How far inputs are moved. [users, tokens, points]"""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One input that moves away from its value in whole steps."""

    name: str
    input: Text
    value: Callable[[int], float]
    """Steps from the asked value to a value; step 0 is the asked one."""
    request: Callable[[float], Request]
    words: Callable[[float, float], Text]
    """Threshold between the last value that stays and the first that turns."""
    most_steps: int
    is_money: bool = False
    """Does it change costs alone? Then the answer passes its gates as long as there is no budget."""

    def last_step(self, field: Field, alone: Answer, now: str) -> int | None:
        """The last step at which the answer stays, by doubling and halving; None where it never turns.

        First the step until which the answer passes its own gates, which is cheap to find; where the frontier does not
        prefer something else before, that is it. Then the step at which the option preferred there overtakes the
        answer, if nothing else does before. Otherwise one crossing between the last doubling that stays and the first
        that turns. The caller verifies it.
        """
        if self.most_steps < 1:
            return None
        own = None
        if not self.is_money or math.isfinite(self._at(0).limits.monthly_budget_usd):
            own = _last(lambda step: alone.passes(self._at(step)), self.most_steps)
        most = self.most_steps if own is None else own
        if most == 0:
            return own
        rival = field.winner(self._at(most))
        if rival.name == now:
            return own
        overtaken = self._overtaken(field, rival, now, most)
        return _last(lambda step: self._stays(field, step, now), most) if overtaken is None else overtaken

    def _overtaken(self, field: Field, rival: Winner, now: str, most: int) -> int | None:
        """The last step before the rival overtakes the answer, where the field agrees; None where it does not."""
        asked = field.winner(self._at(0))
        if not rival.name or asked.name != now:
            return None
        duel = field.duel(asked, rival)
        step = _last(lambda step: self._stays(duel, step, now), most)
        if step is None or not self._stays(field, step, now) or self._stays(field, step + 1, now):
            return None
        return step

    def _stays(self, field: Field, step: int, now: str) -> bool:
        return field.winner(self._at(step)).name == now

    def _at(self, step: int) -> Request:
        return self.request(self.value(step))


def _last(holds: Callable[[int], bool], most: int) -> int | None:
    """The last step at which something holds before it no longer does; None where it holds until the end.

    >>> _last(lambda step: step < 6, 100), _last(lambda step: True, 100)
    (5, None)
    """
    low, high = 0, 1
    while high <= most and holds(high):
        low, high = high, high * 2
    if high > most:
        high = most
        if low >= high or holds(high):
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def changes(request: Request, answer: Option) -> Iterator[Change]:
    """Every input that is moved."""
    yield _more_users(request)
    yield _fewer_users(request)
    yield _context(request)
    yield _bar(request)
    yield from _budget(request, answer)


def _with_users(request: Request, users: float) -> Request:
    return replace(request, workload=replace(request.workload, num_users=users))


def _more_users(request: Request) -> Change:
    asked = round(request.workload.num_users)
    return Change(
        name="users",
        input=T("people at the same time"),
        value=lambda step: float(asked + step),
        request=lambda users: _with_users(request, users),
        words=lambda stays, _: T("above {n}", n=f"{stays:,.0f}"),
        most_steps=MOST_USERS - asked,
    )


def _fewer_users(request: Request) -> Change:
    asked = round(request.workload.num_users)
    return Change(
        name="users",
        input=T("people at the same time"),
        value=lambda step: float(asked - step),
        request=lambda users: _with_users(request, users),
        words=lambda stays, _: T("below {n}", n=f"{stays:,.0f}"),
        most_steps=asked - 1,
    )


def _context(request: Request) -> Change:
    asked = request.workload.context_tokens
    return Change(
        name="context",
        input=T("context"),
        value=lambda step: float(asked + step * CONTEXT_STEP_TOKENS),
        request=lambda tokens: replace(
            request, workload=replace(request.workload, context_tokens=int(tokens))
        ),
        words=lambda stays, _: T("above {n} tokens", n=format_tokens(stays)),
        most_steps=(MOST_CONTEXT - asked) // CONTEXT_STEP_TOKENS,
    )


def _bar(request: Request) -> Change:
    plain = replace(request.bar, reference="", kind="number", margin=0.0)
    start = math.ceil(request.bar.value / BAR_STEP) * BAR_STEP
    return Change(
        name="min_quality",
        input=T("quality bar"),
        value=lambda step: start + step * BAR_STEP,
        request=lambda points: replace(request, bar=replace(plain, value=points)),
        words=lambda stays, _: T("above {n} points", n=f"{stays:g}"),
        most_steps=int((MOST_POINTS - start) / BAR_STEP) if math.isfinite(start) else 0,
    )


def _budget(request: Request, answer: Option) -> Iterator[Change]:
    """Below its own cost the answer is out; an answer on hardware at hand costs too little to ask."""
    cost = getattr(answer.monthly_usd, "likely", 0.0)
    if answer.deployment.path == "owned" or not cost > 0:
        return
    values = (round(cost * 1.02, 2), round(cost * 1.01, 2), round(cost * 0.99, 2))
    yield Change(
        name="monthly_budget",
        input=T("monthly budget"),
        value=lambda step: values[step],
        request=lambda usd: replace(request, limits=replace(request.limits, monthly_budget_usd=usd)),
        words=lambda stays, turns: T("below {amount}", amount=wording.money((stays + turns) / 2)),
        most_steps=2,
    )
