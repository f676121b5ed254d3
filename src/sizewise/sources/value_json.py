"""Values of the domain as JSON and back: frozen dataclasses, sentences with their template, ranges, unknowns.

What is read was perhaps written by a stranger: every field is checked against its type, and a sentence may only name
its own values.
"""

from __future__ import annotations

import dataclasses
import math
import types
from string import Formatter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from sizewise.domain.estimate import Unknown
from sizewise.domain.text import Count, Money, Text
from sizewise.errors import InvalidFile, shown

NOT_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
"""Floats that JSON has no number for."""
Value = TypeVar("Value")


def encoded(value: Any) -> Any:  # noqa: ANN401 - any value of the domain becomes any JSON value
    """The JSON value of a domain value."""
    if isinstance(value, Text):
        return {"text": value.template, "values": {name: encoded(item) for name, item in value.values}}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): encoded(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [encoded(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def decoded(kind: type[Value], value: Any, where: str) -> Value:  # noqa: ANN401 - any JSON value
    """The domain value of this type.

    Arguments: `where` names the place in errors, such as 'decision.json: decision'.
    A figure that may be unknown is unknown where it is missing: an older version did not have it.
    Raises: InvalidFile where another field is missing, of another type, or not what its class allows.
    """
    return _decoded(kind, value, where)  # type: ignore[no-any-return]  # checked against kind, field by field


def _decoded(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - types and JSON values
    origin = get_origin(kind)
    if kind is Any:
        return value
    if origin in {types.UnionType, Union, tuple}:
        read = _tuple if origin is tuple else _one_of
        return read(get_args(kind), value, where)
    if origin is dict:
        _check(isinstance(value, dict), "an object", value, where)
        return {name: _decoded(get_args(kind)[1], item, f"{where}.{name}") for name, item in value.items()}
    if kind is Text:
        return _text(value, where)
    return _object(kind, value, where) if dataclasses.is_dataclass(kind) else _scalar(kind, value, where)


def _scalar(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - same
    if kind is float:
        if isinstance(value, str) and value in NOT_FINITE:
            return NOT_FINITE[value]
        _check(isinstance(value, int | float) and not isinstance(value, bool), "a number", value, where)
        return float(value)
    if kind is int:
        _check(isinstance(value, int) and not isinstance(value, bool), "a whole number", value, where)
        return value
    if kind is bool:
        _check(isinstance(value, bool), "true or false", value, where)
        return value
    _check(kind is str and isinstance(value, str), "a text", value, where)
    return value


def _object(kind: Any, value: Any, where: str) -> Any:  # noqa: ANN401 - a dataclass
    _check(isinstance(value, dict), "an object", value, where)
    hints, fields = get_type_hints(kind), dataclasses.fields(kind)
    unknown = set(value) - {field.name for field in fields}
    if unknown:
        raise InvalidFile("{where}: unknown field '{name}'", where=where, name=min(unknown))
    found = {}
    for field in fields:
        if field.name in value:
            found[field.name] = _decoded(hints[field.name], value[field.name], f"{where}.{field.name}")
        elif Unknown in get_args(hints[field.name]):
            found[field.name] = Unknown(reason="the version that wrote this file did not keep it")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidFile("{where}: field '{name}' is missing", where=where, name=field.name)
    try:
        return kind(**found)
    except ValueError as error:  # a range that is not ordered, a basis that does not exist
        raise InvalidFile("{where}: {reason}", where=where, reason=error) from None


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:  # noqa: ANN401 - same
    """The member of a union that the JSON value can be: told apart by null, text, and the fields of an object."""
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, str) and str in kinds:
        return value
    candidates = [kind for kind in kinds if kind not in {type(None), str}]
    if isinstance(value, dict):
        fitting = [kind for kind in candidates if _has_fields(kind, set(value))]
        candidates = fitting or candidates
    _check(bool(candidates), "a value of another kind", value, where)
    return _decoded(candidates[0], value, where)


def _has_fields(kind: Any, names: set[str]) -> bool:  # noqa: ANN401 - a type
    if kind is Text:
        return names == {"text", "values"}
    return dataclasses.is_dataclass(kind) and names <= {field.name for field in dataclasses.fields(kind)}


def _tuple(kinds: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:  # noqa: ANN401 - same
    _check(isinstance(value, list), "a list", value, where)
    if kinds[-1] is Ellipsis:
        return tuple(_decoded(kinds[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    _check(len(value) == len(kinds), f"a list of {len(kinds)}", value, where)
    return tuple(
        _decoded(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _text(value: Any, where: str) -> Text:  # noqa: ANN401 - same
    _check(isinstance(value, dict) and set(value) == {"text", "values"}, "a sentence", value, where)
    template, values = value["text"], value["values"]
    _check(isinstance(template, str) and isinstance(values, dict), "a sentence", value, where)
    _check(_names_its_values(template, values), "a sentence that names only its own values", template, where)
    return Text(
        template,
        tuple(
            (name, _one_of((str, Text, Money, Count), item, f"{where}.{name}"))
            for name, item in values.items()
        ),
    )


def _names_its_values(template: str, values: dict[str, Any]) -> bool:
    """No attribute, index, conversion or padding: only {name} of a value that is there."""
    try:
        pieces = list(Formatter().parse(template))
    except ValueError:
        return False
    return all(
        name is None or (name in values and name.isidentifier() and not spec and conversion is None)
        for _, name, spec, conversion in pieces
    )


def _check(holds: bool, allowed: str, given: object, where: str) -> None:  # noqa: FBT001 - a condition
    if not holds:
        raise InvalidFile(
            "{where} is '{given}', it must be {allowed}", where=where, given=shown(given), allowed=allowed
        )
