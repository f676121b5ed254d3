"""Throughput and latencies of a serving system: answers to the questions of kind `serving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import band
from sizewise.estimate.speed import cache_read_bytes, step_s
from sizewise.estimate.steady import Replica, steady_poisson, steady_users, top_requests_per_s
from sizewise.predict.speed_cases import Case, CaseGroup, group_coefficients, group_terms, grouped_answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.number import Array, Number
    from sizewise.estimate.speed import SpeedCoefficients

METRICS = {"output_tokens_per_s": "throughput", "ttft_s": "ttft", "tpot_s": "tpot"}
"""Prediction columns, and the phase whose band each takes."""
BURST_RATIO = 1 / 20
"""Closed-loop benchmarks start all streams at once and send about ten requests a stream: the first tenth waits for half
of all prompts. Assumed: chosen by looking at how
measured times to the first token grow with the streams, not read from a load generator."""
OFFLINE_SCENARIOS = frozenset({"static batch", "offline static batch", "single stream TTFT"})
"""The engine is called in its own process: nothing is ingested."""
STATIC_SCENARIOS = frozenset({"static batch", "offline static batch"})
"""All sequences start together and none follows."""
MOST_SEQUENCES = {"tensorrt-llm": 2048.0, "lmdeploy": 256.0}
"""Sequences that benchmarks let run at once where the question does not say. Assumed."""
USUAL_MOST_SEQUENCES = 1024.0
BUSIEST = 0.97
"""A rate that was carried cannot be above what the replica carries: such rows are answered at this busy ratio."""


class Served(NamedTuple):
    """What the whole system gives; NaN where unknown."""

    output_tokens_per_s: Array
    ttft_s: Array
    tpot_s: Array


def predict_serving(
    questions: Sequence[Mapping[str, str]], catalog: Catalog
) -> tuple[list[dict[str, Any]], list[str]]:
    """Output tokens/s, TTFT and TPOT with their 80 % ranges, in the order of the questions.

    What names something unknown is blank and leaves one warning line.
    """
    return grouped_answers(questions, catalog, _group_answers)


def _group_answers(group: CaseGroup) -> list[dict[str, Any]]:
    served = group_served(group, group_coefficients(group))
    return [_answer(case, [float(values[i]) for values in served]) for i, case in enumerate(group.cases)]


def _answer(case: Case, values: Sequence[float]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    kind = "moe" if case.model.experts else "dense"
    for (metric, phase), value in zip(METRICS.items(), values, strict=True):
        factors = band(case.engine.name, case.machine.device, phase, kind)
        answer |= {
            f"{metric}_low": value * factors.factor_low,
            f"{metric}_likely": value,
            f"{metric}_high": value * factors.factor_high,
        }
    return answer


def group_served(group: CaseGroup, constants: SpeedCoefficients) -> Served:
    """Every case of a group: closed loop, fixed rate, saturation or one batch, as its question says."""
    load = _load_of(group, constants)
    is_static = group.per_case(lambda case: case.question["scenario"] in STATIC_SCENARIOS)
    kinds = [is_static, ~np.isnan(load.asked_rate)]
    answers = (_one_batch(load), _fixed_rate(load), _closed_loop(load))
    rates, first, each = ([getattr(answer, name) for answer in answers] for name in Served._fields)
    ingest_s = load.replica.terms.ingest_s
    is_offline = group.per_case(lambda case: case.question["scenario"] in OFFLINE_SCENARIOS)
    return Served(
        load.replicas * np.select(kinds, rates[:2], rates[2]),
        np.select(kinds, first[:2], first[2]) - np.where(is_offline, ingest_s, 0.0),
        np.select(kinds, each[:2], each[2]),
    )


class Load(NamedTuple):
    """What every scenario is answered from, per replica."""

    replica: Replica
    users: Array
    asked_rate: Array
    """Requests per second; NaN where the question gives none."""
    replicas: Array
    """Replicas that have anything to do."""


def _load_of(group: CaseGroup, constants: SpeedCoefficients) -> Load:
    inputs = group.numbers("input_tokens", np.nan)
    outputs = np.maximum(group.numbers("output_tokens", np.nan), 1.0)
    terms, prompt = group_terms(group, constants, context_tokens=inputs + outputs / 2, input_tokens=inputs)
    streams = streams_of(group)
    asked_rate = group.numbers("request_rate_per_s", np.nan) / streams.replicas
    replica = Replica(
        terms=terms,
        prompt_s=prompt.work_s,
        launch_s=prompt.launch_s,
        output_tokens=outputs,
        max_sequences=streams.pool,
    )
    return Load(replica, streams.users, asked_rate, streams.replicas)


class Streams(NamedTuple):
    """Who asks, per replica."""

    users: Array
    """Streams of the closed loop; as many as have room where the question gives none."""
    pool: Array
    """Sequences that run at once at most."""
    replicas: Array
    """Replicas that have anything to do."""


def streams_of(group: CaseGroup) -> Streams:
    """Streams and places of every case."""
    cache_bytes = group.per_case(lambda case: case.cache_bytes)
    sequence_bytes = cache_read_bytes(
        models=group.models,
        context_tokens=group.numbers("input_tokens", np.nan) + group.numbers("output_tokens", np.nan),
        k_bytes_per_element=cache_bytes[:, 0],
        v_bytes_per_element=cache_bytes[:, 1],
    )
    streams = group.numbers("concurrency", np.nan)
    replicas = group.per_case(lambda case: float(case.num_replicas))
    replicas = np.where(np.isnan(streams), replicas, np.minimum(replicas, streams))
    pool = pool_sequences(group, sequence_bytes)
    return Streams(np.where(np.isnan(streams), pool, streams / replicas), pool, replicas)


def _closed_loop(load: Load) -> Served:
    state = steady_users(load.replica, load.users, 0.0)
    burst_s = BURST_RATIO * np.maximum(load.users - 1.0, 0.0) * load.replica.prefill_s
    return Served(*map(np.asarray, (state.output_tokens_per_s, state.ttft_s + burst_s, state.tpot_s)))


def _fixed_rate(load: Load) -> Served:
    top_rate = top_requests_per_s(load.replica)
    state = steady_poisson(load.replica, np.minimum(load.asked_rate, BUSIEST * top_rate))
    return Served(*map(np.asarray, (state.output_tokens_per_s, state.ttft_s, state.tpot_s)))


def _one_batch(load: Load) -> Served:
    replica = load.replica
    read_s, step = load.users * replica.prefill_s, step_s(replica.terms, load.users)
    rate = load.users * replica.output_tokens / (read_s + replica.output_tokens * step)
    return Served(*map(np.asarray, (rate, read_s + replica.terms.ingest_s, step)))


def pool_sequences(group: CaseGroup, sequence_bytes: Number) -> Array:
    """Sequences of a replica whose cache fits beside the weights, at least one and at most what engines let run."""
    machines = group.machines
    free_bytes = machines.num_devices * machines.usable_bytes - group.weights.file_bytes
    most = group.per_case(lambda case: MOST_SEQUENCES.get(case.engine.name, USUAL_MOST_SEQUENCES))
    return np.clip(np.floor(free_bytes / sequence_bytes), 1.0, most)
