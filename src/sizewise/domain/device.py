"""One accelerator, system on a chip or CPU, and the machine built around it."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.calibration import Calibration  # noqa: TC001 - dataclass fields are introspected

DEVICE_CLASSES = (
    "nvidia-gaming", "nvidia-pro", "nvidia-dc", "nvidia-unified", "nvidia-laptop", "amd-gaming", "amd-pro", "amd-dc",
    "amd-apu", "apple", "intel", "intel-dc", "ascend", "other-npu", "cpu",
)  # fmt: skip
"""Classes with speed constants of their own."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """One row of the catalog. NaN means unknown."""

    name: str
    vendor: str
    kind: str
    """consumer, datacenter, workstation, cpu, apple-soc, npu, laptop, apu, edge."""
    device_class: str
    """One of DEVICE_CLASSES."""
    architecture: str
    memory_bytes: float
    """Memory that the driver reports (nvidia-smi and the like), per device. [bytes]"""
    usable_bytes: float
    """What engines may use after the usual reserves of a headless machine. [bytes]"""
    usable_basis: str
    """measured, derived or assumed."""
    bandwidth_bytes_per_s: float
    """Peak memory bandwidth. [bytes/s]"""
    fp32_flop_per_s: float
    fp16_flop_per_s: float
    """Dense matrix rate with FP32 accumulation. [FLOP/s]"""
    fp8_flop_per_s: float
    int8_op_per_s: float
    fp4_flop_per_s: float
    link_bytes_per_s: float
    """Bandwidth between two devices of a machine, one way (NVLink and the like, else PCIe). [bytes/s]"""
    compute_capability: float
    """CUDA compute capability, NaN where it does not apply."""
    tdp_watts: float
    buy_usd: float
    """Price of one device; of the whole machine for systems on a chip. NaN: unknown. [USD]"""
    buy_usd_low: float
    buy_usd_high: float
    buy_price_kind: str
    """street, launch, or empty where unknown."""
    buy_price_as_of: str
    buy_price_source: str
    rent_usd_per_hour: float
    """Median on-demand price of one device over the current offers. NaN: unknown. [USD/h]"""
    rent_usd_per_hour_low: float
    rent_usd_per_hour_high: float
    rent_num_offers: int
    rent_price_as_of: str
    rent_price_source: str
    released: str
    evidence: str
    """file, partly or recalled: how the figures were read."""
    source: str
    as_of: str
    note: str = ""
    calibration: Calibration | None = None
    """What was measured on this very device; None: nothing, or it is not at hand."""
    bandwidth_sd: float = 0.0
    """Spread of what decodes, from not knowing the bandwidth, in logarithms; 0 where a data sheet states it."""
    flop_rate_sd: float = 0.0
    """Spread of what reads prompts, from not knowing the arithmetic rate; 0 where a data sheet states it."""

    @property
    def generation(self) -> str:
        """What kernels are written for: the architecture, or the name of the chip (Apple M5) where none is listed."""
        return self.architecture or " ".join(self.name.split()[:2])

    @property
    def is_unified(self) -> bool:
        """Does the accelerator share the memory of the host?"""
        return self.kind in {"apple-soc", "apu", "edge", "cpu"}

    @property
    def needs_server(self) -> bool:
        """Does it only run in a rack server, with its cooling, power and price?"""
        return self.kind in {"datacenter", "npu"}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """So many equal devices in one host."""

    device: Device
    num_devices: int = 1
    is_owned: bool = False
    """Already paid for: only running costs count."""
    num_available: int = 0
    """Owned devices of this kind, of which a replica takes `num_devices`; 0 on the market, where there is no limit."""
    host_memory_bytes: float = float("nan")
    host_bandwidth_bytes_per_s: float = float("nan")

    @property
    def max_replicas(self) -> float:
        """Replicas that the devices at hand allow; infinite on the market."""
        return self.num_available // self.num_devices if self.num_available else float("inf")
