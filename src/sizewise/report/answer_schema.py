"""JSON schema of an answer, read off its dataclass: names, types, units, and what is said beside each field."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import types
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from sizewise.domain.answers import FitAnswer, TierLine, TiersAnswer
from sizewise.domain.decision import Deployment, MemoryPart, Option
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import Count, Money, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNITS = {
    "_bytes": "bytes", "_s": "s", "_per_s": "1/s", "_tokens": "tokens", "_usd": "USD", "_ratio": "ratio",
    "_probability": "probability", "_tokens_per_s": "tokens/s", "_bytes_per_s": "bytes/s", "_watts": "W",
    "_months": "months", "_per_mtok": "USD per million tokens", "_gb": "GB",
}  # fmt: skip
"""Endings of names and their units; the longest that fits counts."""
NUMBER = {"type": ["number", "null"]}
"""null: not known, or without limit."""
BY_TYPE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"}, float: NUMBER,
    Text: {"type": "string"}, Money: {"type": "string"}, Count: {"type": "string"},
    type(None): {"type": "null"}, Any: {},
}  # fmt: skip


def _fields(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    return {"type": "object", "properties": properties, "required": list(properties)}


RANGE = _fields(low=NUMBER, high=NUMBER)
WORD = {"type": "string"}
WRITTEN: dict[type, dict[str, Any]] = {
    FitAnswer: {"rule_of_thumb_bytes": _fields(fp16=NUMBER, int4_low=NUMBER, int4_high=NUMBER)},
    TierLine: {"rule_fp16_gb": RANGE, "rule_int4_gb": RANGE},
    TiersAnswer: {
        "complexity_table": {
            "type": "array",
            "items": _fields(complexity=WORD, tasks={"type": "array", "items": WORD}, bar=WORD),
        }
    },
}
"""Fields that `report.answer_json` writes as objects though they are kept as tuples."""


@cache
def unit_of(name: str) -> str:
    """The unit that the end of a name stands for; empty: none."""
    ending = max((end for end in UNITS if name.endswith(end)), key=len, default="")
    return UNITS.get(ending, "")


def answer_schema(answer: type) -> dict[str, Any]:
    """The schema of one answer as `report.answer_json` writes it."""
    return _Writer().object(answer)


def named_schemas(answers: Iterable[type], prefix: str) -> dict[str, Any]:
    """The schemas of answers and of what is in them by name, with what their fields are documented to be.

    Arguments: `prefix` of every reference, such as '#/components/schemas/'.
    """
    writer = _Writer(prefix)
    for answer in answers:
        writer.nested(answer)
    return writer.parts


class _Writer:
    """Writes schemas inside each other, or, with a prefix, side by side under their names and documented."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.parts: dict[str, Any] = {}

    def nested(self, kind: type) -> dict[str, Any]:
        """An object inside another one."""
        if not self._prefix:
            return self.object(kind)
        if kind.__name__ not in self.parts:
            self.parts[kind.__name__] = {}  # it may hold itself
            self.parts[kind.__name__] = self.object(kind)
        return {"$ref": self._prefix + kind.__name__}

    def object(self, kind: type) -> dict[str, Any]:
        """The fields of a dataclass."""
        schema = self._object(kind)
        if self._prefix and kind.__doc__:
            schema["description"] = inspect.cleandoc(kind.__doc__)
        return schema

    def _object(self, kind: type) -> dict[str, Any]:
        if kind is Estimate:
            return _estimate()
        if kind is Unknown:
            return {"type": "object", "properties": {"unknown": {"type": "string"}}, "required": ["unknown"]}
        if kind is MemoryPart:
            parts = {
                "part": {"type": "string"},
                "bytes": self.nested(Estimate),
                "placement": {"type": "string"},
            }
            return {"type": "object", "properties": parts, "required": list(parts)}
        properties = self._properties(kind)
        if kind is Option:
            del properties["deployment"]
            properties = self._properties(Deployment) | properties
            properties["monthly_parts_usd"] = {"type": "object", "additionalProperties": NUMBER}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def _properties(self, kind: type) -> dict[str, Any]:
        hints, notes = get_type_hints(kind), field_notes(kind) if self._prefix else {}
        return {
            field.name: _described(self._schema(hints[field.name]), field.name, notes.get(field.name, ""))
            for field in dataclasses.fields(kind)
        } | WRITTEN.get(kind, {})

    def _schema(self, hint: Any) -> dict[str, Any]:  # noqa: ANN401 - any annotation
        origin, inner = get_origin(hint), get_args(hint)
        if origin in {Union, types.UnionType}:
            return {"anyOf": [self._schema(kind) for kind in inner]}
        if origin is tuple:
            return _tuple(inner, self._schema)
        if origin is dict or hint is dict:
            return {"type": "object"}
        if hint in BY_TYPE:
            return dict(BY_TYPE[hint])
        return self.nested(hint) if dataclasses.is_dataclass(hint) and isinstance(hint, type) else {}


def _tuple(inner: tuple[Any, ...], schema_of: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """An array of one kind, or of so many of these kinds."""
    if len(inner) == 2 and inner[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return {"type": "array", "items": schema_of(inner[0])}
    kinds = [schema_of(kind) for kind in inner]
    return {"type": "array", "prefixItems": kinds, "minItems": len(kinds), "maxItems": len(kinds)}


def _estimate() -> dict[str, Any]:
    number = {"type": "number"}
    fields = {"low": number, "likely": number, "high": number, "basis": {"type": "string"}}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _described(schema: dict[str, Any], name: str, note: str) -> dict[str, Any]:
    unit = unit_of(name)
    text = note if "[" in note or not unit else f"{note} [{unit}]".strip()
    return {**schema, "description": text} if text else schema


@cache
def field_notes(kind: type) -> dict[str, str]:
    """The sentences that stand below the fields of a dataclass in its source."""
    tree = ast.parse(inspect.getsource(kind)).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(str(note.value.value))
        for field, note in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant)
    }  # fmt: skip
