"""Questions from files: JSONL, the OpenAI chat format, CSV, promptfoo-style YAML, and the starter sets."""

from __future__ import annotations

import csv
import json
import re
from importlib import resources
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.errors import InvalidFile, MissingExtra, UnknownName
from sizewise.proof.evaluate.items import item_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sizewise.proof.evaluate.items import Item

STARTER = "starter:"
"""Before the name of a starter set."""
VARIABLE = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
MAX_FILE_BYTES = 64 * 2**20
ASSERTED = {
    "equals": ("exact", "expected"), "contains": ("contains", "expected"), "icontains": ("contains", "expected"),
    "regex": ("regex", "pattern"), "is-json": ("json-schema", "schema"), "llm-rubric": ("judge", "rubric"),
    "rouge-n": ("overlap", "expected"), "python": ("code", "tests"),
}  # fmt: skip
"""Assertions of promptfoo that there is a grader for, and where their value goes."""


def read_items(given: str) -> tuple[Item, ...]:
    """All questions of a file, or of `starter:NAME`.

    Raises: InvalidFile with the place of what is wrong; UnknownName for a starter set; MissingExtra.
    """
    if given.startswith(STARTER):
        content, where = _starter(given.removeprefix(STARTER)), given
    else:
        path = Path(given)
        where = path.name  # errors name the line, which a long path would push out
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise InvalidFile("{path} is larger than {n} MiB", path=given, n=MAX_FILE_BYTES >> 20)
            content = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise InvalidFile("cannot read {path}: {reason}", path=given, reason=reason) from None
    rows = READERS.get(Path(where).suffix.lower(), _jsonl)(content, where)
    items = tuple(item_of(row, place, str(number)) for number, (place, row) in enumerate(rows, 1))
    if not items:
        raise InvalidFile("{path} has no prompts", path=given)
    _check_ids(items, given)
    return items


def starter_names() -> tuple[str, ...]:
    """Names of the starter sets."""
    folder = resources.files(__package__).joinpath("starter")
    return tuple(sorted(f.name.removesuffix(".jsonl") for f in folder.iterdir() if f.name.endswith(".jsonl")))


def _starter(name: str) -> str:
    names = starter_names()
    if name not in names:
        raise UnknownName("starter set", name, names, f"allowed: {', '.join(names)}")
    return resources.files(__package__).joinpath("starter", f"{name}.jsonl").read_text(encoding="utf-8")


def _check_ids(items: tuple[Item, ...], given: str) -> None:
    seen: set[str] = set()
    for item in items:
        if item.item_id in seen:
            raise InvalidFile("{path}: two prompts have the id '{given}'", path=given, given=item.item_id)
        seen.add(item.item_id)


def _jsonl(content: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        place = f"{where}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise InvalidFile("{where}: not a line of JSON", where=place) from None
        if not isinstance(row, dict):
            raise InvalidFile("{where}: not a JSON object", where=place)
        yield place, row


def _csv(content: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(content.splitlines(keepends=True))
    try:
        for row in reader:
            place = f"{where}, line {reader.line_num}"
            if None in row:
                raise InvalidFile("{where}: more cells than columns", where=place)
            yield place, {name: _cell(name, value, place) for name, value in row.items() if value}
    except csv.Error as error:
        raise InvalidFile("{where}: not a CSV: {reason}", where=where, reason=error) from None


def _cell(name: str, value: str, place: str) -> Any:  # noqa: ANN401 - JSON inside a cell
    if name not in {"schema", "choices", "messages", "checks"}:
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise InvalidFile("{where}: column {column} is no JSON", where=place, column=name) from None


def _yaml(content: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        import yaml
    except ImportError as missing:
        raise MissingExtra("evaluate", "reading YAML") from missing
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidFile(
            "{where}: not YAML: {reason}", where=where, reason=" ".join(str(error).split())
        ) from None
    if not isinstance(found, dict) or not isinstance(found.get("tests"), list):
        raise InvalidFile("{where}: no list of 'tests', as a promptfoo file has it", where=where)
    prompts = found.get("prompts") or ["{{prompt}}"]
    for (number, test), prompt in product(enumerate(found["tests"], 1), prompts):
        yield (
            f"{where}, test {number}",
            _test_row(test, prompt, found.get("defaultTest"), f"{where}, test {number}"),
        )


def _test_row(test: Any, prompt: Any, default: Any, place: str) -> Mapping[str, Any]:  # noqa: ANN401 - YAML values
    default = default if isinstance(default, dict) else {}
    if not isinstance(test, dict):
        raise InvalidFile("{where}: not an object", where=place)
    template = prompt.get("raw", "") if isinstance(prompt, dict) else prompt
    if not isinstance(template, str) or template.startswith("file://"):
        raise InvalidFile("{where}: prompts of other files are not read; write the prompt out", where=place)
    values = {**(default.get("vars") or {}), **(test.get("vars") or {})}
    asserted = [*(default.get("assert") or []), *(test.get("assert") or [])]
    if not asserted:
        raise InvalidFile("{where}: nothing is asserted", where=place)
    return {
        "prompt": _filled(template, values, place),
        "checks": [_asserted(a, values, place) for a in asserted],
    }


def _asserted(given: Any, values: Mapping[str, Any], place: str) -> Mapping[str, Any]:  # noqa: ANN401 - YAML values
    kind = given.get("type", "") if isinstance(given, dict) else ""
    if kind not in ASSERTED:
        raise InvalidFile("{where}: assertion '{given}' is not known; allowed: {allowed}", where=place, given=kind,
                          allowed=", ".join(ASSERTED))  # fmt: skip
    grader, option = ASSERTED[kind]
    value = given.get("value", {"type": ["object", "array"]} if kind == "is-json" else None)
    value = _filled(value, values, place) if isinstance(value, str) else value
    return {
        "grader": grader,
        option: value,
        **({"threshold": given["threshold"]} if "threshold" in given else {}),
    }


def _filled(template: str, values: Mapping[str, Any], place: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise InvalidFile("{where}: no value for {given}", where=place, given=match[0])
        return str(values[match[1]])

    return VARIABLE.sub(value, template)


READERS = {".csv": _csv, ".yaml": _yaml, ".yml": _yaml}
"""By the ending of the file; everything else is JSONL."""
