"""How soon a real Chromium shows the answer of a server that was just started."""

from __future__ import annotations

import shutil
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from page_server import served_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NUM_STARTS = 5
CASES = (
    ("the guide, nothing asked", "/", "form"),
    ("an answer, hardware chosen", "/?task=summarization&device=RTX+4090&users=3", ".verdict"),
    ("an answer, any hardware", "/?task=summarization", ".verdict"),
)
"""What is opened, and what a person waits for."""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SHOWN = """selector => new Promise(resolve => {
  const look = () => document.querySelector(selector) ? resolve(performance.now()) : requestAnimationFrame(look);
  look();
})"""


def paints_table() -> tuple[int, str]:
    """The number of starts, and the table."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return 0, "**Skipped**: no Chromium here."
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        rows = [_row(browser, *case) for case in CASES]
        browser.close()
    header = "| opened | first paint | what was asked for is there | goal |\n| --- | ---: | ---: | ---: |"
    return NUM_STARTS, "\n".join([header, *rows])


def _row(browser: Browser, name: str, path: str, selector: str) -> str:
    """One address, each time from a fresh server."""
    painted, shown = zip(*(_opened(browser, path, selector) for _ in range(NUM_STARTS)), strict=True)
    goal = "answer within 3 s" if "any" in name else "within 1 s"
    return f"| {name} | {median(painted) / 1e3:.2f} s | {median(shown) / 1e3:.2f} s | {goal} |"


def _opened(browser: Browser, path: str, selector: str) -> tuple[float, float]:
    """First paint and what was asked for, after opening. [ms]"""
    with served_page() as address:
        context = browser.new_context()
        page = context.new_page()
        page.goto(address + path, wait_until="commit")
        shown = float(page.evaluate(SHOWN, selector))
        page.wait_for_function(f"() => {PAINT.removesuffix('.startTime')} !== undefined")
        painted = float(page.evaluate(PAINT))
        context.close()
    return painted, shown
