"""Rows of prices_devices.csv: what one device costs to buy, beside what it costs to rent."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from price_tables import FACTS_DATE, Cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

DEVICE_FIELDS = (
    "device", "buy_usd", "buy_usd_low", "buy_usd_high", "buy_price_kind", "buy_price_as_of",
    "buy_price_source",
    "rent_usd_per_hour", "rent_usd_per_hour_low", "rent_usd_per_hour_high", "rent_num_offers",
    "rent_price_as_of",
    "rent_price_source",
)  # fmt: skip
RECENT_SPREAD = (0.8, 1.3)
"""Range around a price of the last 365 days where the source states none. [ratio] Assumed: its sources say
+-20 to 40 %."""
OLD_SPREAD = (0.6, 1.3)
"""Range around an older price or a launch price. [ratio] Assumed: cards lose value, shortages raise it."""
RECENT_DAYS = 365
QUOTE_REACH = 2.0
"""A further amount in the source is a quote for the same thing when it is within this factor of the price.
[ratio]"""
LAUNCH_SOURCE = "launch price, approximate: huggingface/huggingface.js packages/tasks/src/hardware.ts"
DEVICE_OF_SERVER = {"Mac Studio M3 Ultra, 60-core GPU, 96 GB, 1 TB SSD": "Apple M3 Ultra (60-core GPU) 96GB"}
"""Machines whose memory size is a device row of its own."""
_AMOUNT = re.compile(r"(?<!EUR )(?<![\d,.])(\d{1,3}(?:,\d{3})+(?:\.\d+)?)")
_USD_RANGE = re.compile(r"USD (\d+)-(\d+)(?!\d|,\d)")


def device_rows(
    gpus: Iterable[Mapping[str, str]],
    servers: Iterable[Mapping[str, str]],
    rent_of: Mapping[str, Cells],
    cny_per_usd: float,
) -> list[Cells]:
    """One row for every device that has any price.

    The GPU of a laptop is not sold alone, so its price stays unknown.
    """
    buys = {row["name"]: _buy_cells(row, cny_per_usd) for row in gpus if row["kind"] != "laptop"}
    buys |= dict(_listed_machines(servers))
    names = dict.fromkeys((*buys, *rent_of))
    rows = ({"device": name} | buys.get(name, {}) | rent_of.get(name, {}) for name in names)
    return [row for row in rows if len(row) > 1]


def _listed_machines(servers: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, Cells]]:
    """Systems on a chip whose exact configuration has a list price: better than the launch price of the largest."""
    for row in servers:
        if row["kind"] == "list price at launch":
            words = _words("launch", row["as_of"], f"{row['name']}: {row['source']}")
            yield (
                DEVICE_OF_SERVER.get(row["name"], row["device"]),
                _amounts(float(row["usd"]), OLD_SPREAD) | words,
            )


def _buy_cells(row: Mapping[str, str], cny_per_usd: float) -> Cells:
    """Street price in USD, else in CNY converted with the dated rate, else the launch price, else nothing."""
    source, as_of = row["price_source"], row["price_as_of"]
    if row["street_price_usd"]:
        price = float(row["street_price_usd"])
        return _amounts(price, _spread(as_of), _quotes(source, price)) | _words("street", as_of, source)
    if row["street_price_cny"]:
        price = float(row["street_price_cny"]) / cny_per_usd
        named = f"{source}; CNY {row['street_price_cny']} at {cny_per_usd:g} CNY/USD"
        return _amounts(price, _spread(as_of)) | _words("street", as_of, named)
    if row["launch_msrp_usd"]:
        return _amounts(float(row["launch_msrp_usd"]), OLD_SPREAD) | _words(
            "launch", row["release"], LAUNCH_SOURCE
        )
    return {}


def _amounts(price: float, spread: tuple[float, float], quotes: tuple[float, ...] = ()) -> Cells:
    """The price and its range: other quotes of the source on either side, else the spread."""
    below = [quote for quote in quotes if quote < price] or [price * spread[0]]
    above = [quote for quote in quotes if quote > price] or [price * spread[1]]
    return {"buy_usd": plain(price), "buy_usd_low": plain(min(below)), "buy_usd_high": plain(max(above))}


def _words(kind: str, as_of: str, source: str) -> Cells:
    return {"buy_price_kind": kind, "buy_price_as_of": as_of, "buy_price_source": source}


def _quotes(source: str, price: float) -> tuple[float, ...]:
    """Other amounts that the source names for the same device. [USD]"""
    found = [float(amount.replace(",", "")) for amount in _AMOUNT.findall(source)]
    found += [float(end) for pair in _USD_RANGE.findall(source) for end in pair]
    return tuple(quote for quote in found if price / QUOTE_REACH <= quote <= price * QUOTE_REACH)


def _spread(as_of: str) -> tuple[float, float]:
    """Recent or old, by the first day that the date allows."""
    parts = [int(part) for part in as_of.split("-")]
    first_day = date(*[*parts, 1, 1][:3])
    return RECENT_SPREAD if (date.fromisoformat(FACTS_DATE) - first_day).days <= RECENT_DAYS else OLD_SPREAD
