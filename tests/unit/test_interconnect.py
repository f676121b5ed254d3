"""What devices of one machine tell each other."""

import numpy as np
import pytest

from sizewise.estimate.interconnect import all_reduce_s, hand_over_s


def test_one_device_has_nothing_to_say() -> None:
    once, each = all_reduce_s(
        num_devices=np.array([1.0]), link_bytes_per_s=np.array([25e9]), round_s=5e-6, link_efficiency=0.8
    )
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0
    once, each = hand_over_s(num_devices=np.array([1.0]), link_bytes_per_s=np.array([25e9]))
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0


def test_all_reduce_over_eight_devices() -> None:
    # 3 rounds x 5 us; 14 / 8 of the message over 450 GB/s x 0.8
    once, each = all_reduce_s(
        num_devices=np.array([8.0]), link_bytes_per_s=np.array([450e9]), round_s=5e-6, link_efficiency=0.8
    )
    assert np.asarray(once)[0] == pytest.approx(15e-6)
    assert np.asarray(each)[0] == pytest.approx(14 / 8 / 360e9)


def test_an_unknown_link_does_not_matter_to_a_single_device() -> None:
    once, each = all_reduce_s(
        num_devices=np.array([1.0, 2.0]),
        link_bytes_per_s=np.array([np.nan, np.nan]),
        round_s=5e-6,
        link_efficiency=0.8,
    )
    assert np.asarray(once)[0] == 0.0
    assert np.asarray(each)[0] == 0.0
    assert np.isnan(np.asarray(each)[1])


def test_devices_on_one_host_bridge_send_one_after_another() -> None:
    # four cards on PCI Express 4.0: 4 x 2 x 3 / 4 of the message over 25 GB/s x 0.5
    _, each = all_reduce_s(num_devices=4.0, link_bytes_per_s=25e9, round_s=5e-6, link_efficiency=0.5)
    assert each == pytest.approx(6 / 12.5e9)
