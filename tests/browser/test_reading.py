"""The page as people read it: the verdict first, figures and tables and drawings that a phone shows, plain words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.browser.conftest import ANSWERED, DESKTOP, PHONE, browser_marks, playwright_api

expect = playwright_api.expect
pytestmark = browser_marks
COMPARED = "/compare?task=chat&pick=Qwen3-8B@Q4_K_M+on+RTX+4090&pick=Qwen3-14B@Q4_K_M+on+RTX+4090"
CARD = "/card?device=RTX+3060+12+GB&model=Qwen3-32B"
SMALLEST_PX = 9.0
"""Smaller text in a drawing is not read. [px]"""
NARROWEST_PX = 40.0
"""A narrower cell breaks every word. [px]"""

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page


@pytest.fixture
def phone(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(base_url=server, viewport=PHONE, color_scheme="dark", has_touch=True)
    opened = context.new_page()
    yield opened
    context.close()


def bottom(page: Page, selector: str) -> float:
    """Lower edge of an element on the first screen. [px]"""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("path", [ANSWERED, f"/expert{ANSWERED[1:]}"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_first_screen_of_a_phone_is_the_verdict_with_its_figures(
    phone: Page, path: str, language: str
) -> None:
    phone.goto(f"{path}&lang={language}")
    expect(phone.locator(".figures div").first).to_be_visible()
    assert bottom(phone, ".verdict") < PHONE["height"]
    assert bottom(phone, ".figures div:nth-child(4)") < PHONE["height"]
    expect(phone.locator("form select[name=task]")).to_be_hidden()


def test_the_first_screen_of_a_desktop_has_question_verdict_and_figures(page: Page) -> None:
    page.goto(ANSWERED)
    expect(page.locator("form select[name=task]")).to_be_visible()
    assert bottom(page, ".verdict") < bottom(page, ".figures") < DESKTOP["height"]


def test_on_a_phone_the_question_is_unfolded_changed_and_the_answer_is_one_tap_away(phone: Page) -> None:
    phone.goto(ANSWERED)
    expect(phone.locator(".ask > summary")).to_contain_text("Summarization")
    expect(phone.locator(".ask > summary")).to_contain_text("RTX 4090")
    phone.locator(".ask > summary").tap()
    phone.fill("input[name=users]", "4")
    phone.locator("input[name=users]").blur()
    expect(phone.locator(".verdict")).to_contain_text("4 people")
    phone.locator(".jump").tap()
    expect(phone.locator(".verdict")).to_be_in_viewport()


def test_every_drawing_is_legible_on_a_phone_and_has_words_for_those_who_listen(phone: Page) -> None:
    phone.goto(ANSWERED)
    phone.wait_for_function("() => document.querySelectorAll('.drawn').length === 3")
    phone.evaluate("document.querySelectorAll('article > details').forEach(each => { each.open = true; })")
    drawings = phone.evaluate(
        "() => [...document.querySelectorAll('figure svg')].filter(each => each.checkVisibility()).map(each => ({"
        " scale: each.getBoundingClientRect().width / each.viewBox.baseVal.width,"
        " size: Math.min(...[...each.querySelectorAll('text')].map(text =>"
        " parseFloat(getComputedStyle(text).fontSize))),"
        " title: each.querySelector('title')?.textContent, desc: each.querySelector('desc')?.textContent,"
        " right: each.getBoundingClientRect().right }))"
    )
    assert len(drawings) >= 5
    for drawing in drawings:
        assert drawing["scale"] * drawing["size"] >= SMALLEST_PX
        assert drawing["right"] <= PHONE["width"]
        assert drawing["title"]
        assert drawing["desc"]


@pytest.mark.parametrize("path", [ANSWERED, COMPARED])
def test_tables_on_a_phone_are_read_without_scrolling_sideways(phone: Page, path: str) -> None:
    phone.goto(f"{path}&lang=zh")
    phone.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    cells = phone.evaluate(
        "() => [...document.querySelectorAll('table')].filter(each => each.checkVisibility()).flatMap(table =>"
        " [...table.querySelectorAll('td')].filter(cell => cell.textContent.length > 6).map(cell => {"
        " const box = cell.getBoundingClientRect(); return [box.width, box.right]; }))"
    )
    assert len(cells) > 10
    assert min(width for width, _ in cells) >= NARROWEST_PX
    assert max(right for _, right in cells) <= PHONE["width"]
    names = phone.locator("td[data-label]").first.evaluate(
        "cell => getComputedStyle(cell, '::before').content"
    )
    assert len(names) > len('": "')


def test_a_link_with_a_wrong_name_keeps_what_was_typed(page: Page) -> None:
    answer = page.goto("/expert?task=coding&device=RTX+40999&users=7")
    assert answer is not None
    assert answer.status >= 400
    expect(page.locator(".problem")).to_contain_text("unknown device")
    expect(page.locator("input[name=device]")).to_have_value("RTX 40999")
    expect(page.locator("input[name=users]")).to_have_value("7")
    page.fill("input[name=device]", "RTX 4090")
    page.keyboard.press("Tab")
    expect(page.locator(".verdict")).to_contain_text("RTX 4090")
    expect(page.locator(".problem")).to_have_count(0)


def test_a_card_shows_the_best_model_of_each_size_that_runs(page: Page) -> None:
    page.goto("/card?device=RTX+3060+12+GB")
    article = page.locator("article").first
    expect(article.locator(".verdict")).to_contain_text("The best that RTX 3060 12 GB runs")
    sizes = [float(text.rstrip("B")) for text in article.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert len(sizes) >= 4
    assert sizes == sorted(sizes, reverse=True)
    assert 6 < sizes[0] < 20


def test_a_request_that_nothing_satisfies_shows_what_would_help_first(phone: Page) -> None:
    phone.goto("/expert?task=reasoning&device=RTX+3060+12+GB&min_quality=99")
    expect(phone.locator("article table").first).to_be_visible()
    expect(phone.locator("article h2").first).to_have_text("What comes nearest")
    expect(phone.locator("td[data-label='what would help']").first).to_be_visible()


def test_an_api_that_is_the_answer_has_its_figures_beside_the_verdict(page: Page) -> None:
    page.goto("/expert?task=chat&path=api&users=2&now=1")
    expect(page.locator(".verdict")).to_contain_text("API")
    expect(page.locator(".figures")).to_contain_text("USD a month")
    expect(page.locator("article")).to_contain_text("The data of every request leaves the house")


@pytest.mark.parametrize("path", [ANSWERED, CARD, "/expert?task=reasoning&device=RTX+4090"])
def test_chinese_readers_meet_no_english_words_of_ours(page: Page, path: str) -> None:
    page.goto(f"{path}&lang=zh")
    page.wait_for_function("() => !document.querySelector('.pending')")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    said = page.evaluate(
        "() => { const seen = document.querySelector('main').cloneNode(true);"
        " seen.querySelectorAll('pre, td[data-label=\"来源\"], title, desc').forEach(each => each.remove());"
        " return [...seen.querySelectorAll('p, td, th, dd, dt, label, legend, h1, h2, summary, text')]"
        ".map(each => each.textContent.trim()).join('\\n'); }"
    )
    words = re.findall(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", said)
    assert words == []
    assert (
        re.findall(r"(?<!-)\b(?:summarization|reasoning|USD|points|tokens|models|none|default)\b", said) == []
    )
