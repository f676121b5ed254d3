from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.catalog import load_catalog
from sizewise.proof import container, probe

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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
    assert two.bandwidth_bytes_per_s == 24e9
    assert sixteen.bandwidth_bytes_per_s == 51.2e9


def test_an_apple_chip_is_found_at_its_memory_size() -> None:
    machines = probe.apple_machines(CATALOG, "Apple M4 Max", 64 * 2**30)
    assert len(machines) == 1
    assert machines[0].device.name.startswith("Apple M4 Max")
    assert machines[0].device.memory_bytes <= 64 * 2**30 * 1.01
    assert probe.apple_machines(CATALOG, "Intel(R) Xeon(R)", 64 * 2**30) == []


def test_without_an_nvidia_driver_nothing_is_found_and_nothing_fails() -> None:
    notes: list[str] = []
    assert isinstance(probe.nvidia_machines(CATALOG, notes), list)
