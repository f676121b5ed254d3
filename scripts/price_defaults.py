"""Rows of cost_defaults.csv: every constant of money that is not the price of a device, with its range and source."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, NamedTuple

from price_tables import Cells, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

DEFAULT_FIELDS = ("name", "low", "likely", "high", "unit", "basis", "source", "as_of", "note")
MONTHS = 12
NOTED = "2026-11-23"
"""Day of the note for constants that are assumptions. [ISO date]"""
PLANNING = "assumption"


class Constant(NamedTuple):
    """One constant that no table of facts holds."""

    name: str
    low: float
    likely: float
    high: float
    unit: str
    source: str
    as_of: str = NOTED
    basis: str = "assumed"
    note: str = ""


CONSTANTS = (
    Constant("active_hours_per_month", 176, 264, 730, "hours", PLANNING, note="12 h on 22 days; 8 h; always"),
    Constant("utilisation_ratio", 0.05, 1.0, 1.0, "ratio", "aiinframap.com 0.70, aidatacenterguide.com 0.85, "
             "techreaderdaily.com 0.05 in idle enterprise fleets", "2026-06",
             note="mean load in the hours of use over the load asked for; all of it where nothing is said"),
    Constant("life_months", 24, 36, 60, "months", "SemiAnalysis 36-60, ConfigIQ 48 months", "2026-08"),
    Constant("residual_ratio", 0.1, 0.2, 0.4, "ratio", "ConfigIQ 0.20; v2-pseo-ai.pages.dev 0.25-0.35", "2026-08"),
    Constant("capital_rate_per_year", 0.04, 0.08, 0.15, "1/year", "ConfigIQ 8 %", "2026-08"),
    Constant("server_maintenance_per_year", 0.0, 0.05, 0.1, "1/year", PLANNING, note="share of the purchase price"),
    Constant("desktop_maintenance_per_year", 0.0, 0.015, 0.03, "1/year", PLANNING, note="share of the purchase price"),
    Constant("idle_power_ratio", 0.05, 0.15, 0.25, "ratio", PLANNING, note="power of an idle card over its TDP"),
    Constant("desktop_pue", 1.0, 1.0, 1.2, "ratio", PLANNING, note="home 1.0, office with cooling 1.2"),
    Constant("desktop_host_watts", 80, 120, 150, "W", PLANNING, note="desktop without its cards"),
    Constant("server_host_watts_per_device", 56, 180, 575, "W", "ConfigIQ 450 W for a server of 8; DGX H100 10.2 kW "
             "less 8 x 700 W; likely is the geometric mean", "2026-08", "derived"),
    Constant("desktop_host_usd", 300, 700, 1200, "USD", "local-llm.net: desktop 1,200 less card 700 (used), desktop "
             "3,200 less card 1,700; split assumed", "2026"),
    Constant("desktop_host_usd_per_device", 200, 300, 600, "USD", "same; board and power supply for one more card",
             "2026"),
    Constant("tariff_cny_per_kwh", 0.5, 0.8, 1.1, "CNY/kWh", PLANNING, note="commercial tariffs are not sourced"),
    Constant("staff_fte", 0.0, 0.0, 0.25, "persons", PLANNING, note="hobby 0, small team 0.05, own cluster 0.2-0.25"),
    Constant("api_staff_fte", 0.0, 0.0, 0.05, "persons", PLANNING, note="gateway and keys"),
    Constant("api_integration_usd", 0, 0, 15_000, "USD", "ConfigIQ, once", "2026-08"),
    Constant("setup_usd", 0, 0, 50_000, "USD", "ConfigIQ, once", "2026-08", note="to make one's own run"),
    Constant("weights_load_bytes_per_s", 2e8, 1e9, 3e9, "bytes/s", PLANNING, note="disk or network to memory"),
    Constant("spot_interruption_ratio", 0.05, 0.1, 0.2, "ratio", PLANNING, note="work lost to interruptions"),
    Constant("scale_to_zero_ratio", 1.0, 1.1, 1.3, "ratio", PLANNING, note="billed over worked hours"),
    Constant("engine_start_s", 60, 120, 300, "s", PLANNING, note="start without loading the weights"),
    Constant("storage_usd_per_gb_month", 0.05, 0.1, 0.2, "USD/GB month", PLANNING),
    Constant("egress_usd_per_gb", 0.0, 0.05, 0.12, "USD/GB", PLANNING),
    Constant("answer_bytes_per_token", 5, 250, 400, "bytes", PLANNING,
             note="a chunk of a streamed answer; 5: whole text"),
    Constant("spare_machines", 0, 0, 1, "machines", PLANNING, note="N + 1: one more than the load needs"),
    Constant("licence_usd_per_device_year", 0, 0, 4_500, "USD/year", PLANNING, note="open engines cost nothing; "
             "NVIDIA AI Enterprise class: 4,500 list"),
    Constant("network_usd_per_device", 0, 0, 12_000, "USD", PLANNING,
             note="once; 12,000 in clusters with a fast fabric"),
    Constant("headroom_ratio", 0.8, 0.9, 1.0, "ratio", PLANNING, note="planned share of a replica's capacity"),
    Constant("office_peak_ratio", 2, 3, 5, "ratio", PLANNING, note="peak over mean rate of office hours"),
    Constant("batch_peak_ratio", 1.0, 1.3, 2.0, "ratio", PLANNING, note="peak over mean rate of batch work"),
    Constant("api_price_yearly_factor", 0.4, 0.7, 1.0, "1/year", "Epoch AI 2025-03, a16z 2024-11 for equal quality; "
             "one named model falls 0-40 % a year", "2025-03"),
    Constant("tokenizer_ratio_spread", 0.25, 0.25, 0.25, "ratio", PLANNING, note="one text, two tokenizers"),
)  # fmt: skip
SOURCED = {
    "server_pue": ("pue", "world"), "tariff_usd_per_kwh": ("electricity_commercial", "US"),
    "colocation_usd_per_kw_month": ("colocation_per_kw_month", "world"),
    "fx_cny_per_usd": ("fx_cny_per_usd", "world"), "fx_usd_per_eur": ("fx_usd_per_eur", "world"),
    "reserved_1y_discount_ratio": ("cloud_discount_reserved_1y", "hyperscaler H100"),
    "spot_discount_ratio": ("cloud_discount_spot", "hyperscaler H100"),
    "api_batch_ratio": ("api_batch_price_factor", "openai"),
    "deepseek_off_peak_ratio": ("api_offpeak_price_factor", "deepseek"),
    "deepseek_peak_hours_per_week": ("api_peak_hours_per_week", "deepseek"),
}  # fmt: skip
"""Our name, and name and region of the fact; the newest dated row counts."""


def default_rows(facts: Iterable[Mapping[str, str]], servers: Iterable[Mapping[str, str]],
                 prices: Mapping[str, float]) -> list[Cells]:  # fmt: skip
    """All constants, sorted by name."""
    known = list(facts)
    rows = [_constant_row(constant) for constant in CONSTANTS]
    rows += [_fact_row(name, newest(known, *key)) for name, key in SOURCED.items()]
    rows += [
        _staff_row(
            newest(known, "staff_sysadmin_median_wage", "US"), newest(known, "staff_loaded_cost_factor", "US")
        )
    ]
    rows += _host_rows(servers, prices)
    return sorted(rows, key=lambda row: row["name"])


def newest(facts: Sequence[Mapping[str, str]], name: str, region: str) -> Mapping[str, str]:
    """The newest dated row of this name and region that has a value."""
    mine = [row for row in facts if row["name"] == name and row["region"] == region and row["value"]]
    return max(mine, key=lambda row: row["as_of"])


def cny_per_usd(facts: Sequence[Mapping[str, str]]) -> float:
    """The dated rate that every CNY price is converted with."""
    return float(newest(facts, "fx_cny_per_usd", "world")["value"])


def _constant_row(constant: Constant) -> Cells:
    low, likely, high = (plain(value) for value in (constant.low, constant.likely, constant.high))
    words = {
        "unit": constant.unit,
        "basis": constant.basis,
        "source": constant.source,
        "as_of": constant.as_of,
    }
    return {"name": constant.name, "low": low, "likely": likely, "high": high, "note": constant.note} | words


def _fact_row(name: str, row: Mapping[str, str]) -> Cells:
    """A sourced row; a missing bound is the value itself."""
    value = row["value"]
    return {
        "name": name, "low": row["low"] or value, "likely": value, "high": row["high"] or value, "unit": row["unit"],
        "basis": "derived", "source": row["source"], "as_of": row["as_of"], "note": row["note"],
    }  # fmt: skip


def _staff_row(wage: Mapping[str, str], loading: Mapping[str, str]) -> Cells:
    """One person for a month: yearly wage x employer's cost over wage / 12."""
    month = [plain(float(wage[c]) * float(loading[c]) / MONTHS, 4) for c in ("low", "value", "high")]
    return {
        "name": "staff_usd_per_month", "low": month[0], "likely": month[1], "high": month[2], "unit": "USD/month",
        "basis": "derived", "source": f"{wage['source']}; {loading['source']}", "as_of": wage["as_of"],
        "note": "system administrator, United States",
    }  # fmt: skip


def _host_rows(servers: Iterable[Mapping[str, str]], prices: Mapping[str, float]) -> Iterator[Cells]:
    """What a server adds to its cards, a + b n: the line through the medians of the servers with one and with eight."""
    added: dict[int, list[float]] = {}
    for row in servers:
        if (
            row["is_complete"] == "yes"
            and row["is_stale"] == "no"
            and row["kind"].startswith(("vendor page", "new"))
        ):
            num = int(row["num_devices"])
            added.setdefault(num, []).append(float(row["usd"]) - num * prices[row["device"]])
    one, eight = statistics.median(added[1]), statistics.median(added[8])
    each = (eight - one) / (8 - 1)
    counts = f"{len(added[1])} servers with one card and {len(added[8])} with eight"
    note = f"medians of {counts}, less card prices; +-50 % assumed"
    for name, value in (("server_host_usd", one - each), ("server_host_usd_per_device", each)):
        low, likely, high = (plain(value * ratio, 3) for ratio in (0.5, 1.0, 1.5))
        yield {
            "name": name, "low": low, "likely": likely, "high": high, "unit": "USD", "basis": "derived",
            "source": "prices_servers.csv", "as_of": "2026-08", "note": note,
        }  # fmt: skip
