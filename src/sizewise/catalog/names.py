"""Finding an entry by what people type: exact, case aside, an alias, or a short name that fits one entry.

Never a silent substitution: `RTX 4090` is not the laptop chip, `13b` is nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VENDOR_WORDS = frozenset({
    "nvidia", "geforce", "quadro", "tesla", "amd", "radeon", "instinct", "intel", "apple", "huawei", "ascend",
    "google", "aws", "rtx", "gtx", "rx", "data", "center", "gpu",
})  # fmt: skip
"""Leading words that people leave out."""
HARMLESS_TAIL = re.compile(r"^(sxm\d?|generation|\(.*\)|\d+gb|\d+|gb|instruct|it)$")
"""Trailing words that may be left out when one entry fits: socket, memory size, date, remark, tuned."""
MAX_CANDIDATES_SHOWN = 6


class AmbiguousName(BadInput):
    """A short name that fits several entries."""

    code = "ambiguous-name"

    def __init__(self, kind: str, given: str, candidates: Iterable[str]) -> None:
        names = sorted(candidates)
        self.candidates = tuple(names)
        shown = names[:MAX_CANDIDATES_SHOWN]
        more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
        slots = ", ".join(f"{{n{i}}}" for i in range(len(shown)))
        super().__init__(
            f"{{kind}} '{{given}}' fits several: {slots}{more}; write one of them in full",
            kind=kind,
            given=given,
            **{f"n{i}": name for i, name in enumerate(shown)},
        )


class NameIndex:
    """Names of one kind of entry and the ways to say them."""

    def __init__(self, kind: str, aliases: Mapping[str, Iterable[str]], next_step: str = "") -> None:
        """`aliases`: every name and its other names."""
        self._kind, self._next_step = kind, next_step
        self._names = tuple(aliases)
        self._exact: dict[str, set[str]] = {}
        self._short: dict[str, set[str]] = {}
        for name, others in aliases.items():
            for spoken in (name, *others):
                self._exact.setdefault(_plain(spoken), set()).add(name)
            for short in _short_names(name):
                self._short.setdefault(short, set()).add(name)

    def find(self, given: str) -> str:
        """The full name meant.

        Raises: UnknownName with the nearest names; AmbiguousName with the candidates.
        """
        if given in self._names:
            return given
        key = _plain(given)
        fitting = self._exact.get(key) or self._short.get(key) or self._prefixed(key) if key else set()
        if len(fitting) == 1:
            return next(iter(fitting))
        if fitting:
            raise AmbiguousName(self._kind, given, fitting)
        raise UnknownName(self._kind, given, self._names, self._next_step)

    def _prefixed(self, key: str) -> set[str]:
        """Entries whose short name starts with these words; one alone counts only with a harmless rest."""
        words = key.split()
        if not _is_distinct(key):
            return set()
        found = {
            name: short.split()[len(words) :]
            for short, names in self._short.items()
            if short.startswith(key + " ")
            for name in names
        }
        if len(found) == 1 and not all(HARMLESS_TAIL.match(word) for rest in found.values() for word in rest):
            return set()
        return set(found)


def laptop_names(name: str) -> tuple[str, ...]:
    """What people call a graphics chip of laptops: 'RTX 4060 Laptop', 'RTX 4060 Laptop GPU'.

    >>> laptop_names("NVIDIA GeForce RTX 4060 Mobile")
    ('RTX 4060 Laptop', 'RTX 4060 Laptop GPU', 'NVIDIA GeForce RTX 4060 Laptop GPU')
    """
    if not name.endswith(" Mobile"):
        return ()
    full = name.removesuffix(" Mobile")
    short = full.removeprefix("NVIDIA GeForce ")
    return (f"{short} Laptop", f"{short} Laptop GPU", f"{full} Laptop GPU")


def _plain(name: str) -> str:
    """Lower case; spaces, hyphens and underscores are one space."""
    return " ".join(re.split(r"[\s_-]+", name.strip().lower()))


def _is_distinct(short: str) -> bool:
    """Is there a letter and a digit in it, so that it can name one thing?"""
    return bool(
        re.search(r"[a-z]", short) and re.search(r"\d", short) and not re.fullmatch(r"[\d.]+b", short)
    )


def _short_names(name: str) -> set[str]:
    """The name without publisher, or without its leading vendor words; a bare size or number is no name."""
    plain = _plain(name)
    shorts = {plain.split("/", 1)[1]} if name.count("/") == 1 and " " not in name else set()
    words = plain.split()
    while len(words) > 1 and words[0] in VENDOR_WORDS:
        words = words[1:]
        shorts.add(" ".join(words))
    return {short for short in shorts if _is_distinct(short)}
