"""What a load test of an endpoint gives, and what was predicted for the same load."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.estimate import Estimate  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.text import Text  # noqa: TC001 - same


@dataclass(frozen=True, kw_only=True)
class Latency:
    """One latency over all requests; NaN: nothing to compute it from. [s]"""

    mean_s: float
    p50_s: float
    p90_s: float
    p95_s: float
    p99_s: float


@dataclass(frozen=True, kw_only=True)
class ServerSide:
    """The same by the server's own clock; NaN: it does not tell."""

    prompt_s: float
    """Median time of reading a prompt. [s]"""
    token_s: float
    """Median time per token. [s]"""


@dataclass(frozen=True, kw_only=True)
class LoadMeasured:
    """What the endpoint did under the load."""

    num_requests: int
    num_failed: int
    errors: tuple[tuple[str, int], ...]
    """Words of `domain.failures`, and how often."""
    elapsed_s: float
    prompt_tokens: float
    """Median length of a prompt, by the server's count. [tokens]"""
    output_tokens: float
    """Median length of an answer. [tokens]"""
    ttft: Latency
    tpot: Latency
    gap: Latency
    """Between one piece and the next."""
    e2e: Latency
    requests_per_s: float
    output_tokens_per_s: float
    total_tokens_per_s: float
    server: ServerSide
    generator_ratio: float
    """Share of one processor that this program took."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What the server itself counted meanwhile; NaN: it does not count that."""

    engine: str
    """llama.cpp or vllm; empty: no counters."""
    prompt_tokens: float
    output_tokens: float
    preemptions: float


@dataclass(frozen=True, kw_only=True)
class PredictedLoad:
    """What was predicted for the same load."""

    ttft_s: Estimate
    """Mean. [s]"""
    tpot_s: Estimate
    """Mean. [s]"""
    output_tokens_per_s: Estimate


@dataclass(frozen=True, kw_only=True)
class MeasureAnswer:
    """An endpoint under a load."""

    source: str
    """The address, or the file of another load generator."""
    generator: str
    """sizewise, guidellm or vllm."""
    model: str
    """As the server names it."""
    known_model: str
    """The same model in the catalog; empty: not named, not known."""
    quantization: str
    engine: str
    engine_version: str
    device: str
    num_devices: int
    num_users: int
    """Of a closed loop; 0: requests came at random, or as the file says."""
    requests_per_s: float
    """Of Poisson arrivals; NaN: a closed loop."""
    measured: LoadMeasured
    counted: Counted
    predicted: PredictedLoad | None
    notes: tuple[Text, ...]
    kept_in: str
    """Where it was stored; empty: nowhere."""
