"""A document as Markdown: for a repository, a wiki, a ticket. Drawings are left out; their tables say the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.report.document import Commands, Paragraph, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.report.document import Block, Document

SPECIAL = re.compile(r"([\\`*_\[\]<>|~#])")
"""Signs that Markdown would read as its own."""


def document_markdown(document: Document) -> str:
    """The file as text."""
    return "\n".join(_lines(document)).rstrip() + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {plain(document.title)}\n"
    yield f"**{plain(document.verdict)}**\n"
    for section in document.sections:
        yield f"## {plain(section.heading)}\n"
        for block in section.blocks:
            yield from _block(block)
    yield f"_{plain(document.footer)}_"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield f"{plain(block.text)}\n"
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Commands):
        yield "\n".join(("```sh", *block.lines, "```\n"))


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(plain(cell) for cell in table.header)} |"
    yield (
        "|"
        + "|".join("---:" if position in table.numeric else "---" for position in range(len(table.header)))
        + "|"
    )
    for row in table.rows:
        yield f"| {' | '.join(plain(cell) for cell in row)} |"
    yield ""
