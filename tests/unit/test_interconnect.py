"""What devices of one machine tell each other."""

import numpy as np
import pytest

from sizewise.estimate.interconnect import all_reduce_s, hand_over_s


def test_one_device_has_nothing_to_say() -> None:
    once, each = all_reduce_s(num_devices=np.array([1.0]), link_bytes_per_s=np.array([25e9]))
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0
    once, each = hand_over_s(num_devices=np.array([1.0]), link_bytes_per_s=np.array([25e9]))
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0


def test_all_reduce_over_eight_devices() -> None:
    # 5 us + 14 hops x 1.9 us = 31.6 us; 14 / 8 of the message over 450 GB/s x 0.8
    once, each = all_reduce_s(num_devices=np.array([8.0]), link_bytes_per_s=np.array([450e9]))
    assert np.asarray(once)[0] == pytest.approx(31.6e-6)
    assert np.asarray(each)[0] == pytest.approx(14 / 8 / 360e9)


def test_an_unknown_link_does_not_matter_to_a_single_device() -> None:
    once, each = all_reduce_s(num_devices=np.array([1.0, 2.0]), link_bytes_per_s=np.array([np.nan, np.nan]))
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0
    assert np.isnan(np.asarray(each)[1])
