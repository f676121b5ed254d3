"""A document as PDF: the HTML file, printed by WeasyPrint or by the Chromium of this computer."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from sizewise.errors import MissingExtra, NotSupported

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""Programs that print a page without a window."""
LIMIT_S = 60.0
"""A page that takes longer to print hangs. [s]"""


def document_pdf(html: str) -> bytes:
    """The file.

    Raises: MissingExtra without WeasyPrint and without a browser; NotSupported if the browser fails.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra
    except (ImportError, OSError):  # its libraries of the system may be missing
        return _printed(html)
    return bytes(HTML(string=html, url_fetcher=_nothing_from_elsewhere).write_pdf())


def _nothing_from_elsewhere(url: str) -> None:
    raise ValueError(f"the report fetches nothing: {url}")


def _printed(html: str) -> bytes:
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise MissingExtra("report", "a PDF, where no Chromium is installed,")
    with tempfile.TemporaryDirectory(prefix="sizewise-") as folder:
        page, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, encoding="utf-8")
        arguments = (
            "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--disable-background-networking",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", page.as_uri(),
        )  # fmt: skip
        reason = _run((browser, *arguments))
        if not target.is_file():
            raise NotSupported("{browser} made no PDF: {reason}", browser=browser, reason=reason)
        return target.read_bytes()


def _run(arguments: tuple[str, ...]) -> str:
    """The last thing that the browser said."""
    try:
        done = subprocess.run(arguments, capture_output=True, timeout=LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return f"{LIMIT_S:.0f} s"
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"
