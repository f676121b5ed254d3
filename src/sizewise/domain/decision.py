"""The answer: a chosen option, its neighbours, the reasons and what would flip it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import Text, Value  # noqa: TC001 - same

CONSTRAINTS = (
    "generator", "licence", "language", "capability", "context", "support", "memory", "quality", "speed", "budget",
    "cost",
)  # fmt: skip
"""What can bind, in the order of the decision flow; cost: passes every gate, but something else is preferred."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """model x quantization x engine x machine x parallelism x replicas."""

    model: str
    quantization: str
    engine: str
    engine_version: str
    device: str
    num_devices: int
    """Devices of one replica."""
    replicas: int
    context_tokens: int
    num_sequences: int
    """Requests that one replica runs at once."""
    kv_type: str
    split: str
    """none, layer or tensor."""
    path: str
    """owned, rent, buy or api."""
    memory_utilization: float = 1.0
    """Share of the device memory given to the engine (engines with a page pool)."""
    is_native_format: bool = False
    """Is the quantization the format in which the model is published?"""
    device_is_cpu: bool = False
    layers_per_device: tuple[int, ...] = ()
    """Blocks on each of unequal devices; empty: equal shares."""
    pipeline_stages: int = 1
    """Runs of layers on devices of their own (vLLM, SGLang); `num_devices` counts all of them."""
    gguf_path: str = ""
    """The user's own GGUF file; empty: it has to be made."""
    checkpoint_path: str = ""
    """Folder of the published weights here; empty: the model is a Hugging Face id."""
    download: str = ""
    """Command that fetches those files; empty: they are here, or the engine fetches them itself."""


@dataclass(frozen=True, kw_only=True)
class MemoryPart:
    """One line of the memory sum, on the fullest device. [bytes]"""

    name: str
    size: Estimate
    placement: str = "device"
    """device or host."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """A deployment and everything predicted about it."""

    deployment: Deployment
    memory: tuple[MemoryPart, ...]
    memory_bytes: Estimate
    """Sum of the device parts on the fullest device. [bytes]"""
    usable_bytes: float
    decode_tokens_per_s: Estimate | Unknown
    """One stream alone. [tokens/s]"""
    loaded_tokens_per_s: Estimate | Unknown
    """One stream under the asked load. [tokens/s]"""
    ttft_s: Estimate | Unknown
    """Time to the first token under the asked load. [s]"""
    throughput_tokens_per_s: Estimate | Unknown
    """All streams and replicas together. [tokens/s]"""
    num_users: float
    """Users that it carries within the latency targets."""
    power_watts: Estimate | Unknown
    """All machines at the plug under the asked load. [W]"""
    joules_per_token: Estimate | Unknown
    """For each output token, its share of the prompts included. [J/token]"""
    quality: Estimate | Unknown
    """On the 0-100 scale of the task's axis."""
    quality_evidence: str
    """Grade of the evidence: own, direct, variant, base, interpolated, self-reported."""
    pass_probability: float
    monthly_usd: Estimate | Unknown
    monthly_parts_usd: tuple[tuple[str, float], ...]
    upfront_usd: Estimate | Unknown
    usd_per_million_tokens: float
    answer_after_s: Estimate | Unknown | None = None
    """Time until the visible answer begins, after thinking; None where no thinking is counted. [s]"""


@dataclass(frozen=True, kw_only=True)
class Rejection:
    """Why not this one: the constraint that binds for its closest variant, and what would lift it."""

    option: Value
    role: str
    """size-above, size-below, quantization, api, nearest, asked."""
    constraint: str
    """One of CONSTRAINTS."""
    shortfall: Value
    lift: Value
    deployment: Deployment | None = None


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """A neighbour worth knowing: next cheaper, next better, other path."""

    role: str
    option: Option | None
    title: Value
    difference: Value


@dataclass(frozen=True, kw_only=True)
class Flip:
    """An input value at which another option takes over."""

    input: Value
    threshold: Value
    then: Value
    name: str
    """Input of `recommend`: users, context, min_quality, monthly_budget, electricity, hours; rent_price, buy_price: of
    the device; api: tokens a month against the API; api_price: its price over today's."""
    stays: float
    """The last value that was tried at which the answer stays."""
    turns: float
    """The next one, at which it does not."""


