"""Hourly offers of clouds and prices of whole machines: for looking them up; a search uses the medians per device."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sizewise.catalog.table import (
    FOLDER,
    Column,
    count,
    one_of,
    positive,
    read_table,
    text,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

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
