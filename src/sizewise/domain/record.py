"""A decision that was kept, and what a later look at it found."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.decision import Decision  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.text import Text, Value  # noqa: TC001 - same

FORMAT = "sizewise decision"
FORMAT_VERSION = 1
"""Raised when a file of this version could no longer be read."""

STANDS, PASSES, FALLS = "stands", "passes", "falls"
"""Still the answer; still good enough, but something else is preferred now; no longer an option."""


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """What is kept of a decision."""

    format: str = FORMAT
    format_version: int = FORMAT_VERSION
    saved_on: str
    """ISO date."""
    user_catalog: str | None = None
    """The file with the user's own models and devices, if one was given."""
    decision: Decision


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference between then and now."""

    name: Value
    then: Value
    now: Value


@dataclass(frozen=True, kw_only=True)
class RecheckAnswer:
    """Does a decision still stand?"""

    outcome: str
    """stands, passes or falls."""
    verdict: Text
    changes: tuple[Change, ...]
    record: DecisionRecord
    now: Decision
    """The same question, asked again."""
