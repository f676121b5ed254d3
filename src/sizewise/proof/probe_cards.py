"""Details of the graphics cards in this computer: memory in use, driver, link and power limit.

NVIDIA through its library; AMD and Intel as the Linux kernel tells in sysfs; Ascend by its own tool.
"""

from __future__ import annotations

import math
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.domain.computer import Card
from sizewise.proof.patience import within
from sizewise.units import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT_S = 4.0
"""Longest wait for a driver. [s]"""
NONE: tuple[Card, ...] = ()
DRM = Path("/sys/class/drm")
CARD_NAME = re.compile(r"^card\d+$")
VENDORS = {"0x1002": "AMD", "0x8086": "Intel"}
MICRO, MILLI = 1e-6, 1e-3
LANE_BYTES_PER_S = {2.5: 0.25e9, 5.0: 0.5e9, 8.0: 0.985e9, 16.0: 1.969e9, 32.0: 3.938e9, 64.0: 7.563e9}
"""One lane of PCIe by its rate in GT/s, after its coding. [bytes/s] Source: PCI-SIG base specifications 1.0 to 6.0."""
GENERATION_RATES = {1: 2.5, 2: 5.0, 3: 8.0, 4: 16.0, 5: 32.0, 6: 64.0}
ASCEND_TOOL = ("npu-smi", "info")
ASCEND_LINE = re.compile(r"^\|\s*\d+\s+(?P<name>\w+)\s*\|.*\|.*\|$")
ASCEND_MEMORY = re.compile(r"(?P<used>\d+)\s*/\s*(?P<total>\d+)\s*\|\s*$")


def cards() -> tuple[Card, ...]:
    """All cards that tell about themselves in time."""
    asked: tuple[Callable[[], tuple[Card, ...]], ...] = (_nvidia, lambda: _kernel_cards(DRM), _ascend)
    return tuple(card for ask in asked for card in within(LIMIT_S, ask, NONE))


def link_bytes_per_s(rate: float, lanes: float) -> float:
    """One way, by rate [GT/s] and lanes; NaN: not known. [bytes/s]"""
    return LANE_BYTES_PER_S.get(rate, math.nan) * lanes


def _nvidia() -> tuple[Card, ...]:
    import pynvml

    pynvml.nvmlInit()
    driver = _text(pynvml.nvmlSystemGetDriverVersion())
    handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    return tuple(_nvidia_card(pynvml, handle, driver) for handle in handles)


def _nvidia_card(library: Any, handle: Any, driver: str) -> Card:  # noqa: ANN401 - a module without types
    memory = library.nvmlDeviceGetMemoryInfo(handle)

    def told(name: str) -> float:
        try:
            return float(getattr(library, name)(handle))
        except library.NVMLError:
            return math.nan

    generation, lanes = told("nvmlDeviceGetMaxPcieLinkGeneration"), told("nvmlDeviceGetMaxPcieLinkWidth")
    rate = GENERATION_RATES.get(int(generation), math.nan) if math.isfinite(generation) else math.nan
    return Card(
        name=_text(library.nvmlDeviceGetName(handle)),
        memory_bytes=float(memory.total),
        free_bytes=float(memory.free),
        driver=driver,
        link_bytes_per_s=link_bytes_per_s(rate, lanes),
        power_limit_watts=told("nvmlDeviceGetEnforcedPowerLimit") * MILLI,
    )


def _text(value: Any) -> str:  # noqa: ANN401 - older versions of the library give bytes
    return value.decode() if isinstance(value, bytes) else str(value)


def _kernel_cards(root: Path) -> tuple[Card, ...]:
    return tuple(_sysfs_cards(root))


def _sysfs_cards(root: Path) -> Iterator[Card]:
    for folder in sorted(root.glob("card*")):
        device = folder / "device"
        vendor = VENDORS.get(_line(device / "vendor"))
        total = _number(device / "mem_info_vram_total", _number(device / "lmem_total_bytes"))
        if not CARD_NAME.match(folder.name) or vendor is None or not total > 0:
            continue
        rate = _number_in(_line(device / "max_link_speed"))
        caps = sorted(device.glob("hwmon/hwmon*/power1_cap"))
        yield Card(
            name=_line(device / "product_name") or f"{vendor} {_line(device / 'device')}",
            memory_bytes=total,
            free_bytes=total - _number(device / "mem_info_vram_used"),
            driver=(device / "driver").resolve().name if (device / "driver").exists() else "",
            link_bytes_per_s=link_bytes_per_s(rate, _number(device / "max_link_width")),
            power_limit_watts=_number(caps[0]) * MICRO if caps else math.nan,
        )


def _ascend() -> tuple[Card, ...]:
    told = subprocess.run(ASCEND_TOOL, capture_output=True, text=True, timeout=LIMIT_S, check=True).stdout
    return tuple(ascend_cards(told))


def ascend_cards(told: str) -> Iterator[Card]:
    """Cards of the table that npu-smi info prints: two lines a card, its name in the first, memory in the second."""
    name = ""
    for line in told.splitlines():
        first = ASCEND_LINE.match(line)
        memory = ASCEND_MEMORY.search(line)
        if name and memory and int(memory["total"]):
            total, used = int(memory["total"]) * MIB, int(memory["used"]) * MIB
            yield Card(
                name=f"Ascend {name}", memory_bytes=total, free_bytes=total - used, driver="",
                link_bytes_per_s=math.nan, power_limit_watts=math.nan,
            )  # fmt: skip
            name = ""
        elif first:
            name = first["name"]


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _number(path: Path, otherwise: float = math.nan) -> float:
    try:
        return float(_line(path))
    except ValueError:
        return otherwise


def _number_in(text: str) -> float:
    found = re.match(r"[\d.]+", text)
    return float(found.group()) if found else math.nan
