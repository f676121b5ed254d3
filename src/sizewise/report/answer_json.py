"""Answers as JSON objects with stable names, sentences in the chosen language."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sizewise.domain.decision import MemoryPart, Option
from sizewise.domain.estimate import Unknown
from sizewise.domain.text import Count, Money, Text

if TYPE_CHECKING:
    from sizewise.domain.answers import FitAnswer, HardwareAnswer, PolicyAnswer, TierLine, TiersAnswer
    from sizewise.report.language import Say

RULE_NAMES = ("fp16", "int4_low", "int4_high")
TIER_NAMES = ("low", "high")
GUIDE_WORDS = ("rule_hardware", "rule_tasks", "nickname", "use", "advantage", "limit")
"""Sentences of the original guide in a line of `tiers`."""
MACHINE_NAMES = ("device", "num_devices", "memory_bytes", "usable_bytes", "bandwidth_bytes_per_s")


def json_text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """The object as printed: indented, never NaN or infinity."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)


def plain(value: Any, say: Say) -> Any:  # noqa: ANN401 - any value of an answer becomes any JSON value
    """A JSON value: dataclasses become objects by their field names, an unknown says why.

    NaN and infinity mean "not known" or "no limit": null.
    """
    if isinstance(value, Text | Money | Count):
        return say(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item, say) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, say) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _object(value, say)
    return _scalar(value)


def _object(value: Any, say: Say) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    rate = getattr(value, "cny_per_usd", None)
    if rate is not None:  # an answer in a currency of its own
        return _fields(value, say.in_money(value.currency, rate))
    if isinstance(value, Unknown):
        return {"unknown": say(value.reason)}
    if isinstance(value, Option):
        return _option(value, say)
    if isinstance(value, MemoryPart):
        return {"part": value.name, "bytes": plain(value.size, say), "placement": value.placement}
    return _fields(value, say)


def _scalar(value: Any) -> Any:  # noqa: ANN401 - as above
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _scalar(value.item()) if hasattr(value, "item") else str(value)


def _option(option: Option, say: Say) -> dict[str, Any]:
    """Deployment and figures on one level."""
    fields = {field.name: getattr(option, field.name) for field in dataclasses.fields(option)}
    deployment = fields.pop("deployment")
    parts = fields.pop("monthly_parts_usd")
    return {
        **plain(deployment, say),
        **{name: plain(value, say) for name, value in fields.items()},
        "monthly_parts_usd": plain(dict(parts), say),
    }


def fit_json(answer: FitAnswer, say: Say) -> dict[str, Any]:
    """`fit`: the rule of thumb by name."""
    rule = dict(zip(RULE_NAMES, answer.rule_of_thumb_bytes, strict=True))
    return {**_fields(answer, say), "rule_of_thumb_bytes": plain(rule, say)}


def tiers_json(answer: TiersAnswer, say: Say) -> dict[str, Any]:
    """`tiers`: ranges of the guide by name, its words in the chosen language."""
    lines = [_tier_line(line, say) for line in answer.lines]
    complexities = [
        {"complexity": complexity, "tasks": list(tasks), "bar": say(bar)}
        for complexity, tasks, bar in answer.complexity_table
    ]
    return {**_fields(answer, say), "lines": lines, "complexity_table": complexities}


def _tier_line(line: TierLine, say: Say) -> dict[str, Any]:
    ranges = {
        name: dict(zip(TIER_NAMES, getattr(line, name), strict=True))
        for name in ("rule_fp16_gb", "rule_int4_gb")
    }
    return {**_fields(line, say), **ranges, **{name: say(getattr(line, name)) for name in GUIDE_WORDS}}


def policy_json(answer: PolicyAnswer, say: Say) -> dict[str, Any]:
    """`recommend --policy rule-of-thumb`."""
    questions = [{"question": say(question), "answer": say(reply)} for question, reply in answer.questions]
    return {**_fields(answer, say), "questions": questions}


def hardware_json(answer: HardwareAnswer, say: Say) -> dict[str, Any]:
    """`hardware`."""
    machines = [plain(dict(zip(MACHINE_NAMES, machine, strict=True)), say) for machine in answer.machines]
    return {**_fields(answer, say), "machines": machines}


def _fields(answer: Any, say: Say) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    return {field.name: plain(getattr(answer, field.name), say) for field in dataclasses.fields(answer)}
