"""A TOML file with one's own costs: the same names as the options, kept for the next time."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.errors import InvalidFile, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_PROFILE_BYTES = 2**20


def read_profile(path: str, known: Iterable[str]) -> dict[str, str]:
    """Values by option name, as typed.

    Raises: InvalidFile for a file that is no TOML table of numbers and texts; UnknownName for a key nobody knows.
    """
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(LARGEST_PROFILE_BYTES + 1)
        if len(content) > LARGEST_PROFILE_BYTES:
            raise InvalidFile("{file}: larger than a profile can be", file=path)
        table = tomllib.loads(content.decode("utf-8"))
    except OSError as error:
        raise InvalidFile("{file} cannot be read: {reason}", file=path, reason=error.strerror or "") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidFile("{file} is not TOML: {reason}", file=path, reason=str(error)) from None
    names = tuple(known)
    values = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in names:
            raise UnknownName(f"{path}: key", key, [n.replace("_", "-") for n in names])
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidFile(
                "{file}: '{key}' must be a number or a text such as \"0.12/kWh\"", file=path, key=key
            )
        values[name] = str(value)
    return values
