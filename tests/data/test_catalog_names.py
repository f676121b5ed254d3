"""Laws of finding entries by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.catalog import load_catalog
from sizewise.catalog.names import AmbiguousName
from sizewise.errors import BadInput, NotSupported, UnknownName

CATALOG = load_catalog()
KINDS = ("model", "device", "quantization", "engine", "task")


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_finds_itself_however_it_is_cased(kind: str) -> None:
    find = getattr(CATALOG, kind)
    for name in getattr(CATALOG, f"{kind}s"):
        assert find(name).name == find(name.upper()).name == find(f"  {name.lower()} ").name == name


def _told(kind: str, text: str) -> str:
    try:
        return str(getattr(CATALOG, kind)(text).name)
    except BadInput as error:
        return str(error)


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_any_text_finds_an_entry_or_is_a_one_line_error(kind: str, text: str) -> None:
    told = _told(kind, text)
    assert told in getattr(CATALOG, f"{kind}s") or (kind in told and "\n" not in told)


@given(st.sampled_from(sorted(CATALOG.devices)), st.sampled_from((" XYZ", " Ti X", "-9000", " Mobile Pro")))
def test_a_name_with_more_words_is_not_the_shorter_one(name: str, rest: str) -> None:
    with pytest.raises(UnknownName):
        CATALOG.device(name + rest)


@pytest.mark.parametrize("said", ["M4 Max 64GB", "m4max 64gb", "Apple M4 Max 64 GB"])
def test_the_number_of_cores_may_be_left_out_where_the_memory_tells(said: str) -> None:
    assert CATALOG.device(said).name == "Apple M4 Max (40-core GPU) 64GB"


def test_two_chips_of_one_memory_size_are_not_guessed() -> None:
    with pytest.raises(AmbiguousName, match=r"60-core.*80-core"):
        CATALOG.device("M3 Ultra 96GB")


def test_the_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        CATALOG.device("RTX 4090 Super Ti")
    assert "NVIDIA GeForce RTX 4090" in caught.value.nearest


def test_a_model_that_cannot_be_sized_is_known_and_says_why() -> None:
    with pytest.raises(NotSupported, match="layer pattern"):
        CATALOG.model("deepseek-ai/DeepSeek-V4.1-Flash")
