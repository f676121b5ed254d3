"""The guide: at most six questions in plain words, as data that a terminal and a page share."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.text import T, Text, Value

UNSAID = ""
"""The answer of a person who skips, or does not know."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer that may be picked."""

    value: str
    label: Value


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing that is asked: picked from choices, or written."""

    name: str
    label: Text
    choices: tuple[Choice, ...] = ()
    """Empty: written freely."""
    example: str = ""
    """What could be written."""


@dataclass(frozen=True, kw_only=True)
class GuideQuestion:
    """One question with why it is asked, and what is assumed where nothing is said."""

    title: Text
    why: Text
    default: Text
    fields: tuple[Field, ...]

    @property
    def skipped(self) -> Text:
        """What is assumed by whoever skips it, as a sentence."""
        return T("If you skip it: {default}.", default=self.default)
