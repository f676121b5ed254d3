"""One name for a model that tables spell in several ways: the Hugging Face id of a name that a board prints."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from sizewise.catalog.model_names import canonical_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_KIND_WORDS = re.compile(r"-(?:instruct|chat|it|hf|text|\d+e|a\d+b|thinking)(?=-|$)")
_SIZE_WORDS = re.compile(r"-(?:\d+x)?\d+b(?=-|$)")
_NOT_THE_SAME = re.compile(
    r"base|gguf|awq|gptq|fp8|int[48]|[48]bit|bnb|distill|reward|rm$|guard|embed|vl|eagle|math"
)
"""Words of repositories that hold other weights than the plain name."""


def spelled(name: str) -> str:
    """Lower case, one kind of separator, no organisation, no date."""
    plain = re.sub(r"(?<=\d)p(?=\d)", "-", canonical_name(name))
    plain = re.sub(r"^(?:meta|microsoft|deepseek-ai|mistralai)-(?=llama|phi|deepseek|mi)", "", plain)
    plain = re.sub(r"(?<=[a-z])v(?=\d)", "-v", plain) if plain.startswith("deepseek") else plain
    return re.sub(r"-(?:hf|bf16)$", "", re.sub(r"-+", "-", plain))


def aliases(names: Iterable[str], ids: Iterable[str]) -> dict[str, str]:
    """Name as observed to the Hugging Face id meant, for names that mean exactly one.

    `names` are models of observations, `ids` the ids of the table of models. An id in other letters or under another
    organisation means the one in the table of models, else the more frequent; a release with another date is another
    model.
    """
    seen = Counter(names)
    catalogued = set(ids)
    same: dict[str, list[str]] = defaultdict(list)
    for name in sorted(catalogued | {name for name in seen if "/" in name}):
        same[name.lower().rsplit("/", 1)[-1]].append(name)
    best = {
        tail: min(group, key=lambda n: (n not in catalogued, -seen[n], n)) for tail, group in same.items()
    }
    found = {name: best[tail] for tail, group in same.items() for name in group if name != best[tail]}
    tables = _tables(best)
    for name in sorted(seen):
        meant = "" if "/" in name else _meant(spelled(name), *tables)
        if meant:
            found[name] = meant
    return found


def _tables(best: dict[str, str]) -> tuple[dict[str, str], list[dict[str, list[str]]]]:
    """Ids by spelling where only one has it (or one has exactly it), and by spelling without kind, and without size."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for tail in best:
        spellings[spelled(tail)].append(tail)
    one = {}
    for key, tails in spellings.items():
        exact = [tail for tail in tails if re.sub(r"[._]", "-", tail) == key]
        if len(tails) == 1 or len(exact) == 1:
            one[key] = best[(exact or tails)[0]]
    return one, [_stripped(one, _KIND_WORDS), _stripped(one, _KIND_WORDS, _SIZE_WORDS)]


def _stripped(one: dict[str, str], *patterns: re.Pattern[str]) -> dict[str, list[str]]:
    """Ids by their spelling without these words."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, name in one.items():
        plain = key
        for pattern in patterns:
            plain = pattern.sub("", plain)
        if not _NOT_THE_SAME.search(key):
            found[plain].append(name)
    return found


def _meant(key: str, one: dict[str, str], stripped: list[dict[str, list[str]]]) -> str:
    """The id of a spelling: the instructed one first, then the plain one, then the only one without kind or size."""
    for ending in ("-instruct", "-chat", "-it", ""):
        if key + ending in one:
            return one[key + ending]
    for table in stripped:
        if len(table.get(key, ())) == 1:
            return table[key][0]
    return ""
