"""How the price scripts read their sources: kinds of offers, ranges of prices, names of models."""

from __future__ import annotations

import pytest

from api_names import served_models, serves
from api_sources import table_rows
from price_clouds import cloud_rows, rents
from price_defaults import cny_per_usd, newest
from price_devices import device_rows
from price_servers import server_rows
from refresh_api_prices import merged

KNOWN = served_models([
    "Qwen/Qwen3-32B", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V4-Flash",
    "one/Twin-7B", "other/twin-7b", "meta-llama/Meta-Llama-3-8B-Instruct",
])  # fmt: skip


def cloud(**cells: str) -> dict[str, str]:
    plain = {
        "provider": "Cloud A", "instance": "8x", "gpu": "H100 SXM", "n_gpu": "8", "on_demand_per_h": "32",
        "currency": "USD", "spot_per_h": "", "reserved_per_h": "", "reserved_term": "", "region": "", "note": "",
        "source": "list", "as_of": "2026-10-04", "stale": "no",
    }  # fmt: skip
    return plain | cells


def card(**cells: str) -> dict[str, str]:
    plain = {
        "name": "Card",
        "kind": "consumer",
        "release": "2025-01-30",
        "launch_msrp_usd": "",
        "street_price_usd": "",
    }
    return plain | {"street_price_cny": "", "price_as_of": "", "price_source": ""} | cells


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        ({}, ["on-demand"]),
        ({"provider": "Vast.ai", "spot_per_h": "8"}, ["marketplace", "spot"]),
        ({"instance": "1x community"}, ["community"]),
        ({"instance": "1x secure (spot column = community)", "spot_per_h": "8"}, ["on-demand", "community"]),
        ({"currency": "CNY"}, ["china"]),
        ({"note": "shapes are Spot/Flex-start only"}, ["list-only"]),
        ({"on_demand_per_h": "", "reserved_per_h": "20", "reserved_term": "1y"}, ["reserved"]),
    ],
)
def test_the_kind_of_an_offer_is_read_from_its_row(cells: dict[str, str], kinds: list[str]) -> None:
    assert [row["kind"] for row in cloud_rows([cloud(**cells)], 6.8)] == kinds


def test_a_price_is_per_device_of_a_whole_instance_and_converted() -> None:
    rows = cloud_rows([cloud(), cloud(currency="CNY", on_demand_per_h="68", n_gpu="1")], 6.8)
    assert [row["usd_per_device_hour"] for row in rows] == ["4", "10"]
    assert rows[0]["num_devices"] == "8"


def test_a_name_that_leaves_the_variant_open_counts_for_no_device() -> None:
    assert [row["device"] for row in cloud_rows([cloud(gpu="H100")], 6.8)] == [""]


def test_each_seller_counts_once_with_its_newest_offers() -> None:
    # A: newest 4 (older 8 ignored); B: 6; C: 5 and 7 on one day: 6; spot and stale rows count for nothing
    rows = cloud_rows(
        [
            cloud(), cloud(on_demand_per_h="64", as_of="2026-02-11"), cloud(provider="Cloud B", on_demand_per_h="48"),
            cloud(provider="Cloud C", on_demand_per_h="40", spot_per_h="8"),
            cloud(provider="Cloud C", on_demand_per_h="56"),
            cloud(provider="Cloud D", on_demand_per_h="8", stale="yes"),
        ],
        6.8,
    )  # fmt: skip
    rent = rents(rows)["NVIDIA H100 SXM5 80GB"]
    assert (rent["rent_usd_per_hour"], rent["rent_usd_per_hour_low"], rent["rent_usd_per_hour_high"]) == (
        "6",
        "4",
        "6",
    )
    assert rent["rent_num_offers"] == "3"


def test_a_marketplace_gives_the_rent_only_where_nobody_else_sells() -> None:
    market = cloud(provider="Vast.ai", on_demand_per_h="8")
    assert rents(cloud_rows([market, cloud()], 6.8))["NVIDIA H100 SXM5 80GB"]["rent_usd_per_hour"] == "4"
    alone = rents(cloud_rows([market], 6.8))["NVIDIA H100 SXM5 80GB"]
    assert alone["rent_price_source"].startswith("marketplace only; one seller: Vast.ai")


def test_street_price_takes_the_range_that_its_source_states() -> None:
    source = "shop: USD 600-800, midpoint; new 1,100 in 2025; EUR 5,199 elsewhere"
    row = card(street_price_usd="700", price_as_of="2026-06-29", price_source=source)
    cells = device_rows([row], [], {}, 6.8)[0]
    assert (cells["buy_usd"], cells["buy_usd_low"], cells["buy_usd_high"]) == ("700", "600", "1100")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"street_price_usd": "100", "price_as_of": "2026-01-24"}, ("street", "100", "80", "130")),
        ({"street_price_usd": "100", "price_as_of": "2025-08-24"}, ("street", "100", "60", "130")),
        ({"street_price_cny": "680", "price_as_of": "2026"}, ("street", "100", "80", "130")),
        ({"launch_msrp_usd": "100"}, ("launch", "100", "60", "130")),
    ],
)
def test_older_prices_have_a_wider_range(cells: dict[str, str], expected: tuple[str, ...]) -> None:
    row = device_rows([card(**cells)], [], {}, 6.8)[0]
    assert (row["buy_price_kind"], row["buy_usd"], row["buy_usd_low"], row["buy_usd_high"]) == expected


