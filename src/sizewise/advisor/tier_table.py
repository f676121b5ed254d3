"""`tiers`: the table of the original guide beside computed figures of real models of each tier."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.advisor.asking import ask
from sizewise.advisor.curve import task_curve
from sizewise.advisor.fit_terms import Case
from sizewise.advisor.grading import grade
from sizewise.advisor.guide_beside import guide_answer
from sizewise.advisor.question import Question
from sizewise.advisor.recommendation import recommend
from sizewise.advisor.space import Row, market_machines
from sizewise.advisor.trial import trial
from sizewise.catalog import load_catalog
from sizewise.catalog.quality_bars import COMPLEXITY_POINTS, COMPLEXITY_REFERENCES
from sizewise.decide import wording
from sizewise.decide.baseline import TIERS
from sizewise.domain.answers import PolicyAnswer, TierLine, TierModel, TiersAnswer
from sizewise.domain.device import Machine
from sizewise.domain.estimate import Estimate, Unknown
from sizewise.domain.text import T
from sizewise.domain.workload import COMPLEXITIES
from sizewise.units import GB

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.decide.baseline import SizeTier
    from sizewise.domain.device import Machine as MachineType
    from sizewise.domain.model import Model
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text

MODELS_PER_TIER = 2
WIDE_FORMAT, NARROW_FORMAT, ENGINE = "F16", "Q4_K_M", "llama.cpp"
"""What stands for FP16 and INT4 in real files, and who loads them."""
REFERENCE_DEVICE = "NVIDIA H100 SXM5 80GB"
"""Memory of weights, cache and buffers does not depend on it."""


def tiers(
    *, context: str | float | None = None, users: str | float | None = None, task: str | None = None
) -> TiersAnswer:
    """Every tier with the guide's own numbers and words, and with the best known real models of its sizes.

    Raises: SizewiseError for input that cannot be used.
    """
    catalog = load_catalog()
    question = Question(task=task or "chat", context=context, users=users)
    request = ask(catalog, question).request
    machines = market_machines(tuple(catalog.devices.values()), request, catalog.facts_date)
    lines = tuple(_line(catalog, request, tier, machines) for tier in TIERS)
    return TiersAnswer(
        lines=lines,
        context_tokens=request.workload.context_tokens,
        num_users=int(request.workload.num_users),
        task=request.task.name,
        complexity_table=tuple(_complexity(catalog, name) for name in COMPLEXITIES),
        curve=task_curve(catalog, request, machines),
        facts_date=catalog.facts_date,
    )


def _line(catalog: Catalog, request: Request, tier: SizeTier, machines: list[MachineType]) -> TierLine:
    chosen = [
        _tier_model(catalog, request, model, machines) for model in best_of_tier(catalog, request, tier)
    ]
    return TierLine(
        name=tier.name,
        rule_fp16_gb=tier.fp16_gb,
        rule_int4_gb=tier.int4_gb,
        is_open_ended=tier.is_open_ended,
        rule_hardware=tier.hardware,
        complexity=tier.complexity,
        rule_tasks=tier.tasks,
        nickname=tier.nickname,
        use=tier.use,
        advantage=tier.advantage,
        limit=tier.limit,
        models=tuple(chosen),
        evidence=_evidence(tier, chosen),
    )


def best_of_tier(catalog: Catalog, request: Request, tier: SizeTier) -> list[Model]:
    """The best known official instruct models of a tier's sizes on the task, unknown ones left out."""
    low, high = tier.params_billion
    known = _known_models(catalog, request, low, high)
    known.sort(key=lambda pair: (-pair[0], pair[1].num_params, pair[1].name))
    return [m for _, m in known[:MODELS_PER_TIER]]


