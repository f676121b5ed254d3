"""Rows of prices_servers.csv: whole machines, and what the host around the cards adds to their price."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from price_tables import Cells

SERVER_FIELDS = (
    "name",
    "device",
    "num_devices",
    "usd",
    "kind",
    "is_complete",
    "is_stale",
    "source",
    "as_of",
    "note",
)
COMPLETE_WORDS = ("complete", "planning price", "quotation", "list price", "street", "vendor")
"""Words of the kind of a row that names a machine ready to run, chassis included."""
CATALOGUE_SOURCE = "ConfigIQ server catalogue, vendor pages"
CATALOGUE = (
    ("NVIDIA L40S", 1, 35_000), ("NVIDIA L40S", 8, 150_000), ("NVIDIA A100 PCIe 80GB", 1, 34_000),
    ("NVIDIA A100 SXM4 80GB", 8, 160_000), ("NVIDIA H100 PCIe 80GB", 1, 48_000), ("NVIDIA H100 SXM5 80GB", 8,
    285_000),
    ("NVIDIA H200 SXM 141GB", 8, 370_000), ("NVIDIA B200 SXM", 8, 404_000), ("NVIDIA L4", 1, 18_000),
    ("NVIDIA L4", 4, 24_000), ("NVIDIA RTX PRO 6000 Blackwell Server", 1, 34_800),
    ("NVIDIA RTX PRO 6000 Blackwell Server", 8, 165_000),
)  # fmt: skip
"""Prices of servers, 2026-08 and 2026-09: device, how many, USD."""


def server_rows(facts: Iterable[Mapping[str, str]]) -> list[Cells]:
    """Machines with a price; rows of cards alone are kept and marked as not complete, contracts are left out."""
    sold = [row for row in facts if row["usd"] and not row["kind"].startswith("rental")]
    return [_row(row) for row in sold] + [_catalogue_row(*entry) for entry in CATALOGUE]


def _row(row: Mapping[str, str]) -> Cells:
    is_complete = not row["kind"].startswith("GPU cost only") and any(
        word in row["kind"] for word in COMPLETE_WORDS
    )
    is_stale = row["note"].startswith("stale") or row["as_of"] < "2026"
    return {
        "name": row["name"], "device": row["device"], "num_devices": row["n"], "usd": row["usd"],
        "kind": row["kind"],
        "is_complete": "yes" if is_complete else "no", "is_stale": "yes" if is_stale else "no",
        "source": row["source"], "as_of": row["as_of"], "note": row["note"],
    }  # fmt: skip


def _catalogue_row(device: str, num_devices: int, usd: int) -> Cells:
    return {
        "name": f"server with {num_devices} x {device}", "device": device, "num_devices": str(num_devices),
        "usd": str(usd), "kind": "vendor page", "is_complete": "yes", "is_stale": "no",
        "source": CATALOGUE_SOURCE,
        "as_of": "2026-08", "note": "",
    }  # fmt: skip
