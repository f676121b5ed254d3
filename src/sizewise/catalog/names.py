"""Finding an entry by what people type: exact, case and spaces aside, an alias, or a short name that fits one entry.

Never a silent substitution: `rtx4090` is the desktop card and not the laptop chip, `13b` is nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.errors import BadInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

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
        fitting = self._exact.get(key) or self._short.get(key) or self._loosely(key) if key else set()
        if len(fitting) == 1:
            return next(iter(fitting))
        if fitting:
            raise AmbiguousName(self._kind, given, fitting)
        raise UnknownName(self._kind, given, self._names, self._next_step)

    def _loosely(self, key: str) -> set[str]:
        """The same without the spaces beside numbers; then what begins so, then what has all of these words."""
        given = _joined(key)
        if not _is_distinct(given):
            return set()
        spoken: dict[str, set[str]] = {}
        for table in (self._exact, self._short):
            for name, entries in table.items():
                spoken.setdefault(_joined(name), set()).update(entries)
        return spoken.get(given) or self._beginning(key) or _with_words(key.split(), self._exact)

    def _beginning(self, key: str) -> set[str]:
        """Entries whose short name starts with these words; one alone counts only with a harmless rest."""
        given = _joined(key)
        found = {}
        for short, names in self._short.items():
            words = short.split()
            for k in range(1, len(words)):
                if _joined(" ".join(words[:k])) == given:
                    found.update(dict.fromkeys(names, words[k:]))
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


def names_without_remark(names: Iterable[str], known: Container[str] = ()) -> tuple[str, ...]:
    """The names without what stands in brackets before the memory size, which few people know.

    None where this is the name of a `known` entry of its own.

    >>> names_without_remark(["Apple M4 Max (40-core GPU) 64GB", "Apple M4 Max (40-core GPU)"])
    ('Apple M4 Max 64GB', 'M4 Max 64GB')
    """
    short = {name: re.sub(r" \([^)]*\) (?=\d)", " ", name) for name in names}
    new = [value for name, value in short.items() if value != name and value not in known]
    return tuple(spoken for value in new for spoken in (value, value.removeprefix("Apple ")))


def _plain(name: str) -> str:
    """Lower case; spaces, hyphens and underscores are one space."""
    return " ".join(re.split(r"[\s_-]+", name.strip().lower()))


def _joined(plain: str) -> str:
    """Without the spaces between letters and numbers, which people set as they like: `rtx4090`, `4060ti`, `m3max`.

    Those between two numbers or two words stay: `qwen2 57b` is not `qwen2 5 7b`.
    """
    return re.sub(r"(?<=[a-z]) (?=\d)|(?<=\d) (?=[a-z])", "", plain)


def _with_words(words: list[str], names: Mapping[str, set[str]]) -> set[str]:
    """Entries that have all of these words, `80g` for `80gb`; one alone is a guess and counts for nothing."""
    wanted = {re.sub(r"^(\d+)g$", r"\1gb", word) for word in words}
    found = {entry for name, entries in names.items() if wanted <= set(name.split()) for entry in entries}
    return found if len(found) > 1 else set()


def _is_distinct(short: str) -> bool:
    """A letter and a digit, or the three or four digits of a card: it can name one thing; a size cannot."""
    has_both = re.search(r"[a-z]", short) and re.search(r"\d", short) and not re.fullmatch(r"[\d.]+b", short)
    return bool(has_both or re.fullmatch(r"\d{3,4}", short))


def _short_names(name: str) -> set[str]:
    """The name without publisher, or without its leading vendor words; a bare size or number is no name."""
    plain = _plain(name)
    shorts = {plain.split("/", 1)[1]} if name.count("/") == 1 and " " not in name else set()
    words = plain.split()
    while len(words) > 1 and words[0] in VENDOR_WORDS:
        words = words[1:]
        shorts.add(" ".join(words))
    return {short for short in shorts if _is_distinct(short)}
