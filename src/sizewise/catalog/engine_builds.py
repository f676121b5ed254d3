"""Builds of llama.cpp: 'llama.cpp@b7000' reserves what builds of that time reserved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from sizewise.catalog.table import toml_table
from sizewise.errors import NotSupported

if TYPE_CHECKING:
    from sizewise.domain.engine import Engine

_BUILD = re.compile(r"^b?(\d{1,6})$")


@dataclass(frozen=True, kw_only=True)
class Build:
    """What holds from a build on."""

    since: int
    keeps_all_logits: bool
    uses_flash_attention: bool


@cache
def builds(name: str) -> tuple[Build, ...]:
    """Builds of an engine at which its memory changes, oldest first; empty for engines that do not count builds."""
    table = toml_table("engine_builds.toml")
    return tuple(Build(**row) for row in table.get(name, ()))


def build_number(text: str) -> int | None:
    """Number of a build; None where the text is none.

    >>> build_number("b6325"), build_number("6325"), build_number("0.19")
    (6325, 6325, None)
    """
    match = _BUILD.match(text.strip())
    return int(match.group(1)) if match else None


def named_build(engine: Engine, text: str) -> Engine:
    """The engine at the build that a person named.

    Raises: NotSupported for what is no build, older than the first known one or newer than that of the catalog.
    """
    known = builds(engine.name)
    build, newest = build_number(text), build_number(engine.version)
    if build is None or newest is None or not known[0].since <= build <= newest:
        raise NotSupported(
            "'{given}' is no known build of {engine}; name one from b{oldest} to {newest}, such as {name}@b7000",
            given=text, engine=engine.title, oldest=str(known[0].since), newest=engine.version, name=engine.name,
        )  # fmt: skip
    held = [b for b in known if b.since <= build][-1]
    return replace(
        engine,
        version=f"b{build}",
        keeps_all_logits=held.keeps_all_logits,
        uses_flash_attention=held.uses_flash_attention,
    )
