"""Builds the price tables out of a folder of facts: build_prices.py --facts DIR.

Writes prices_cloud.csv (every hourly offer), prices_devices.csv (what a device costs to buy and to rent),
prices_servers.csv (whole machines) and cost_defaults.csv (everything else that money needs).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from price_clouds import CLOUD_FIELDS, cloud_rows, rents
from price_defaults import DEFAULT_FIELDS, cny_per_usd, default_rows
from price_devices import DEVICE_FIELDS, device_rows
from price_servers import SERVER_FIELDS, server_rows
from price_tables import CATALOG, read, rendered

SERVER_TWINS = {"NVIDIA RTX PRO 6000 Blackwell": "NVIDIA RTX PRO 6000 Blackwell Server"}
"""Editions without a card price of their own, taken at the other edition's to fit what a server adds."""


def main() -> None:
    """Write the four tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--facts", type=Path, required=True, help="folder with gpus.csv, cloud_prices.csv ..."
    )
    facts = parser.parse_args().facts
    constants = read(facts / "defaults_cost.csv")
    rate = cny_per_usd(constants)
    clouds = cloud_rows(read(facts / "cloud_prices.csv"), rate)
    servers = server_rows(read(facts / "server_prices.csv"))
    devices = device_rows(read(facts / "gpus.csv"), servers, rents(clouds), rate)
    card_usd = {row["device"]: float(row["buy_usd"]) for row in devices if row.get("buy_usd")}
    card_usd |= {twin: card_usd[device] for device, twin in SERVER_TWINS.items()}
    tables = {
        "prices_cloud.csv": rendered(CLOUD_FIELDS, clouds),
        "prices_servers.csv": rendered(SERVER_FIELDS, servers),
        "prices_devices.csv": rendered(DEVICE_FIELDS, devices),
        "cost_defaults.csv": rendered(DEFAULT_FIELDS, default_rows(constants, servers, card_usd)),
    }
    for name, text in tables.items():
        (CATALOG / name).write_text(text, encoding="utf-8", newline="")
        print(f"{name}: {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
