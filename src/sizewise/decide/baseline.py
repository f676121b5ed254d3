"""The original guide as a runnable baseline: its table, its rules of thumb, its three questions.

Every number and word stands as the guide has it; the computed figures that replace it come from the estimators.
Source: the article "7B, 13B or 70B?" about PKU-Alignment/beaver-7b-v1.0-cost, as recorded in 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizewise.units import GB

RULE_FP16_BYTES_PER_PARAM = 2.0
"""FP16 memory = parameters (billions) x 2 GB. [bytes/weight]"""
RULE_INT4_BYTES_PER_PARAM = (0.5, 0.7)
"""INT4 memory = parameters (billions) x 0.5 to 0.7 GB. [bytes/weight]"""


@dataclass(frozen=True, kw_only=True)
class SizeTier:
    """One line of the guide's table of versions, and of its table of limits."""

    name: str
    fp16_gb: tuple[float, float]
    """FP16 memory, low and high as printed. [GB]"""
    int4_gb: tuple[float, float]
    """INT4 memory, low and high as printed. [GB]"""
    is_open_ended: bool
    """Printed with a plus sign: at least so much."""
    hardware: str
    complexity: str
    """One of COMPLEXITIES."""
    tasks: str
    nickname: str
    use: str
    advantage: str
    limit: str
    params_billion: tuple[float, float]
    """Sizes of today's models that we compare with the tier. [10^9 parameters]"""


TIERS = (
    SizeTier(
        name="7B",
        fp16_gb=(14, 14),
        int4_gb=(3.5, 5),
        is_open_ended=False,
        hardware="consumer GPU (e.g. RTX 4090 24GB)",
        complexity="simple",
        tasks="simple classification, summaries, basic question answering",
        nickname="light and efficient",
        use="basic QA, short summaries, simple classification",
        advantage="low memory, runs smoothly on consumer cards",
        limit="weak at complex logic and long text generation",
        params_billion=(6.5, 9.5),
    ),
    SizeTier(
        name="13B",
        fp16_gb=(26, 26),
        int4_gb=(6.5, 9),
        is_open_ended=False,
        hardware="consumer or enterprise GPU (e.g. NVIDIA A100 40GB)",
        complexity="medium",
        tasks="medium complexity, e.g. long text generation",
        nickname="the balanced choice",
        use="medium-length text, multi-turn dialogue, medium reasoning",
        advantage="clearly better than 7B, hardware still manageable",
        limit="may fall short on very long text or high-precision tasks",
        params_billion=(11.5, 16),
    ),
    SizeTier(
        name="30-40B",
        fp16_gb=(60, 80),
        int4_gb=(15, 28),
        is_open_ended=False,
        hardware="enterprise GPU (e.g. NVIDIA A100/H100 80GB)",
        complexity="complex",
        tasks="complex logical reasoning, high-quality content creation",
        nickname="professional",
        use="high-quality creation, complex logical reasoning, multimodal tasks",
        advantage="close to state of the art, for professional teams",
        limit="needs enterprise hardware, higher cost",
        params_billion=(26, 41),
    ),
    SizeTier(
        name="70B+",
        fp16_gb=(140, 140),
        int4_gb=(35, 49),
        is_open_ended=True,
        hardware="multi-card enterprise GPU cluster",
        complexity="research",
        tasks="very large tasks, research",
        nickname="ultimate",
        use="research-grade needs, very large tasks",
        advantage="top performance, frontier exploration",
        limit="huge hardware investment, low value for money",
        params_billion=(65, 130),
    ),
)


def rule_of_thumb_bytes(num_params: float) -> tuple[float, float, float]:
    """Memory by the rule of thumb: FP16, INT4 low, INT4 high. Decimal GB, as the guide writes. [bytes]

    >>> [round(b / 1e9, 1) for b in rule_of_thumb_bytes(7e9)]
    [14.0, 3.5, 4.9]
    """
    low, high = RULE_INT4_BYTES_PER_PARAM
    billions = num_params / GB
    return (
        billions * RULE_FP16_BYTES_PER_PARAM * GB,
        billions * low * GB,
        billions * high * GB,
    )


@dataclass(frozen=True, kw_only=True)
class BaselineAnswer:
    """What the guide's flowchart says."""

    tiers: tuple[str, ...]
    optimises_quantization: bool
    questions: tuple[tuple[str, str], ...]
    """The questions asked, in order, with the answer taken."""


def baseline_policy(
    *, is_budget_limited: bool, complexity: str, has_enterprise_hardware: bool
) -> BaselineAnswer:
    """The three questions of the guide's flowchart, research counted as complex.

    >>> baseline_policy(is_budget_limited=True, complexity="complex", has_enterprise_hardware=True).tiers
    ('7B', '13B')
    """
    budget = ("Is the budget limited?", "yes" if is_budget_limited else "no")
    if is_budget_limited:
        return BaselineAnswer(tiers=("7B", "13B"), optimises_quantization=False, questions=(budget,))
    level = "complex" if complexity == "research" else complexity
    asked: tuple[tuple[str, str], ...] = (budget, ("How complex is the task?", level))
    if level == "simple":
        return BaselineAnswer(tiers=("7B",), optimises_quantization=False, questions=asked)
    if level == "medium":
        return BaselineAnswer(tiers=("13B",), optimises_quantization=False, questions=asked)
    asked = (*asked, ("Is enterprise hardware available?", "yes" if has_enterprise_hardware else "no"))
    if has_enterprise_hardware:
        return BaselineAnswer(tiers=("30-40B", "70B+"), optimises_quantization=False, questions=asked)
    return BaselineAnswer(tiers=("13B",), optimises_quantization=True, questions=asked)
