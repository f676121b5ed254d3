"""Rows of devices.csv: accelerators, chips and CPUs, from facts/gpus.csv and device_visible_memory.csv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sizewise.catalog.rows import DEVICE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from catalog_shape import Cells

DEVICE_FIELDS = [
    column.name for column in DEVICE_COLUMNS if column.name not in {"buy_usd", "rent_usd_per_hour"}
]
GIB, MIB = 2**30, 2**20
HEADLESS_RESERVE = 0.6 * GIB
"""Taken by driver and system on a card without a display. [bytes] Assumed."""
UNIFIED_RESERVE = 4 * GIB
"""Left to the system where it shares the memory. [bytes] Assumed."""
ASCEND_IDLE = 4500 * MIB
"""Used at idle on Ascend cards: 3,300 to 4,500 MB in npu-smi output. [bytes]"""
PCIE_BYTES_PER_S = {"3": 12.5e9, "4": 25e9, "5": 50e9, "6": 50e9}
"""Effective one-way rate of x16 by generation; a generation 6 card sits in generation 5 hosts."""

CLASS_OF = {
    ("NVIDIA", "consumer"): "nvidia-gaming", ("NVIDIA", "workstation"): "nvidia-pro",
    ("NVIDIA", "datacenter"): "nvidia-dc", ("NVIDIA", "laptop"): "nvidia-laptop", ("NVIDIA",
    "edge"): "nvidia-unified",
    ("AMD", "consumer"): "amd-gaming", ("AMD", "workstation"): "amd-pro", ("AMD", "datacenter"): "amd-dc",
    ("AMD", "apu"): "amd-apu", ("Apple", "apple-soc"): "apple", ("Intel", "consumer"): "intel",
    ("Intel", "workstation"): "intel", ("Intel", "apu"): "intel", ("Intel", "datacenter"): "intel-dc",
    ("Intel", "npu"): "intel-dc", ("Huawei", "npu"): "ascend",
}  # fmt: skip
CAPABILITY_OF_ARCH = {
    "Pascal": 6.1, "Volta": 7.0, "Turing": 7.5, "Ampere": 8.6, "Ada Lovelace": 8.9, "Ada": 8.9, "Hopper": 9.0,
    "Blackwell": 10.0, "Blackwell Ultra": 10.3, "Blackwell 2.0": 12.0,
}  # fmt: skip
"""CUDA compute capability by architecture. Recalled from NVIDIA's list of GPUs."""
CAPABILITY_OF_NAME = {
    "P100": 6.0,
    "A100": 8.0,
    "A800": 8.0,
    "A30": 8.0,
    "Orin": 8.7,
    "GB10": 12.1,
    "Thor": 11.0,
}
"""Chips that differ from their architecture. Recalled."""
CUDA_TOTAL_MIB = {
    "NVIDIA H100 SXM5 80GB": 79.18 * 1024, "NVIDIA H100 PCIe 80GB": 79.18 * 1024,
    "NVIDIA Tesla T4": 14.56 * 1024,
}  # fmt: skip
"""What CUDA sees where the visible-memory table has the driver's figure: logs of engines. [MiB]"""
USABLE_GIB_APU = {"AMD Ryzen AI Max+ 395 (Strix Halo, Radeon 8060S)": 96,
"AMD Ryzen AI Max 385 (Radeon 8050S)": 96,
                  "AMD Ryzen AI Max 390 (Radeon 8050S)": 96}  # fmt: skip
