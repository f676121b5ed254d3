"""What the verbs other than `recommend` answer."""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.domain.computer import Card, RunningEngine  # noqa: TC001 - dataclass fields are introspected
from sizewise.domain.decision import Deployment, MemoryPart, Option, Rejection
from sizewise.domain.estimate import Estimate, Unknown  # noqa: TC001 - same
from sizewise.domain.text import Text  # noqa: TC001 - same


@dataclass(frozen=True, kw_only=True)
class EngineBuffer:
    """One kind of memory, predicted and as the engine itself reports it for a file without weights."""

    part: str
    """weights (the whole file), kv_cache or compute."""
    predicted_bytes: float
    engine_bytes: float
    engine_build: str


@dataclass(frozen=True, kw_only=True)
class PipelineStage:
    """One stage of a pipeline."""

    num_layers: int
    memory_bytes: Estimate
    """On each of its devices. [bytes]"""


@dataclass(frozen=True, kw_only=True)
class FitAnswer:
    """Does this model run on this machine?"""

    model: str
    kind: str
    """generator, score, reward, embedding, reranker or classifier."""
    quantization: str
    engine: str
    engine_version: str
    device: str
    num_devices: int
    split: str
    kv_type: str
    context_tokens: int
    num_sequences: int
    fits: str
    """yes; tight (the likely sum fits, the high one does not); no."""
    binding: str
    """The constraint that binds where it does not fit: memory, context or support."""
    memory: tuple[MemoryPart, ...]
    memory_bytes: Estimate
    usable_bytes: float
    shortfall_bytes: float
    """Missing memory of the likely sum; 0 where it fits. [bytes]"""
    max_context_tokens: int
    """At this concurrency. 0: none."""
    max_concurrency: int
    """Requests that all hold their whole context: guaranteed."""
    expected_concurrency: int
    """Requests that hold half of the context each, as prompts and half-written answers usually do."""
    decode_tokens_per_s: Estimate | Unknown | None
    """None for models that do not generate."""
    texts_per_s: Estimate | Unknown | None
    """Texts of the context length, for models that do not generate; else None."""
    rule_of_thumb_bytes: tuple[float, float, float]
    """The original guide's figures: FP16, INT4 low, INT4 high. [bytes]"""
    lifts: tuple[Text, ...]
    """What would make it fit, the nearest change first; each verified by the same estimate."""
    caveats: tuple[Text, ...]
    command: str
    prepare: tuple[str, ...]
    layers_per_device: tuple[int, ...] = ()
    """Blocks on each of unequal devices; empty where devices are equal."""
    stages: tuple[PipelineStage, ...] = ()
    """Every stage of a pipeline; empty without one."""
    engine_buffers: tuple[EngineBuffer, ...] = ()
    """What the engine says where it was asked."""


@dataclass(frozen=True, kw_only=True)
class TierModel:
    """A real model of a tier, computed."""

    model: str
    num_params: float
    released: str
    fp16_bytes: float
    """16-bit weights, cache and buffers at the asked context and load. [bytes]"""
    int4_bytes: float
    """The same with Q4_K_M weights. [bytes]"""
    hardware: str
    """The cheapest machine that runs it in 4 bits at the asked context and load."""
    monthly_usd: float
    quality: Estimate | Unknown
    """On the axis of the tier's own task complexity."""


@dataclass(frozen=True, kw_only=True)
class TierLine:
    """One tier: the guide's words and numbers beside computed ones."""

    name: str
    rule_fp16_gb: tuple[float, float]
    rule_int4_gb: tuple[float, float]
    is_open_ended: bool
    rule_hardware: str
    complexity: str
    rule_tasks: str
    nickname: str
    use: str
    advantage: str
    limit: str
    models: tuple[TierModel, ...]
    evidence: Text
    """What the facts say about the guide's claim."""


@dataclass(frozen=True, kw_only=True)
class CurvePoint:
    """A real model on a curve of quality."""

    model: str
    num_params: float
    monthly_usd: float
    """On the cheapest machine that runs it in 4 bits; NaN where none is known. [USD/month]"""
    hardware: str
    quality: Estimate | Unknown
    is_enough: bool
    """It reaches the bar of the request with enough probability."""
    is_knee: bool
    """From here on more size, or more money, buys little."""


@dataclass(frozen=True, kw_only=True)
class QualityCurve:
    """Quality of a task against size and against cost: only models that nothing smaller, or cheaper, beats."""

    task: str
    bar_points: float
    """Quality that is good enough; NaN where no bar can be stated."""
    by_size: tuple[CurvePoint, ...]
    by_cost: tuple[CurvePoint, ...]
    chosen: CurvePoint | None = None
    """The answer of a request, as it would run: in its own format, on its own hardware; None: none is asked about."""


@dataclass(frozen=True, kw_only=True)
class TiersAnswer:
    """The table of the original guide, computed."""

    lines: tuple[TierLine, ...]
    context_tokens: int
    num_users: int
    task: str
    complexity_table: tuple[tuple[str, tuple[str, ...], Text], ...]
    """Complexity, the tasks it stands for, and the quality bar with its reason."""
    curve: QualityCurve
    facts_date: str


@dataclass(frozen=True, kw_only=True)
class PolicyAnswer:
    """What the guide's three questions say, beside the computed answer's first line."""

    questions: tuple[tuple[str, str], ...]
    tiers: tuple[str, ...]
    optimises_quantization: bool
    computed: Text


@dataclass(frozen=True, kw_only=True)
class CompareAnswer:
    """Options side by side."""

    options: tuple[Option, ...]
    refused: tuple[Rejection, ...]


@dataclass(frozen=True, kw_only=True)
class HardwareAnswer:
    """What is in this computer."""

    processor: str
    num_cores: int
    memory_bytes: float
    machines: tuple[tuple[str, int, float, float, float], ...]
    """Device name, count, memory, usable memory, bandwidth; bytes and bytes/s of one device."""
    notes: tuple[str | Text, ...]
    surroundings: str
    """machine, container or wsl."""
    num_processors: int
    """Logical processors that this program may use, by affinity and quota."""
    free_memory_bytes: float
    free_disk_bytes: float
    """In the folder where weights would be kept meanwhile. [bytes]"""
    cards: tuple[Card, ...]
    engines: tuple[RunningEngine, ...]
    memory_read_bytes_per_s: Estimate | None
    """Measured; None: not asked for. [bytes/s]"""
    disk_read_bytes_per_s: Estimate | None


__all__ = [
    "CompareAnswer", "Deployment", "FitAnswer", "HardwareAnswer", "PolicyAnswer", "TierLine", "TierModel",
    "TiersAnswer",
]  # fmt: skip
