"""How good can a prediction be? The lowest median error within reach, given how measurements spread.

Source: the collectors of the measured facts (2026-11-23). Controlled hosts repeat weights and KV cache
exactly, decode rates within 0.4-1.2 % and prefill rates within 2-4 %; the same question asked on different
hosts differs by 10-40 % in decode. From this they state the median errors below as the lowest to be reached.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.proof.score import ALL


@dataclass(frozen=True, kw_only=True)
class NoiseFloor:
    """Lowest reachable median of |error|, as a range."""

    low_ratio: float
    high_ratio: float


_EXACT = NoiseFloor(low_ratio=0.0, high_ratio=0.0)
_CONTROLLED_DECODE = NoiseFloor(low_ratio=0.06, high_ratio=0.08)
_ANY_DECODE = NoiseFloor(low_ratio=0.12, high_ratio=0.15)
_MLPERF = NoiseFloor(low_ratio=0.05, high_ratio=0.05)

FLOORS: dict[tuple[str, str], NoiseFloor] = {
    ("memory", "weights"): _EXACT,
    ("memory", "file_size"): _EXACT,
    ("memory", "kv_cache"): _EXACT,
    ("memory", "total"): NoiseFloor(low_ratio=0.01, high_ratio=0.01),
    ("tokens_per_s", "decode"): _ANY_DECODE,
    ("tokens_per_s", "decode | bench"): _CONTROLLED_DECODE,
    ("tokens_per_s", "decode | log"): _CONTROLLED_DECODE,
    ("tokens_per_s", "prefill"): NoiseFloor(low_ratio=0.12, high_ratio=0.15),
    ("output_tokens_per_s", "Offline"): _MLPERF,
    ("output_tokens_per_s", "Server"): _MLPERF,
    ("output_tokens_per_s", "Interactive"): _MLPERF,
    ("ttft_s", ALL): NoiseFloor(low_ratio=0.30, high_ratio=0.30),
}
"""By metric and group; a crossed group that is not listed has its first part's, then that of all rows."""


def noise_floor(metric: str, group: str) -> NoiseFloor | None:
    """The floor of a group; None where nothing is known."""
    for name in (group, group.split(" | ", maxsplit=1)[0], ALL):
        if (metric, name) in FLOORS:
            return FLOORS[metric, name]
    return None
