"""What the verbs that measure answer: predicted beside measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import Text  # noqa: TC001 - same


@dataclass(frozen=True, kw_only=True)
class MemoryLine:
    """One kind of memory. [bytes]"""

    part: str
    """weights, kv_cache, compute, program (the engine itself, before any model) or peak (all of the process)."""
    predicted: Estimate
    measured_bytes: float
    """NaN: the engine does not tell this part."""

    @property
    def error_ratio(self) -> float:
        """Predicted / measured - 1."""
        return self.predicted.likely / self.measured_bytes - 1.0


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """One rate. [tokens/s]"""

    phase: str
    """decode or prefill."""
    depth_tokens: float
    """Tokens held before: of decoding."""
    prompt_tokens: int
    """Tokens read at once: of prefill; 1 of decoding."""
    predicted: Estimate | Unknown
    low: float
    likely: float
    high: float
    num_repeats: int
    is_quiet: bool
    """False: other programs took the processor meanwhile."""

    @property
    def expected(self) -> Estimate | Unknown:
        """The prediction, with the spread of the repeats on this computer in its range."""
        if isinstance(self.predicted, Unknown):
            return self.predicted
        return with_repeats(self.predicted, self.low, self.likely, self.high)

    @property
    def has_held(self) -> bool:
        """Does the measured median lie in the expected range? A rate without a prediction cannot fail."""
        expected = self.expected
        return isinstance(expected, Unknown) or expected.low <= self.likely <= expected.high


def with_repeats(predicted: Estimate, low: float, likely: float, high: float) -> Estimate:
    """A predicted rate whose range also holds how far repeats of one measurement lie apart.

    Both ranges are independent: their widths in logarithms add up as squares.
    """
    down = math.hypot(math.log(predicted.likely / predicted.low), math.log(likely / low))
    up = math.hypot(math.log(predicted.high / predicted.likely), math.log(high / likely))
    return Estimate.within(predicted.likely, math.exp(-down), math.exp(up), predicted.basis)


@dataclass(frozen=True, kw_only=True)
class VerifyPlan:
    """What a run will take, before it is started."""

    model: str
    quantization: str
    memory_bytes: float
    available_bytes: float
    disk_bytes: float
    seconds: float
    is_large: bool
    """Asked before it is started."""


@dataclass(frozen=True, kw_only=True)
class VerifyAnswer:
    """One size tried on this computer with synthetic weights."""

    model: str
    quantization: str
    engine: str
    engine_build: str
    device: str
    num_threads: int
    kv_type: str
    context_tokens: int
    plan: VerifyPlan
    memory: tuple[MemoryLine, ...]
    rates: tuple[RateLine, ...]
    has_memory_held: bool
    has_speed_held: bool
    notes: tuple[Text, ...]
    kept_in: str
    """Where it was stored; empty: nowhere."""

    @property
    def has_held(self) -> bool:
        """Memory and speed."""
        return self.has_memory_held and self.has_speed_held
