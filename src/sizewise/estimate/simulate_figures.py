"""What a simulation shows: latencies of all requests, how many met their targets, whether the queue grew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sizewise.domain.number import Array
    from sizewise.estimate.simulate import Simulated

WARM_UP_RATIO, TAIL_RATIO = 0.25, 0.05
"""Requests of each row left out at the start, when the replica fills, and at the end, when it empties. Assumed."""
INNER_SHARES = (0.1, 0.9)
"""The rate of answers is that between these shares of them: long answers finish far from the others."""


@dataclass(frozen=True, kw_only=True)
class Experience:
    """Latencies of the requests that count. Array shapes: [rows, kept requests]."""

    ttft_s: Array
    tpot_s: Array
    """Mean time per output token after the first; 0 for an answer of one token. [s]"""
    waited_s: Array
    """From reaching the scheduler to a place. [s]"""
    arrival_s: Array
    finished_s: Array
    output_tokens: Array

    def rows(self, chosen: Array | slice) -> Experience:
        """The same for some rows."""
        return Experience(**{name: getattr(self, name)[chosen] for name in self.__dataclass_fields__})

    def meets(self, *, max_ttft_s: float, max_tpot_s: float) -> Array:
        """Which requests met both targets."""
        is_met: Array = (self.ttft_s <= max_ttft_s) & (self.tpot_s <= max_tpot_s)
        return is_met

    @property
    def requests_per_s(self) -> float:
        """Answers finished in a second, mean of the rows. [requests/s]"""
        first_s, last_s = np.quantile(self.finished_s, INNER_SHARES, axis=1)
        inner = (INNER_SHARES[1] - INNER_SHARES[0]) * (self.finished_s.shape[1] - 1)
        return float((inner / np.maximum(last_s - first_s, np.finfo(float).tiny)).mean())

    @property
    def wait_growth(self) -> float:
        """How much longer later requests wait, per second of later arrival; 0 in steady state. [s/s]"""
        later = self.arrival_s - self.arrival_s.mean(axis=1, keepdims=True)
        slopes = (later * self.waited_s).sum(axis=1) / np.maximum(
            (later * later).sum(axis=1), np.finfo(float).tiny
        )
        return float(slopes.mean())


def experience(simulated: Simulated) -> Experience:
    """Latencies of the requests between warm-up and tail."""
    num_each = simulated.arrival_s.shape[1]
    kept = slice(int(num_each * WARM_UP_RATIO), max(num_each - int(num_each * TAIL_RATIO), 1))
    arrival, first, end = simulated.arrival_s, simulated.first_token_s, simulated.finished_s
    writing_s = (end - first) / np.maximum(simulated.output_tokens - 1.0, 1.0)
    waited_s = simulated.admitted_s - arrival - simulated.ingest_s
    return Experience(
        ttft_s=(first - arrival)[:, kept],
        tpot_s=writing_s[:, kept],
        waited_s=waited_s[:, kept],
        arrival_s=arrival[:, kept],
        finished_s=end[:, kept],
        output_tokens=simulated.output_tokens[:, kept],
    )
