"""Layers without softmax attention: gated delta nets (Qwen3-Next, Qwen3.5 and later), short convolutions (LFM2).

A model's row has the size of their state, not their heads. With heads of 128 elements the state has only one
solution in whole heads, and `tensors` accepts it only when the parameters then add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sizewise.domain.model import Model

HEAD_ELEMENTS = 128
"""Key and value elements of a head. Source: configurations of Qwen3-Next and Qwen3.5."""
KEPT_INPUTS = 3
"""Inputs that the convolution of four keeps. [tokens]"""
SHORT_KERNEL = 3
"""Inputs of a short convolution. [tokens] Source: configurations of LFM2."""
FLOAT_BYTES = 4
MAX_VALUE_HEADS = 512


class DeltaNet(NamedTuple):
    """Heads of one layer."""

    num_key_heads: int
    num_value_heads: int

    @property
    def num_channels(self) -> int:
        """Width of queries, keys and values together. [elements]"""
        return HEAD_ELEMENTS * (2 * self.num_key_heads + self.num_value_heads)

    @property
    def num_values(self) -> int:
        """Width of the values. [elements]"""
        return HEAD_ELEMENTS * self.num_value_heads


def delta_net(model: Model) -> DeltaNet | None:
    """Heads whose state has the model's size; None where there is no solution.

    state / layer = value heads x 128 x 128 + 3 x channels, in F32 as llama.cpp keeps it.
    """
    if model.layers.linear == 0 or model.layers.ssm or model.layers.sliding:
        return None
    state, left = divmod(int(model.cache.state_bytes), FLOAT_BYTES * model.layers.linear)
    if left:
        return None
    for num_values in range(1, MAX_VALUE_HEADS + 1):
        channels, odd = divmod(state - num_values * HEAD_ELEMENTS**2, KEPT_INPUTS * HEAD_ELEMENTS)
        num_keys = (channels - num_values) // 2
        if odd == 0 and num_keys > 0 and channels == 2 * num_keys + num_values and num_values % num_keys == 0:
            return DeltaNet(num_keys, num_values)
    return None


def has_short_convolutions(model: Model) -> bool:
    """Are the linear layers short convolutions? Their state is the inputs that the kernel looks back at, in F32."""
    state = FLOAT_BYTES * (SHORT_KERNEL - 1) * model.hidden_size * model.layers.linear
    return state > 0 and model.cache.state_bytes == state