"""Assignable to the GPU on 128 GB machines once the default of half is raised. [GiB]"""
APPLE_SIZES = {
    "M1": (8, 16), "M1 Pro": (16, 32), "M1 Max": (32, 64), "M1 Ultra": (64, 128), "M2": (8, 16, 24),
    "M2 Pro": (16, 32), "M2 Max": (32, 64, 96), "M2 Ultra": (64, 128, 192), "M3": (8, 16, 24), "M3 Pro": (18,
    36),
    "M3 Max (30-core GPU)": (36, 96), "M3 Max (40-core GPU)": (48, 64, 128), "M3 Ultra (60-core GPU)": (96,
    256),
    "M3 Ultra (80-core GPU)": (96, 256, 512), "M4": (16, 24, 32), "M4 Pro": (24, 48, 64),
    "M4 Max (32-core GPU)": (36,), "M4 Max (40-core GPU)": (48, 64, 128), "M5": (16, 24, 32),
    "M5 Pro": (24, 48, 64), "M5 Max (32-core GPU)": (36,), "M5 Max (40-core GPU)": (48, 64, 128),
}  # fmt: skip
"""Memory sizes each chip is sold with. [GiB] Recalled; the largest agrees with the facts that state it."""
CPU_FLOP_PER_CORE = 3e9 * 32
"""Assumed FP32 rate of one core: 3 GHz x two 256-bit fused multiply-adds. [FLOP/s]"""
DESKTOP_CORES = 8
"""Cores assumed for the generic desktops. [count]"""
ALIASES = {
    "NVIDIA DGX Spark (GB10)": ("GB10", "DGX Spark"), "NVIDIA H100 SXM5 80GB": ("H100 SXM", "H100 80GB",
    "H100 SXM 80GB"),
    "NVIDIA A100 SXM4 80GB": ("A100 80GB", "A100 SXM 80GB"), "NVIDIA A100 SXM4 40GB": ("A100 40GB",
    "A100 SXM 40GB"),
    "NVIDIA H200 SXM 141GB": ("H200",), "NVIDIA H20 96GB": ("H20",),
    "NVIDIA RTX 6000 Ada Generation": ("RTX 6000 Ada",), "NVIDIA GeForce RTX 3060 12 GB": ("RTX 3060 12GB",),
    "NVIDIA GeForce RTX 4060 Ti 16 GB": ("RTX 4060 Ti 16GB",),
    "NVIDIA GeForce RTX 5060 Ti 16 GB": ("RTX 5060 Ti 16GB",),
    "AMD Ryzen AI Max+ 395 (Strix Halo, Radeon 8060S)": ("Strix Halo", "Radeon 8060S", "Ryzen AI Max+ 395"),
    "Raspberry Pi 400 (4GB)": ("Raspberry Pi 400 4 GB",),
    "Huawei Ascend 910B (B2/B3 class, 64GB)": ("Ascend 910B", "910B"),
    "NVIDIA V100 SXM2 32GB": ("V100 32GB",), "Apple M5 Pro": ("Apple M5 Pro (all sizes)",),
}  # fmt: skip
CPU_TWINS = {"AMD Ryzen 7 7840HS (Radeon 780M)": ("AMD Ryzen 7 7840HS", 8),
             "Intel Core Ultra 7 155H (Arc 8 Xe cores)": ("Intel Core Ultra 7 155H", 16)}  # fmt: skip
"""Chips whose CPU cores are measured alone: name of the CPU row and its cores (recalled)."""


def device_rows(facts: Iterable[Mapping[str, str]], visible: Iterable[Mapping[str, str]]) -> list[Cells]:
    """All devices; one more row for every memory size of an Apple chip below its largest."""
    reported = list(visible)
    by_name = {row["device"]: row for row in reported if not row["config_memory_gb"]}
    apple = {
        int(row["config_memory_gb"]): row for row in reported if row["device"].startswith("Apple unified")
    }
    return [row for fact in facts for row in _rows_of(fact, by_name.get(fact["name"], {}), apple)]


