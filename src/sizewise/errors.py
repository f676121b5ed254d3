"""Everything that can go wrong, in one tree.

SizewiseError
├── BadInput                what the user gave cannot be used (exit code 2, HTTP 4xx)
│   ├── UnknownName         a model, device, engine, quantization, task ... that nobody knows
│   ├── InvalidQuantity     a number, unit, amount or range that makes no sense
│   ├── InvalidFile         a file that cannot be read, parsed or written
│   ├── NotSupported        known, but this combination cannot be sized or run
│   └── WithinClass         any of these, in one class of a traffic file
└── MissingExtra            an optional dependency is not installed (exit code 2)

A message says what was given, where, what is allowed or nearest, and what to do next, in one line. It is kept
as a template and its parameters, so that a shell can show it in the user's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SHOWN_CHARACTERS = 80
"""Longest piece of the user's own text that an error repeats. [characters]"""
MAX_OWN_CHARACTERS = 400
"""The same for text of our own: nearest names, allowed values, the next step. [characters]"""
OWN_TEXT = frozenset({"nearest", "next_step", "allowed", "known", "engines", "problems"})
"""Parameters whose text is ours."""


def shown(text: object, limit: int = MAX_SHOWN_CHARACTERS) -> str:
    """A text on one line, shortened, control characters escaped."""
    plain = str(text).encode("unicode_escape").decode("ascii") if not str(text).isprintable() else str(text)
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"


class SizewiseError(Exception):
    """Base of all errors that a user may see; `code` is stable, the message is one line."""

    code = "error"
    exit_code = 2

    def __init__(self, template: str, **params: object) -> None:
        self.template = template
        self.params = {
            name: shown(value, MAX_OWN_CHARACTERS if name in OWN_TEXT else MAX_SHOWN_CHARACTERS)
            for name, value in params.items()
        }
        super().__init__(template.format(**self.params))


class BadInput(SizewiseError):
    """The input cannot be used."""

    code = "bad-input"


class UnknownName(BadInput):
    """A name that is not in the catalog. Says the nearest names."""

    code = "unknown-name"

    def __init__(self, kind: str, given: str, known: Iterable[str], next_step: str = "") -> None:
        nearest = nearest_names(given, known)
        self.kind, self.given, self.nearest = kind, given, nearest
        hint = "; nearest: {nearest}" if nearest else ""
        step = "; {next_step}" if next_step else ""
        super().__init__(
            "unknown {kind} '{given}'" + hint + step,
            kind=kind,
            given=given,
            nearest=", ".join(nearest),
            next_step=next_step,
        )


class InvalidQuantity(BadInput):
    """A number, unit or range that makes no sense."""

    code = "invalid-quantity"


class InvalidFile(BadInput):
    """A file that cannot be read, parsed or written."""

    code = "invalid-file"


class NotSupported(BadInput):
    """Known, but this combination cannot be sized or run."""

    code = "not-supported"


class WithinClass(BadInput):
    """What is wrong with one class of a traffic file."""

    code = "within-class"

    def __init__(self, name: str, inner: SizewiseError) -> None:
        self.name, self.inner = name, inner
        super().__init__("class '{name}': {problems}", name=name, problems=inner)


class MissingExtra(SizewiseError):
    """An optional dependency is missing; the message is the install line."""

    code = "missing-extra"

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(
            "{needed_for} needs an optional part; install it with: pip install 'sizewise[{extra}]'",
            extra=extra,
            needed_for=needed_for,
        )


def nearest_names(given: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The known names most like the given one, best first: by letters, by their last words, then by containment."""
    from difflib import get_close_matches  # noqa: PLC0415 - only when a name is unknown

    wanted = given.strip().lower()[:MAX_SHOWN_CHARACTERS]
    by_lower = {name.lower(): name for name in known}
    short = {name.rsplit("/", 1)[-1]: name for name in by_lower}
    close = get_close_matches(wanted, list(by_lower), n=count, cutoff=0.6)
    close += [
        short[s] for s in get_close_matches(wanted.rsplit("/", 1)[-1], list(short), n=count, cutoff=0.6)
    ]
    if wanted:
        tight = _squeezed(wanted)
        num_words = len(wanted.split())
        ends = {_squeezed(_last_words(n, k)): n for k in (num_words + 1, num_words) for n in by_lower}
        close += [ends[e] for e in get_close_matches(tight, list(ends), n=count, cutoff=0.75)]
        close += sorted((n for n in by_lower if wanted in n or n in _words(wanted)), key=len)[:count]
        close += sorted((n for n in by_lower if tight and tight in _squeezed(n)), key=len)[:count]
        shared = {name: len(_words(wanted) & _words(name)) for name in by_lower}
        close += sorted((n for n in by_lower if shared[n] > 1), key=lambda n: (-shared[n], len(n)))[:count]
    return tuple(dict.fromkeys(by_lower[name] for name in close))[:count]


def _last_words(name: str, count: int) -> str:
    """A name without the vendor's words in front of it."""
    return " ".join(name.split()[-count:])


def _squeezed(name: str) -> str:
    """Letters and digits only: 'RTX4090' is 'RTX 4090'."""
    return "".join(c for c in name if c.isalnum())


def _words(name: str) -> set[str]:
    return set(name.replace("/", " ").replace("-", " ").split())
