from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sizewise.catalog import load_catalog
from sizewise.catalog.speed_constants import band
from sizewise.proof import container, probe

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = load_catalog()


def test_this_computer_has_a_processor_with_memory_and_counts_as_owned() -> None:
    found = probe.this_computer(CATALOG)
    cpu = found.machines[-1]
    assert cpu.device.kind == "cpu"
    assert 0 < cpu.device.usable_bytes < cpu.device.memory_bytes
    assert all(machine.is_owned for machine in found.machines)


def test_the_same_computer_gives_the_same_answer() -> None:
    first, second = (repr(probe.this_computer(CATALOG).machines) for _ in range(2))
    assert first == second


def test_a_container_limit_bounds_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1073741824\n", encoding="ascii")
    monkeypatch.setattr(container, "ROOT", tmp_path)
    assert probe.host_memory_bytes() == 2**30
    limit.write_text("max\n", encoding="ascii")
    assert probe.host_memory_bytes() > 2**30


def test_bandwidth_of_a_processor_grows_with_cores_up_to_two_channels() -> None:
    two, sixteen = probe.cpu_device("x", 2, 2**34), probe.cpu_device("x", 16, 2**34)
    assert two.bandwidth_bytes_per_s == 40e9
    assert sixteen.bandwidth_bytes_per_s == 51.2e9


def test_a_probe_of_reading_replaces_what_was_assumed_and_narrows_the_range() -> None:
    """10 GB/s of reading are 12.5 GB/s of a data sheet; ranges of decoding narrow, those of prompts stay."""
    assumed = probe.this_computer(CATALOG)
    probed = probe.with_memory_rate(assumed, 10e9)
    before, after = (one.machines[-1].device for one in (assumed, probed))
    assert after.bandwidth_bytes_per_s == pytest.approx(12.5e9)
    assert all(machine.host_bandwidth_bytes_per_s == pytest.approx(12.5e9) for machine in probed.machines)
    ranges = {
        (device.bandwidth_sd, phase): band("llama.cpp", device, phase, "dense")
        for device in (before, after, CATALOG.device("AMD EPYC 7763 (Milan)"))
        for phase in ("decode", "prefill")
    }
    width = {key: one.factor_high / one.factor_low for key, one in ranges.items()}
    assumed_sd, probed_sd = before.bandwidth_sd, after.bandwidth_sd
    assert width[assumed_sd, "decode"] > width[probed_sd, "decode"] > width[0.0, "decode"]
    assert width[assumed_sd, "prefill"] == width[probed_sd, "prefill"] > width[0.0, "prefill"]


def test_an_apple_chip_is_found_at_its_memory_size() -> None:
    machines = probe.apple_machines(CATALOG, "Apple M4 Max", 64 * 2**30)
    assert len(machines) == 1
    assert machines[0].device.name.startswith("Apple M4 Max")
    assert machines[0].device.memory_bytes <= 64 * 2**30 * 1.01
    assert probe.apple_machines(CATALOG, "Intel(R) Xeon(R)", 64 * 2**30) == []


def test_without_an_nvidia_driver_nothing_is_found_and_nothing_fails() -> None:
    notes: list[str] = []
    assert isinstance(probe.nvidia_machines(CATALOG, notes), list)
