"""The price tables: every figure has a source, a date and a kind; nothing unknown is a zero."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.price_rows import API_COLUMNS
from sizewise.catalog.prices import (
    api_offers,
    api_prices,
    cost_constant,
    cost_constants,
    cost_defaults,
)
from sizewise.catalog.prices_market import cloud_offers, rent_offers, server_prices
from sizewise.catalog.table import FOLDER, read_table
from sizewise.domain.device import Machine
from sizewise.errors import UnknownName
from sizewise.estimate.columns import machine_columns
from sizewise.estimate.cost import machine_costs, upfront_usd
from sizewise.estimate.cost_api import api_monthly_usd

CATALOG = load_catalog()
PRICED = [
    d for d in CATALOG.devices.values() if not (math.isnan(d.buy_usd) and math.isnan(d.rent_usd_per_hour))
]


def test_enough_devices_have_a_price() -> None:
    assert len(PRICED) >= 140


def test_E02_every_price_of_a_device_has_a_source_a_date_and_a_range() -> None:
    for device in PRICED:
        if device.buy_usd > 0:
            assert device.buy_usd_low <= device.buy_usd <= device.buy_usd_high, device.name
            assert device.buy_price_source, device.name
            assert device.buy_price_as_of, device.name
            assert device.buy_price_kind in {"street", "launch"}, device.name
        if device.rent_usd_per_hour > 0:
            assert (
                device.rent_usd_per_hour_low <= device.rent_usd_per_hour <= device.rent_usd_per_hour_high
            ), device.name
            assert device.rent_price_source, device.name
            assert device.rent_price_as_of >= "2026", device.name
            assert device.rent_num_offers >= 1, device.name


def test_every_price_belongs_to_a_device_of_the_catalog() -> None:
    names = [
        line.split(",", 1)[0]
        for line in (FOLDER / "prices_devices.csv").read_text(encoding="utf-8").splitlines()
    ]
    unquoted = {name.strip('"') for name in names[1:]}
    known = {name.split(",", 1)[0] for name in CATALOG.devices}
    assert unquoted <= known
    assert {offer.device for offer in cloud_offers() if offer.device} <= CATALOG.devices.keys()
    assert {server.device for server in server_prices()} <= CATALOG.devices.keys()


def test_E04_the_kind_of_every_offer_is_stated_and_spot_is_never_the_rent() -> None:
    kinds = {offer.kind for offer in cloud_offers()}
    assert {"on-demand", "spot", "reserved", "marketplace", "community"} <= kinds
    spoken = ("on demand", "community tier only", "Chinese sellers only", "marketplace only")
    assert all(d.rent_price_source.startswith(spoken) for d in PRICED if d.rent_usd_per_hour > 0)


@pytest.mark.parametrize("name", ["NVIDIA H100 SXM5 80GB", "NVIDIA L40S", "NVIDIA A100 SXM4 80GB"])
def test_rent_is_the_median_of_sellers_on_demand(name: str) -> None:
    newest: dict[str, tuple[str, list[float]]] = {}
    for offer in rent_offers([name]):
        if offer.kind == "on-demand":
            as_of, prices = newest.get(offer.provider, ("", []))
            if offer.as_of > as_of:
                newest[offer.provider] = (offer.as_of, [offer.usd_per_device_hour])
            elif offer.as_of == as_of:
                prices.append(offer.usd_per_device_hour)
    sellers = [statistics.median(prices) for _, prices in newest.values()]
    device = CATALOG.devices[name]
    assert device.rent_num_offers == len(sellers) >= 10
    assert device.rent_usd_per_hour == pytest.approx(statistics.median(sellers), rel=1e-3)


def test_E02_stale_offers_are_marked_and_do_not_count() -> None:
    stale = [offer for offer in cloud_offers() if offer.is_stale]
    assert len(stale) > 300
    assert all(offer.as_of < "2026" for offer in stale)
    assert all(offer.as_of >= "2026" for offer in cloud_offers() if not offer.is_stale)
    # the p4d price from before the cut of 2025-06 is kept, the new one counts
    p4d = [
        offer
        for offer in cloud_offers()
        if offer.provider == "AWS" and offer.instance.startswith("p4d.24xlarge")
    ]
    assert {round(offer.price_per_hour, 2) for offer in p4d if not offer.is_stale} == {21.96}


def test_chinese_prices_are_converted_with_the_dated_rate() -> None:
    # 1.88 CNY/h at 6.8012 CNY/USD
    offers = [
        o
        for o in rent_offers(["NVIDIA GeForce RTX 4090"])
        if o.provider == "AutoDL" and o.price_per_hour == 1.88
    ]
    assert offers[0].usd_per_device_hour == pytest.approx(
        1.88 / cost_constant("fx_cny_per_usd").value.likely, rel=1e-4
    )


def test_a_laptop_gpu_is_not_sold_alone() -> None:
    laptops = [d for d in CATALOG.devices.values() if d.kind == "laptop"]
    assert laptops
    assert all(math.isnan(d.buy_usd) for d in laptops)


def test_servers_cost_about_what_vendors_ask() -> None:
    # n x card + a + b n against 12 vendor pages of 2026-08: inside a factor of 1.45, but for four L4
    ratios = {}
    for server in server_prices():
        device = CATALOG.devices[server.device]
        if server.kind == "vendor page" and device.buy_usd > 0:
            machine = machine_columns([Machine(device=device, num_devices=server.num_devices)])
            ratios[server.name] = float(np.sum(upfront_usd(machine, cost_defaults()))) / server.usd
    off = [name for name, ratio in ratios.items() if not 1 / 1.45 < ratio < 1.45]
    assert len(ratios) >= 10
    assert off == ["server with 4 x NVIDIA L4"]


def test_every_constant_has_a_unit_a_source_and_an_ordered_range() -> None:
    assert len(cost_constants()) >= 35
    for constant in cost_constants().values():
        assert all((constant.unit, constant.source, constant.as_of)), constant.name
    assert cost_constant("tariff_usd_per_kwh").value.likely == 0.146
    assert cost_constant("life_months").value.basis == "assumed"


def test_an_unknown_constant_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="tariff_usd_per_kwh"):
        cost_constant("tariff_usd_kwh")


def test_api_table_is_small_and_every_row_is_valid() -> None:
    path = FOLDER / "prices_api.csv"
    assert path.stat().st_size < 700_000
    rows = read_table(path, API_COLUMNS)
    assert len(rows) == len(api_prices()) > 1_000
    keys = [(row["provider"], row["model"]) for row in rows]
    assert len(set(keys)) == len(keys)


def test_api_offers_serve_models_of_the_catalog() -> None:
    served = {offer.serves for offer in api_prices() if offer.serves}
    assert served <= CATALOG.models.keys()
    assert len(served) >= 150


def test_api_offers_of_a_model_are_sorted_and_named_exactly() -> None:
    offers = api_offers("Qwen/Qwen3-32B")
    assert len(offers) >= 5
    assert all(offer.model.rsplit("/", 1)[-1].lower() == "qwen3-32b" for offer in offers)
    assert [o.output_usd_per_mtok for o in offers] == sorted(o.output_usd_per_mtok for o in offers)
    assert api_offers("no/such-model") == ()


def test_E02_deepseek_has_off_peak_prices_and_a_peak_factor() -> None:
    pro = next(o for o in api_offers("deepseek-ai/DeepSeek-V4-Pro") if o.provider == "deepseek")
    assert (pro.input_usd_per_mtok, pro.cached_usd_per_mtok, pro.output_usd_per_mtok) == (0.66, 0.022, 1.98)
    assert pro.peak_factor == 2.0
    assert pro.peak_ratio == pytest.approx(0.208, abs=0.001)


def test_a_name_that_now_answers_with_another_model_serves_nothing() -> None:
    # deepseek-v4-flash is answered by V4.1 since 2026-09-10
    assert "deepseek" not in {offer.provider for offer in api_offers("deepseek-ai/DeepSeek-V4-Flash")}


def test_the_shipped_price_gives_the_bill_of_the_worked_example() -> None:
    flash = next(o for o in api_prices() if (o.provider, o.model) == ("deepseek", "deepseek-flash"))
    bill = api_monthly_usd(
        prices=flash.prices(2_000), requests_per_month=20_000 * 365 / 12, input_tokens=2_000.0, output_tokens=500.0,
        cached_ratio=0.5, peak_ratio=0.4, peak_factor=flash.peak_factor,
    )  # fmt: skip
    assert bill == pytest.approx(385.81, abs=0.01)


def test_long_prompts_have_their_own_prices_where_the_provider_says_so() -> None:
    tiered = [offer for offer in api_prices() if offer.long_from_tokens < math.inf]
    assert len(tiered) >= 10
    for offer in tiered:
        assert offer.prices(offer.long_from_tokens).input_usd == offer.input_usd_per_mtok
        assert offer.prices(offer.long_from_tokens + 1).input_usd == offer.long_input_usd_per_mtok


def test_input_without_a_cache_price_costs_the_same_cached_or_not() -> None:
    plain = next(offer for offer in api_prices() if math.isnan(offer.cached_usd_per_mtok))
    assert plain.prices(1_000).cached_usd == plain.input_usd_per_mtok


def test_most_of_the_market_can_be_priced() -> None:
    costs = machine_costs(machine_columns([Machine(device=d) for d in PRICED]), cost_defaults())
    assert (costs.upfront_usd > 0).sum() >= 120
    assert (costs.rent_usd > 0).sum() >= 45
