"""One server and one real Chromium, cut off from all else. On a busy computer they may take long."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from page_server import served_page

playwright_api = pytest.importorskip("playwright.sync_api", reason="no playwright: pip install playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

browser_marks = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium"),
]
"""Of every test in a browser."""
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
"""The last: no name leads anywhere, only the server of the tests is reached."""
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
ANSWERED = "/?task=summarization&device=RTX+4090"
PICKED = "pick=Qwen%2FQwen3-8B%40Q4_K_M+on+RTX+4090&pick=Qwen%2FQwen3-4B%40Q8_0+on+RTX+4090"
PAGES = (
    "/", ANSWERED, "/expert?task=coding&device=RTX+4090", "/card?device=RTX+3060+12+GB&model=Qwen3-8B",
    f"/compare?task=coding&{PICKED}", f"/around/cost?{ANSWERED.removeprefix('/?')}&way=guide",
)  # fmt: skip
"""Every kind of page that has a link of its own."""
WAIT_MS = 60_000
playwright_api.expect.set_options(timeout=WAIT_MS)


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
