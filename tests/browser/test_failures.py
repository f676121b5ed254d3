"""A server that fails or is gone while the page is open: said in place, in the reader's language, and got over."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.browser.conftest import WAIT_MS, browser_marks, playwright_api

import sizewise
from page_server import free_port, served_page

expect = playwright_api.expect
pytestmark = browser_marks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GONE = {"en": "The server does not answer", "zh": "服务器没有应答"}
BROKEN = {"en": "this is an error of sizewise", "zh": "这是 sizewise 的错误"}


def opened_page(browser: Browser, address: str) -> Page:
    context = browser.new_context(base_url=address)
    context.set_default_timeout(WAIT_MS)
    return context.new_page()


def asked_for(page: Page, users: str) -> None:
    page.fill("input[name=users]", users)
    page.keyboard.press("Tab")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_server_that_stops_is_said_in_place_and_asked_again_when_it_is_back(
    browser: Browser, language: str
) -> None:
    port = free_port()
    with served_page(port) as address:
        page = opened_page(browser, address)
        page.goto(f"/expert?task=coding&device=RTX+4090&lang={language}")
        expect(page.locator(".verdict")).to_contain_text("4090")
    asked_for(page, "16")
    expect(page.locator("#answer [role=alert]")).to_contain_text(GONE[language])
    expect(page.locator("input[name=users]")).to_have_value("16")
    assert "users" not in page.url
    with served_page(port):
        expect(page.locator(".verdict")).to_contain_text("4090")
        expect(page.locator("#answer [role=alert]")).to_have_count(0)
        expect(page).to_have_url(re.compile("/expert.*users=16.*device=RTX"))
        page.context.close()


@pytest.fixture
def broken(tmp_path: Path) -> tuple[Path, Path]:
    """A folder with a sizewise of its own, and a file of it without which no answer can be shown."""
    package = tmp_path / "sizewise"
    shutil.copytree(Path(sizewise.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path, package / "web" / "templates" / "answer.html"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_error_of_the_server_is_said_in_place_and_the_next_answer_comes(
    browser: Browser, broken: tuple[Path, Path], language: str
) -> None:
    folder, needed = broken
    with served_page(package=folder) as address:
        page = opened_page(browser, address)
        page.goto(f"/expert?task=coding&device=RTX+4090&lang={language}")
        expect(page.locator(".verdict")).to_contain_text("4090")
        content = needed.read_text(encoding="utf-8")
        needed.unlink()
        with page.expect_response("**/expert?*users=16*") as answered:
            asked_for(page, "16")
        assert answered.value.status == 500
        expect(page.locator("#answer [role=alert]")).to_contain_text(BROKEN[language])
        expect(page.locator("form[action='/expert']")).to_be_visible()
        whole = page.goto(f"/expert?task=coding&device=RTX+4090&users=8&lang={language}")
        assert whole is not None
        assert whole.status == 500
        expect(page.locator("main [role=alert]")).to_contain_text(BROKEN[language])
        page.go_back()
        needed.write_text(content, encoding="utf-8")
        page.goto("/expert?task=coding&device=RTX+4090")
        asked_for(page, "16")
        expect(page.locator(".verdict")).to_contain_text("4090")
        expect(page.locator("main [role=alert]")).to_have_count(0)
        page.context.close()
