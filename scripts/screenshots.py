"""Pictures of the page for the READMEs, made by a real Chromium: `make screenshots`."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

from page_server import served_page

IMAGES = Path(__file__).parents[1] / "docs" / "images"
QUESTION = "?task=summarization&device=RTX+4090&users=4"
PICTURES = (
    ("page.png", f"/{QUESTION}&lang=en", 1280, 960, "light"),
    ("page.zh.png", f"/{QUESTION}&lang=zh", 1280, 960, "light"),
    ("page-dark.png", f"/expert{QUESTION}&lang=en", 1280, 960, "dark"),
    ("page-phone.zh.png", f"/{QUESTION}&lang=zh", 390, 844, "light"),
)
"""File, address, width, height, colours."""


def draw(address: str) -> None:
    """All pictures."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, path, width, height, scheme in PICTURES:
            colours: str = scheme
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=colours)  # type: ignore[arg-type]
            page.goto(address + path)
            page.screenshot(path=IMAGES / name)
        browser.close()


if __name__ == "__main__":
    with served_page() as served:
        draw(served)
