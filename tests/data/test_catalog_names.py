"""Laws of finding entries by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizewise.catalog import load_catalog
from sizewise.errors import BadInput, UnknownName

CATALOG = load_catalog()
KINDS = ("model", "device", "quantization", "engine", "task")


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_finds_itself_however_it_is_cased(kind: str) -> None:
    find = getattr(CATALOG, kind)
    for name in getattr(CATALOG, f"{kind}s"):
        assert find(name).name == find(name.upper()).name == find(f"  {name.lower()} ").name == name


@given(st.text(max_size=60))
def test_any_text_finds_an_entry_or_is_a_one_line_error(text: str) -> None:
    for kind in KINDS:
        try:
            entry = getattr(CATALOG, kind)(text)
        except BadInput as error:
            assert "\n" not in str(error)
        else:
            assert entry.name in getattr(CATALOG, f"{kind}s")


@given(st.sampled_from(sorted(CATALOG.devices)), st.sampled_from((" XYZ", " Ti X", "-9000", " Mobile Pro")))
def test_a_name_with_more_words_is_not_the_shorter_one(name: str, rest: str) -> None:
    with pytest.raises(UnknownName):
        CATALOG.device(name + rest)


def test_the_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        CATALOG.device("RTX 4090 Super Ti")
    assert "NVIDIA GeForce RTX 4090" in caught.value.nearest
