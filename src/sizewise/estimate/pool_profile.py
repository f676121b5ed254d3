"""The run that a paged engine makes before its pool: how many tokens it reads, and the peak that it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sizewise.units import GIB

if TYPE_CHECKING:
    from sizewise.domain.engine import PoolProfile
    from sizewise.domain.number import Number
    from sizewise.estimate.columns import MachineColumns, ModelColumns

HALF_BYTES = 2.0
"""Activations of 16-bit engines. [bytes]."""
LIVE_WIDTHS = 3.0
"""Feed-forward widths that live at once: gate, up and their product. Source: derived from the layer."""
LIVE_HIDDEN = 3.0
"""Hidden states that live beside them: input, residual and output. Source: derived from the layer."""


def device_default(
    tiers: tuple[tuple[float, float], ...], *, machines: MachineColumns, large_above_capability: float
) -> Number:
    """A default that grows with the memory of the device: the last tier that it reaches.

    Systems on a chip, and CUDA devices up to the capability, stay at the smallest.
    Source: vLLM engine arguments, get_batch_defaults; SGLang server arguments.
    """
    is_large = (machines.is_unified <= 0) & ~(machines.compute_capability <= large_above_capability)
    value: Number = tiers[0][1]
    for floor_gib, tier in tiers[1:]:
        value = np.where(is_large & (machines.memory_bytes >= floor_gib * GIB), tier, value)
    return value


def profile_tokens(profile: PoolProfile, *, machines: MachineColumns, context_tokens: Number) -> Number:
    """Tokens that the profile run reads at once. [tokens].

    The batch of the device's default; where whole prompts are read (vLLM's first engine, up to 32,768 tokens), at
    least one prompt of the whole context.
    Source: vLLM scheduler configuration.
    """
    batch = device_default(
        profile.batched_tokens, machines=machines, large_above_capability=profile.large_above_capability
    )
    if not profile.whole_prompt_tokens:
        return batch
    is_whole = np.less_equal(context_tokens, profile.whole_prompt_tokens)
    return np.where(is_whole, np.maximum(context_tokens, batch), batch)


def layer_peak_bytes(*, models: ModelColumns, tokens: Number, num_ranks: Number) -> Number:
    """Activations of one layer at its widest. [bytes].

    2 B x tokens x (3 hidden + 3 ffn / ranks); with experts, k chosen ones of width f: the second term is
    max(3 k f / ranks, k hidden + k f / ranks), because the up projection and the outputs share a buffer.
    Valid for: 16-bit activations with memory-efficient attention.
    Source: derived; vLLM 0.6 printed 110.7 KB a token for Llama-3.1-8B, the formula gives 110,592 B.
    """
    width = np.maximum(models.ffn_size, models.active_ffn_size)
    block = LIVE_WIDTHS * width / num_ranks
    chosen = models.active_ffn_size / num_ranks + models.num_experts_per_token * models.hidden_size
    block = np.maximum(block, np.where(models.num_experts_per_token > 0, chosen, 0.0))
    return HALF_BYTES * tokens * (block + LIVE_HIDDEN * models.hidden_size)


def sampler_peak_bytes(
    profile: PoolProfile, *, models: ModelColumns, num_sequences: Number, tokens: Number
) -> Number:
    """Logits of every sequence, their sorted copies and masks, beside the hidden states of the batch. [bytes].

    base + sequences x vocabulary x bytes per logit + 2 B x tokens x hidden.  The same on every rank: logits are
    gathered.  Source: fitted, scripts/fit_memory.py; from 0.12 on the llm-d planner's ten profiles of 0.19.
    """
    logits = num_sequences * models.vocab_size
    return profile.base_bytes + profile.bytes_per_logit * logits + HALF_BYTES * tokens * models.hidden_size


def activation_peak_bytes(
    profile: PoolProfile,
    *,
    models: ModelColumns,
    num_sequences: Number,
    tokens: Number,
    num_ranks: Number,
) -> Number:
    """Peak of activations in the profile run: the widest layer or the sampler, which follow each other. [bytes]."""
    layer = layer_peak_bytes(models=models, tokens=tokens, num_ranks=num_ranks)
    if not profile.bytes_per_logit:
        return layer
    sampler = sampler_peak_bytes(profile, models=models, num_sequences=num_sequences, tokens=tokens)
    return np.maximum(layer, sampler)