def _rows_of(
    fact: Mapping[str, str], reported: Mapping[str, str], apple: Mapping[int, Mapping[str, str]]
) -> Iterator[Cells]:
    row = _common(fact)
    if fact["kind"] == "apple-soc":
        yield from _apple_rows(row, fact, apple)
        return
    yield {**row, **_memory(fact, reported)}
    if fact["name"] in CPU_TWINS:
        name, cores = CPU_TWINS[fact["name"]]
        rate = {"fp32_flop_per_s": f"{cores * CPU_FLOP_PER_CORE:g}", "fp16_flop_per_s": ""}
        note = "the CPU cores alone; rate assumed: cores x 3 GHz x 32 FLOP; memory set by installed modules"
        yield {**row, **rate, "name": name, "aliases": "", "kind": "cpu", "device_class": "cpu", "note": note,
               "usable_basis": "assumed"}  # fmt: skip


def _common(fact: Mapping[str, str]) -> Cells:
    kind = "edge" if "DGX Spark" in fact["name"] else fact["kind"]
    rates, note = _rates(fact)
    return {
        "name": fact["name"], "aliases": "|".join(ALIASES.get(fact["name"], ())), "vendor": fact["vendor"],
        "kind": kind, "device_class": "cpu" if kind == "cpu" else CLASS_OF.get((fact["vendor"], kind),
        "other-npu"),
        "architecture": fact["arch"], "bandwidth_bytes_per_s": _scaled(fact["mem_bandwidth_gb_s"], 1e9),
        **rates,
        "link_bytes_per_s": _link(fact), "compute_capability": _capability(fact), "tdp_watts": fact["tdp_w"],
        "released": fact["release"], "evidence": fact["evidence"],
        "note": "; ".join(part for part in (fact["note"], note) if part), "source": fact["source"],
        "as_of": fact["as_of"],
    }  # fmt: skip


def _scaled(cell: str, factor: float) -> str:
    return f"{float(cell) * factor:.12g}" if cell else ""


def _rates(fact: Mapping[str, str]) -> tuple[Cells, str]:
    """Peak rates; the FP32 rate of a CPU is assumed from its cores."""
    fp16, note = fact["fp16_dense_tflops"] or fact["bf16_dense_tflops"], ""
    if not fp16 and fact["fp16_acc16_tflops"]:
        fp16, note = (
            str(float(fact["fp16_acc16_tflops"]) / 2),
            "FP16 rate assumed: half of the FP16-accumulation rate",
        )
    fp32 = _scaled(fact["fp32_tflops"], 1e12)
    if fact["kind"] == "cpu" and not fp32:
        cores = re.match(r"(\d+) cores", fact["note"])
        fp32 = f"{(int(cores[1]) if cores else DESKTOP_CORES) * CPU_FLOP_PER_CORE:g}"
        note = "FP32 rate assumed: cores x 3 GHz x 32 FLOP" + ("" if cores else f", {DESKTOP_CORES} cores")
    rates = {
        "fp32_flop_per_s": fp32, "fp16_flop_per_s": _scaled(fp16, 1e12),
        "fp8_flop_per_s": _scaled(fact["fp8_dense_tflops"], 1e12),
        "int8_op_per_s": _scaled(fact["int8_dense_tops"], 1e12),
        "fp4_flop_per_s": _scaled(fact["fp4_dense_tflops"], 1e12),
    }  # fmt: skip
    return rates, note


def _link(fact: Mapping[str, str]) -> str:
    """One way between two devices: the fabric of datacenter parts, PCIe elsewhere (bridges are extras)."""
    is_fabric = fact["interconnect_gb_s"] and fact["kind"] in {"datacenter", "npu", "edge"}
    if is_fabric or "DGX Spark" in fact["name"]:
        return _scaled(fact["interconnect_gb_s"], 0.5e9)
    generation = re.match(r"(\d)(?:\.0)?( x8)?", fact["pcie_gen"])
    if not generation:
        return ""
    lanes = 0.5 if generation[2] else 1.0
    return f"{PCIE_BYTES_PER_S[generation[1]] * lanes:g}"


