"""What is asked of `cost`, as typed, and the demand that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sizewise import units
from sizewise.advisor.billing import billing_of
from sizewise.advisor.cost_terms import SETTINGS
from sizewise.domain.cost import WAYS
from sizewise.domain.demand import Demand
from sizewise.errors import BadInput, InvalidQuantity, UnknownName
from sizewise.estimate.cost_api import TokenPrices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sizewise.domain.workload import Workload

PERIODS = {"/month": 1.0, "/day": 365.0 / 12.0, "/year": 1.0 / 12.0}
"""Months' worth of a count, by the ending of what was typed."""
MOST_REQUESTS, MOST_TOKENS, MOST_HORIZON, MOST_WIDTH = 1e12, 1e15, 240.0, 64
CURRENCIES = ("USD", "CNY")
PRICE_PARTS = (2, 3)
"""Prices of input, output and, third, cached input."""


@dataclass(frozen=True, kw_only=True)
class CostQuestion:
    """What is asked about money beyond the words of `recommend`, as typed; None: not said."""

    requests: str | float | None = None
    """Requests a month; '20000/day' too."""
    tokens: str | float | None = None
    """All tokens a month, instead of requests."""
    reasoning_tokens: str | float | None = None
    cached: str | float | None = None
    batch: str | float | None = None
    api_peak: str | float | None = None
    horizon: str | float | None = None
    currency: str | None = None
    api_model: str | None = None
    api_price: str | None = None
    """INPUT/OUTPUT or INPUT/OUTPUT/CACHED per million tokens."""
    buy_price: str | float | None = None
    """Of one device."""
    rent_price: str | float | None = None
    """Of one device for an hour."""
    devices_per_machine: str | int | None = None
    """Only whole machines with so many devices are to be had."""
    ways: tuple[str, ...] = ()
    profile: str | None = None
    settings: Mapping[str, str | None] = field(default_factory=dict)
    """Options of cost_terms.SETTINGS."""

    def __post_init__(self) -> None:
        unknown = next((name for name in self.settings if name not in SETTINGS), None)
        if unknown is not None:
            raise UnknownName("cost setting", unknown, SETTINGS)


def per_month(
    text: str | float | None, what: str, largest: float, parse: Callable[..., float] = units.parse_count
) -> float | None:
    """A count a month; with '/day' or '/year' converted by the length of a month. [1/month]"""
    if text is None:
        return None
    plain = str(text).strip()
    for ending, months in PERIODS.items():
        if plain.lower().endswith(ending):
            return parse(plain[: -len(ending)], what, largest) * months
    return parse(plain, what, largest)


def demand_of(
    money: CostQuestion, workload: Workload, *, requests_of_users: Callable[[], float], peak_ratio: float,
    has_users: bool,
) -> Demand:  # fmt: skip
    """The demand: requests as asked, or what the asked users send.

    Raises: BadInput where the load is given twice; InvalidQuantity for numbers that make no sense.
    """
    reasoning, billing = reasoning_of(money), billing_of(money.cached, money.batch, money.api_peak)
    requests = per_month(money.requests, "--requests", MOST_REQUESTS)
    tokens = per_month(money.tokens, "--tokens", MOST_TOKENS)
    said = [name for name, value in (("--requests", requests), ("--tokens", tokens)) if value is not None]
    said += ["--users"] if has_users else []
    if len(said) > 1:
        raise BadInput(
            "{first} and {second} describe different loads; give one of them", first=said[0], second=said[1]
        )
    each = workload.input_tokens + workload.output_tokens + reasoning
    if tokens is not None:
        requests = tokens / each
    return Demand(
        requests_per_month=requests_of_users() if requests is None else requests,
        input_tokens=workload.input_tokens,
        output_tokens=workload.output_tokens,
        reasoning_tokens=reasoning,
        cached_ratio=billing.cached_ratio,
        batch_ratio=billing.batch_ratio,
        peak_ratio=1.0 if requests is None else peak_ratio,
        api_peak_ratio=billing.api_peak_ratio,
        active_hours=workload.active_hours_per_month,
    )


def reasoning_of(money: CostQuestion) -> float:
    """Tokens that are written before the answer. [tokens]"""
    text = money.reasoning_tokens
    if text is None or str(text).strip() == "0":
        return 0.0
    return float(units.parse_tokens(str(text), "--reasoning-tokens"))


def horizon_of(text: str | float | None, life_months: float) -> float:
    """Months over which totals are given; the life of a machine where nothing is said. [months]"""
    return life_months if text is None else units.parse_count(str(text), "--horizon", MOST_HORIZON)


def currency_of(text: str | None) -> str:
    """USD or CNY.

    Raises: UnknownName for others.
    """
    given = "USD" if text is None else text.strip().upper()
    if given not in CURRENCIES:
        raise UnknownName("--currency", str(text), CURRENCIES, f"allowed: {', '.join(CURRENCIES)}")
    return given


def ways_of(given: tuple[str, ...]) -> tuple[str, ...]:
    """Ways to pay that were asked for; all of them where none was.

    Raises: UnknownName with the nearest.
    """
    for way in given:
        if way.strip().lower() not in WAYS:
            raise UnknownName("--way", way, WAYS, f"allowed: {', '.join(WAYS)}")
    return tuple(way.strip().lower() for way in given) or WAYS


def prices_of(text: str, cny_per_usd: float) -> TokenPrices:
    """'0.15/0.60' or '0.15/0.60/0.003', per million tokens, each in USD or CNY. [USD/Mtok]

    Raises: InvalidQuantity for another number of prices.
    """
    parts = text.split("/")
    if len(parts) not in PRICE_PARTS:
        raise InvalidQuantity(
            "--api-price: '{given}' must be INPUT/OUTPUT or INPUT/OUTPUT/CACHED per million tokens, such as 0.15/0.60",
            given=text,
        )
    usd = [usd_of(part, "--api-price", cny_per_usd) for part in parts]
    return TokenPrices(
        input_usd=usd[0], output_usd=usd[1], cached_usd=usd[2] if len(usd) > PRICE_PARTS[0] else usd[0]
    )


def usd_of(text: str | float, what: str, cny_per_usd: float) -> float:
    """An amount in USD or CNY at the rate of this question. [USD]"""
    amount, currency = units.parse_money(str(text), what)
    return amount if currency == "USD" else amount / cny_per_usd


def width_of(text: str | int | None) -> int | None:
    """Devices of a whole machine; None: as many as one copy of the model takes."""
    return None if text is None else units.parse_whole(str(text), "--devices-per-machine", MOST_WIDTH)
