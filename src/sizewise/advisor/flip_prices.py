"""Prices and hours that are moved in steps until another option takes over: electricity, use, rent, card."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.advisor.flip_changes import Change
from sizewise.advisor.own_prices import tariff_of
from sizewise.decide import wording
from sizewise.domain.text import T
from sizewise.units import HOURS_PER_MONTH, significant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sizewise.domain.decision import Option
    from sizewise.domain.device import Machine
    from sizewise.domain.request import Prices, Request
    from sizewise.domain.text import Text, Value

TARIFF_STEP_USD, MOST_TARIFF_USD = 0.005, 1.0
"""Electricity is moved by so much, up to the dearest that households pay anywhere. [USD/kWh]"""
PRICE_STEP_RATIO, LEAST_PRICE_RATIO, MOST_PRICE_RATIO = 0.01, 0.2, 5.0
"""Prices of devices are moved by so much of today's, between these ends. [ratio]"""
UTILISATION_STEP = 0.01
DIGITS = 4


def price_changes(request: Request, answer: Option, machine: Machine) -> Iterator[Change]:
    """Every price and the hours: up and down."""
    yield from _tariff(request)
    yield from _hours(request)
    yield from _utilisation(request)
    if machine.is_owned:
        return
    device = machine.device
    paths = {path for path in request.filters.paths if path != "owned"}
    rent, buy = device.rent_usd_per_hour, device.buy_usd
    pays = answer.deployment.path
    if "rent" in paths and rent > 0:
        yield _device_price(request, device.name, "rent", rent, is_up=pays == "rent")
    if "buy" in paths and buy > 0:
        yield _device_price(request, device.name, "buy", buy, is_up=pays == "buy")


def _tariff(request: Request) -> Iterator[Change]:
    asked = tariff_of(request)
    steps = {1: (MOST_TARIFF_USD - asked) / TARIFF_STEP_USD, -1: (asked - TARIFF_STEP_USD) / TARIFF_STEP_USD}
    for sign, most in steps.items():
        yield Change(
            name="electricity",
            input=T("price of electricity"),
            value=_moved(asked, sign * TARIFF_STEP_USD),
            request=lambda usd: replace(request, prices=replace(request.prices, tariff_usd_per_kwh=usd)),
            words=_beyond(sign, lambda usd: T("{n} USD/kWh", n=significant(usd))),
            most_steps=max(math.floor(most), 0),
            is_money=True,
        )


def _hours(request: Request) -> Iterator[Change]:
    asked = round(request.workload.active_hours_per_month)
    for sign, most in ((1, HOURS_PER_MONTH - asked), (-1, asked - 1)):
        yield Change(
            name="hours",
            input=T("hours of use a month"),
            value=_moved(float(asked), float(sign)),
            request=lambda hours: replace(
                request, workload=replace(request.workload, active_hours_per_month=hours)
            ),
            words=_beyond(sign, lambda hours: f"{hours:,.0f}"),
            most_steps=max(math.floor(most), 0),
            is_money=True,
        )


def _utilisation(request: Request) -> Iterator[Change]:
    asked = round(request.workload.utilisation_ratio / UTILISATION_STEP)
    for sign, most in ((1, round(1.0 / UTILISATION_STEP) - asked), (-1, asked - 1)):
        yield Change(
            name="utilisation",
            input=T("share of this load that comes on average"),
            value=_moved(request.workload.utilisation_ratio, sign * UTILISATION_STEP),
            request=lambda ratio: replace(
                request, workload=replace(request.workload, utilisation_ratio=ratio)
            ),
            words=_beyond(sign, lambda ratio: f"{100 * ratio:.0f} %"),
            most_steps=max(most, 0),
            is_money=True,
        )


def _device_price(request: Request, name: str, way: str, today_usd: float, *, is_up: bool) -> Change:
    """The price at which one pays rises; the other one, at which one could pay, falls."""
    sign = 1 if is_up else -1
    most = (MOST_PRICE_RATIO - 1.0) if is_up else (1.0 - LEAST_PRICE_RATIO)
    return Change(
        name=f"{way}_price",
        input=T("rent of {device}", device=name) if way == "rent" else T("price of {device}", device=name),
        value=_moved(today_usd, today_usd * sign * PRICE_STEP_RATIO),
        request=lambda usd: replace(request, prices=_with_price(request.prices, way, name, usd)),
        words=_beyond(
            sign,
            (lambda usd: T("{n} USD an hour", n=significant(usd))) if way == "rent" else wording.money,
        ),
        most_steps=math.floor(most / PRICE_STEP_RATIO),
        is_money=True,
    )


def _moved(start: float, step_size: float) -> Callable[[int], float]:
    """Values in equal steps from the present one, rounded to what a command line takes."""
    return lambda step: round(start + step * step_size, DIGITS)


def _with_price(prices: Prices, way: str, name: str, usd: float) -> Prices:
    """The prices with one device at another price."""
    given = prices.rent_usd_per_hour if way == "rent" else prices.buy_usd
    changed = (*(pair for pair in given if pair[0] != name), (name, usd))
    return replace(prices, rent_usd_per_hour=changed) if way == "rent" else replace(prices, buy_usd=changed)


def _beyond(sign: int, shown: Callable[[float], Value]) -> Callable[[float, float], Text]:
    """Above or below the last value that stays."""
    if sign > 0:
        return lambda stays, _: T("above {n}", n=shown(stays))
    return lambda stays, _: T("below {n}", n=shown(stays))
