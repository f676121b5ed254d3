"""Speed formulas of other tools, applied to the same rows: what a user would be told without this package.

Each takes a group of cases and gives what its tool states; NaN where the tool has no figure of that kind. All get the
bytes that a token really reads (active experts only), which is more than some of them know.
Sources: llmfit 1.1.17, whichllm 0.5.21 (its table of efficiencies, condensed), chimeraforge 0.76.0, as examined in
November 2026; the roofline is what all of them start from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from sizewise.catalog.speed_constants import COMPUTE_CLASSES
from sizewise.estimate.prefill import prompt_flop_per_token
from sizewise.estimate.speed import SIDE_BY_SIDE, cache_read_bytes, expert_coverage, matrix_flop_per_s
from sizewise.predict.serving import streams_of
from sizewise.predict.single import held_tokens, prompt_tokens
from sizewise.predict.single_memory import USUAL_OUTPUT_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.number import Array
    from sizewise.predict.speed_cases import CaseGroup

LLMFIT_SHARE = 0.55
CHIMERAFORGE_SHARE = 0.84
WHICHLLM_SHARE = {16: 0.40, 8: 0.45, 6: 0.50, 5: 0.52, 4: 0.55, 3: 0.50, 2: 0.42}
"""Share of the bandwidth by bits of a weight."""
WHICHLLM_VENDOR = {"NVIDIA": 1.0, "AMD": 0.78, "Apple": 0.82, "Intel": 0.65}
WHICHLLM_OTHER_VENDOR = 0.7
WHICHLLM_LEAST_READ, WHICHLLM_MOST_LEAST_READ, WHICHLLM_BANDWIDTH = 0.05, 0.25, 256e9
"""Share of all experts that it takes to be read at least, at this bandwidth, growing with it."""
WHICHLLM_CPU_RATE = 18.0
"""Tokens per second of a billion parameters on a processor."""


class Stated(NamedTuple):
    """What a tool says about every case; NaN where it says nothing."""

    decode_tokens_per_s: Array
    prefill_tokens_per_s: Array
    step_s: Callable[[Array], Array]
    """Seconds of a decode step with so many sequences."""
    first_s: Array


Formula: TypeAlias = "Callable[[CaseGroup, Array, Array], Stated]"
"""What a tool states about a group whose cases hold so many tokens and read prompts of so many."""


class Reads(NamedTuple):
    """What every formula starts from."""

    bytes_at: Callable[[Array], Array]
    """Weights that a step with so many sequences reads. [bytes]"""
    cache_bytes: Array
    bandwidth: Array
    """Of all devices that work at once. [bytes/s]"""
    flop_per_s: Array


def reads_of(group: CaseGroup, held_tokens: Array) -> Reads:
    """Bytes and peaks of every case."""
    ways = group.machines.num_devices if group.key.split in SIDE_BY_SIDE else 1.0
    per_element = group.per_case(lambda case: case.cache_bytes)

    def bytes_at(num_sequences: Array) -> Array:
        coverage = expert_coverage(expert_ratio=group.models.expert_ratio, num_tokens=num_sequences)
        return np.asarray(group.weights.dense_read_bytes + group.weights.expert_bytes * coverage)

    return Reads(
        bytes_at=bytes_at,
        cache_bytes=np.asarray(
            cache_read_bytes(
                models=group.models,
                context_tokens=held_tokens,
                k_bytes_per_element=per_element[:, 0],
                v_bytes_per_element=per_element[:, 1],
            )
        ),
        bandwidth=group.machines.bandwidth_bytes_per_s * ways,
        flop_per_s=matrix_flop_per_s(group.machines, COMPUTE_CLASSES.get(group.key.speed_class, "fp16"))
        * ways,
    )


def roofline(group: CaseGroup, held_tokens: Array, input_tokens: Array) -> Stated:
    """Bytes over bandwidth, or arithmetic over its peak, whichever is longer."""
    reads = reads_of(group, held_tokens)
    token_flop = np.asarray(prompt_flop_per_token(group.models))
    prompt_rate = reads.flop_per_s / token_flop

    def step_s(num_sequences: Array) -> Array:
        memory_s = (reads.bytes_at(num_sequences) + num_sequences * reads.cache_bytes) / reads.bandwidth
        return np.asarray(np.maximum(memory_s, num_sequences / prompt_rate))

    return Stated(1.0 / step_s(np.ones(1)), prompt_rate, step_s, input_tokens / prompt_rate)


def chimeraforge(group: CaseGroup, held_tokens: Array, input_tokens: Array) -> Stated:
    """0.84 of the bandwidth, weights once and the cache of every sequence."""
    reads, nothing = reads_of(group, held_tokens), np.full(len(input_tokens), np.nan)

    def step_s(num_sequences: Array) -> Array:
        read = reads.bytes_at(num_sequences) + num_sequences * reads.cache_bytes
        return np.asarray(read / (CHIMERAFORGE_SHARE * reads.bandwidth))

    return Stated(1.0 / step_s(np.ones(1)), nothing, step_s, nothing)


def llmfit(group: CaseGroup, held_tokens: Array, input_tokens: Array) -> Stated:
    """0.55 of the bandwidth over the bytes of the weights."""
    reads = reads_of(group, held_tokens)
    return _alone(LLMFIT_SHARE * reads.bandwidth / reads.bytes_at(np.ones(1)), input_tokens)


def whichllm(group: CaseGroup, held_tokens: Array, input_tokens: Array) -> Stated:
    """A share of the bandwidth by bits and vendor, and a least share of experts."""
    reads = reads_of(group, held_tokens)
    shares = group.per_case(lambda case: _nearest_share(case.quantization.nominal_bits))
    vendors = group.per_case(
        lambda case: WHICHLLM_VENDOR.get(case.machine.device.vendor, WHICHLLM_OTHER_VENDOR)
    )
    floor = np.minimum(
        WHICHLLM_LEAST_READ * np.maximum(reads.bandwidth / WHICHLLM_BANDWIDTH, 1.0), WHICHLLM_MOST_LEAST_READ
    )
    read = np.maximum(reads.bytes_at(np.ones(1)), floor * group.weights.file_bytes)
    rate = shares * vendors * reads.bandwidth / read
    is_cpu = group.per_case(lambda case: case.machine.device.device_class == "cpu")
    billions = np.maximum(group.models.num_active_params / 1e9, 0.5)
    return _alone(
        np.where(is_cpu, WHICHLLM_CPU_RATE / billions * shares / WHICHLLM_SHARE[8], rate), input_tokens
    )


def _nearest_share(bits: float) -> float:
    return WHICHLLM_SHARE[min(WHICHLLM_SHARE, key=lambda known: abs(known - bits))]


def _alone(decode: Array, input_tokens: Array) -> Stated:
    """A tool that only knows a single stream."""
    nothing = np.full(len(input_tokens), np.nan)
    return Stated(decode, nothing, lambda _: nothing, nothing)


def single_rates(formula: Formula, group: CaseGroup) -> list[Array]:
    """Rates of single streams, as `group_tokens_per_s` gives them. [tokens/s]"""
    phase = group.per_case(lambda case: case.question["phase"])
    prompt, output = prompt_tokens(group), group.numbers("generated_tokens", USUAL_OUTPUT_TOKENS)
    said = formula(group, held_tokens(group), prompt)
    whole_s = prompt / said.prefill_tokens_per_s + output / said.decode_tokens_per_s
    return [
        np.select(
            [phase == "decode", phase == "prefill"],
            [said.decode_tokens_per_s, said.prefill_tokens_per_s],
            (prompt + output) / whole_s,
        )
    ]


def served_figures(formula: Formula, group: CaseGroup) -> list[Array]:
    """Output tokens/s, TTFT and TPOT of a closed loop, as `group_served` gives them. [tokens/s, s, s]"""
    inputs, outputs = group.numbers("input_tokens", np.nan), group.numbers("output_tokens", np.nan)
    streams = streams_of(group)
    said = formula(group, inputs + outputs / 2, inputs)
    running = np.minimum(streams.users, streams.pool)
    step = said.step_s(running)
    first_s = np.where(np.isnan(said.first_s), 0.0, said.first_s)
    return [streams.replicas * running * outputs / (first_s + outputs * step), said.first_s, step]


PEERS: dict[str, Formula] = {
    "llmfit": llmfit,
    "whichllm": whichllm,
    "chimeraforge": chimeraforge,
    "roofline": roofline,
}
