"""Pictures of the page for the READMEs, made by a real Chromium: `make screenshots`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
QUESTION = "?task=summarization&device=RTX+4090&users=4"
PICTURES = (
    ("page.png", f"/{QUESTION}&lang=en", 1280, 960, "light"),
    ("page.zh.png", f"/{QUESTION}&lang=zh", 1280, 960, "light"),
    ("page-dark.png", f"/expert{QUESTION}&lang=en", 1280, 960, "dark"),
    ("page-phone.zh.png", f"/{QUESTION}&lang=zh", 390, 844, "light"),
)
"""File, address, width, height, colours."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def wait_for(address: str) -> None:
    """Until the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


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


def main() -> int:
    """Serve, draw, stop."""
    port = free_port()
    with subprocess.Popen((sys.executable, "-m", "sizewise", "serve", "--port", str(port))) as process:
        try:
            wait_for(f"http://127.0.0.1:{port}")
            draw(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
