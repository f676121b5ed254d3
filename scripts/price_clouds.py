"""Rows of prices_cloud.csv: hourly offers by device name and kind, and the rent of a device that follows from them."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

from price_tables import Cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

CLOUD_FIELDS = (
    "provider", "instance", "gpu", "device", "num_devices", "kind", "term", "usd_per_device_hour",
    "price_per_hour",
    "currency", "region", "is_stale", "note", "source", "as_of",
)  # fmt: skip
RTX_PRO_6000 = ("NVIDIA RTX PRO 6000 Blackwell Server", "NVIDIA RTX PRO 6000 Blackwell")
DEVICES_OF_GPU: dict[str, tuple[str, ...]] = {
    "H100 SXM": ("NVIDIA H100 SXM5 80GB",), "H100 HGX": ("NVIDIA H100 SXM5 80GB",),
    "H100 PCIe": ("NVIDIA H100 PCIe 80GB",), "H100 NVL": ("NVIDIA H100 NVL 94GB",),
    "H200 SXM": ("NVIDIA H200 SXM 141GB",), "H200 NVL": ("NVIDIA H200 NVL 141GB",),
    "GH200": ("NVIDIA GH200 96GB",), "B200": ("NVIDIA B200 SXM",), "B300": ("NVIDIA B300 SXM",),
    "GB200": ("NVIDIA GB200 (per GPU)",), "GB200 superchip (2 GPUs)": ("NVIDIA GB200 (per GPU)",),
    "GB300": ("NVIDIA GB300 (per GPU)",),
    "A100 40GB SXM": ("NVIDIA A100 SXM4 40GB",), "A100 80GB SXM": ("NVIDIA A100 SXM4 80GB",),
    "A100 40GB PCIe": ("NVIDIA A100 PCIe 40GB",), "A100 80GB PCIe": ("NVIDIA A100 PCIe 80GB",),
    "A800 80GB PCIe": ("NVIDIA A800 PCIe 80GB",), "A800 80GB": ("NVIDIA A800 SXM4 80GB",
    "NVIDIA A800 PCIe 80GB"),
    "H20 96GB": ("NVIDIA H20 96GB",), "L4": ("NVIDIA L4",), "L40": ("NVIDIA L40",), "L40S": ("NVIDIA L40S",),
    "A10": ("NVIDIA A10",), "A10G": ("NVIDIA A10G",), "A16": ("NVIDIA A16 (per GPU, 4 on card)",),
    "A40": ("NVIDIA A40",), "T4": ("NVIDIA Tesla T4",), "P40": ("NVIDIA Tesla P40",),
    "V100 32GB": ("NVIDIA Tesla V100 SXM2 32GB",), "V100-32G": ("NVIDIA Tesla V100 SXM2 32GB",),
    "RTX PRO 4500": ("NVIDIA RTX PRO 4500 Blackwell",), "RTX PRO 5000": ("NVIDIA RTX PRO 5000 Blackwell",),
    "RTX PRO 6000": RTX_PRO_6000, "RTX 6000D": ("NVIDIA RTX 6000D",),
    "RTX A4000": ("NVIDIA RTX A4000",), "RTX A5000": ("NVIDIA RTX A5000",),
    "RTX A6000": ("NVIDIA RTX A6000",),
    "A4000": ("NVIDIA RTX A4000",), "A5000": ("NVIDIA RTX A5000",), "A6000": ("NVIDIA RTX A6000",),
    "RTX 2000 Ada": ("NVIDIA RTX 2000 Ada Generation",), "RTX 4000 Ada": ("NVIDIA RTX 4000 Ada Generation",),
    "RTX 5000 Ada": ("NVIDIA RTX 5000 Ada Generation",), "RTX 6000 Ada": ("NVIDIA RTX 6000 Ada Generation",),
    "RTX6000Ada": ("NVIDIA RTX 6000 Ada Generation",),
    "RTX 3060 12GB": ("NVIDIA GeForce RTX 3060 12 GB",), "RTX 3090": ("NVIDIA GeForce RTX 3090",),
    "RTX 4060 Ti 16GB": ("NVIDIA GeForce RTX 4060 Ti 16 GB",), "RTX 4090": ("NVIDIA GeForce RTX 4090",),
    "RTX4090": ("NVIDIA GeForce RTX 4090",), "RTX 4090 D": ("NVIDIA GeForce RTX 4090 D",),
    "RTX 5060 Ti 16GB": ("NVIDIA GeForce RTX 5060 Ti 16 GB",), "RTX 5070": ("NVIDIA GeForce RTX 5070",),
    "RTX 5070 Ti": ("NVIDIA GeForce RTX 5070 Ti",), "RTX 5080": ("NVIDIA GeForce RTX 5080",),
    "RTX 5090": ("NVIDIA GeForce RTX 5090",), "MI300X": ("AMD Instinct MI300X",),
    "MI325X": ("AMD Instinct MI325X",),
    "MI350X": ("AMD Instinct MI350X",), "MI355X": ("AMD Instinct MI355X",),
}  # fmt: skip
"""Names of sellers and the devices they mean. A name that leaves the variant open ("H100", "A100", "V100
16GB") is left out: such an offer is kept, but counts for no device. Sellers do not tell the editions of the
RTX PRO 6000 and the A800 apart, so those offers count for both."""
GPUS_OF_ONE_UNIT = {"GB200 superchip (2 GPUs)": 2}
MARKETPLACES = ("Vast.ai", "Akash")
"""Sellers of other people's machines: cheapest, weakest guarantees."""
KIND_ORDER = ("on-demand", "community", "china", "marketplace")
"""Kinds that may give the rent of a device, best first; a later one only where no earlier one has an offer.
china: cheapest or user-reported CNY offer of a Chinese seller."""
SPOKEN_KIND = {
    "on-demand": "on demand", "community": "community tier only", "china": "Chinese sellers only, CNY",
    "marketplace": "marketplace only",
}  # fmt: skip


class Offer(NamedTuple):
    """One price of one device for one hour."""

    provider: str
    kind: str
    usd_per_hour: float
    as_of: str


def cloud_rows(facts: Iterable[Mapping[str, str]], cny_per_usd: float) -> list[Cells]:
    """All offers, one row for each device that it counts for and each way of paying; stale ones marked."""
    return [cells for row in facts for cells in _offers_of(row, cny_per_usd)]


def _offers_of(row: Mapping[str, str], cny_per_usd: float) -> Iterator[Cells]:
    gpu, on_demand_kind = _plain_gpu(row["gpu"]), _on_demand_kind(row)
    spot_kind = "community" if "spot column = community" in row["instance"] else "spot"
    num = int(row["n_gpu"]) * GPUS_OF_ONE_UNIT.get(gpu, 1)
    prices = (
        (on_demand_kind, row["on_demand_per_h"], ""),
        (spot_kind, row["spot_per_h"], ""),
        ("reserved", row["reserved_per_h"], row["reserved_term"]),
    )
    for kind, price, term in prices:
        for device in DEVICES_OF_GPU.get(gpu, ("",)) if price else ():
            yield {
                "provider": row["provider"], "instance": row["instance"], "gpu": row["gpu"], "device": device,
                "num_devices": str(num), "kind": kind, "term": term,
                "usd_per_device_hour": plain(_usd(float(price), row["currency"], cny_per_usd) / num),
                "price_per_hour": price, "currency": row["currency"], "region": row["region"],
                "is_stale": row["stale"], "note": row["note"], "source": row["source"], "as_of": row["as_of"],
            }  # fmt: skip


def _plain_gpu(gpu: str) -> str:
    """The name without the tier that some rows carry in it."""
    for suffix in (" (community)", " (secure)", " (lowest listed)"):
        gpu = gpu.removesuffix(suffix)
    return gpu


def _on_demand_kind(row: Mapping[str, str]) -> str:
    """What the on-demand column of a row really is."""
    words = " ".join((row["instance"], row["gpu"], row["note"])).lower()
    if "spot/flex-start only" in words:
        return "list-only"
    if row["provider"] in MARKETPLACES:
        return "marketplace"
    if row["currency"] == "CNY":
        return "china"
    if "lowest listed" in words or ("community" in words and "spot column" not in words):
        return "community"
    return "on-demand"


def _usd(price: float, currency: str, cny_per_usd: float) -> float:
    return {"USD": price, "CNY": price / cny_per_usd}[currency]


def rents(rows: Iterable[Mapping[str, str]]) -> dict[str, Cells]:
    """Rent columns of prices_devices.csv by device: median of the sellers of the best kind that has any.

    Each seller counts once, with the median of its newest offers; low and high are the cheapest and dearest
    seller.
    """
    current: dict[str, list[Offer]] = {}
    for row in rows:
        if row["device"] and row["is_stale"] != "yes":
            offer = Offer(row["provider"], row["kind"], float(row["usd_per_device_hour"]), row["as_of"])
            current.setdefault(row["device"], []).append(offer)
    priced = ((device, _best_kind(offers)) for device, offers in current.items())
    return {device: _rent_cells(offers) for device, offers in priced if offers}


def _best_kind(offers: Sequence[Offer]) -> list[Offer]:
    """Newest offers, one a seller, of the first kind that has any."""
    for kind in KIND_ORDER:
        mine = [offer for offer in offers if offer.kind == kind]
        if mine:
            return [
                _newest([o for o in mine if o.provider == seller])
                for seller in sorted({o.provider for o in mine})
            ]
    return []


def _newest(offers: Sequence[Offer]) -> Offer:
    as_of = max(offer.as_of for offer in offers)
    price = statistics.median(offer.usd_per_hour for offer in offers if offer.as_of == as_of)
    return offers[0]._replace(usd_per_hour=price, as_of=as_of)


def _rent_cells(offers: Sequence[Offer]) -> Cells:
    prices = [offer.usd_per_hour for offer in offers]
    sellers = "one seller" if len(offers) == 1 else f"median of {len(offers)} sellers"
    names = ", ".join(offer.provider for offer in offers)
    return {
        "rent_usd_per_hour": plain(statistics.median(prices), 4),
        "rent_usd_per_hour_low": plain(min(prices), 4),
        "rent_usd_per_hour_high": plain(max(prices), 4),
        "rent_num_offers": str(len(offers)),
        "rent_price_as_of": max(offer.as_of for offer in offers),
        "rent_price_source": f"{SPOKEN_KIND[offers[0].kind]}; {sellers}: {names} (prices_cloud.csv)",
    }
