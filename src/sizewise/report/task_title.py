"""The plain name of a task, for people: programs use its short name."""

from __future__ import annotations

from sizewise.catalog import load_catalog
from sizewise.domain.text import Text


def task_title(name: str) -> Text | str:
    """'coding' as 'Coding'; a task that is not in the catalog keeps its name."""
    known = load_catalog().tasks.get(name)
    return Text(known.title) if known is not None else name