def _capability(fact: Mapping[str, str]) -> str:
    if fact["vendor"] != "NVIDIA" or fact["kind"] == "cpu":
        return ""
    special = [value for chip, value in CAPABILITY_OF_NAME.items() if re.search(rf"\b{chip}\b", fact["name"])]
    return str(special[0] if special else CAPABILITY_OF_ARCH[fact["arch"]])


def _memory(fact: Mapping[str, str], reported: Mapping[str, str]) -> Cells:
    """Reported and usable memory, and how well they are known."""
    nominal = float(fact["mem_gb"]) * GIB if fact["mem_gb"] else 0.0
    driver = _first_mib(reported.get("visible_mib", ""))
    runtime = CUDA_TOTAL_MIB.get(fact["name"], 0.0) * MIB or _first_mib(reported.get("runtime_total_mib", ""))
    if fact["kind"] == "apu":
        driver = runtime = 0.0
    memory = runtime or driver or nominal
    if not memory:
        return {"usable_basis": "assumed"}
    is_read = reported.get("evidence") in {"file", "partly"} and (driver or runtime)
    usable = min(memory, _usable(fact, driver or memory))
    origin = reported["source"] if is_read else "nominal size"
    return {
        "source": f"{fact['source']}; memory: {origin}",
        "memory_bytes": f"{memory:.0f}", "usable_bytes": f"{usable:.0f}",
        "usable_basis": "derived" if is_read else "assumed",
    }  # fmt: skip


def _first_mib(cell: str) -> float:
    """The first, smallest figure of a cell such as '24080-24210 (Linux), 24563 (Windows)'. [bytes]"""
    match = re.search(r"\d{4,}", cell)
    return float(match[0]) * MIB if match else 0.0


def _usable(fact: Mapping[str, str], memory: float) -> float:
    """Memory an engine may use: total minus what driver, system or idle processes take."""
    if fact["kind"] == "cpu":
        return memory - max(UNIFIED_RESERVE, 0.1 * memory) if memory > 2 * UNIFIED_RESERVE else 0.7 * memory
    if fact["kind"] == "apu":
        return float(USABLE_GIB_APU.get(fact["name"], 0)) * GIB or memory / 2
    if fact["kind"] == "edge" or "DGX Spark" in fact["name"]:
        return memory - UNIFIED_RESERVE if memory > 2 * UNIFIED_RESERVE else 0.7 * memory
    return memory - (ASCEND_IDLE if fact["vendor"] == "Huawei" else HEADLESS_RESERVE)


def _apple_rows(
    row: Cells, fact: Mapping[str, str], limits: Mapping[int, Mapping[str, str]]
) -> Iterator[Cells]:
    """The chip with its largest memory under its own name, then the smaller sizes."""
    chip = fact["name"].removeprefix("Apple ")
    sizes = APPLE_SIZES.get(chip) or APPLE_SIZES[re.sub(r" \(.*\)", "", chip)]
    largest = int(float(fact["mem_gb"])) if fact["mem_gb"] else sizes[-1]
    yield {**row, **_apple_memory(largest, limits), "aliases": f"{fact['name']} {largest}GB"}
    for size in (s for s in sizes if s < largest):
        note = f"{size} GB configuration (sizes as sold, recalled)"
        yield {
            **row,
            **_apple_memory(size, limits),
            "name": f"{fact['name']} {size}GB",
            "aliases": "",
            "note": note,
        }


def _apple_memory(size: int, limits: Mapping[int, Mapping[str, str]]) -> Cells:
    """Metal's default working set: two thirds up to 36 GB, three quarters above, or measured."""
    limit = limits.get(size, {})
    is_measured = limit.get("evidence") == "file"
    share = 2 / 3 if size <= 36 else 3 / 4  # noqa: PLR2004 - the rule of the docstring
    usable = float(limit["default_usable_mib"]) * MIB if is_measured else share * size * GIB
    return {"memory_bytes": str(size * GIB), "usable_bytes": f"{usable:.0f}",
            "usable_basis": "measured" if is_measured else "assumed"}  # fmt: skip
