"""Money in the catalog: constants with their ranges, offers of APIs and of clouds, each table read when first used."""

from __future__ import annotations

import csv
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING

from sizewise.catalog.price_rows import (
    API_COLUMNS,
    CONSTANT_COLUMNS,
    ApiOffer,
    CostConstant,
)
from sizewise.catalog.table import FOLDER, file_text, read_table
from sizewise.domain.estimate import Estimate
from sizewise.errors import UnknownName
from sizewise.estimate.cost import CostDefaults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "ApiOffer", "CostConstant", "api_offers", "api_prices",
    "cost_constant", "cost_constants", "cost_defaults",
]  # fmt: skip

CHEAPENS = frozenset({"life_months", "residual_ratio"})
"""Constants that lower the monthly cost when they grow; all others raise it or leave it."""
OPPOSITE = {"low": "high", "likely": "likely", "high": "low"}


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
    ends = {f.name: OPPOSITE[case] if f.name in CHEAPENS else case for f in fields(CostDefaults)}
    return CostDefaults(**{name: getattr(known[name].value, end) for name, end in ends.items()})


def api_offers(model_name: str) -> tuple[ApiOffer, ...]:
    """Offers that serve exactly the weights of this catalog model, cheapest output first."""
    offers = (_api_offer(row) for row in _api_rows(model_name) if row["serves"] == model_name)
    return tuple(
        sorted(
            offers, key=lambda offer: (offer.output_usd_per_mtok, offer.input_usd_per_mtok, offer.provider)
        )
    )


def api_prices() -> tuple[ApiOffer, ...]:
    """All offers, closed models included."""
    return tuple(_api_offer(row) for row in _api_rows(""))


def _api_rows(mentioned: str) -> Iterator[dict[str, str]]:
    """Raw rows whose line mentions a text: of a thousand offers only the few that are asked for are parsed."""
    header, *lines = file_text(FOLDER / "prices_api.csv").splitlines()
    return csv.DictReader([header, *(line for line in lines if mentioned in line)])


def _api_offer(row: Mapping[str, str]) -> ApiOffer:
    cells = {
        column.name: column.read(row[column.name]) if row[column.name] else column.default
        for column in API_COLUMNS
    }
    return ApiOffer(**cells)
