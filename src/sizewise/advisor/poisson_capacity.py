"""The largest random load that replicas carry within their latency targets, of one or of many at once."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from sizewise.domain.estimate import Estimate, weakest
from sizewise.estimate.largest_load import GRIDDED, largest_requests_per_s
from sizewise.estimate.percentiles import felt_poisson
from sizewise.estimate.speed import StepTerms
from sizewise.estimate.steady import Replica

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.advisor.capacity_case import Case
    from sizewise.domain.number import Array

SHARE = 0.95
"""Share of the requests that must meet each target."""
SMALLEST_RATE = 1e-6
"""[requests/s]"""


def poisson_capacities(cases: Sequence[Case], replicas: Sequence[Replica]) -> list[Estimate]:
    """Largest Poisson load of each replica within its targets; the ends are those of its latencies. [requests/s]

    Valid for: cases of one request; replicas whose lengths vary alike.
    """
    if not cases:
        return []
    workload = cases[0].request.workload
    first, each, rate = (_factors(cases, phase) for phase in ("ttft", "tpot", "throughput"))
    ttft_s, tpot_s = (np.array([limit]) for limit in (workload.max_ttft_s, workload.max_tpot_s))
    many = stacked(replicas)
    low, likely, high = largest_requests_per_s(
        many,
        share=SHARE,
        max_ttft_s=np.stack([ttft_s / first[:, 1], ttft_s + 0 * first[:, 1], ttft_s / first[:, 0]]),
        max_tpot_s=np.stack([tpot_s / each[:, 1], tpot_s + 0 * each[:, 1], tpot_s / each[:, 0]]),
        rate_factor=np.stack([rate[:, 0], np.ones(len(cases)), rate[:, 1]]),
    )
    free = ~misses_a_target(many, likely, *(workload.max_ttft_s, workload.max_tpot_s)).any(axis=0)
    high = np.where(free, np.maximum(high, likely * rate[:, 1]), high)
    basis = [weakest(*(case.band(phase).basis for phase in ("ttft", "tpot", "throughput"))) for case in cases]
    ends = np.stack([np.minimum(low, likely), likely, np.maximum(high, likely)], axis=1).tolist()
    return [Estimate(low=a, likely=b, high=c, basis=why) for (a, b, c), why in zip(ends, basis, strict=True)]


def misses_a_target(
    replica: Replica, requests_per_s: Array | float, max_ttft_s: float, max_tpot_s: float
) -> Array:
    """Whether a little more than this load misses the time to the first token, and that of the others. [2, ...]

    Neither: the queue would grow without end.
    """
    felt = felt_poisson(replica, np.maximum(np.asarray(requests_per_s) * 1.01, SMALLEST_RATE))
    return np.stack([felt.ttft_s(SHARE) > max_ttft_s, felt.tpot_s(SHARE) > max_tpot_s])


def _factors(cases: Sequence[Case], phase: str) -> Array:
    """Ends of the band of each case. [n, 2]"""
    bands = [case.band(phase) for case in cases]
    return np.array([(band.factor_low, band.factor_high) for band in bands])


def stacked(replicas: Sequence[Replica]) -> Replica:
    """Single replicas as one array of them. [n]"""

    def column(name: str) -> Array:
        return np.array([float(getattr(replica, name)) for replica in replicas])

    terms = {f.name: np.array([float(getattr(r.terms, f.name)) for r in replicas]) for f in fields(StepTerms)}
    first = replicas[0]
    return Replica(
        terms=StepTerms(**terms), input_variation=first.input_variation, output_variation=first.output_variation,
        **{name: column(name) for name in GRIDDED},
    )  # fmt: skip
