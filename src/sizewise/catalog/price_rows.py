"""What a row of a price table is: constants of money, offers of APIs and of clouds, whole machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sizewise.catalog.table import NAN, Column, amount, count, one_of, positive, text, truth, whole
from sizewise.domain.estimate import BASES, Estimate
from sizewise.estimate.cost_api import TokenPrices

HOURS_PER_WEEK = 168.0

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
        return TokenPrices(
            input_usd=input_usd,
            cached_usd=input_usd if math.isnan(cached_usd) else cached_usd,
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
