"""What the verbs of the store answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class StoreMachine:
    """Records of one machine."""

    machine_id: str
    machine: str
    is_this: bool
    counts: tuple[tuple[str, int], ...]
    """Kind of record and how many."""
    latest: str
    """When the last one was made; UTC, ISO 8601."""


@dataclass(frozen=True, kw_only=True)
class StoreAnswer:
    """`store show`: where it is and what is in it."""

    place: str
    exists: bool
    size_bytes: float
    """NaN for a server."""
    schema: str
    damage: str
    """What is wrong inside the file; empty: nothing."""
    machines: tuple[StoreMachine, ...]


@dataclass(frozen=True, kw_only=True)
class StoreChange:
    """`store import` and `store forget`: how much changed."""

    place: str
    num_records: int
    num_left_alone: int
    """Records that were there already, or that stay."""
