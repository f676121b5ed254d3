"""What is in this computer: NVIDIA devices, an Apple chip, or the processor with its memory.

Reads only what the system states, so the same computer gives the same answer every time; nothing is benchmarked. How
fast memory is read is assumed from the cores until a probe has measured it (`with_memory_rate`).
"""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sizewise.domain.device import Device, Machine
from sizewise.errors import UnknownName
from sizewise.proof.container import memory_limit_bytes, usable_processors
from sizewise.units import GB, GIB

if TYPE_CHECKING:
    from sizewise.catalog import Catalog

BANDWIDTH_PER_CORE_BYTES_PER_S = 20.0 * GB
"""What one core of a recent processor reads, 16 GB/s, as data sheets count (READ_SHARE); assumed until measured.
Source: the probe of reading, 17 GB/s on one core of a Xeon, 2026-11-24. [bytes/s]"""
DESKTOP_BANDWIDTH_BYTES_PER_S = 51.2 * GB
"""Two channels of DDR4-3200: the floor of today's desktops; assumed. [bytes/s]"""
READ_SHARE = 0.8
"""What plain reading by all cores reaches of the bandwidth that a data sheet states, to which the fitted constants
refer. Recalled from STREAM results of desktops and servers (0.75 to 0.9), not re-read."""
ASSUMED_BANDWIDTH_SD, PROBED_BANDWIDTH_SD = 0.5, 0.15
"""Spread of decode rates, in logarithms. Assumed: half of the processors of up to 24 cores in the catalog differ by
more than a factor of 1.6 from what the cores let assume. Probed: the share that reading reaches, and unpacking, whose
rate stays assumed."""
ASSUMED_FLOP_RATE_SD = 0.7
"""Spread of prompt rates: clocks differ, and instructions for 8-bit integers (VNNI, AMX) multiply 4 to 16 times as much
as the FP32 ones that are counted; assumed, a factor of two either way in two of three cases."""
FLOP_PER_CYCLE_AVX512, FLOP_PER_CYCLE_AVX2, FLOP_PER_CYCLE_OTHER = 64.0, 32.0, 16.0
"""FP32 operations of one core in a cycle. [FLOP]"""
ASSUMED_CYCLES_PER_S = 2.5e9
SYSTEM_RESERVE_BYTES, SYSTEM_RESERVE_RATIO = 4 * GIB, 0.10
"""Memory left to the system: the larger of the two."""
ASSUMED_NOTE = "bandwidth, arithmetic rate and power are assumed from the number of cores"
PROBED_NOTE = (
    "bandwidth by a probe of reading; arithmetic rate and power are assumed from the number of cores"
)
CGROUP_USAGE_FILES = (
    Path("/sys/fs/cgroup/memory.current"),
    Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True, kw_only=True)
class Computer:
    """This computer: its accelerators first, then the processor; every machine counts as owned."""

    machines: tuple[Machine, ...]
    memory_bytes: float
    num_cores: int
    processor: str
    notes: tuple[str, ...]


def this_computer(catalog: Catalog) -> Computer:
    """Probe this computer. Never fails: what cannot be read is left out and noted."""
    notes: list[str] = []
    memory_bytes, num_cores, processor = host_memory_bytes(), host_num_cores(), host_processor()
    cpu = cpu_device(processor, num_cores, memory_bytes)
    found = [*nvidia_machines(catalog, notes), *apple_machines(catalog, processor, memory_bytes)]
    machines = [
        replace(
            m,
            is_owned=True,
            host_memory_bytes=memory_bytes,
            host_bandwidth_bytes_per_s=cpu.bandwidth_bytes_per_s,
        )
        for m in [*found, Machine(device=cpu)]
    ]
    return Computer(
        machines=tuple(machines),
        memory_bytes=memory_bytes,
        num_cores=num_cores,
        processor=processor,
        notes=tuple(notes),
    )


def with_memory_rate(computer: Computer, read_bytes_per_s: float) -> Computer:
    """The same computer, its memory read as fast as a probe has measured."""
    bandwidth = read_bytes_per_s / READ_SHARE
    machines = tuple(
        replace(
            machine,
            host_bandwidth_bytes_per_s=bandwidth,
            device=replace(
                machine.device,
                bandwidth_bytes_per_s=bandwidth,
                bandwidth_sd=PROBED_BANDWIDTH_SD,
                note=PROBED_NOTE,
            )
            if machine.device.kind == "cpu"
            else machine.device,
        )
        for machine in computer.machines
    )
    return replace(computer, machines=machines)


def host_memory_bytes() -> float:
    """Memory that this process may use: the machine's, or the container's limit if that is lower. [bytes]"""
    import psutil

    return min(float(psutil.virtual_memory().total), memory_limit_bytes())


