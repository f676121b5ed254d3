"""What several devices of one machine tell each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Number

LINK_EFFICIENCY = 0.8
"""Share of the listed link bandwidth that copies from device to device reach. Assumed."""
HAND_OVER_S = 10e-6
"""Passing activations to the next device of a layer split. [s] Assumed: one copy through the driver."""
FASTEST_SHARED_BYTES_PER_S = 64e9
"""A link up to this rate is PCI Express, whose devices pass the same host bridge; faster ones are switched. PCI Express
5.0 x 16, one way."""


def all_reduce_s(
    *, num_devices: Number, link_bytes_per_s: Number, round_s: Number, link_efficiency: Number
) -> tuple[Number, Number]:
    """One all-reduce over g devices: its latency [s] and its time per byte of the message [s/byte].

    log2(g) rounds of `round_s`. Every device sends 2 (g - 1) / g of the message: over links of their own at once, over
    a shared host bridge one after another, g times as long. One device: nothing.
    """
    devices = np.asarray(num_devices, dtype=np.float64)
    shared = np.where(link_bytes_per_s <= FASTEST_SHARED_BYTES_PER_S, devices, 1.0)
    sent = shared * 2.0 * (devices - 1.0) / devices
    byte_s = np.where(devices > 1, sent / (link_efficiency * link_bytes_per_s), 0.0)
    return round_s * np.log2(devices), byte_s


def hand_over_s(*, num_devices: Number, link_bytes_per_s: Number) -> tuple[Number, Number]:
    """Passing activations from device to device of a layer split: latency [s] and time per byte [s/byte]."""
    hops = np.asarray(num_devices) - 1.0
    return hops * HAND_OVER_S, np.where(hops > 0, hops / (LINK_EFFICIENCY * link_bytes_per_s), 0.0)
