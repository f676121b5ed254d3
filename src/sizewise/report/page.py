"""A page of the terminal: headings and tables, plain when piped, CJK widths right."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

FILE_WIDTH = 100
"""Columns of a page written to a file."""
MAX_WIDTH = 120
"""Wider lines are hard to read."""
INDENT = 2
STRONG, FAINT, GOOD, BAD = "bold", "dim", "green", "red"


def heading(text: str) -> Line:
    """A heading of a block."""
    return Line(text, style=STRONG)


def paragraph(text: str, style: str = "") -> Padding:
    """An indented sentence, wrapped."""
    return Padding(Line(text, style=style), (0, 0, 0, INDENT))


def point(sign: str, line: Line) -> Padding:
    """A sentence after a sign; its further lines are aligned with its first."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row(sign, line)
    return Padding(table, (0, 0, 0, INDENT))


def command_line(text: str) -> Line:
    """A command, never wrapped, so that it can be copied."""
    return Line(" " * INDENT + text, no_wrap=True, overflow="ignore")


def grid(
    rows: Iterable[Sequence[str | Line]], *, header: Sequence[str] = (), right: Sequence[int] = ()
) -> Padding:
    """An indented table without lines; the columns of `right` hold numbers. Cells are never read as markup."""
    listed = list(rows)
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=bool(header), header_style=FAINT
    )
    width = max((len(row) for row in listed), default=len(header))
    for position in range(width):
        is_number = position in right
        table.add_column(
            Line(header[position]) if position < len(header) else "",
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    for row in listed:
        table.add_row(*(Line(cell) if isinstance(cell, str) else cell for cell in row))
    return Padding(table, (0, 0, 0, INDENT))


def page_text(blocks: Iterable[RenderableType], *, for_file: bool) -> str:
    """The page as it will be printed: colours and width of the terminal, or plain text for a file or a pipe."""
    terminal = Console(file=io.StringIO(), width=FILE_WIDTH) if for_file else Console()
    page = io.StringIO()
    console = Console(
        file=page,
        width=min(terminal.width, MAX_WIDTH),
        force_terminal=terminal.is_terminal,
        color_system=terminal.color_system,  # type: ignore[arg-type]  # a name that rich itself gave
        no_color=terminal.no_color,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for block in blocks:
        console.print(block, soft_wrap=isinstance(block, Line) and bool(block.no_wrap))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"
