"""The page in a real browser: each way in, both languages, small and dark, by keyboard, without a network."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

import pytest

from page_server import served_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
axe_module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe-playwright-python")
expect = playwright_api.expect
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
ANSWERED = "/?task=summarization&device=RTX+4090"
PAGES = ("/", ANSWERED, "/expert?task=coding&device=RTX+4090", "/card?device=RTX+3060+12+GB&model=Qwen3-8B")
WAIT_MS = 30_000
QUIET_MS = 600
"""Longer than the page waits after a key, so that its last question is answered. [ms]"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with served_page() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with playwright_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    context = browser.new_context(base_url=server, viewport=DESKTOP, locale="en-US")
    context.set_default_timeout(WAIT_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert errors == []


def verdict(page: Page) -> str:
    return str(page.locator(".verdict").first.inner_text())


def test_the_guide_answers_as_questions_are_answered_and_the_link_shows_the_same(page: Page) -> None:
    page.goto("/")
    page.select_option("select[name=task]", "summarization")
    page.fill("input[name=device]", "RTX 4090")
    page.keyboard.press("Tab")
    page.wait_for_selector(".verdict >> text=RTX 4090")
    said, link = verdict(page), page.url
    assert "device=RTX" in link
    assert "users=" not in link
    page.goto(link)
    assert verdict(page) == said


def test_going_back_shows_the_answer_before(page: Page) -> None:
    page.goto(ANSWERED)
    first = verdict(page)
    page.fill("input[name=users]", "16")
    page.keyboard.press("Tab")
    page.wait_for_function("text => document.querySelector('.verdict').innerText !== text", arg=first)
    page.go_back()
    page.wait_for_function("text => document.querySelector('.verdict')?.innerText === text", arg=first)
    assert page.input_value("input[name=users]") == ""


def test_the_expert_form_takes_a_narrow_question(page: Page) -> None:
    page.goto("/expert")
    page.fill("input[name=device]", "RTX 4090")
    page.fill("input[name=model]", "Qwen3-8B")
    page.fill("input[name=min_quality]", "1")
    page.fill("input[name=quantization]", "Q4_K_M")
    page.keyboard.press("Tab")
    page.wait_for_selector(".verdict >> text=Q4_K_M")
    assert "Qwen3-8B in Q4_K_M" in verdict(page)


def test_names_are_offered_while_typing(page: Page) -> None:
    page.goto("/expert")
    page.locator("input[name=device]").press_sequentially("4090")
    page.wait_for_function(
        "() => [...document.querySelectorAll('#names-device option')].some(each => each.value.includes('4090'))"
    )
    page.wait_for_timeout(QUIET_MS)
    offered = page.locator("#names-device option").evaluate_all("all => all.map(each => each.value)")
    assert "NVIDIA GeForce RTX 4090" in offered
    assert all("4090" in name for name in offered)


def test_a_card_says_whether_a_model_fits_and_what_else_runs(page: Page) -> None:
    page.goto("/card?device=RTX+3060+12+GB&model=Qwen3-32B")
    articles = page.locator("article:not(.drawn)")  # the drawings come later, by themselves
    expect(articles).to_have_count(2)
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
    assert "每秒约写" in verdict(opened)
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
    page.wait_for_selector(".verdict >> text=RTX 4090")


def test_the_launch_command_is_copied(page: Page) -> None:
    page.goto(ANSWERED)
    box = page.locator(".command").first
    box.locator("button").click()
    expect(box.locator("button")).to_have_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == box.locator("pre").inner_text()


def test_a_request_that_nothing_satisfies_says_what_binds(page: Page) -> None:
    page.goto("/expert?task=reasoning&device=RTX+3060+12+GB&min_quality=99")
    assert "Nothing satisfies" in verdict(page)


def test_a_name_that_nobody_knows_is_one_line_in_place(page: Page) -> None:
    page.goto("/")
    page.fill("input[name=device]", "RTX 40999")
    page.keyboard.press("Tab")
    expect(page.locator("#answer .problem")).to_contain_text("unknown device")
    assert page.input_value("input[name=device]") == "RTX 40999"


def test_a_page_that_does_not_exist_leads_back(page: Page) -> None:
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    page.click("main a")
    expect(page.locator("form")).to_have_count(1)


def test_nothing_is_asked_of_another_host(browser: Browser, server: str) -> None:
    context = browser.new_context(base_url=server)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    opened = context.new_page()
    for path in PAGES:
        opened.goto(path)
    context.close()
    assert len(asked) > len(PAGES)
    assert [url for url in asked if not url.startswith(server)] == []


def test_markup_in_what_was_typed_stays_text(page: Page) -> None:
    page.goto("/expert?device=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E")
    assert page.locator("main img").count() == 0
    assert "<img" in page.locator(".problem").inner_text()


def test_drawings_around_the_answer_come_by_themselves(page: Page) -> None:
    page.goto(ANSWERED)
    page.wait_for_function("() => document.querySelectorAll('.drawn figure svg').length >= 4")
    said = page.locator(".drawn").all_inner_texts()
    assert any("Latency under load" in text for text in said)
    assert any("Ways to pay, and where they cross" in text for text in said)


def test_options_are_put_side_by_side_by_keyboard_and_the_link_shows_the_same(page: Page) -> None:
    page.goto(ANSWERED)
    boxes = page.locator("#tray input[type=checkbox]")
    for position in range(2):
        boxes.nth(position).focus()
        page.keyboard.press("Space")
    page.locator("#tray button.primary").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?**")
    link, header = page.url, page.locator("thead th").all_inner_texts()
    assert len(header) == 2
    page.goto(link)
    assert page.locator("thead th").all_inner_texts() == header
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


def test_the_first_answer_is_there_within_a_second_and_the_page_is_light(page: Page) -> None:
    page.goto(ANSWERED)  # the server has read its facts
    page.goto(ANSWERED, wait_until="networkidle")
    entries = page.evaluate(
        "() => [performance.getEntriesByName('first-contentful-paint')[0].startTime,"
        " [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".reduce((sum, entry) => sum + entry.decodedBodySize, 0)]"
    )
    assert entries[0] < 1000
    assert entries[1] < 1_600_000
