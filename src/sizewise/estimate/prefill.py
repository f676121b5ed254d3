"""How long reading a prompt takes: the whole cost of a model that does not generate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sizewise.domain.number import Number  # noqa: TC001 - annotations of the tuple are read at run time
from sizewise.estimate.interconnect import all_reduce_s
from sizewise.estimate.speed import SIDE_BY_SIDE, expert_coverage, matrix_flop_per_s, read_s_per_byte

if TYPE_CHECKING:
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns
    from sizewise.estimate.speed import SpeedCoefficients


class Prefill(NamedTuple):
    """Reading prompts on an idle machine. [s]"""

    work_s: Number
    """Arithmetic, weights and communication: what it costs in a step that runs anyway."""
    launch_s: Number
    """Launching the layers, once a chunk: a step that takes prompt tokens along has paid it already."""

    @property
    def total_s(self) -> Number:
        """Both. [s]"""
        return self.work_s + self.launch_s


def prefill(
    *,
    models: ModelColumns,
    weights: WeightColumns,
    machines: MachineColumns,
    coefficients: SpeedCoefficients,
    input_tokens: Number,
    split: str,
    cached_tokens: Number = 0.0,
    num_prompts: Number = 1.0,
) -> Prefill:
    """Reading `num_prompts` prompts of so many tokens each, together, on an idle machine.

    chunks x (matrix work / (utilisation x rate) + passes x weights read + launches)
    + attention work / (utilisation x rate)
    The first `cached_tokens` are in the cache already: they are attended to, but not read again. Prompts that are read
    together fill chunks together: they share the weights that a chunk reads and its launches, not their attention.
    A tensor split divides the work and adds two all-reduces a layer; a layer split works like a pipeline of chunks.
    Valid for: dense and mixture-of-experts transformers; experts read by coverage of the chunk.
    """
    tokens = (np.asarray(input_tokens, dtype=np.float64) - cached_tokens) * num_prompts
    num_chunks = np.ceil(tokens / coefficients.chunk_tokens)
    chunk_tokens = tokens / np.maximum(num_chunks, 1.0)
    ways = machines.num_devices if split in SIDE_BY_SIDE else 1.0
    rate = matrix_flop_per_s(machines, coefficients.compute_class) * ways
    byte_s = read_s_per_byte(machines=machines, coefficients=coefficients) / ways
    coverage = expert_coverage(expert_ratio=models.expert_ratio, num_tokens=chunk_tokens)
    chunk_bytes = weights.dense_read_bytes - weights.output_bytes + weights.expert_bytes * coverage
    matrix_rate = coefficients.prefill_utilisation * rate
    matrix_s = (prompt_flop_per_token(models) * chunk_tokens) * (1.0 / matrix_rate)
    matrix_s = np.where(
        np.asarray(models.expert_ratio) < 1, matrix_s / coefficients.expert_utilisation, matrix_s
    )
    launch_s = coefficients.prefill_layer_s * models.num_layers
    busy_s = num_chunks * (matrix_s + coefficients.prefill_passes * chunk_bytes * byte_s)
    attention = attention_flop(models, np.asarray(input_tokens)) - attention_flop(models, cached_tokens)
    busy_s = busy_s + num_prompts * attention * (1.0 / (coefficients.attention_utilisation * rate))
    if split == "layer":
        busy_s = busy_s * _pipeline_share(num_chunks, machines.num_devices)
    if split == "tensor":
        busy_s = busy_s + _all_reduces_s(models, machines, coefficients, tokens, num_chunks)
    return Prefill(work_s=busy_s, launch_s=num_chunks * launch_s)


def prompt_flop_per_token(models: ModelColumns) -> Number:
    """Matrix work of one prompt token: neither the embedding, nor the output matrix, which only the last one needs.

    2 x (active parameters - embedding and output). [FLOP]
    """
    num_tables = 2.0 - models.ties_embeddings
    return 2.0 * (models.num_active_params - num_tables * models.vocab_size * models.hidden_size)


def attention_flop(models: ModelColumns, tokens: Number) -> Number:
    """Scores and weighted sums of a causal prompt. [FLOP]

    2 x layers x heads x head dimension x n^2, windows capped: 4 FLOP for every pair, half of the pairs.
    """
    width = models.num_heads * models.head_dim
    window = np.minimum(np.asarray(tokens), np.maximum(models.window_tokens, 1.0))
    window_pairs = 2.0 * window - np.square(window) / np.maximum(tokens, 1.0)
    pairs: Number = models.num_full_layers * tokens + models.num_sliding_layers * window_pairs
    return 2.0 * width * tokens * pairs


def _pipeline_share(num_chunks: Number, num_devices: Number) -> Number:
    """Time of a pipeline of equal stages against one device that holds all: (c + g - 1) / (c g)."""
    share: Number = (num_chunks + num_devices - 1.0) / (num_chunks * num_devices)
    return share


def _all_reduces_s(
    models: ModelColumns,
    machines: MachineColumns,
    coefficients: SpeedCoefficients,
    tokens: Number,
    num_chunks: Number,
) -> Number:
    once_s, byte_s = all_reduce_s(
        num_devices=machines.num_devices,
        link_bytes_per_s=machines.link_bytes_per_s,
        round_s=coefficients.all_reduce_s,
        link_efficiency=coefficients.link_efficiency,
    )
    message_bytes = 2.0 * models.hidden_size * tokens
    return 2.0 * models.num_layers * (num_chunks * once_s + message_bytes * byte_s)