def available_memory_bytes() -> float:
    """Memory that a new program could take now without swapping, within the container's limit. [bytes]"""
    import psutil

    memory = psutil.virtual_memory()
    taken_elsewhere = float(memory.total) - float(memory.available)
    return min(float(memory.available), host_memory_bytes() - min(taken_elsewhere, _own_group_bytes()))


def _own_group_bytes() -> float:
    """What this container takes already; 0 where it cannot be read. [bytes]"""
    for path in CGROUP_USAGE_FILES:
        try:
            return float(path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
    return 0.0


def host_num_cores() -> int:
    """Physical cores, or logical ones where the system does not tell; fewer where a container grants fewer."""
    import psutil

    return min(psutil.cpu_count(logical=False) or psutil.cpu_count() or 1, usable_processors())


def host_processor() -> str:
    """The processor's own name."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        info = ""
    match = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    if match:
        return match.group(1).strip()
    return _apple_brand() or platform.processor() or platform.machine() or "unknown processor"


def _apple_brand() -> str:
    if platform.system() != "Darwin":
        return ""
    import subprocess

    try:
        done = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def nvidia_machines(catalog: Catalog, notes: list[str]) -> list[Machine]:
    """NVIDIA devices as the driver lists them; equal ones form one machine."""
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        names = [str(pynvml.nvmlDeviceGetName(h)) for h in handles]
        totals = [float(pynvml.nvmlDeviceGetMemoryInfo(h).total) for h in handles]
    except Exception:  # noqa: BLE001 - no driver, no library, an old one: all mean that no NVIDIA device is usable
        return []
    machines = []
    for name in dict.fromkeys(names):
        try:
            device = _named_device(catalog, name, totals[names.index(name)])
        except UnknownName:
            notes.append(f"{name} is in this computer but not in the catalog; add it with --catalog")
            continue
        machines.append(Machine(device=device, num_devices=names.count(name)))
    return machines


def _named_device(catalog: Catalog, name: str, total_bytes: float) -> Device:
    try:
        return catalog.device(name)
    except UnknownName:
        return catalog.device(f"{name} {round(total_bytes / GIB)}GB")


def apple_machines(catalog: Catalog, processor: str, memory_bytes: float) -> list[Machine]:
    """The GPU of an Apple chip, which shares the memory."""
    if not processor.startswith("Apple M"):
        return []
    chips = [
        d
        for name, d in catalog.devices.items()
        if name.startswith(processor + " (") and d.kind == "apple-soc"
    ]
    fitting = [d for d in chips if d.memory_bytes <= memory_bytes * 1.01]
    if not fitting:
        return []
    nearest = max(fitting, key=lambda d: (d.memory_bytes, -d.bandwidth_bytes_per_s))
    return [Machine(device=nearest)]


def cpu_device(processor: str, num_cores: int, memory_bytes: float) -> Device:
    """The processor as a device; bandwidth and rate are assumed from the core count."""
    unknown = float("nan")
    return Device(
        name=f"this computer's CPU ({processor}, {num_cores} cores)",
        vendor="",
        kind="cpu",
        device_class="cpu",
        architecture=platform.machine(),
        memory_bytes=memory_bytes,
        usable_bytes=max(memory_bytes - max(SYSTEM_RESERVE_BYTES, SYSTEM_RESERVE_RATIO * memory_bytes), 0.0),
        usable_basis="assumed",
        bandwidth_bytes_per_s=min(num_cores * BANDWIDTH_PER_CORE_BYTES_PER_S, DESKTOP_BANDWIDTH_BYTES_PER_S),
        fp32_flop_per_s=num_cores * ASSUMED_CYCLES_PER_S * _flop_per_cycle(),
        fp16_flop_per_s=unknown,
        fp8_flop_per_s=unknown,
        int8_op_per_s=unknown,
        fp4_flop_per_s=unknown,
        link_bytes_per_s=unknown,
        compute_capability=unknown,
        tdp_watts=65.0,
        buy_usd=unknown,
        buy_usd_low=unknown,
        buy_usd_high=unknown,
        buy_price_kind="",
        buy_price_as_of="",
        buy_price_source="",
        rent_usd_per_hour=unknown,
        rent_usd_per_hour_low=unknown,
        rent_usd_per_hour_high=unknown,
        rent_num_offers=0,
        rent_price_as_of="",
        rent_price_source="",
        released="",
        evidence="recalled",
        source="this computer",
        as_of="",
        note=ASSUMED_NOTE,
        bandwidth_sd=ASSUMED_BANDWIDTH_SD,
        flop_rate_sd=ASSUMED_FLOP_RATE_SD,
    )


def _flop_per_cycle() -> float:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return FLOP_PER_CYCLE_OTHER
    if "avx512f" in flags:
        return FLOP_PER_CYCLE_AVX512
    return FLOP_PER_CYCLE_AVX2 if "avx2" in flags else FLOP_PER_CYCLE_OTHER
