"""Money in the catalog: constants with their ranges, offers of APIs and of clouds, each table read when first used."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.catalog.table import (
    Column,
    amount,
    count,
    file_text,
    one_of,
    positive,
    read_table,
    text,
    truth,
    whole,
)
from sizewise.domain.estimate import BASES, Estimate
from sizewise.errors import UnknownName
from sizewise.estimate.cost import CostDefaults
from sizewise.estimate.cost_api import TokenPrices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = Path(__file__).parent
NAN = float("nan")
HOURS_PER_WEEK = 168.0
CHEAPENS = frozenset({"life_months", "residual_ratio"})
"""Constants that lower the monthly cost when they grow; all others raise it or leave it."""
OPPOSITE = {"low": "high", "likely": "likely", "high": "low"}

CONSTANT_COLUMNS = (
    Column("name", text, is_required=True),
    Column("low", amount, is_required=True),
    Column("likely", amount, is_required=True),
    Column("high", amount, is_required=True),
    Column("unit", text, is_required=True),
    Column("basis", one_of(*BASES), is_required=True),
    Column("source", text, is_required=True),
    Column("as_of", text, is_required=True),
    Column("note", text, ""),
)
API_COLUMNS = (
    Column("provider", text, is_required=True),
    Column("model", text, is_required=True),
    Column("serves", text, ""),
    Column("input_usd_per_mtok", positive, is_required=True),
    Column("cached_usd_per_mtok", amount, NAN),
    Column("output_usd_per_mtok", positive, is_required=True),
    Column("batch_factor", positive, 1.0),
    Column("peak_factor", positive, 1.0),
    Column("peak_hours_per_week", amount, 0.0),
    Column("peak_window", text, ""),
    Column("long_from_tokens", positive, float("inf")),
    Column("long_input_usd_per_mtok", positive, NAN),
    Column("long_cached_usd_per_mtok", amount, NAN),
    Column("long_output_usd_per_mtok", positive, NAN),
    Column("context_tokens", whole, 0),
    Column("currency", one_of("USD"), is_required=True),
    Column("source", text, is_required=True),
    Column("as_of", text, is_required=True),
    Column("note", text, ""),
)
CLOUD_KINDS = ("on-demand", "community", "china", "marketplace", "spot", "reserved", "list-only")
CLOUD_COLUMNS = (
    Column("provider", text, is_required=True),
    Column("instance", text, ""),
    Column("gpu", text, is_required=True),
    Column("device", text, ""),
    Column("num_devices", count, is_required=True),
    Column("kind", one_of(*CLOUD_KINDS), is_required=True),
    Column("term", text, ""),
    Column("usd_per_device_hour", positive, is_required=True),
    Column("price_per_hour", positive, is_required=True),
    Column("currency", one_of("USD", "CNY"), is_required=True),
    Column("region", text, ""),
    Column("is_stale", truth, is_required=True),
    Column("note", text, ""),
    Column("source", text, is_required=True),
    Column("as_of", text, is_required=True),
)
SERVER_COLUMNS = (
    Column("name", text, is_required=True),
    Column("device", text, is_required=True),
    Column("num_devices", count, is_required=True),
    Column("usd", positive, is_required=True),
    Column("kind", text, is_required=True),
    Column("is_complete", truth, is_required=True),
    Column("is_stale", truth, is_required=True),
    Column("source", text, is_required=True),
    Column("as_of", text, is_required=True),
    Column("note", text, ""),
)


@dataclass(frozen=True, kw_only=True)
class CostConstant:
    """One constant of money."""

    name: str
    value: Estimate
    unit: str
    source: str
    as_of: str
    note: str


@dataclass(frozen=True, kw_only=True)
class ApiOffer:
    """What one provider asks for one model; prices in USD per million tokens, off-peak where hours matter."""

    provider: str
    model: str
    """The provider's name of the model."""
    serves: str
    """The catalog model with these weights; empty for closed models."""
    input_usd_per_mtok: float
    cached_usd_per_mtok: float
    """NaN: no price for cached input, so it costs what input costs."""
    output_usd_per_mtok: float
    batch_factor: float
    """Price of a batch over the normal one; 1 where no discount is known."""
    peak_factor: float
    """Price in peak hours over the price outside of them."""
    peak_hours_per_week: float
    peak_window: str
    long_from_tokens: float
    """Longer inputs cost the long prices; infinite where there is one price."""
    long_input_usd_per_mtok: float
    long_cached_usd_per_mtok: float
    long_output_usd_per_mtok: float
    context_tokens: int
    """Longest input; 0: unknown. [tokens]"""
    currency: str
    source: str
    as_of: str
    note: str

    @property
    def peak_ratio(self) -> float:
        """Share of requests in peak hours when they come evenly over the week. [ratio]"""
        return self.peak_hours_per_week / HOURS_PER_WEEK

    def prices(self, input_tokens: float) -> TokenPrices:
        """Prices of a request with so many input tokens."""
        is_long = input_tokens > self.long_from_tokens
        input_usd = self.long_input_usd_per_mtok if is_long else self.input_usd_per_mtok
        cached_usd = self.long_cached_usd_per_mtok if is_long else self.cached_usd_per_mtok
        output_usd = self.long_output_usd_per_mtok if is_long else self.output_usd_per_mtok
        has_cache_price = cached_usd == cached_usd  # noqa: PLR0124 - NaN is the only number that differs from itself
        return TokenPrices(
            input_usd=input_usd,
            cached_usd=cached_usd if has_cache_price else input_usd,
            output_usd=output_usd,
        )


