"""One stream with a part of the model in host memory, as llama.cpp does it.

Blocks (-ngl) or routed experts (--n-cpu-moe) that stay on the host are computed there for a token; for a prompt their
weights are copied to the device, once a chunk. Valid for declared offload; not for a driver that spills in silence,
which is 2 to 10 times slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.domain.number import Number  # noqa: TC001 - annotations of the tuple are read at run time
from sizewise.estimate.speed import StepTerms, expert_coverage, step_of_weights_s

if TYPE_CHECKING:
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns

HOST_EFFICIENCY = 0.7
"""Share of the host's memory bandwidth that decoding reaches. [ratio]
Assumed: measured decoding on processors reaches 0.5 to 0.7 of two channels of DDR5."""
USUAL_HOST_BANDWIDTH_BYTES_PER_S = 64e9
"""Two channels of DDR5, where nothing is known about the host; assumed. [bytes/s]"""
COPY_EFFICIENCY = 0.8
"""Share of the listed bandwidth of PCI Express that copies of weights reach. [ratio] Assumed."""
OFFLOAD_FACTORS = (0.4, 1.5)
"""80 % range of a rate with a part on the host, as factors. Assumed: measured rows name neither the memory of the host
nor what exactly lies there."""


class OnHost(NamedTuple):
    """Shares that stay in host memory, between 0 and 1."""

    block_ratio: Number
    """Of the blocks, without their routed experts."""
    expert_ratio: Number
    """Of the routed experts."""


def offload_step_s(
    *, device_s: Number, host_read_bytes: Number, host_bandwidth_bytes_per_s: Number
) -> Number:
    """One step of one stream: the device's part, then the host's. [s]

    device + host bytes / (efficiency x host bandwidth).

    >>> device_s = 20 * 2**30 / (0.78 * 1008e9) + 0.00188
    >>> s = offload_step_s(
    ...     device_s=device_s, host_read_bytes=42.5e9 - 20 * 2**30, host_bandwidth_bytes_per_s=76.8e9)
    >>> round(float(1 / s), 1)
    2.4
    """
    return device_s + host_read_bytes / (HOST_EFFICIENCY * np.asarray(host_bandwidth_bytes_per_s))


def offloaded_token_s(
    terms: StepTerms,
    *,
    weights: WeightColumns,
    models: ModelColumns,
    on_host: OnHost,
    host_bandwidth_bytes_per_s: Number,
) -> Number:
    """Time of one token of one stream whose step would take `terms` with everything on the device. [s]

    The host reads its share of the blocks and of the chosen experts; the cache counts at the speed of the device.
    """
    dense = weights.dense_read_bytes - weights.output_bytes
    host_bytes = (
        dense * on_host.block_ratio + weights.expert_bytes * models.expert_ratio * on_host.expert_ratio
    )
    moved = on_host.block_ratio * dense / weights.dense_read_bytes
    weights_s = terms.dense_s * (1.0 - moved)
    weights_s = weights_s + terms.expert_s * terms.expert_ratio * (1.0 - np.asarray(on_host.expert_ratio))
    return offload_step_s(
        device_s=step_of_weights_s(terms, 1.0, weights_s),
        host_read_bytes=host_bytes,
        host_bandwidth_bytes_per_s=host_bandwidth_bytes_per_s,
    )


def copied_weights_s(
    *,
    weights: WeightColumns,
    models: ModelColumns,
    machines: MachineColumns,
    on_host: OnHost,
    input_tokens: Number,
    chunk_tokens: float,
) -> Number:
    """What a prompt adds to its prefill on the device: copying the host's weights, once a chunk. [s]

    chunks x (blocks + experts that the chunk needs) / (efficiency x link bandwidth).
    """
    num_chunks = np.ceil(np.asarray(input_tokens) / chunk_tokens)
    coverage = expert_coverage(
        expert_ratio=models.expert_ratio, num_tokens=np.minimum(input_tokens, chunk_tokens)
    )
    copied = on_host.block_ratio * (weights.dense_read_bytes - weights.output_bytes)
    copied = copied + on_host.expert_ratio * weights.expert_bytes * coverage
    return num_chunks * copied / (COPY_EFFICIENCY * machines.link_bytes_per_s)
