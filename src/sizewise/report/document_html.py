"""A document as one self-contained HTML file: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.domain.text import T
from sizewise.errors import MissingExtra
from sizewise.report.document import block_kind

if TYPE_CHECKING:
    from jinja2 import Template

    from sizewise.report.document import Document
    from sizewise.report.language import Say

TEMPLATES = Path(__file__).parent / "templates"


def document_html(document: Document, say: Say) -> str:
    """The file as text.

    Raises: MissingExtra without jinja2.
    """
    return _template().render(document=document, kind=block_kind, same_as_table=say(T("the same as a table")))


@cache
def _template() -> Template:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtra("report", "a report in HTML") from None
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
