"""JSON of answers: stable names, never NaN, an unknown says why."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from sizewise.domain.decision import Decision, Deployment, MemoryPart, Option
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.report.answer_json import json_text, plain
from sizewise.report.language import speaker, translator

SAY = speaker(translator("en"))


def option(**changes: object) -> Option:
    deployment = Deployment(
        model="org/small", quantization="Q4_K_M", engine="llama.cpp", engine_version="b1", device="Card", num_devices=2,
        replicas=3, context_tokens=8192, num_sequences=4, kv_type="f16", split="layer", path="owned",
    )  # fmt: skip
    weights = Estimate(low=1.0, likely=2.0, high=3.0, basis="derived")
    values: dict[str, object] = {
        "deployment": deployment, "memory": (MemoryPart(name="weights", size=weights),), "memory_bytes": weights,
        "usable_bytes": 4.0, "decode_tokens_per_s": weights,
        "loaded_tokens_per_s": Unknown(reason="nobody measured it"),
        "ttft_s": weights, "throughput_tokens_per_s": weights, "num_users": float("inf"), "power_watts": weights,
        "joules_per_token": weights, "quality": weights,
        "quality_evidence": "direct", "pass_probability": float("nan"), "monthly_usd": weights,
        "monthly_parts_usd": (("energy", 2.0),), "upfront_usd": weights, "usd_per_million_tokens": 1.5,
    }  # fmt: skip
    return Option(**{**values, **changes})  # type: ignore[arg-type]  # a mapping of the fields


def decision(answer: Option | None) -> Decision:
    return Decision(
        verdict=T("Run {what}", what="it"), answer=answer, assumptions=(), alternatives=(),
        rejected=(), flips=(), flow=(),
        prepare=(), command="run", options=(), num_candidates=7, facts_date="2026-11-23", version="0.1.0", request={},
    )  # fmt: skip


def test_the_answer_has_deployment_and_figures_on_one_level() -> None:
    answer = plain(decision(option()), SAY)["answer"]
    assert answer["model"] == "org/small"
    assert answer["num_devices"] == 2
    assert answer["memory_bytes"] == {"low": 1.0, "likely": 2.0, "high": 3.0, "basis": "derived"}
    assert {
        "quantization",
        "engine",
        "engine_version",
        "device",
        "replicas",
        "context_tokens",
    } <= answer.keys()
    assert {"decode_tokens_per_s", "quality", "monthly_usd"} <= answer.keys()
    assert "deployment" not in answer


def test_every_field_of_a_decision_is_in_the_json() -> None:
    assert plain(decision(None), SAY).keys() == {field.name for field in fields(Decision)}


def test_no_answer_is_null() -> None:
    assert plain(decision(None), SAY)["answer"] is None


def test_an_unknown_says_why() -> None:
    assert plain(option(), SAY)["loaded_tokens_per_s"] == {"unknown": "nobody measured it"}


def test_a_memory_part_is_named() -> None:
    part = plain(option(), SAY)["memory"][0]
    assert part["part"] == "weights"
    assert part["bytes"]["likely"] == 2.0


@pytest.mark.parametrize("field", ["num_users", "pass_probability"])
def test_nan_and_infinity_are_null(field: str) -> None:
    assert json.loads(json_text(plain(option(), SAY)))[field] is None


def test_sentences_are_in_the_chosen_language() -> None:
    assert plain(T("no limit"), speaker(translator("zh"))) == "不限"
