"""Requests generated from the description of the API: no answer is an error of ours, and none takes long."""

from __future__ import annotations

import math
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.conftest import SOAK_SCALE

from sizewise.api.app import bare_app, create_app
from sizewise.api.metrics import Metrics
from sizewise.api.settings import Settings

NUM_CASES, NUM_SOAK_CASES = 2_000, 20_000
"""Requests in `make test` and in `make soak`, over all addresses."""
SCHEMA: Any = schemathesis.openapi.from_asgi("/api/v1/openapi.json", bare_app(Settings(), Metrics()))
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]
SERVER = create_app()
BAD_REQUEST, OUR_FAULT = 400, 500
SHARES = {"POST /api/v1/tiers": 0.03, "GET /healthz": 0.0005, "GET /metrics": 0.0005}
"""Share of the cases: tables of all tiers are slow, and two addresses take one request only. Others share the rest."""
ANSWERED = 200
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def narrowed(body: Any) -> Any:
    """A question about one card: a search of the whole market takes a second, and thousands of them an hour."""
    if isinstance(body, dict) and not body.get("device") and "options" not in body and "model" not in body:
        return body | {"device": ["RTX 4090"]}
    return body


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda item: item.label)
def test_no_generated_request_is_an_error_of_ours_in_many(operation: Any, soak_scale: float) -> None:
    check(operation, num_cases(operation, NUM_SOAK_CASES * soak_scale))


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda item: item.label)
def test_no_generated_request_is_an_error_of_ours(operation: Any) -> None:
    check(operation, num_cases(operation, NUM_CASES))


def num_cases(operation: Any, total: float) -> int:
    """Its share of the total, rounded up."""
    rest = (1.0 - sum(SHARES.values())) / (len(OPERATIONS) - len(SHARES))
    return math.ceil(total * SHARES.get(operation.label, rest))


def answers_like(operation: Any) -> Any:
    """What checks an answer against its description; None for what is no JSON."""
    content = SCHEMA.raw_schema["paths"][operation.path][operation.method]["responses"]["200"].get(
        "content", {}
    )
    described = content.get("application/json", {}).get("schema")
    if not described:
        return None
    return jsonschema_rs.validator_for({**described, "components": SCHEMA.raw_schema["components"]})


def check(operation: Any, num_examples: int) -> None:
    """So many requests, half of them breaking the description."""
    answer = answers_like(operation)
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in MODES))

    @settings(max_examples=num_examples, deadline=None, derandomize=not SOAK_SCALE, database=None,
              phases=(Phase.generate,), suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=cases)
    def answered(case: Any) -> None:
        if operation.path.endswith("/recommend"):
            case.body = narrowed(case.body)
        response = case.call(app=SERVER)
        assert response.status_code < OUR_FAULT, (case.as_curl_command(), response.content[:300])
        if response.status_code >= BAD_REQUEST and operation.path.startswith("/api"):
            assert response.headers["content-type"][0] == "application/problem+json"
        if response.status_code == ANSWERED and answer is not None:
            answer.validate(response.json())

    answered()