@dataclass(frozen=True, kw_only=True)
class CloudOffer:
    """One hourly price of a cloud."""

    provider: str
    instance: str
    gpu: str
    """The seller's name of the device."""
    device: str
    """The catalog device, empty where the seller leaves the variant open."""
    num_devices: int
    """Devices of the instance: it is rented whole."""
    kind: str
    """One of CLOUD_KINDS."""
    term: str
    """Length of the contract of a reserved price."""
    usd_per_device_hour: float
    price_per_hour: float
    """Of the whole instance, in `currency`."""
    currency: str
    region: str
    is_stale: bool
    """Older than 2026: kept, never quoted as current."""
    note: str
    source: str
    as_of: str


@dataclass(frozen=True, kw_only=True)
class ServerPrice:
    """Price of a whole machine, or of its cards alone."""

    name: str
    device: str
    num_devices: int
    usd: float
    kind: str
    is_complete: bool
    """Ready to run; otherwise the cards alone, a lower bound."""
    is_stale: bool
    source: str
    as_of: str
    note: str


@cache
def cost_constants() -> dict[str, CostConstant]:
    """Constants of money by name."""
    rows = read_table(FOLDER / "cost_defaults.csv", CONSTANT_COLUMNS)
    return {row["name"]: _constant(row) for row in rows}


def _constant(row: Mapping[str, object]) -> CostConstant:
    words = {name: str(row[name]) for name in ("name", "unit", "source", "as_of", "note")}
    low, likely, high = (float(str(row[name])) for name in ("low", "likely", "high"))
    return CostConstant(value=Estimate(low=low, likely=likely, high=high, basis=str(row["basis"])), **words)


def cost_constant(name: str) -> CostConstant:
    """The constant of this name.

    Raises: UnknownName with the nearest names.
    """
    known = cost_constants()
    if name not in known:
        raise UnknownName("cost constant", name, known)
    return known[name]


@cache
def cost_defaults(case: str = "likely") -> CostDefaults:
    """All that machine costs need: the likely values, or those that together make owning cheapest or dearest.

    `case`: low, likely or high monthly cost.
    """
    known = cost_constants()
    return CostDefaults(
        **{f.name: _at(known[f.name].value, case, f.name in CHEAPENS) for f in fields(CostDefaults)}
    )


def _at(value: Estimate, case: str, is_reversed: bool) -> float:  # noqa: FBT001 - private, one caller
    ends = {"low": value.low, "likely": value.likely, "high": value.high}
    return ends[OPPOSITE[case] if is_reversed else case]


def api_offers(model_name: str) -> tuple[ApiOffer, ...]:
    """Offers that serve exactly the weights of this catalog model, cheapest output first."""
    offers = (_api_offer(row) for row in _api_rows().get(model_name, ()))
    return tuple(
        sorted(
            offers, key=lambda offer: (offer.output_usd_per_mtok, offer.input_usd_per_mtok, offer.provider)
        )
    )


def api_prices() -> tuple[ApiOffer, ...]:
    """All offers, closed models included."""
    return tuple(_api_offer(row) for rows in _api_rows().values() for row in rows)


@cache
def _api_rows() -> dict[str, list[dict[str, str]]]:
    """Raw rows by the model that they serve: only the few that are asked for are turned into offers."""
    rows: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(io.StringIO(file_text(FOLDER / "prices_api.csv"))):
        rows.setdefault(row["serves"], []).append(row)
    return rows


def _api_offer(row: Mapping[str, str]) -> ApiOffer:
    cells = {
        column.name: column.read(row[column.name]) if row[column.name] else column.default
        for column in API_COLUMNS
    }
    return ApiOffer(**cells)


@cache
def cloud_offers() -> tuple[CloudOffer, ...]:
    """All hourly offers, stale ones included and marked."""
    return tuple(CloudOffer(**row) for row in read_table(FOLDER / "prices_cloud.csv", CLOUD_COLUMNS))


def rent_offers(device_names: Iterable[str]) -> tuple[CloudOffer, ...]:
    """Current offers of these devices, cheapest first, every kind of guarantee."""
    wanted = set(device_names)
    current = (offer for offer in cloud_offers() if offer.device in wanted and not offer.is_stale)
    return tuple(sorted(current, key=lambda offer: offer.usd_per_device_hour))


@cache
def server_prices() -> tuple[ServerPrice, ...]:
    """Prices of whole machines."""
    return tuple(ServerPrice(**row) for row in read_table(FOLDER / "prices_servers.csv", SERVER_COLUMNS))
