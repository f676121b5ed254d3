from __future__ import annotations

import pytest

from sizewise.errors import (
    MAX_SHOWN_CHARACTERS,
    BadInput,
    InvalidQuantity,
    MissingExtra,
    SizewiseError,
    UnknownName,
    nearest_names,
    shown,
)

DEVICES = ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4080", "Apple M4 Max (40-core GPU)")


def test_what_the_user_gave_is_shortened_and_escaped() -> None:
    assert shown("a\nb") == "a\\nb"
    assert len(shown("x" * 1000)) == MAX_SHOWN_CHARACTERS
    assert shown("x" * 1000).endswith("…")


def test_an_error_keeps_its_template_for_translation() -> None:
    error = InvalidQuantity("{what}: '{given}' is wrong", what="--users", given=-3)
    assert str(error) == "--users: '-3' is wrong"
    assert error.template == "{what}: '{given}' is wrong"
    assert error.params == {"what": "--users", "given": "-3"}
    assert error.exit_code == 2


def test_an_unknown_name_says_the_nearest_and_the_next_step() -> None:
    error = UnknownName("device", "RTX4090", DEVICES, "list them with sizewise hardware")
    assert "NVIDIA GeForce RTX 4090" in str(error)
    assert str(error).endswith("list them with sizewise hardware")
    assert error.nearest[0] == "NVIDIA GeForce RTX 4090"
    assert isinstance(error, BadInput)


def test_nothing_near_says_nothing_near() -> None:
    assert nearest_names("qqqqqq", DEVICES) == ()
    assert "nearest" not in str(UnknownName("device", "qqqqqq", DEVICES))


@pytest.mark.parametrize("given", ["", " ", "\x00", "é" * 10_000])
def test_odd_names_neither_crash_nor_match(given: str) -> None:
    assert nearest_names(given, DEVICES) == ()


def test_a_missing_extra_is_its_install_line() -> None:
    error = MissingExtra("engine", "asking llama.cpp")
    assert "pip install 'sizewise[engine]'" in str(error)
    assert isinstance(error, SizewiseError)
