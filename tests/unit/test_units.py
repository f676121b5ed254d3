from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise import units
from sizewise.errors import InvalidQuantity


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("24GiB", 24 * 2**30),
        ("24 GB", 24e9),
        ("1.5 TiB", 1.5 * 2**40),
        ("512 mib", 2**29),
        ("7b", 7),
        ("1e3KB", 1e6),
    ],
)
def test_memory_is_read_with_its_unit(text: str, size: float) -> None:
    assert units.parse_bytes(text) == size


@pytest.mark.parametrize("text", ["24", "24 gigs", "", "GiB", "-1GiB", "0GB", "nan GB", "1e30GB", "1..2GB"])
def test_memory_without_a_unit_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        units.parse_bytes(text)


def test_a_missing_unit_is_told_with_both_readings() -> None:
    with pytest.raises(InvalidQuantity, match=r"24GiB .* 24GB"):
        units.parse_bytes("24")


@pytest.mark.parametrize(("text", "tokens"), [("8192", 8192), ("8K", 8192), ("128k", 131_072), ("1M", 2**20)])
def test_tokens_use_binary_suffixes(text: str, tokens: int) -> None:
    assert units.parse_tokens(text) == tokens


@pytest.mark.parametrize("text", ["8.5", "0", "-3", "8X", "1e12", "inf"])
def test_senseless_token_counts_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        units.parse_tokens(text)


@pytest.mark.parametrize(
    ("text", "count"), [("20", 20), ("2k", 2000), ("1.5M", 1.5e6), ("3万", 30_000), ("1,000", 1000)]
)
def test_counts_use_decimal_suffixes(text: str, count: float) -> None:
    assert units.parse_count(text) == count


def test_whole_numbers_are_whole() -> None:
    assert units.parse_whole("3") == 3
    with pytest.raises(InvalidQuantity, match="whole"):
        units.parse_whole("2.5")


def test_an_unknown_suffix_of_a_count_is_named() -> None:
    with pytest.raises(InvalidQuantity, match="'people'"):
        units.parse_count("20 people")


@pytest.mark.parametrize(("text", "number"), [("65", 65.0), ("-3", -3.0), ("0", 0.0)])
def test_plain_numbers_may_be_negative(text: str, number: float) -> None:
    assert units.parse_number(text) == number


def test_plain_numbers_have_no_unit() -> None:
    with pytest.raises(InvalidQuantity):
        units.parse_number("65%")


@pytest.mark.parametrize(
    ("text", "seconds"), [("2s", 2.0), ("500ms", 0.5), ("1.5", 1.5), ("2min", 120.0), ("1h", 3600.0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert units.parse_seconds(text) == seconds


def test_a_pause_may_be_nothing_but_not_negative() -> None:
    assert units.parse_pause("0") == 0.0
    assert units.parse_pause("30s") == 30.0
    with pytest.raises(InvalidQuantity):
        units.parse_pause("-1s")


def test_an_unknown_duration_unit_is_refused() -> None:
    with pytest.raises(InvalidQuantity, match="fortnight"):
        units.parse_seconds("1 fortnight")


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("800", 800, "USD"),
        ("$1,200", 1200, "USD"),
        ("5000CNY", 5000, "CNY"),
        ("¥5000", 5000, "CNY"),
        ("5000元", 5000, "CNY"),
    ],
)
def test_money_keeps_its_currency(text: str, amount: float, currency: str) -> None:
    assert units.parse_money(text) == (amount, currency)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(InvalidQuantity, match="EUR"):
        units.parse_money("800 EUR")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (5.87 * 2**30, "5.87 GiB"),
        (132 * 2**20, "132 MiB"),
        (3 * 2**40, "3.00 TiB"),
        (2048, "2.00 KiB"),
        (17, "17 B"),
    ],
)
def test_bytes_for_people_are_binary_with_three_digits(size: float, text: str) -> None:
    assert units.format_bytes(size) == text


@given(st.floats(min_value=1, max_value=1e15))
def test_printed_bytes_are_within_rounding_of_the_value(size: float) -> None:
    printed = units.format_bytes(size)
    if printed.endswith(" B"):
        assert abs(float(printed[:-2]) - size) <= 0.5
    else:
        assert units.parse_bytes(printed) == pytest.approx(size, rel=6e-3)


def test_numbers_keep_significant_digits_without_exponents() -> None:
    assert units.significant(1234567) == "1,230,000"
    assert units.significant(0.00123) == "0.00123"
    assert units.significant(0) == "0"
    assert units.significant(math.inf) == "inf"


def test_durations_and_tokens_for_people() -> None:
    assert units.format_seconds(0.042) == "42 ms"
    assert units.format_seconds(1.84) == "1.8 s"
    assert units.format_seconds(720) == "12 min"
    assert units.format_tokens(8192) == "8K"
    assert units.format_tokens(4000) == "4,000"
