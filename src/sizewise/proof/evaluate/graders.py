"""Graders that need nothing but the answer: each gives 0 (wrong) to 1 (right)."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

from sizewise.errors import InvalidFile, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.proof.evaluate.items import Check

MAX_GRADED_CHARACTERS = 100_000
"""Of an answer that a grader looks at; no right answer is longer."""
NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+−]?\.\d+")
LETTER = re.compile(r"(?<![A-Za-z])([A-J])(?![A-Za-z])")
ANNOUNCED = re.compile(
    r"(?:answer|option|choice|答案|选择?)[^A-J\n]{0,12}?(?<![A-Za-z])\(?([A-J])(?![A-Za-z])", re.IGNORECASE
)
FENCE = re.compile(r"```[\w+-]*\n(.*?)(?:```|\Z)", re.DOTALL)
TOKENS = re.compile(r"[\u3400-\u9fff]|[^\W_]+")
TOLERANCE = 1e-6
"""Relative, for numbers where none is stated."""


def normalised(text: str) -> str:
    """Without case, width, punctuation at the ends of words, or more than one space."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(c)[0] in "PZC" and c not in "-.%" else c for c in plain)
    return " ".join(word.strip(".-") for word in kept.split() if word.strip(".-"))


def exact(answer: str, check: Check) -> float:
    """The answer is the expected text, white space at the ends aside."""
    return float(any(answer.strip() == str(one).strip() for one in _any_of(check.expected)))


def same(answer: str, check: Check) -> float:
    """The same after normalising both."""
    return float(any(normalised(answer) == normalised(str(one)) for one in _any_of(check.expected)))


def contains(answer: str, check: Check) -> float:
    """The expected text stands somewhere in the answer, as whole words; of several, any."""
    found = f" {normalised(answer)} "
    for one in _any_of(check.expected):
        wanted = normalised(str(one))
        if f" {wanted} " in found or (wanted in found and not wanted.isascii()):
            return 1.0
    return 0.0


def numeric(answer: str, check: Check) -> float:
    """The last number of the answer is the expected one, within `tolerance` (share, or absolute near zero)."""
    found = NUMBER.findall(answer)
    wanted = NUMBER.findall(str(check.expected))
    if not found or not wanted:
        return 0.0
    tolerance = _number(check.options.get("tolerance"), TOLERANCE)
    return float(math.isclose(_value(found[-1]), _value(wanted[-1]), rel_tol=tolerance, abs_tol=tolerance))


def regex(answer: str, check: Check) -> float:
    """The pattern is found."""
    pattern = str(check.options.get("pattern") or check.expected)
    try:
        return float(re.search(pattern, answer, re.MULTILINE) is not None)
    except re.error as error:
        raise InvalidFile("'{given}' is no pattern: {reason}", given=pattern, reason=error) from None


def choice(answer: str, check: Check) -> float:
    """The letter that the answer announces, or its only or first one, is the expected one."""
    announced = ANNOUNCED.findall(answer)
    letters = LETTER.findall(answer)
    given = (announced[-1] if announced else letters[0] if letters else answer.strip()[:1]).upper()
    return float(given == str(check.expected).strip().upper())


def json_schema(answer: str, check: Check) -> float:
    """JSON that follows the schema; with `expected`, also the same values, strings compared as normalised."""
    try:
        import jsonschema
    except ImportError as missing:
        raise MissingExtra("evaluate", "grading by JSON schema") from missing
    try:
        value = json.loads(_inner(answer))
    except (ValueError, RecursionError):
        return 0.0
    schema = check.options.get("schema")
    if schema is not None:
        try:
            if not jsonschema.Draft202012Validator(schema).is_valid(value):
                return 0.0
        except (jsonschema.SchemaError, AttributeError, TypeError) as error:
            raise InvalidFile("a JSON schema cannot be used: {reason}", reason=error) from None
    return 1.0 if check.expected is None else float(_plain(value) == _plain(check.expected))


def overlap(answer: str, check: Check) -> float:
    """F1 of shared words (Chinese: characters), the best of several references; with `threshold`, 0 or 1."""
    score = max(_f1(answer, str(one)) for one in _any_of(check.expected))
    threshold = check.options.get("threshold")
    return score if threshold is None else float(score >= _number(threshold, 1.0))


def code_of(answer: str) -> str:
    """The last block of code of an answer; without blocks all of it."""
    blocks = FENCE.findall(answer)
    return str(blocks[-1]) if blocks else answer


GRADE: dict[str, Callable[[str, Check], float]] = {
    "exact": exact, "normalised": same, "contains": contains, "numeric": numeric, "regex": regex, "choice": choice,
    "json-schema": json_schema, "overlap": overlap,
}  # fmt: skip


def _any_of(expected: Any) -> list[Any]:  # noqa: ANN401 - a JSON value
    return expected if isinstance(expected, list) else [expected]


def _value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def _number(given: object, otherwise: float) -> float:
    try:
        return float(str(given)) if given is not None else otherwise
    except ValueError:
        raise InvalidFile("'{given}' is no number", given=given) from None


def _inner(answer: str) -> str:
    """The JSON of an answer: inside a fence, or from the first bracket to the last."""
    text = code_of(answer).strip()
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    return text[min(starts) : max(text.rfind("}"), text.rfind("]")) + 1] if starts else text


def _plain(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(value, str):
        return normalised(value)
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _f1(answer: str, reference: str) -> float:
    found = Counter(TOKENS.findall(unicodedata.normalize("NFKC", answer).casefold()))
    wanted = Counter(TOKENS.findall(unicodedata.normalize("NFKC", reference).casefold()))
    shared = sum((found & wanted).values())
    return 2 * shared / (found.total() + wanted.total()) if shared else 0.0
