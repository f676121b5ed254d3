"""A sentence for people: a template and its values; language, currency and large numbers follow where it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sizewise.units import format_amount, format_count

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Money:
    """An amount inside a sentence. `str()` gives USD."""

    usd: float

    def __str__(self) -> str:
        return f"{format_amount(self.usd)} USD"


@dataclass(frozen=True)
class Count:
    """A large number inside a sentence, shown with three digits. `str()` gives '184M'."""

    count: float

    def __str__(self) -> str:
        return format_count(self.count)


@dataclass(frozen=True)
class Text:
    """A message of the catalog with its values; values may be texts themselves. `str()` gives English."""

    template: str
    values: tuple[tuple[str, str | Text | Money | Count], ...] = ()

    def rendered(self, translate: Callable[[str], str], write: Callable[[Money | Count], str] = str) -> str:
        """The sentence in the language of `translate` (template to template), numbers as `write` shows them."""
        filled = {name: rendered(value, translate, write) for name, value in self.values}
        return translate(self.template).format(**filled)

    def __str__(self) -> str:
        return self.rendered(str)


Value: TypeAlias = str | Text | Money | Count


def rendered(value: Value, translate: Callable[[str], str], write: Callable[[Money | Count], str]) -> str:
    """A value inside a sentence."""
    if isinstance(value, Text):
        return value.rendered(translate, write)
    return write(value) if isinstance(value, Money | Count) else value


def T(template: str, **values: Value) -> Text:  # noqa: N802 - short, and the marker that message extraction looks for
    """A text of the message catalog.

    >>> str(T("short by {size}", size="1.4 GiB"))
    'short by 1.4 GiB'
    """
    return Text(template, tuple(values.items()))
