"""The description of the API: what each verb answers, field by field, and what a problem looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sizewise.catalog.describe import Fact
from sizewise.domain.answers import CompareAnswer, FitAnswer, TiersAnswer
from sizewise.domain.capacity import CapacityAnswer
from sizewise.domain.cost import CostAnswer
from sizewise.domain.decision import Decision
from sizewise.report.answer_schema import named_schemas

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "#/components/schemas/"
PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": PREFIX + "Problem"}}}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"description": what, "content": PROBLEM_CONTENT}
    for code, what in {
        413: "The body is too large.",
        422: "The question cannot be used; `detail` says what is wrong, `title` is a stable code.",
        503: "The answer took too long.",
    }.items()
}
PROBLEM_SCHEMA = {
    "type": "object",
    "description": "RFC 9457: what was wrong with a request.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "Stable code, such as unknown-name."},
        "status": {"type": "integer"},
        "detail": {
            "type": "string",
            "description": "One line: what was given, what is allowed, what to do next.",
        },
        "nearest": {"type": "array", "items": {"type": "string"}},
    },
}
ANSWERS = {
    "recommend": Decision, "fit": FitAnswer, "compare": CompareAnswer, "capacity": CapacityAnswer, "cost": CostAnswer,
    "tiers": TiersAnswer,
}  # fmt: skip
"""What each verb answers."""
LISTS: dict[str, dict[str, Any]] = {
    "catalog/{kind}": {
        "type": "object",
        "description": "An entry of this kind; its fields are those of `catalog/entries`.",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
    },
    "catalog/entries/{name}": {"$ref": PREFIX + "Fact"},
}
"""What the lists of the catalog hold."""
EXAMPLES: dict[str, Any] = {
    "recommend": {"task": "summarization", "users": 20, "monthly_budget": "800 USD"},
    "fit": {"model": "Qwen/Qwen3-8B", "device": ["RTX 4090"], "context": "32K"},
    "compare": {"options": ["Qwen3-8B@Q4_K_M on RTX 4090", "Qwen3-14B@Q4_K_M on RTX 4090"], "task": "chat"},
    "capacity": {"model": "Qwen/Qwen3-8B", "device": "L40S", "rate": 4, "max_ttft": "1s"},
    "cost": {"model": "Qwen/Qwen3-8B", "device": "RTX 4090", "tokens": "2.5B"},
    "tiers": {"task": "coding", "context": "8K"},
}
"""A question to each verb."""


def describe(app: FastAPI) -> None:
    """Give the description of an application the answers, examples and problems of the verbs."""
    made = app.openapi

    def described() -> dict[str, Any]:
        schema = made()
        schema["components"]["schemas"] |= named_schemas((*ANSWERS.values(), Fact), PREFIX)
        schema["components"]["schemas"]["Problem"] = PROBLEM_SCHEMA
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                _describe(path.removeprefix("/api/v1/"), operation)
        return schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's documented way to extend the schema


def _describe(verb: str, operation: dict[str, Any]) -> None:
    if "422" in operation["responses"]:
        operation["responses"]["422"]["content"] = PROBLEM_CONTENT
    if verb in EXAMPLES:
        operation["requestBody"]["content"]["application/json"]["example"] = EXAMPLES[verb]
    answer: dict[str, Any] | None = {"$ref": PREFIX + ANSWERS[verb].__name__} if verb in ANSWERS else None
    if verb in LISTS:
        answer = {"type": "array", "items": LISTS[verb]}
    if answer is not None:
        operation["responses"]["200"]["content"]["application/json"]["schema"] = answer
