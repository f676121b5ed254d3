"""What the page does while it waits: one question a change, the answer in its place, progress, and no other host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.conftest import PAGES, browser_marks, playwright_api

expect = playwright_api.expect
pytestmark = browser_marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Request, Route

LOOK_MS = 50
WORKING = {"en": "weighing every model on every machine", "zh": "正在"}


def questions(page: Page, path: str) -> list[Request]:
    """Requests for an answer, as they are sent from now on: those for drawings and names come besides."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if f"{path}?" in request.url else None)
    return sent


def held_back(page: Page) -> Callable[[], None]:
    """Keeps questions from the server until the function that is given is called."""
    held: list[Route] = []
    released: list[bool] = []

    def hold(route: Route) -> None:
        if route.request.headers.get("hx-request") and not released:
            held.append(route)
        else:
            route.continue_()

    def release() -> None:
        while not held:  # on its way from the browser
            page.wait_for_timeout(LOOK_MS)
        released.append(True)
        for route in held:
            route.continue_()

    page.route("**/?task=*", hold)
    return release


def test_a_change_in_the_expert_form_is_one_question_and_swaps_the_answer_alone(page: Page) -> None:
    page.goto("/expert?task=coding&device=RTX+4090")
    expect(page.locator(".pending, .coming")).to_have_count(0)
    page.evaluate("document.querySelector('form').dataset.mine = 'kept'; window.mine = 'kept'")
    said = page.locator(".verdict").inner_text()
    sent = questions(page, "/expert")
    page.fill("input[name=users]", "16")
    page.keyboard.press("Tab")
    expect(page.locator(".verdict")).not_to_have_text(said)
    expect(page.locator(".pending, .coming")).to_have_count(0)
    assert [request.headers.get("hx-request") for request in sent] == ["true"]
    body = sent[0].response()
    assert body is not None
    assert '<form class="tray"' in body.text()
    assert "<fieldset><legend>Load and speed" not in body.text()
    assert page.evaluate("[window.mine, document.querySelector('form').dataset.mine]") == ["kept", "kept"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_without_hardware_progress_shows_at_once_and_the_answer_follows(page: Page, language: str) -> None:
    page.goto(f"/?lang={language}")
    release = held_back(page)
    expect(page.locator("#working")).to_be_hidden()
    page.select_option("select[name=task]", "summarization")
    expect(page.locator("#working")).to_be_visible()
    expect(page.locator("#working")).to_contain_text(WORKING[language])
    release()
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator("#working")).to_be_hidden()


def test_a_link_without_hardware_opens_with_progress_and_the_answer_follows(page: Page) -> None:
    release = held_back(page)
    page.goto("/?task=coding&users=2")
    expect(page.locator("#working")).to_be_visible()
    expect(page.locator("select[name=task]")).to_have_value("coding")
    release()
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator("#working")).to_be_hidden()


def test_a_browser_without_a_script_is_led_to_the_same_answer(browser: Any, server: str) -> None:
    context = browser.new_context(base_url=server, java_script_enabled=False)
    opened = context.new_page()
    opened.goto("/?task=coding&users=2")
    opened.click("#answer a")
    expect(opened.locator(".verdict")).to_be_visible()
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_with_every_other_host_cut_off_nothing_is_missed(page: Page, server: str, language: str) -> None:
    """This Chromium resolves no names; besides, what is asked of other hosts would be ended before it leaves."""
    outside: list[str] = []

    def guard(route: Route) -> None:
        if route.request.url.startswith(f"{server}/"):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    page.context.route("**/*", guard)
    seen: list[str] = []
    page.on("requestfinished", lambda request: seen.append(request.url))
    for path in PAGES:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        expect(page.locator(".pending, .coming")).to_have_count(0)
    page.goto(f"/expert?lang={language}")
    page.fill("input[name=device]", "RTX 3090")
    page.keyboard.press("Tab")
    expect(page.locator(".verdict")).to_contain_text("3090")
    expect(page.locator(".pending, .coming")).to_have_count(0)
    assert outside == []
    assert {url for url in seen if not url.startswith(f"{server}/")} == set()
    assert sum("/around/" in url for url in seen) >= len(("quality", "cost", "load"))
