"""A sentence for people: a template and its values, translated only where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Text:
    """A message of the catalog with its values; values may be texts themselves. `str()` gives English."""

    template: str
    values: tuple[tuple[str, str | Text], ...] = ()

    def rendered(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language of `translate` (template to template)."""
        filled = {
            name: value.rendered(translate) if isinstance(value, Text) else value
            for name, value in self.values
        }
        return translate(self.template).format(**filled)

    def __str__(self) -> str:
        return self.rendered(str)


Value: TypeAlias = str | Text


def T(template: str, **values: Value) -> Text:  # noqa: N802 - short, and the marker that message extraction looks for
    """A text of the message catalog.

    >>> str(T("short by {size}", size="1.4 GiB"))
    'short by 1.4 GiB'
    """
    return Text(template, tuple(values.items()))
