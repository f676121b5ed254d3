"""The page: every figure with range, mark and unit; nothing of it read as markup; readable without colour."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.text import Text as Line

from sizewise.domain.decision import MemoryPart, Rejection
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.report.figures import marked, span
from sizewise.report.language import speaker, translator
from sizewise.report.page import FILE_WIDTH, grid, page_text, point
from sizewise.report.text import rejection_blocks
from sizewise.report.text_option import figure_row, memory_blocks
from sizewise.units import GIB

SAY = speaker(translator("en"))


@pytest.mark.parametrize(
    ("basis", "shown"),
    [
        ("exact", "2.00"),
        ("measured", "2.00"),
        ("fitted", "~ 2.00"),
        ("derived", "~ 2.00"),
        ("assumed", "? 2.00"),
    ],
)
def test_the_mark_says_where_a_number_comes_from(basis: str, shown: str) -> None:
    assert marked(Estimate(low=1, likely=2, high=3, basis=basis)) == shown


def test_a_range_without_spread_is_one_number() -> None:
    assert span(Estimate.exactly(2.0)) == "2.00"
    assert span(Estimate(low=1, likely=2, high=3, basis="exact")) == "2.00 (1.00-3.00)"


@pytest.mark.parametrize(
    ("amount_usd", "shown"), [(0.0, "0"), (3.2, "3.20"), (1240.4, "1,240"), (float("nan"), "-")]
)
def test_money_has_cents_only_where_they_count(amount_usd: float, shown: str) -> None:
    assert SAY.amount(amount_usd) == shown


def test_an_unknown_figure_gives_its_reason() -> None:
    row = figure_row(T("cost"), Unknown(reason="no price is known for it"), SAY, unit=T("USD"))
    assert (row.likely, row.unit, row.note) == ("-", "", "unknown: no price is known for it")


def test_the_memory_bar_is_as_long_as_what_is_usable() -> None:
    parts = (
        MemoryPart(name="weights", size=Estimate.exactly(6.0 * GIB)),
        MemoryPart(name="host_weights", size=Estimate.exactly(2.0 * GIB), placement="host"),
    )
    page = page_text(memory_blocks(parts, 8.0 * GIB, SAY), for_file=True)
    assert "6.00 of 8.00 GiB usable" in page
    assert "free 2.00" in page
    assert "weights in host memory 2.00" in page


def test_every_kind_of_memory_part_has_a_name() -> None:
    part = MemoryPart(name="activations", size=Estimate.exactly(GIB))
    assert "working set" in page_text(memory_blocks((part,), 8.0 * GIB, SAY), for_file=True)


def test_square_brackets_are_text() -> None:
    assert "[bold]x[/bold]" in page_text([Line("[bold]x[/bold]"), grid([("[red]y",)])], for_file=True)


def test_chinese_lines_stay_within_the_page() -> None:
    page = page_text([point("·", Line("显存不够" * 60))], for_file=True)
    assert page.count("显存不够") >= 58
    assert "…" not in page
    assert max(cell_len(line) for line in page.splitlines()) <= FILE_WIDTH


def test_a_rejection_names_option_constraint_shortfall_and_lift() -> None:
    rejection = Rejection(
        option="big in Q8_0",
        role="size-above",
        constraint="memory",
        shortfall="short by 3 GiB",
        lift="a second card",
    )
    page = page_text(rejection_blocks([rejection], SAY, has_answer=True), for_file=True)
    assert "a size larger: big in Q8_0" in page
    assert "memory: short by 3 GiB  → a second card" in page


def test_other_quantizations_beyond_the_limit_are_counted() -> None:
    rejections = [
        Rejection(option=f"option {i}", role="quantization", constraint="cost", shortfall="dearer", lift="")
        for i in range(4)
    ]
    page = page_text(rejection_blocks(rejections, SAY, has_answer=True, most_formats=1), for_file=True)
    assert "option 0" in page
    assert "option 1" not in page
    assert "3 more quantizations" in page
