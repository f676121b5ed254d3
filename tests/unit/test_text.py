from __future__ import annotations

from sizewise.decide import wording
from sizewise.domain.text import T


def test_a_text_is_english_until_it_is_translated() -> None:
    text = T("short by {size}", size="1.4 GiB")
    assert str(text) == "short by 1.4 GiB"
    assert text.rendered({"short by {size}": "缺 {size}"}.__getitem__) == "缺 1.4 GiB"


def test_texts_inside_texts_are_translated_too() -> None:
    inner = T("one person")
    outer = T("for {who}", who=inner)
    table = {"one person": "一人", "for {who}": "给{who}"}
    assert outer.rendered(table.__getitem__) == "给一人"


def test_money_shows_cents_only_when_small() -> None:
    assert str(wording.money(7.789)) == "7.79 USD"
    assert str(wording.money(1234.5)) == "1,234 USD"


def test_probabilities_are_never_quite_certain() -> None:
    assert [wording.percent(p) for p in (0.0, 0.005, 0.5, 0.994, 1.0)] == [
        "<1 %",
        "<1 %",
        "50 %",
        ">99 %",
        ">99 %",
    ]


def test_hardware_is_counted_only_from_two() -> None:
    assert wording.hardware("RTX 4090", 1) == "RTX 4090"
    assert wording.hardware("RTX 4090", 2) == "2x RTX 4090"


def test_a_cost_difference_names_its_direction() -> None:
    assert "20 USD a month more" in str(wording.cost_difference(120.0, 100.0, is_same_model=False))
    assert "tie" in str(wording.cost_difference(95.0, 100.0, is_same_model=False))
    assert "smaller sufficient model" in str(wording.cost_difference(100.0, 100.0, is_same_model=False))
    assert "bits" in str(wording.cost_difference(100.0, 100.0, is_same_model=True))


def test_unknown_quality_is_told_as_unknown() -> None:
    assert "unknown never passes" in str(wording.quality_shortfall(float("nan"), float("nan"), None))  # type: ignore[arg-type]  # not read
