"""Laws of placement."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sizewise.estimate.placement import expert_layers_on_host, layers_per_device, room_left_bytes

rooms = st.lists(st.floats(0.0, 80e9), min_size=1, max_size=4)
blocks = st.floats(1e6, 3e9)


@given(rooms, blocks, st.floats(0.0, 2e9), st.integers(1, 100))
def test_every_layer_is_placed_once(room: list[float], block: float, output: float, num: int) -> None:
    counts = layers_per_device(
        room_bytes=np.array(room), block_bytes=block, output_bytes=output, num_layers=num
    )
    assert counts.sum() == num
    assert (counts >= 0).all()


@given(
    st.lists(st.floats(0.0, 80e9), min_size=2, max_size=2), blocks, st.floats(0.0, 2e9), st.integers(1, 60)
)
def test_no_other_placement_leaves_the_fullest_device_more(
    room: list[float], block: float, output: float, num: int
) -> None:
    def least(counts: list[int]) -> float:
        return float(
            room_left_bytes(
                room_bytes=np.array(room), block_bytes=block, output_bytes=output, counts=np.array(counts)
            ).min()
        )

    chosen = layers_per_device(
        room_bytes=np.array(room), block_bytes=block, output_bytes=output, num_layers=num
    )
    others = [[n, num - n] for n in range(num + 1)]
    assert least(chosen.tolist()) >= max(map(least, others)) - 1e-3


@given(st.just(0.0) | st.floats(1, 1e12), st.floats(1e6, 1e12), st.integers(1, 100))
def test_one_expert_layer_less_does_not_suffice(missing: float, experts: float, num: int) -> None:
    moved = float(
        expert_layers_on_host(shortfall_bytes=missing, expert_bytes=experts, num_expert_layers=float(num))
    )
    one = experts / num
    if np.isnan(moved):
        assert missing > experts * (1 - 1e-12)
    else:
        assert moved * one >= missing * (1 - 1e-12)
        assert moved == 0 or (moved - 1) * one < missing * (1 + 1e-12)


@given(rooms, blocks, st.integers(1, 50))
def test_more_room_never_leaves_less(room: list[float], block: float, num: int) -> None:
    def least(given_rooms: list[float]) -> float:
        counts = layers_per_device(
            room_bytes=np.array(given_rooms), block_bytes=block, output_bytes=0.0, num_layers=num
        )
        left = room_left_bytes(
            room_bytes=np.array(given_rooms), block_bytes=block, output_bytes=0.0, counts=counts
        )
        return float(left.min())

    for (i, size), extra in itertools.product(enumerate(room), (0.0, 1e9)):
        larger = [*room[:i], size + extra, *room[i + 1 :]]
        assert least(larger) >= least(room) - 1e-3
