"""How far measurements of one and the same thing lie apart: an error below that says nothing.

Source: the collectors of the measured facts (2026-11-23). Controlled hosts repeat weights and KV cache exactly, decode
rates within 0.4-1.2 % and prefill rates within 2-4 %; different people measure the same decode rate 10-40 % apart.
Memory totals, MLPerf throughput and waiting times under load: their lowest error within reach, in place of a spread.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.proof.score import ALL


@dataclass(frozen=True, kw_only=True)
class NoiseFloor:
    """Relative spread of repeated measurements, as a range."""

    low_ratio: float
    high_ratio: float


_EXACT = NoiseFloor(low_ratio=0.0, high_ratio=0.0)
_MLPERF = NoiseFloor(low_ratio=0.05, high_ratio=0.05)

FLOORS: dict[tuple[str, str], NoiseFloor] = {
    ("memory", "weights"): _EXACT,
    ("memory", "file_size"): _EXACT,
    ("memory", "kv_cache"): _EXACT,
    ("memory", "total"): NoiseFloor(low_ratio=0.01, high_ratio=0.01),
    ("tokens_per_s", "decode"): NoiseFloor(low_ratio=0.004, high_ratio=0.012),
    ("tokens_per_s", "decode | community"): NoiseFloor(low_ratio=0.10, high_ratio=0.40),
    ("tokens_per_s", "prefill"): NoiseFloor(low_ratio=0.02, high_ratio=0.04),
    ("output_tokens_per_s", "Offline"): _MLPERF,
    ("output_tokens_per_s", "Server"): _MLPERF,
    ("output_tokens_per_s", "Interactive"): _MLPERF,
    ("ttft_s", ALL): NoiseFloor(low_ratio=0.30, high_ratio=0.30),
}
"""By metric and group; a crossed group that is not listed takes that of its first part, then that of all rows."""


def noise_floor(metric: str, group: str) -> NoiseFloor | None:
    """The floor of a group; None where nothing is known."""
    for name in (group, group.split(" | ", maxsplit=1)[0], ALL):
        if (metric, name) in FLOORS:
            return FLOORS[metric, name]
    return None
