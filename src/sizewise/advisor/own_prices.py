"""Prices of the user in place of the catalog's: electricity, and what a device costs to rent or to buy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.catalog.prices import cost_constant, cost_defaults
from sizewise.domain.request import Prices
from sizewise.errors import BadInput

if TYPE_CHECKING:
    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.device import Device
    from sizewise.domain.request import Request
    from sizewise.estimate.cost import CostDefaults

PER_KWH, PER_HOUR = "/kwh", "/h"


def prices_of(catalog: Catalog, question: Question) -> Prices:
    """What was said about prices.

    Raises: BadInput, InvalidQuantity or UnknownName for a price that cannot be read.
    """
    rate = cost_defaults().fx_cny_per_usd
    tariff = (
        None if question.electricity is None else tariff_usd(str(question.electricity), "--electricity", rate)
    )
    rent: dict[str, float] = {}
    buy: dict[str, float] = {}
    for text in question.price:
        name, separator, amount = text.rpartition("=")
        if not separator or not name.strip():
            raise BadInput(
                "--price: '{given}' must be DEVICE=MONEY to buy or DEVICE=MONEY/h to rent, such as 'RTX 4090=0.45/h'",
                given=text,
            )
        device = catalog.device(name.strip()).name
        plain = amount.strip()
        is_rent = plain.lower().endswith(PER_HOUR)
        usd = money_usd(plain[: -len(PER_HOUR)] if is_rent else plain, "--price", rate)
        (rent if is_rent else buy)[device] = usd
    return Prices(
        tariff_usd_per_kwh=tariff, rent_usd_per_hour=tuple(rent.items()), buy_usd=tuple(buy.items())
    )


def money_usd(text: str, what: str, cny_per_usd: float) -> float:
    """An amount in USD or CNY; nothing at all is allowed. [USD]"""
    if text.strip() in {"0", "0.0"}:
        return 0.0
    amount, currency = units.parse_money(text, what)
    return amount if currency == "USD" else amount / cny_per_usd


def tariff_usd(text: str, what: str, cny_per_usd: float) -> float:
    """'0.12/kWh', '0.8 CNY/kWh'. [USD/kWh]"""
    plain = text.strip()
    if plain.lower().endswith(PER_KWH):
        plain = plain[: -len(PER_KWH)]
    return money_usd(plain, what, cny_per_usd)


def money_constants(request: Request, case: str = "likely") -> CostDefaults:
    """The constants of money of a request: the catalog's, with the hours and the electricity that were asked for."""
    defaults = replace(cost_defaults(case), active_hours_per_month=request.workload.full_hours_per_month)
    tariff = request.prices.tariff_usd_per_kwh
    return defaults if tariff is None else replace(defaults, tariff_usd_per_kwh=tariff)


def tariff_of(request: Request) -> float:
    """The likely price of electricity. [USD/kWh]"""
    tariff = request.prices.tariff_usd_per_kwh
    return cost_constant("tariff_usd_per_kwh").value.likely if tariff is None else tariff


def at_own_prices(device: Device, prices: Prices) -> Device:
    """The device at the prices of the user, which have no range."""
    rent, buy = dict(prices.rent_usd_per_hour).get(device.name), dict(prices.buy_usd).get(device.name)
    if rent is not None:
        device = replace(
            device, rent_usd_per_hour=rent, rent_usd_per_hour_low=rent, rent_usd_per_hour_high=rent
        )
    if buy is not None:
        device = replace(device, buy_usd=buy, buy_usd_low=buy, buy_usd_high=buy, buy_price_kind="own")
    return device
