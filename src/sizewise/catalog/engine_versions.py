"""Engines at a named version: 'vllm@0.19' is vLLM with the defaults and the profile run of 0.19."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sizewise.catalog.engine_builds import builds, named_build
from sizewise.catalog.memory_constants import memory_constants
from sizewise.catalog.table import toml_table
from sizewise.domain.engine import PoolProfile
from sizewise.errors import NotSupported

if TYPE_CHECKING:
    from sizewise.domain.engine import Engine

AT = "@"
"""Between an engine's name and its version."""
DEFAULTS = ("graph_bytes", "large_above_capability", "whole_prompt_tokens", "keeps_full_windows")
"""Columns of engine_versions.toml that a profile has under the same name."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """What holds from a version on."""

    since: tuple[int, ...]
    memory_utilization: float
    min_compute_capability: float
    """CUDA devices below run as the version before."""
    profile: PoolProfile


@cache
def releases(name: str) -> tuple[Release, ...]:
    """Versions of an engine at which its memory changes, oldest first; empty for engines without a pool."""
    table = toml_table("engine_versions.toml")
    return tuple(_release(row) for row in table.get(name, ()))


def _release(row: dict[str, Any]) -> Release:
    tiers: dict[str, Any] = {
        name: tuple((float(f), float(v)) for f, v in row[name])
        for name in ("batched_tokens", "num_sequences")
    }
    defaults: dict[str, Any] = {name: row[name] for name in DEFAULTS}
    return Release(
        since=version_numbers(row["since"]),
        memory_utilization=row["memory_utilization"],
        min_compute_capability=row["min_compute_capability"],
        profile=PoolProfile(**{**memory_constants().profiles[row["profile"]], **tiers, **defaults}),
    )


def version_numbers(text: str) -> tuple[int, ...]:
    """A version as numbers, '0.19.1' as (0, 19, 1); empty where it has other parts.

    >>> version_numbers("0.19.1"), version_numbers("nightly")
    ((0, 19, 1), ())
    """
    parts = text.removeprefix("v").split(".")
    return tuple(int(p) for p in parts) if all(p.isdecimal() for p in parts) else ()


def release_at(name: str, version: tuple[int, ...], compute_capability: float) -> Release:
    """What holds at a version on a device: the newest release up to it that runs there, else the oldest.

    Arguments: `compute_capability` of a CUDA device; NaN of others.
    """
    able = [
        r for r in releases(name) if r.since <= version and not compute_capability < r.min_compute_capability
    ]
    return able[-1] if able else releases(name)[0]


def at_version(engine: Engine, version: str, compute_capability: float) -> Engine:
    """The engine with the defaults and the profile of a version; as it is where it has no pool."""
    if not releases(engine.name):
        return engine
    release = release_at(engine.name, version_numbers(version), compute_capability)
    return replace(
        engine,
        version=version,
        memory_utilization=release.memory_utilization,
        profile=release.profile,
    )


def split_version(text: str) -> tuple[str, str]:
    """Name and version of an engine as people write them: 'vllm@0.19' is ('vllm', '0.19').

    >>> split_version("vllm@0.19"), split_version("vllm")
    (('vllm', '0.19'), ('vllm', ''))
    """
    name, _, version = text.partition(AT)
    return name, version.strip()


def named_version(engine: Engine, text: str, compute_capability: float) -> Engine:
    """The engine at the version that a person named; as it is where none was.

    Raises: NotSupported for a version that is no number, newer than the known one, older than the first known, or of
    an engine that is known at one version only.
    """
    if text in {"", engine.version}:
        return engine
    if builds(engine.name):
        return named_build(engine, text)
    known = releases(engine.name)
    if len(known) <= 1:
        raise NotSupported(
            "{engine} is known at version {version} only; leave out the version after {name}",
            engine=engine.title, version=engine.version, name=engine.name,
        )  # fmt: skip
    version, newest = version_numbers(text), version_numbers(engine.version)
    if not known[0].since <= version <= newest:
        oldest = ".".join(str(n) for n in known[0].since)
        raise NotSupported(
            "'{given}' is no known version of {engine}; name one from {oldest} to {newest}, such as {name}@0.19",
            given=text, engine=engine.title, oldest=oldest, newest=engine.version, name=engine.name,
        )  # fmt: skip
    return at_version(engine, text, compute_capability)
