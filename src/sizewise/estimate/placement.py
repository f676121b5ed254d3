"""Which layers lie where: on unequal devices, and in host memory where devices are too small.

For one deployment, not for a search: devices are few and are walked one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Array, Number


def layers_per_device(
    *, room_bytes: Array, block_bytes: float, output_bytes: float, num_layers: int
) -> Array:
    """Blocks on each device of a layer split, so that the fullest device has the most room left. [count].

    Every block goes to the device with the most room; the last one also holds the output matrix. Blocks count as
    equal. Arguments: `room_bytes` [devices] what weights and cache may take; `block_bytes` of one block and its
    cache. The sum is `num_layers` even where they do not fit: `room_left_bytes` then is negative.
    Source: llama.cpp, --tensor-split gives each device a run of whole blocks.

    >>> layers_per_device(room_bytes=np.array([24.0, 12.0]), block_bytes=1.0, output_bytes=2.0, num_layers=28)
    array([20,  8])
    """
    room = _after_output(room_bytes, output_bytes)
    counts = np.zeros(len(room), dtype=np.int64)
    for _ in range(num_layers):
        counts[np.argmax(room - counts * block_bytes)] += 1
    return counts


def room_left_bytes(*, room_bytes: Array, block_bytes: float, output_bytes: float, counts: Array) -> Array:
    """What each device has left; negative where something is missing. [bytes]."""
    left: Array = _after_output(room_bytes, output_bytes) - counts * block_bytes
    return left


def expert_layers_on_host(
    *, shortfall_bytes: Number, expert_bytes: Number, num_expert_layers: Number
) -> Number:
    """Fewest layers whose experts have to be in host memory, so that the rest fits. [count].

    ceil(shortfall / experts of one layer); 0 where nothing is missing, NaN where all of them do not help.
    Source: llama.cpp, --n-cpu-moe keeps the experts of the first blocks on the host.

    >>> float(expert_layers_on_host(shortfall_bytes=5.0, expert_bytes=40.0, num_expert_layers=20.0))
    3.0
    """
    needed = np.ceil(np.maximum(shortfall_bytes, 0.0) * num_expert_layers / np.maximum(expert_bytes, 1.0))
    return np.where(needed <= num_expert_layers, needed, np.nan)


def _after_output(room_bytes: Array, output_bytes: float) -> Array:
    room = np.array(room_bytes, dtype=np.float64)
    room[-1] -= output_bytes
    return room