def _known_models(
    catalog: Catalog, request: Request, low_billion: float, high_billion: float
) -> list[tuple[float, Model]]:
    """Official instruct models of these sizes whose quality on the task is known, with their points."""
    sized = [
        m for m in catalog.models.values()
        if m.is_generator and m.is_instruct and m.is_official and low_billion <= m.num_params / GB <= high_billion
        and request.workload.context_tokens <= m.max_context_tokens
    ]  # fmt: skip
    native = [
        Row(model=m, quantization=catalog.quantizations[m.native_format], engine=catalog.engines[ENGINE])
        for m in sized
    ]
    if not native:
        return []
    mean = grade(native, request).mean
    return [(score, m) for score, m in zip(mean.tolist(), sized, strict=True) if math.isfinite(score)]


def _tier_model(catalog: Catalog, request: Request, model: Model, machines: list[MachineType]) -> TierModel:
    filters = replace(
        request.filters, models=(model.name,), quantizations=(NARROW_FORMAT,), engines=(ENGINE,)
    )
    tried = trial(catalog, replace(request, filters=filters), [model], machines)
    index = tried.best() if tried else 0
    passes = tried is not None and not tried.constraint(index)
    row = Row(model=model, quantization=catalog.quantizations[NARROW_FORMAT], engine=catalog.engines[ENGINE])
    return TierModel(
        model=model.name,
        num_params=model.num_params,
        released=model.released,
        fp16_bytes=_bytes(catalog, request, model, WIDE_FORMAT),
        int4_bytes=_bytes(catalog, request, model, NARROW_FORMAT),
        hardware=wording.machine_name(tried.machine(index)) if tried and passes else "",
        monthly_usd=float(tried.values.monthly_usd[index]) if tried and passes else math.nan,
        quality=grade([row], request).estimate(0),
    )


def _bytes(catalog: Catalog, request: Request, model: Model, quantization: str) -> float:
    """Weights, cache and buffers at the asked context and load, all on one device. [bytes]"""
    case = Case(
        catalog=catalog, model=model, quantization=catalog.quantizations[quantization], engine=catalog.engines[ENGINE],
        machine=Machine(device=catalog.devices[REFERENCE_DEVICE]), context_tokens=request.workload.context_tokens,
        num_sequences=int(request.workload.num_users), kv_type=request.kv_type,
    )  # fmt: skip
    return case.total.likely


def _evidence(tier: SizeTier, models: list[TierModel]) -> Text:
    """What public results say of the tier's own bar."""
    bar = COMPLEXITY_POINTS[tier.complexity]
    best = models[0].quality if models else Unknown(reason="no model of this size has a known quality")
    if not isinstance(best, Estimate):
        return T("no model of this size has a known quality on this task")
    return T(
        "the best of this size today, {model}, reaches {points} ({low} - {high}); the guide's size for {complexity} "
        "tasks stood at {bar}",
        model=models[0].model, points=wording.points(best.likely), low=wording.points(best.low),
        high=wording.points(best.high), complexity=tier.complexity, bar=wording.points(bar),
    )  # fmt: skip


def _complexity(catalog: Catalog, complexity: str) -> tuple[str, tuple[str, ...], Text]:
    """A complexity, its tasks, and its bar with the reason."""
    tasks = tuple(task.name for task in catalog.tasks.values() if task.complexity == complexity)
    bar = T(
        "{points} points: about what {model}, the guide's size for it, reaches",
        points=wording.points(COMPLEXITY_POINTS[complexity]), model=COMPLEXITY_REFERENCES[complexity],
    )  # fmt: skip
    return complexity, tasks, bar


def rule_of_thumb(
    question: Question, *, budget_limited: bool | None = None, enterprise_hardware: bool | None = None
) -> PolicyAnswer:
    """The guide's three questions, answered from the request where they are not answered outright.

    A budget was named: it is limited. A data-centre device was named: enterprise hardware is there.
    Raises: SizewiseError for input that cannot be used.
    """
    catalog = load_catalog()
    asked = ask(catalog, question)
    said = guide_answer(
        question, asked, budget_limited=budget_limited, enterprise_hardware=enterprise_hardware
    )
    return PolicyAnswer(
        questions=said.questions,
        tiers=said.tiers,
        optimises_quantization=said.optimises_quantization,
        computed=recommend(question, has_flips=False).verdict,
    )
