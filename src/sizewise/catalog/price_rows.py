"""What a row of a price table is: constants of money, offers of APIs and of clouds, whole machines."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sizewise.catalog.table import NAN, Column, amount, one_of, positive, text, whole
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
