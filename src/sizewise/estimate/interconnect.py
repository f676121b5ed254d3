"""What several devices of one machine tell each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Number

ALL_REDUCE_S = 5e-6
"""Start of an all-reduce. [s] Source: GenZ, as quoted; not re-read."""
ALL_REDUCE_HOP_S = 1.9e-6
"""Each of the 2 (g - 1) hops of a ring. [s] Source: GenZ, as quoted; not re-read."""
LINK_EFFICIENCY = 0.8
"""Share of the listed link bandwidth that messages reach. Assumed."""
HAND_OVER_S = 10e-6
"""Passing activations to the next device of a layer split. [s] Assumed: one copy through the driver."""


def all_reduce_s(*, num_devices: Number, link_bytes_per_s: Number) -> tuple[Number, Number]:
    """One all-reduce over so many devices: its latency [s] and its time per byte of the message [s/byte].

    Ring: 2 (g - 1) hops, 2 (g - 1) / g of the message over every link. One device: nothing.
    """
    hops = 2.0 * (np.asarray(num_devices) - 1.0)
    once_s = np.where(hops > 0, ALL_REDUCE_S + hops * ALL_REDUCE_HOP_S, 0.0)
    byte_s = np.where(hops > 0, hops / (num_devices * (LINK_EFFICIENCY * link_bytes_per_s)), 0.0)
    return once_s, byte_s


def hand_over_s(*, num_devices: Number, link_bytes_per_s: Number) -> tuple[Number, Number]:
    """Passing activations from device to device of a layer split: latency [s] and time per byte [s/byte]."""
    hops = np.asarray(num_devices) - 1.0
    return hops * HAND_OVER_S, np.where(hops > 0, hops / (LINK_EFFICIENCY * link_bytes_per_s), 0.0)
