"""Throughput and latencies of a serving system: answers to the questions of kind `serving`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import band
from sizewise.estimate.speed import cache_read_bytes, step_s
from sizewise.estimate.steady import Replica, steady_poisson, steady_users, top_requests_per_s
from sizewise.predict.speed_cases import (
    Case,
    CaseGroup,
    Prompts,
    group_coefficients,
    group_terms,
    grouped_answers,
)

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
"""All sequences start together, write together and none follows."""
CROWD_SCENARIOS = frozenset({"concurrent streams"})
"""All streams are sent at once to a server, one request each."""
MOST_SEQUENCES = {"tensorrt-llm": 2048.0, "lmdeploy": 256.0, "llama.cpp": 8.0}
"""Sequences that benchmarks let run at once where the question does not say. Assumed; for llama.cpp seen: the time per
token stops growing at eight streams."""
USUAL_MOST_SEQUENCES = 1024.0
MEDIAN = "p50"
"""Latencies of a question that asks for medians; all others are means."""
SHARES_PROMPTS = {"vllm": 1.0, "llama.cpp": 1.0}
"""Engines that by default keep what they have read and find it again."""
SLOTS = "llamacpp"
"""Memory rule of engines whose slots own their whole context."""
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
        factors = band(case.engine.name, case.machine.device, phase, kind, model_family=case.model.family)
        answer |= {
            f"{metric}_low": value * factors.factor_low,
            f"{metric}_likely": value,
            f"{metric}_high": value * factors.factor_high,
        }
    return answer


def group_served(group: CaseGroup, constants: SpeedCoefficients) -> Served:
    """Every case of a group: closed loop, fixed rate, saturation, a crowd or one batch, as its question says."""
    load = _load_of(group, constants)
    is_static, is_crowd = _plays(group, STATIC_SCENARIOS), _plays(group, CROWD_SCENARIOS)
    has_rate = ~np.isnan(load.asked_rate)
    is_closed = ~(is_static | has_rate | is_crowd)
    ways = ((is_static, _one_batch), (has_rate, _fixed_rate), (is_crowd, _crowd), (is_closed, _closed_loop))
    kinds = [is_kind for is_kind, _ in ways if is_kind.any()]
    answers = [answer(load) for is_kind, answer in ways if is_kind.any()]
    rates, first, each = ([getattr(answer, name) for answer in answers] for name in Served._fields)
    ingest_s = load.replica.terms.ingest_s
    is_offline = _plays(group, OFFLINE_SCENARIOS)
    return Served(
        load.replicas * np.select(kinds, rates),
        np.select(kinds, first) - np.where(is_offline, ingest_s, 0.0),
        np.select(kinds, each),
    )


def _plays(group: CaseGroup, scenarios: frozenset[str]) -> Array:
    """Which cases ask for one of these scenarios."""
    return group.per_case(lambda case: case.question["scenario"] in scenarios)


class Load(NamedTuple):
    """What every scenario is answered from, per replica."""

    replica: Replica
    users: Array
    asked_rate: Array
    """Requests per second; NaN where the question gives none."""
    replicas: Array
    """Replicas that have anything to do."""
    read_together: Array
    """Prompts that are read together, at least one: all of a batch, of a crowd those of one step."""
    is_median: Array
    """Does the question ask for medians?"""


def _load_of(group: CaseGroup, constants: SpeedCoefficients) -> Load:
    inputs = group.numbers("input_tokens", np.nan)
    outputs = np.maximum(group.numbers("output_tokens", np.nan), 1.0)
    streams = streams_of(group)
    cached = cached_prompt_tokens(group, streams.users)
    together = _read_together(group, streams, inputs - cached)
    terms, prompts = group_terms(
        group,
        constants,
        context_tokens=inputs + outputs / 2,
        prompts=Prompts(inputs, cached, together),
    )
    asked_rate = group.numbers("request_rate_per_s", np.nan) / streams.replicas
    replica = Replica(
        terms=terms,
        prompt_s=prompts.work_s / together,
        launch_s=prompts.launch_s,
        output_tokens=outputs,
        max_sequences=streams.pool,
    )
    is_median = group.per_case(lambda case: case.question.get("latency_stat") == MEDIAN)
    return Load(replica, streams.users, asked_rate, streams.replicas, together, is_median)


def _read_together(group: CaseGroup, streams: Streams, tokens: Array) -> Array:
    """Prompts of so many tokens that are read together: a whole batch, of a crowd as many as a step takes along."""
    budget = group.cases[0].engine.max_batched_tokens
    along = np.clip(np.floor(budget / tokens), 1.0, np.minimum(streams.users, np.floor(streams.pool)))
    is_static, is_crowd = _plays(group, STATIC_SCENARIOS), _plays(group, CROWD_SCENARIOS)
    return np.select([is_static, is_crowd], [streams.users, along], 1.0)


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
    batches = micro_batches(group)
    replicas = group.per_case(lambda case: float(case.num_replicas)) * batches
    replicas = np.where(np.isnan(streams), replicas, np.minimum(replicas, streams))
    pool = np.maximum(pool_sequences(group, sequence_bytes) / batches, 1.0)
    return Streams(np.where(np.isnan(streams), pool, streams / replicas), pool, replicas)


def micro_batches(group: CaseGroup) -> Array:
    """Batches in flight in a pipeline, each of which passes all layers at the pace of one stage's devices.

    As many as stages where requests come and go at different times, so that p stages work like p replicas; requests
    that start together stay in one batch, which finds one stage after another: a pipeline adds memory, but no speed.
    Seen: 3090s under a crowd, where two and four stages gain 1.4 times at most.
    """
    stays_together = _plays(group, STATIC_SCENARIOS | CROWD_SCENARIOS)
    return np.where(stays_together, 1.0, group.per_case(lambda case: case.num_stages))


def cached_prompt_tokens(group: CaseGroup, users: Array) -> Array:
    """What a crowd finds in the cache, because all of its streams ask the same as the streams before it. [tokens]

    Whole pages without the last token, which has to be read for the first answer; engines with slots keep a cache for
    each slot, of which one is warm. A model with a recurrent state has no pages to find.
    """
    engine = group.cases[0].engine
    share = SHARES_PROMPTS.get(engine.name, 0.0) / (users if engine.memory_rule == SLOTS else 1.0)
    page = 1.0 if engine.memory_rule == SLOTS else engine.block_tokens
    pages = np.floor((group.numbers("input_tokens", np.nan) - 1.0) / page)
    has_pages = np.asarray(group.models.state_bytes) == 0
    return np.where(_plays(group, CROWD_SCENARIOS) & has_pages, share * pages * page, 0.0)


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
    read_s, step = load.users * replica.prompt_s + replica.launch_s, step_s(replica.terms, load.users)
    rate = load.users * replica.output_tokens / (read_s + replica.output_tokens * step)
    return Served(*map(np.asarray, (rate, read_s + replica.terms.ingest_s, step)))


def _crowd(load: Load) -> Served:
    """N requests sent at once, c of which have a place: W = N / c waves, one after another (1 at least).

    A wave of n = min(N, c) reads its prompts k at a time, in n / k passes, so that its mean first token comes after
    (n / k + 1) / 2 passes, waits (n - k) / 2 prompts while the others are read, and ends after all passes + output
    tokens x step(n). The mean request starts after (W - 1) / 2 waves, the median one after floor(N / 2c). The median
    gap between tokens is a plain step where passes are fewer than half of the tokens.
    """
    replica = load.replica
    places = np.floor(replica.max_sequences)
    running, waves = np.minimum(load.users, places), np.maximum(load.users / places, 1.0)
    num_passes = running / load.read_together
    pass_s = replica.launch_s + load.read_together * replica.prompt_s
    step = step_s(replica.terms, running)
    wave_s = num_passes * pass_s + replica.output_tokens * step
    start_s = np.where(load.is_median, np.floor(load.users / 2.0 / places), (waves - 1.0) / 2.0) * wave_s
    first_s = replica.terms.ingest_s + (num_passes + 1.0) / 2.0 * pass_s
    is_plain = load.is_median & (num_passes < replica.output_tokens / 2.0)
    others_s = (running - load.read_together) / 2.0 * replica.share_s
    rate = load.users * replica.output_tokens / (waves * wave_s)
    return Served(*map(np.asarray, (rate, start_s + first_s, step + np.where(is_plain, 0.0, others_s))))


def pool_sequences(group: CaseGroup, sequence_bytes: Number) -> Array:
    """Sequences of a replica whose cache fits beside the weights, at least one and at most what engines let run."""
    machines, stages = group.machines, group.per_case(lambda case: case.num_stages)
    free_bytes = stages * machines.num_devices * machines.usable_bytes - group.weights.file_bytes
    most = group.per_case(lambda case: MOST_SEQUENCES.get(case.engine.name, USUAL_MOST_SEQUENCES))
    return np.clip(np.floor(free_bytes / sequence_bytes), 1.0, most)
