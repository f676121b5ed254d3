"""Layers over unequal devices and experts in host memory, by hand."""

from __future__ import annotations

import math

import numpy as np

from sizewise.estimate.placement import expert_layers_on_host, layers_per_device, room_left_bytes


def test_layers_follow_the_room_and_the_output_counts() -> None:
    # 24 + 12 of room, 28 blocks of 1, output of 2 on the second: 20 and 8 leave 4 and 2; 19 and 9 leave 5 and 1
    rooms = np.array([24.0, 12.0])
    counts = layers_per_device(room_bytes=rooms, block_bytes=1.0, output_bytes=2.0, num_layers=28)
    left = room_left_bytes(room_bytes=rooms, block_bytes=1.0, output_bytes=2.0, counts=counts)
    assert counts.sum() == 28
    assert counts.tolist() in ([20, 8], [21, 7])
    assert left.min() >= 2.0


def test_whole_layers_do_not_fit_where_the_sum_of_room_would() -> None:
    # 2 x 5.5 of room hold 11 units, but only 5 blocks of 2 would need 10: each device takes 2, one block is left over
    rooms = np.array([5.5, 5.5])
    counts = layers_per_device(room_bytes=rooms, block_bytes=2.0, output_bytes=0.0, num_layers=5)
    assert room_left_bytes(room_bytes=rooms, block_bytes=2.0, output_bytes=0.0, counts=counts).min() < 0


def test_a_device_without_room_gets_no_layer() -> None:
    counts = layers_per_device(
        room_bytes=np.array([10.0, -1.0, 10.0]), block_bytes=1.0, output_bytes=1.0, num_layers=8
    )
    assert counts[1] == 0


def test_fewest_expert_layers_cover_what_is_missing() -> None:
    # 40 GB of experts in 20 layers: 2 GB each; 5 GB missing need 3 layers
    assert expert_layers_on_host(shortfall_bytes=5e9, expert_bytes=40e9, num_expert_layers=20.0) == 3
    assert expert_layers_on_host(shortfall_bytes=-1.0, expert_bytes=40e9, num_expert_layers=20.0) == 0
    assert math.isnan(
        float(expert_layers_on_host(shortfall_bytes=41e9, expert_bytes=40e9, num_expert_layers=20.0))
    )