@dataclass(frozen=True, kw_only=True)
class Assumption:
    """A default that was used, who set it, and where it is from."""

    name: Value
    value: Value
    set_by: str
    """you or default."""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class FlowStep:
    """One diamond of the decision flow."""

    constraint: str
    question: Value
    threshold: Value
    set_by: str
    value: Value
    passes: bool
    num_left: int
    """Options left after this question."""
    not_taken: Value
    """What lies on the other branch."""
    num_lost: int = 0
    """Options that went there; -1: not counted."""
    basis: str = ""
    """Where the value comes from; empty for counts and words."""
    leads_to: Value = ""
    """The nearest option on the other branch, and what it lacks or saves."""

    @property
    def has_decided(self) -> bool:
        """Did it stop anything, or did the user set it?"""
        return self.num_lost != 0 or self.set_by == "you" or not self.passes


@dataclass(frozen=True, kw_only=True)
class GuideBeside:
    """The original guide's three questions for the same request, and where the two ways part."""

    questions: tuple[tuple[str, str], ...]
    """Question and reply, in the words of the guide."""
    tiers: tuple[str, ...]
    optimises_quantization: bool
    parts_at: int
    """Position of the question at which the ways part; -1: they lead to the same size."""
    why: Text


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One option over all sampled worlds."""

    option: Value
    win_ratio: float
    """Share of the worlds that it wins. [ratio]"""
    fail_ratio: float
    """Share of the worlds in which it does not do what is asked. [ratio]"""
    regret_usd: float
    """Mean of what it costs more than the best of each world. [USD/month]"""
    regret_p90_usd: float
    excuse: Value
    """Why it mostly loses; empty where it never does."""
    excuse_ratio: float
    """Share of its lost worlds with that reason. [ratio]"""
    is_answer: bool
    has_least_regret: bool


@dataclass(frozen=True, kw_only=True)
class Confidence:
    """How sure the choice is, speed, quality, load, prices and hours being what they are: uncertain."""

    word: str
    """clear, likely or coin flip."""
    num_worlds: int
    nobody_ratio: float
    """Share of the worlds in which no option does what is asked. [ratio]"""
    contenders: tuple[Contender, ...]
    """Those that matter, most wins first."""
    sampled: tuple[tuple[Value, float, float], ...]
    """What was sampled for all alike: name, low and high end of its 80 % range against the likely value. [ratio]"""


@dataclass(frozen=True, kw_only=True)
class ApiOption:
    """One model behind one API, at one load."""

    model: str
    provider: str
    requests_per_month: float
    monthly_usd: Estimate
    """The cheapest offer, up to the median of all offers of the model. [USD/month]"""
    quality: Estimate | Unknown
    pass_probability: float
    input_usd_per_mtok: float
    """For prompts of this length. [USD per million tokens]"""
    cached_usd_per_mtok: float
    """Input that the provider finds in its cache; NaN where no such price is known."""
    output_usd_per_mtok: float
    """Answers and thinking."""
    batch_factor: float
    """Price of what can wait over the usual one. [ratio]"""
    peak_factor: float
    """Price in dear hours over the usual one. [ratio]"""
    peak_window: str
    num_offers: int
    source: str
    as_of: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Everything that `recommend` says."""

    verdict: Text
    answer: Option | None
    assumptions: tuple[Assumption, ...]
    alternatives: tuple[Alternative, ...]
    rejected: tuple[Rejection, ...]
    flips: tuple[Flip, ...]
    flow: tuple[FlowStep, ...]
    prepare: tuple[str, ...]
    """Commands to run once before the launch command."""
    command: str
    options: tuple[Option, ...]
    """The `top` best options, the answer first."""
    num_candidates: int
    facts_date: str
    version: str
    request: dict[str, Any]
    confidence: Confidence | None = None
    """None where there is no answer."""
    guide: GuideBeside | None = None
    """None where it was not asked for."""
    api: ApiOption | None = None
    """The cheapest API that is good enough, where the request lets data go out and there is one."""

    @property
    def is_api_best(self) -> bool:
        """Is the API the answer: the only one, or cheaper than the best machine?"""
        if self.api is None or self.answer is None:
            return self.api is not None
        own = self.answer.monthly_usd
        return not isinstance(own, Estimate) or self.api.monthly_usd.likely < own.likely

    @property
    def choice(self) -> Option | ApiOption | None:
        """What is recommended: the API where it is best, else the answer; None where nothing satisfies the request."""
        return self.api if self.is_api_best else self.answer