def test_a_converted_price_says_so() -> None:
    row = device_rows([card(street_price_cny="680", price_as_of="2026", price_source="shop")], [], {}, 6.8)[0]
    assert row["buy_price_source"] == "shop; CNY 680 at 6.8 CNY/USD"


def test_what_has_no_price_has_no_row() -> None:
    assert device_rows([card(), card(kind="laptop", launch_msrp_usd="400")], [], {}, 6.8) == []


def test_cards_alone_are_no_complete_server_and_contracts_are_none() -> None:
    base = {"name": "8x", "device": "D", "n": "8", "usd": "1", "source": "s", "as_of": "2026", "note": ""}
    rows = server_rows(
        [base | {"kind": "GPU cost only, derived 8 x street price"}, base | {"kind": "rental per year"}]
    )
    assert [row["is_complete"] for row in rows if row["name"] == "8x"] == ["no"]


def test_the_newest_dated_row_with_a_value_wins() -> None:
    facts = [
        {"name": "fx_cny_per_usd", "region": "world", "value": value, "as_of": as_of}
        for value, as_of in (("7.1", "2025-01-01"), ("6.8", "2026-05-08"), ("", "2026-11-23"))
    ]
    assert cny_per_usd(facts) == 6.8
    assert newest(facts, "fx_cny_per_usd", "world")["as_of"] == "2026-05-08"


@pytest.mark.parametrize(
    ("provider", "name", "model"),
    [
        ("deepinfra", "Qwen/Qwen3-32B", "Qwen/Qwen3-32B"),
        ("alibaba", "qwen3-32b", "Qwen/Qwen3-32B"),
        ("fireworks", "accounts/fireworks/models/llama-v3p1-8b-instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("deepinfra", "meta-llama/Meta-Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("groq", "llama-3.1-8b-instant", "meta-llama/Llama-3.1-8B-Instruct"),
        ("together", "Qwen/Qwen3-32B-FP8", ""),
        ("together", "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", ""),
        ("openrouter", "qwen/qwen3-32b:free", ""),
        ("deepseek", "deepseek-v4-flash", ""),
        ("novita", "deepseek/deepseek-v4-flash", "deepseek-ai/DeepSeek-V4-Flash"),
        ("anyone", "twin-7b", ""),
    ],
)
def test_only_the_exact_name_serves_a_model(provider: str, name: str, model: str) -> None:
    assert serves(provider, name, KNOWN) == model


def test_the_first_source_of_an_offer_wins_and_a_disagreement_is_noted() -> None:
    first = {"provider": "nebius", "model": "Qwen/Qwen3-32B", "input_usd_per_mtok": "0.1", "output_usd_per_mtok": "0.3",
             "as_of": "2026-11"}  # fmt: skip
    later = first | {"output_usd_per_mtok": "0.4", "cached_usd_per_mtok": "0.01", "as_of": "2026-05-21"}
    (row,) = merged([first, later], KNOWN)
    assert (row["output_usd_per_mtok"], row["cached_usd_per_mtok"]) == ("0.3", "0.01")
    assert row["note"] == "another source says 0.1 in, 0.4 out (2026-05-21)"


def test_closed_models_are_kept_of_their_makers_only() -> None:
    offer = {"model": "closed-1", "input_usd_per_mtok": "1", "output_usd_per_mtok": "2", "as_of": "2026-11"}
    rows = merged([offer | {"provider": "openai"}, offer | {"provider": "openrouter"}], KNOWN)
    assert [row["provider"] for row in rows] == ["openai"]


def test_free_and_deprecated_offers_are_left_out() -> None:
    offer = {
        "provider": "groq", "model": "m", "mode": "chat", "input_usd_per_mtok": "1", "output_usd_per_mtok": "2",
        "note": "", "cached_input_usd_per_mtok": "", "context_tokens": "", "currency": "USD", "source": "s",
        "as_of": "2026-11",
    }  # fmt: skip
    gone, later = {"note": "deprecated 2026-10-23"}, {"note": "deprecated 2027-01-14"}
    free, other = {"input_usd_per_mtok": "0"}, {"provider": "perplexity"}
    kept = list(table_rows([offer, offer | gone, offer | later, offer | free, offer | other]))
    assert len(kept) == 2
