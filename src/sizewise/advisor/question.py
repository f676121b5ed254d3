"""What may be asked, as typed, and what was assumed where nothing was said."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from sizewise.domain.decision import Assumption

if TYPE_CHECKING:
    from sizewise.domain.text import Value

ASKED, DEFAULT = "you", "default"
"""Who set a value."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question in the words of the user; None and empty: not said. Numbers may be text with units."""

    task: str = "chat"
    users: str | float | None = None
    context: str | float | None = None
    input_tokens: str | float | None = None
    output_tokens: str | float | None = None
    thinking_tokens: str | float | None = None
    """Written before every answer."""
    prefix_hit: str | float | None = None
    """Share of every prompt that is still in the cache of earlier requests."""
    think_time: str | float | None = None
    max_ttft: str | float | None = None
    max_tpot: str | float | None = None
    hours: str | float | None = None
    utilisation: str | float | None = None
    """Share of the asked load that comes on average."""
    cached: str | float | None = None
    """Share of the input that an API finds in its cache."""
    batch: str | float | None = None
    """Share of the requests that can wait for a batch of an API."""
    api_peak: str | float | None = None
    """Share of the requests in the dear hours of an API."""
    monthly_budget: str | float | None = None
    upfront_budget: str | float | None = None
    language: tuple[str, ...] = ()
    license: str | None = None
    as_good_as: str | None = None
    complexity: str | None = None
    min_quality: str | float | None = None
    model: tuple[str, ...] = ()
    quantization: tuple[str, ...] = ()
    engine: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    electricity: str | float | None = None
    price: tuple[str, ...] = ()
    """DEVICE=MONEY or DEVICE=MONEY/h."""
    kv_type: str | None = None
    no_store: bool | None = None

    def command(self) -> str:
        """The command line that asks this question again."""
        words = ["sizewise", "recommend"]
        for field_ in fields(self):
            given = getattr(self, field_.name)
            listed = given if isinstance(given, tuple) else (() if given is None else (given,))
            for value in listed:
                words += [f"--{field_.name.replace('_', '-')}", str(value)]
        return shlex.join(words)


@dataclass
class Notes:
    """Assumptions in the order in which they are made."""

    items: list[Assumption] = field(default_factory=list)

    def add(self, name: Value, value: Value, *, is_asked: bool, source: str = "") -> None:
        """One line: what, its value, and whether the user or a default set it."""
        self.items.append(
            Assumption(
                name=name,
                value=value,
                set_by=ASKED if is_asked else DEFAULT,
                source="" if is_asked else source,
            )
        )
