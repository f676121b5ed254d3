"""The page in a real browser: each way in, both languages, small and dark, by keyboard."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Literal

import pytest
from tests.browser.conftest import ANSWERED, DESKTOP, PAGES, PHONE, browser_marks, playwright_api, verdict

axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
expect = playwright_api.expect
pytestmark = browser_marks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_the_guide_answers_as_questions_are_answered_and_the_link_shows_the_same(page: Page) -> None:
    page.goto("/")
    page.select_option("select[name=task]", "summarization")
    page.fill("input[name=device]", "RTX 4090")
    page.keyboard.press("Tab")
    expect(page).to_have_url(re.compile("task=summarization&device=RTX"))
    expect(page.locator(".verdict")).to_contain_text("RTX 4090")
    said, link = verdict(page), page.url
    assert "users=" not in link
    page.goto(link)
    expect(page.locator(".verdict")).to_have_text(said)


def test_going_back_shows_the_answer_before(page: Page) -> None:
    page.goto(ANSWERED)
    first = verdict(page)
    page.fill("input[name=users]", "16")
    page.keyboard.press("Tab")
    expect(page.locator(".verdict")).not_to_have_text(first)
    expect(page).to_have_url(re.compile("users=16"))
    page.go_back()
    expect(page.locator(".verdict")).to_have_text(first)
    expect(page.locator("input[name=users]")).to_have_value("")


def test_the_expert_form_takes_a_narrow_question(page: Page) -> None:
    page.goto("/expert")
    page.fill("input[name=device]", "RTX 4090")
    page.fill("input[name=model]", "Qwen3-8B")
    page.fill("input[name=min_quality]", "1")
    page.fill("input[name=quantization]", "Q4_K_M")
    page.keyboard.press("Tab")
    expect(page.locator(".verdict")).to_contain_text("Qwen3-8B in Q4_K_M")


def test_names_are_offered_while_typing(page: Page) -> None:
    page.goto("/expert")
    page.locator("input[name=device]").press_sequentially("4090")
    expect(page.locator("#names-device option[value='NVIDIA GeForce RTX 4090']")).to_have_count(1)
    expect(page.locator("#names-device option:not([value*='4090'])")).to_have_count(0)


def test_a_card_says_whether_a_model_fits_and_what_else_runs(page: Page) -> None:
    page.goto("/card?device=RTX+3060+12+GB&model=Qwen3-32B")
    articles = page.locator("article:not(.drawn)")  # the drawings come later, by themselves
    expect(articles).to_have_count(3)
    expect(articles.first).to_contain_text("does not fit")


def test_the_language_is_remembered(page: Page) -> None:
    page.goto(ANSWERED)
    page.click("text=简体中文")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto("/expert")
    expect(page.locator("h1")).to_have_text("专家模式")


def test_a_chinese_browser_is_answered_in_chinese(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server, locale="zh-CN")
    opened = context.new_page()
    opened.goto(ANSWERED)
    expect(opened.locator(".verdict")).to_contain_text("每秒约写")
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_phone_needs_no_scrolling_sideways(browser: Browser, server: str, path: str, language: str) -> None:
    context = browser.new_context(base_url=server, viewport=PHONE, color_scheme="dark")
    opened = context.new_page()
    opened.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    background = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(int(part) for part in background.strip("rgb()").split(",")) < 150
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_serious_keeps_people_out(
    browser: Browser, server: str, path: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(base_url=server, viewport=DESKTOP, color_scheme=scheme, bypass_csp=True)
    opened = context.new_page()
    opened.goto(path)
    found = axe_module.Axe().run(opened).response["violations"]
    context.close()
    serious = [
        f"{item['id']}: {item['nodes'][0]['html']}"
        for item in found
        if item["impact"] in {"serious", "critical"}
    ]
    assert serious == []


def test_the_guide_works_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(40):
        if page.evaluate("document.activeElement.name") == "device":
            break
        page.keyboard.press("Tab")
    page.keyboard.type("RTX 4090")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict")).to_contain_text("RTX 4090")


def test_the_launch_command_is_copied(page: Page) -> None:
    page.goto(ANSWERED)
    box = page.locator(".command").first
    box.locator(
        "button"
    ).evaluate(  # it says so for a second and a half: written down, because a slow computer looks late
        "button => { window.said = []; new MutationObserver(() => window.said.push(button.textContent))"
        ".observe(button, {childList: true}); }"
    )
    box.locator("button").click()
    page.wait_for_function("() => window.said.length === 2")
    assert page.evaluate("window.said") == ["copied", "copy"]
    assert page.evaluate("navigator.clipboard.readText()") == box.locator("pre").inner_text()


def test_a_request_that_nothing_satisfies_says_what_binds(page: Page) -> None:
    page.goto("/expert?task=reasoning&device=RTX+3060+12+GB&min_quality=99")
    expect(page.locator(".verdict")).to_contain_text("Nothing satisfies")


def test_a_name_that_nobody_knows_is_one_line_in_place(page: Page) -> None:
    page.goto("/")
    page.fill("input[name=device]", "RTX 40999")
    page.keyboard.press("Tab")
    expect(page.locator("#answer .problem")).to_contain_text("unknown device")
    expect(page.locator("input[name=device]")).to_have_value("RTX 40999")


def test_a_page_that_does_not_exist_leads_back(page: Page) -> None:
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    page.click("main a")
    expect(page.locator("form")).to_have_count(1)


def test_markup_in_what_was_typed_stays_text(page: Page) -> None:
    page.goto("/expert?device=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")
    expect(page.locator(".problem")).to_contain_text("<img")
    expect(page.locator("main img")).to_have_count(0)


def test_drawings_around_the_answer_come_by_themselves(page: Page) -> None:
    page.goto(ANSWERED)
    for title in ("Quality against cost", "Ways to pay, and where they cross", "Latency under load"):
        expect(page.locator(".drawn", has_text=title).locator("figure svg").first).to_be_visible()
    expect(page.locator(".pending, .coming")).to_have_count(0)


def test_what_would_change_the_answer_comes_into_its_place(page: Page) -> None:
    page.goto(ANSWERED)
    section = page.locator("article details", has_text="What would change this answer")
    expect(section.locator("tbody tr").first).to_be_visible()
    expect(page.locator(".coming")).to_have_count(0)
    headings = page.locator("article summary h2").all_inner_texts()
    assert headings.index("What would change this answer") == headings.index("The choice") + 1


def test_options_are_put_side_by_side_by_keyboard_and_the_link_shows_the_same(page: Page) -> None:
    page.goto(ANSWERED)
    boxes = page.locator("#tray input[type=checkbox]")
    for position in range(2):
        boxes.nth(position).focus()
        page.keyboard.press("Space")
        expect(boxes.nth(position)).to_be_checked()
    page.locator("#tray button.primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?**")
    expect(page.locator("thead th")).to_have_count(2)
    link, header = page.url, page.locator("thead th").all_inner_texts()
    page.goto(link)
    expect(page.locator("thead th")).to_have_text(header)
    page.click("text=Back to the question")
    expect(page.locator("#tray input:checked")).to_have_count(2)


def test_the_currency_is_in_the_link_and_remembered(page: Page) -> None:
    page.goto(ANSWERED)
    page.click(".switch >> text=CNY")
    page.wait_for_url("**currency=CNY**")
    expect(page.locator(".verdict").first).to_contain_text(" CNY a month")
    page.goto(ANSWERED)
    expect(page.locator(".verdict").first).to_contain_text(" CNY a month")


def test_where_each_number_comes_from_is_one_click_away(page: Page) -> None:
    page.goto(ANSWERED)
    page.click("summary >> text=Where each number comes from")
    expect(page.locator("td >> text=memory bandwidth of the device").first).to_be_visible()


def test_the_first_answer_comes_with_the_page_and_all_of_it_is_light(page: Page) -> None:
    answered = page.goto(ANSWERED, wait_until="networkidle")
    assert answered is not None
    assert verdict(page) in html.unescape(
        answered.text()
    )  # nothing else is fetched before the answer is read
    weight_bytes = page.evaluate(
        "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".reduce((sum, entry) => sum + entry.decodedBodySize, 0)"
    )
    assert 50_000 < weight_bytes < 1_600_000
