"""Reading tables of facts: every cell is checked, and all that is wrong is said at once."""

from __future__ import annotations

import csv
import io
import math
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.errors import MAX_SHOWN_CHARACTERS, InvalidFile, InvalidQuantity
from sizewise.units import parse_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FOLDER = Path(__file__).parent
"""Where the shipped facts are."""
MAX_TABLE_BYTES = 64 * 2**20
"""Largest table that is read. [bytes]"""
MAX_PROBLEMS_SHOWN = 12
NAN = float("nan")
LARGEST_VALUE = 1e30

Row = dict[str, Any]
"""One checked row: column name to value."""


@dataclass(frozen=True)
class Column:
    """One column of a table: how a cell is read, and what an empty cell means."""

    name: str
    read: Callable[[str], Any]
    default: Any = None
    is_required: bool = False


@dataclass(frozen=True)
class Problem:
    """One cell that cannot be used."""

    row: int
    """Line of the file, the header is line 1."""
    column: str
    given: str
    allowed: str


def text(cell: str) -> str:
    """Any text."""
    return cell


def texts(cell: str) -> tuple[str, ...]:
    """Several words, separated by `|`."""
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def amount(cell: str) -> float:
    """A finite number that is not negative."""
    value = float(cell)
    if not 0 <= value < LARGEST_VALUE:
        raise ValueError("a number of at least 0")
    return value


def positive(cell: str) -> float:
    """A finite number above zero."""
    value = float(cell)
    if not 0 < value < LARGEST_VALUE:
        raise ValueError("a number above 0")
    return value


def whole(cell: str) -> int:
    """A whole number that is not negative."""
    value = float(cell)
    if not (0 <= value < LARGEST_VALUE and value == math.floor(value)):
        raise ValueError("a whole number of at least 0")
    return int(value)


def count(cell: str) -> int:
    """A whole number of at least one."""
    value = whole(cell)
    if value < 1:
        raise ValueError("a whole number of at least 1")
    return value


def size_bytes(cell: str) -> float:
    """Bytes: a plain number, or a number with its unit such as 24GiB. [bytes]"""
    try:
        return positive(cell)
    except ValueError:
        return parse_bytes(cell)


def truth(cell: str) -> bool:
    """Yes or no."""
    if cell not in {"yes", "no"}:
        raise ValueError("yes or no")
    return cell == "yes"


def one_of(*allowed: str) -> Callable[[str], str]:
    """A word out of a fixed list."""

    def read(cell: str) -> str:
        if cell not in allowed:
            raise ValueError("one of: " + ", ".join(allowed))
        return cell

    return read


def path_shown(path: Path) -> str:
    """A path for an error message: its end, which says more than its beginning."""
    whole_path = str(path)
    return (
        whole_path
        if len(whole_path) <= MAX_SHOWN_CHARACTERS
        else "…" + whole_path[1 - MAX_SHOWN_CHARACTERS :]
    )


@cache
def toml_table(file_name: str) -> dict[str, Any]:
    """A shipped TOML file, parsed once."""
    return tomllib.loads(file_text(FOLDER / file_name))


def file_text(path: Path, what: str = "table") -> str:
    """The text of a file that is not too large.

    Raises: InvalidFile when it is missing, unreadable, too large or not UTF-8.
    """
    try:
        if not path.is_file():
            raise InvalidFile("{what} {path} is not a file", what=what, path=path_shown(path))
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise InvalidFile("{what} {path} is larger than 64 MiB", what=what, path=path_shown(path))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile("{what} {path} is not UTF-8 text", what=what, path=path_shown(path)) from error
    except (OSError, ValueError) as error:
        raise InvalidFile("{what} {path} cannot be read", what=what, path=path_shown(path)) from error


def header_of(path: Path) -> tuple[str, ...]:
    """Column names of a table."""
    return tuple(next(csv.reader(io.StringIO(file_text(path))), ()))


def read_table(path: Path, columns: Sequence[Column]) -> list[Row]:
    """All rows of a CSV file, checked.

    Raises: InvalidFile naming the file and every wrong row, column and value at once.
    """
    lines = csv.reader(io.StringIO(file_text(path)))
    try:
        header = next(lines, [])
        problems = list(_header_problems(header, columns))
        rows = [] if problems else _read_rows(lines, header, columns, problems)
    except csv.Error as error:
        raise InvalidFile("table {path} is not valid CSV", path=path_shown(path)) from error
    if problems:
        raise table_error(path, problems)
    return rows


def _header_problems(header: Sequence[str], columns: Sequence[Column]) -> Iterable[Problem]:
    known = [column.name for column in columns]
    for name in header:
        if name not in known or header.count(name) > 1:
            yield Problem(1, name, name, "each column once, out of: " + ", ".join(known))
    for column in columns:
        if column.is_required and column.name not in header:
            yield Problem(1, column.name, "", "a column of this name")


def _read_rows(
    lines: Iterable[list[str]], header: Sequence[str], columns: Sequence[Column], problems: list[Problem]
) -> list[Row]:
    defaults = {column.name: column.default for column in columns}
    required = [column.name for column in columns if column.is_required]
    readers = {column.name: column.read for column in columns}
    wanted = [(name, readers[name]) for name in header]
    rows = []
    for number, line in enumerate(lines, start=2):
        if not any(line):
            continue
        if len(line) != len(header):
            problems.append(Problem(number, "*", f"{len(line)} cells", f"{len(header)} cells"))
            continue
        row = dict(defaults)
        for (name, read), cell in zip(wanted, line, strict=True):
            if cell:
                try:
                    row[name] = read(cell)
                except (ValueError, OverflowError, InvalidQuantity) as error:
                    row[name] = NAN
                    problems.append(Problem(number, name, cell, _allowed(error)))
        problems += [Problem(number, name, "", "a value") for name in required if row[name] is None]
        rows.append(row)
    return rows


def _allowed(error: Exception) -> str:
    """What a reader wanted; Python's own words about numbers are not for people."""
    reason = str(error)
    return "a number" if reason.startswith(("could not convert", "cannot convert")) else reason


def table_error(path: Path, problems: Sequence[Problem]) -> InvalidFile:
    """All problems of a table as one error of one line."""
    pieces, params = ["{file}: "], {"file": path_shown(path)}
    for i, problem in enumerate(problems[:MAX_PROBLEMS_SHOWN]):
        pieces.append(f"row {{r{i}}}, column {{c{i}}}: '{{g{i}}}' is not {{a{i}}}; ")
        params |= {
            f"r{i}": str(problem.row),
            f"c{i}": problem.column,
            f"g{i}": problem.given,
            f"a{i}": problem.allowed,
        }
    more = len(problems) - MAX_PROBLEMS_SHOWN
    if more > 0:
        pieces.append("and {more} more")
        params["more"] = str(more)
    return InvalidFile("".join(pieces).rstrip("; "), **params)


def float_or_nan(row: Mapping[str, Any], name: str) -> float:
    """A number, NaN where the cell is empty."""
    value = row[name]
    return NAN if value is None else float(value)
