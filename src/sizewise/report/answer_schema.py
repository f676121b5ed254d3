"""JSON schema of an answer, read off its dataclass: names, types, units, and what is said beside each field."""

from __future__ import annotations

import dataclasses
import types
from functools import cache
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from sizewise.domain.decision import Deployment, MemoryPart, Option
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {
    "_bytes": "bytes", "_s": "s", "_per_s": "1/s", "_tokens": "tokens", "_usd": "USD", "_ratio": "ratio",
    "_probability": "probability", "_tokens_per_s": "tokens/s", "_bytes_per_s": "bytes/s",
}  # fmt: skip
"""Endings of names and their units; the longest that fits counts."""
NUMBER = {"type": ["number", "null"]}
"""null: not known, or without limit."""
BY_TYPE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"}, int: {"type": "integer"}, bool: {"type": "boolean"}, float: NUMBER,
    Text: {"type": "string"}, type(None): {"type": "null"}, Any: {},
}  # fmt: skip


@cache
def unit_of(name: str) -> str:
    """The unit that the end of a name stands for; empty: none."""
    ending = max((end for end in UNITS if name.endswith(end)), key=len, default="")
    return UNITS.get(ending, "")


def answer_schema(answer: type, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The schema of one answer as `report.answer_json` writes it; `overrides` are fields that it writes by name."""
    schema = _object(answer)
    schema["properties"] |= dict(overrides or {})
    return schema


def _object(kind: type) -> dict[str, Any]:
    if kind is Estimate:
        return _estimate()
    if kind is Unknown:
        return {"type": "object", "properties": {"unknown": {"type": "string"}}, "required": ["unknown"]}
    if kind is MemoryPart:
        parts = {"part": {"type": "string"}, "bytes": _estimate(), "placement": {"type": "string"}}
        return {"type": "object", "properties": parts, "required": list(parts)}
    properties = _properties(kind)
    if kind is Option:
        del properties["deployment"]
        properties = _properties(Deployment) | properties
        properties["monthly_parts_usd"] = {"type": "object", "additionalProperties": NUMBER}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _properties(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: _described(field.name, hints[field.name]) for field in dataclasses.fields(kind)}


def _estimate() -> dict[str, Any]:
    number = {"type": "number"}
    fields = {"low": number, "likely": number, "high": number, "basis": {"type": "string"}}
    return {"type": "object", "properties": fields, "required": list(fields)}


def _described(name: str, hint: Any) -> dict[str, Any]:  # noqa: ANN401 - any annotation
    schema, unit = _schema(hint), unit_of(name)
    return {**schema, "description": f"[{unit}]"} if unit else schema


def _schema(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return {"anyOf": [_schema(kind) for kind in inner]}
    if origin is tuple and len(inner) == 2 and inner[1] is Ellipsis:  # noqa: PLR2004 - tuple[X, ...]
        return {"type": "array", "items": _schema(inner[0])}
    if origin is tuple:
        return {"type": "array"}
    if origin is dict or hint is dict:
        return {"type": "object"}
    if hint in BY_TYPE:
        return dict(BY_TYPE[hint])
    return _object(hint) if dataclasses.is_dataclass(hint) and isinstance(hint, type) else {}
