"""Then and now: what changed between two answers to the same question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.decide.wording import money, option_name, percent, points
from sizewise.domain.decision import ApiOption, Option
from sizewise.domain.estimate import Estimate
from sizewise.domain.record import FALLS, PASSES, STANDS, Change
from sizewise.domain.text import T
from sizewise.units import format_bytes, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.domain.decision import Decision
    from sizewise.domain.estimate import Unknown
    from sizewise.domain.text import Text, Value

SAME_RATIO = 0.01
"""A figure that moved less than this has not changed. [ratio]"""


def choice(option: Option | ApiOption) -> tuple[object, ...]:
    """What makes two options the same choice; engine versions and batch sizes do not."""
    if isinstance(option, ApiOption):
        return (option.model, option.provider)
    deployment = option.deployment
    return (
        deployment.model,
        deployment.quantization,
        deployment.engine,
        deployment.device,
        deployment.num_devices,
        deployment.replicas,
        deployment.path,
    )


def outcome(then: Decision, now: Decision, kept: Option | ApiOption | None) -> str:
    """stands, passes or falls.

    Arguments: `kept` the same choice evaluated with today's facts, None where it passes no longer.
    """
    if then.choice is None:
        return STANDS if now.choice is None else FALLS
    if now.choice is not None and choice(now.choice) == choice(then.choice):
        return STANDS
    return PASSES if kept is not None else FALLS


def recheck_verdict(result: str, then: Decision, now: Decision) -> Text:
    """The outcome in one sentence."""
    if then.choice is None:
        if now.choice is None:
            return T("Still nothing satisfies the request.")
        return T("Now there is an answer: {option}.", option=option_name(now.choice))
    old = option_name(then.choice)
    if result == STANDS:
        return T("The choice still stands: {option}.", option=old)
    if now.choice is None:
        return T("The choice no longer stands: {option}. Nothing satisfies the request now.", option=old)
    new = option_name(now.choice)
    if result == PASSES:
        return T(
            "The choice still passes every gate, but {new} is preferred now over {old}.", new=new, old=old
        )
    return T("The choice no longer stands: {old}. Instead: {new}.", old=old, new=new)


def changes(then: Decision, now: Decision, kept: Option | ApiOption | None) -> tuple[Change, ...]:
    """Versions and dates that differ, and figures of the old choice that moved by more than 1 %."""
    return tuple(
        change
        for change in (
            *_circumstances(then, now),
            *(_figures(then.choice, kept) if then.choice and kept else ()),
        )
        if change.then != change.now
    )


def _circumstances(then: Decision, now: Decision) -> Iterator[Change]:
    yield Change(name=T("version"), then=then.version, now=now.version)
    yield Change(name=T("date of the facts"), then=then.facts_date, now=now.facts_date)
    yield Change(name=T("options evaluated"), then=f"{then.num_candidates:,}", now=f"{now.num_candidates:,}")


def _figures(then: Option | ApiOption, now: Option | ApiOption) -> Iterator[Change]:
    if isinstance(then, Option) and isinstance(now, Option):
        yield from _machine_figures(then, now)
    yield from _moved(T("quality"), then.quality, now.quality, points)
    yield from _moved(
        T("chance of being good enough"),
        Estimate.exactly(max(then.pass_probability, 0.0)),
        Estimate.exactly(max(now.pass_probability, 0.0)),
        percent,
    )
    yield from _moved(T("cost a month"), then.monthly_usd, now.monthly_usd, money)


def _machine_figures(then: Option, now: Option) -> Iterator[Change]:
    yield Change(
        name=T("engine version"), then=then.deployment.engine_version, now=now.deployment.engine_version
    )
    yield from _moved(T("memory"), then.memory_bytes, now.memory_bytes, format_bytes)
    yield from _moved(T("memory left"), _left(then), _left(now), format_bytes)
    yield from _moved(T("speed alone"), then.decode_tokens_per_s, now.decode_tokens_per_s, _rate)


def _left(option: Option) -> Estimate:
    """Memory that the likely value leaves. [bytes]"""
    return Estimate.exactly(option.usable_bytes - option.memory_bytes.likely, option.memory_bytes.basis)


def _rate(value: float) -> Value:
    return T("{n} tokens/s", n=significant(value))


def _moved(
    name: Text, then: Estimate | Unknown, now: Estimate | Unknown, show: Callable[[float], Value]
) -> Iterator[Change]:
    if isinstance(then, Estimate) and isinstance(now, Estimate):
        if abs(now.likely - then.likely) > SAME_RATIO * abs(then.likely):
            yield Change(name=name, then=show(then.likely), now=show(now.likely))
        return
    yield Change(name=name, then=_known(then, show), now=_known(now, show))


def _known(figure: Estimate | Unknown, show: Callable[[float], Value]) -> Value:
    return show(figure.likely) if isinstance(figure, Estimate) else T("unknown")
