"""Throughput and latencies of a serving system: answers to the questions of kind `serving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import band
from sizewise.estimate.load import load_at, poisson_at
from sizewise.estimate.prefill import prefill_s
from sizewise.estimate.speed import cache_read_bytes, step_s, step_terms
from sizewise.predict.speed_cases import Case, CaseGroup, case_groups, group_coefficients, resolved_cases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array
    from sizewise.estimate.speed import SpeedCoefficients

METRICS = {"output_tokens_per_s": "throughput", "ttft_s": "ttft", "tpot_s": "tpot"}
"""Prediction columns, and the phase whose band each takes."""
STATIC_SCENARIOS = frozenset({"static batch", "offline static batch"})
"""All sequences start together and none follows."""
MOST_SEQUENCES = {"tensorrt-llm": 2048.0, "lmdeploy": 256.0}
"""Sequences that benchmarks let run at once where the question does not say. Source: published settings."""
USUAL_MOST_SEQUENCES = 1024.0


class Served(NamedTuple):
    """What the whole system gives; NaN where unknown."""

    output_tokens_per_s: Array
    ttft_s: Array
    tpot_s: Array


def predict_serving(questions: Sequence[Mapping[str, str]], catalog: Catalog) -> tuple[list[dict[str, Any]], list[str]]:
    """Output tokens/s, TTFT and TPOT with their 80 % ranges, in the order of the questions.

    What names something unknown is blank and leaves one warning line.
    """
    cases, warnings = resolved_cases(questions, catalog)
    answers: dict[str, dict[str, Any]] = {}
    for group in case_groups(cases):
        served = group_served(group, group_coefficients(group))
        for i, case in enumerate(group.cases):
            answers[case.question["row_id"]] = _answer(case, [float(values[i]) for values in served])
    return [answers.get(q["row_id"], {"row_id": q["row_id"]}) for q in questions], warnings


def _answer(case: Case, values: Sequence[float]) -> dict[str, Any]:
    answer: dict[str, Any] = {"row_id": case.question["row_id"]}
    kind = "moe" if case.model.experts else "dense"
    for (metric, phase), value in zip(METRICS.items(), values, strict=True):
        factors = band(case.engine.name, case.device_class, phase, kind)
        answer |= {
            f"{metric}_low": value * factors.factor_low,
            f"{metric}_likely": value,
            f"{metric}_high": value * factors.factor_high,
        }
    return answer


def group_served(group: CaseGroup, constants: SpeedCoefficients) -> Served:
    """Every case of a group: closed loop, fixed rate, saturation or one batch, as its question says."""
    inputs = group.numbers("input_tokens", np.nan)
    outputs = np.maximum(group.numbers("output_tokens", np.nan), 1.0)
    cache_bytes = group.per_case(lambda case: case.cache_bytes)
    shape = {"k_bytes_per_element": cache_bytes[:, 0], "v_bytes_per_element": cache_bytes[:, 1]}
    shared = {"models": group.models, "weights": group.weights, "machines": group.machines}
    terms = step_terms(
        **shared, coefficients=constants, context_tokens=inputs + outputs / 2, split=group.key.split, **shape
    )
    read_s = prefill_s(**shared, coefficients=constants, input_tokens=inputs, split=group.key.split)
    pool = pool_sequences(group, cache_read_bytes(models=group.models, context_tokens=inputs + outputs, **shape))
    replicas = group.per_case(lambda case: float(case.num_replicas))
    users = group.numbers("concurrency", np.nan) / replicas
    users = np.where(np.isnan(users), pool, users)
    loop = load_at(
        terms, read_s, num_users=users, think_time_s=0.0, output_tokens=outputs, max_sequences=np.minimum(pool, users)
    )
    rate = group.numbers("request_rate_per_s", np.nan) / replicas
    open_loop = poisson_at(terms, read_s, requests_per_s=rate, output_tokens=outputs, max_sequences=pool)
    batch_read_s = users * read_s + terms.ingest_s
    batch_step = step_s(terms, users)
    batch = Served(users * outputs / (batch_read_s + outputs * batch_step), batch_read_s, batch_step)
    is_static = group.per_case(lambda case: case.question["scenario"] in STATIC_SCENARIOS)
    kinds = [is_static, ~np.isnan(rate)]
    return Served(
        replicas * np.select(kinds, [batch.output_tokens_per_s, open_loop.output_tokens_per_s], loop.output_tokens_per_s),
        np.select(kinds, [batch.ttft_s, open_loop.ttft_s], loop.ttft_s),
        np.select(kinds, [batch.tpot_s, open_loop.tpot_s], loop.tpot_s),
    )


def pool_sequences(group: CaseGroup, sequence_bytes: Array) -> Array:
    """Sequences of a replica whose cache fits beside the weights, at least one and at most what engines let run."""
    machines = group.machines
    free_bytes = machines.num_devices * machines.usable_bytes - group.weights.file_bytes
    most = group.per_case(lambda case: MOST_SEQUENCES.get(case.engine.name, USUAL_MOST_SEQUENCES))
    return np.clip(np.floor(free_bytes / sequence_bytes), 1.0, most)
