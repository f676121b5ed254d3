"""One question of an evaluation and how its answer is graded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sizewise.errors import InvalidFile

if TYPE_CHECKING:
    from collections.abc import Mapping

JUDGE = "judge"
CODE = "code"
GRADERS = (
    "exact", "normalised", "contains", "numeric", "regex", "json-schema", "choice", "overlap", CODE, JUDGE,
)  # fmt: skip
"""Names of the graders, as they stand in files."""
SYNONYMS = {
    "equals": "exact", "normalized": "normalised", "icontains": "contains", "number": "numeric",
    "is-json": "json-schema",
    "json_schema": "json-schema", "multiple-choice": "choice", "rouge-n": "overlap", "llm-rubric": JUDGE,
    "python": CODE,
}  # fmt: skip
"""Names that other tools use."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that an answer must satisfy."""

    grader: str
    expected: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """tolerance, schema, threshold, choices, tests, rubric ..."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A question; its grade is that of the check that it satisfies least."""

    item_id: str
    messages: tuple[Mapping[str, Any], ...]
    checks: tuple[Check, ...]

    @property
    def question(self) -> str:
        """The last thing that the user says."""
        return str(self.messages[-1].get("content", ""))

    @property
    def needs(self) -> frozenset[str]:
        """Graders that it needs."""
        return frozenset(check.grader for check in self.checks)


def item_of(row: Mapping[str, Any], where: str, item_id: str) -> Item:
    """An item from a row of any file: prompt or messages, expected, grader, options.

    Raises: InvalidFile that names the place.
    """
    given = {str(k): v for k, v in row.items() if v not in (None, "")}
    messages, expected = _messages(given, where)
    if not messages:
        raise InvalidFile("{where}: no prompt; a row needs 'prompt' or 'messages'", where=where)
    if "checks" in given:
        if not isinstance(given["checks"], list):
            raise InvalidFile("{where}: 'checks' is no list", where=where)
        checks = tuple(check_of(one, where) for one in given["checks"])
    else:
        checks = (check_of({"expected": expected, **given}, where),)
    return Item(item_id=str(given.get("id", item_id)), messages=messages, checks=checks)


def check_of(given: Any, where: str) -> Check:  # noqa: ANN401 - whatever the file holds
    """A check from a row or a nested object.

    Raises: InvalidFile for a grader that nobody knows, or one without what it needs.
    """
    if not isinstance(given, dict):
        raise InvalidFile("{where}: a check is no object", where=where)
    expected = next(
        (given[k] for k in ("expected", "answer", "ideal", "reference") if given.get(k) is not None), None
    )
    name = str(given.get("grader") or _guessed(given, expected)).strip().lower()
    name = SYNONYMS.get(name, name)
    if name not in GRADERS:
        raise InvalidFile("{where}: unknown grader '{given}'; allowed: {allowed}", where=where, given=name,
                          allowed=", ".join(GRADERS))  # fmt: skip
    options = {k: v for k, v in given.items() if k not in _KNOWN}
    missing = _missing(name, expected, options)
    if missing:
        raise InvalidFile(
            "{where}: grader '{given}' needs '{missing}'", where=where, given=name, missing=missing
        )
    return Check(grader=name, expected=expected, options=options)


_KNOWN = frozenset({
    "id", "prompt", "messages", "checks", "grader", "expected", "answer", "ideal", "reference", "question", "system",
})  # fmt: skip


def _messages(given: Mapping[str, Any], where: str) -> tuple[tuple[Mapping[str, Any], ...], Any]:
    """The conversation up to the question, and the answer that ends it, if it is there."""
    if "messages" not in given:
        prompt = given.get("prompt", given.get("question"))
        system = [{"role": "system", "content": str(given["system"])}] if "system" in given else []
        return ((*system, {"role": "user", "content": str(prompt)}) if prompt else ()), None
    found = given["messages"]
    if not isinstance(found, list) or not all(isinstance(m, dict) and "role" in m for m in found):
        raise InvalidFile("{where}: 'messages' is no list of objects with role and content", where=where)
    if found and found[-1]["role"] == "assistant":
        return tuple(found[:-1]), found[-1].get("content")
    return tuple(found), None


def _guessed(given: Mapping[str, Any], expected: object) -> str:
    """The grader of a row that names none."""
    for option, grader in (
        ("schema", "json-schema"),
        ("choices", "choice"),
        ("pattern", "regex"),
        ("tests", CODE),
    ):
        if option in given:
            return grader
    return "numeric" if isinstance(expected, int | float) and not isinstance(expected, bool) else "normalised"


def _missing(grader: str, expected: object, options: Mapping[str, Any]) -> str:
    """The name of what a grader cannot do without; empty: all there."""
    if grader == CODE:
        return "" if options.get("tests") else "tests"
    if grader == "json-schema":
        return "" if options.get("schema") or expected is not None else "schema"
    if grader == "regex":
        return "" if options.get("pattern") or expected is not None else "pattern"
    return "" if grader == JUDGE or expected is not None else "expected"
