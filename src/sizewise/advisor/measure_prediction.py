"""What is predicted for the load that an endpoint was measured under: by `capacity`, on one machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sizewise.advisor.capacity_plan import LoadQuestion, capacity
from sizewise.advisor.named_machine import machine
from sizewise.advisor.question import Question
from sizewise.catalog import load_catalog
from sizewise.catalog.engine_versions import split_version
from sizewise.catalog.speed_constants import band
from sizewise.domain.estimate import Estimate
from sizewise.domain.measured_load import PredictedLoad
from sizewise.domain.text import T
from sizewise.errors import SizewiseError

if TYPE_CHECKING:
    from sizewise.catalog import Catalog
    from sizewise.domain.capacity import CapacityAnswer
    from sizewise.domain.device import Machine
    from sizewise.domain.measured_load import MeasureAnswer
    from sizewise.domain.model import Model

USUAL_ENGINE = "llama.cpp"
NO_PAUSE = "1 ms"
NO_LIMIT = "3600 s"
"""Of latency: what is asked is how fast it is, not whether that is enough."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What the user says about the endpoint; None: not said."""

    model: str | None = None
    quantization: str | None = None
    engine: str | None = None
    engine_version: str | None = None
    device: str | None = None


def predicted_load(answer: MeasureAnswer, named: Named, *, uses_store: bool = True) -> MeasureAnswer:
    """With the prediction for the same model, engine, device, lengths and load, and what it rests on.

    Without a model and a device that the catalog knows there is none, and a note says what to name.
    Raises: UnknownName for a name of the user that nobody knows.
    """
    catalog = load_catalog()
    model = _model(catalog, answer, named)
    if model is None or named.device is None:
        note = T(
            "no prediction: name --model and --device, and --quantization where it is not the published one"
        )
        return replace(answer, notes=(*answer.notes, note))
    quantization = catalog.quantization(named.quantization or model.native_format).name
    name, version = split_version(named.engine or answer.engine or USUAL_ENGINE)
    engine = catalog.engine(name).name
    where = machine(catalog, named.device, uses_store=uses_store)
    known = replace(
        answer, known_model=model.name, quantization=quantization, engine=engine, device=where.device.name,
        num_devices=where.num_devices, engine_version=named.engine_version or version or answer.engine_version,
    )  # fmt: skip
    try:
        found = capacity(_question(known, named.device, uses_store=uses_store), _load(known))
    except SizewiseError as error:
        return replace(known, notes=(*known.notes, T("no prediction: {problem}", problem=str(error))))
    plan = found.plan
    if plan is None or plan.num_machines != 1:
        note = T("no prediction: one machine is not expected to carry this load")
        return replace(known, notes=(*known.notes, note))
    return replace(known, predicted=_predicted(found, where, catalog))


def _model(catalog: Catalog, answer: MeasureAnswer, named: Named) -> Model | None:
    if named.model is not None:
        return catalog.model(named.model)
    try:
        return catalog.model(answer.model)
    except SizewiseError:
        return None


def _question(answer: MeasureAnswer, device: str, *, uses_store: bool) -> Question:
    measured = answer.measured
    return Question(
        model=(answer.known_model,), quantization=(answer.quantization,), engine=(answer.engine,), device=(device,),
        input_tokens=max(measured.prompt_tokens, 1.0), output_tokens=max(measured.output_tokens, 1.0),
        users=answer.num_users or None, think_time=NO_PAUSE, max_ttft=NO_LIMIT, max_tpot=NO_LIMIT,
        no_store=not uses_store,
    )  # fmt: skip


def _load(answer: MeasureAnswer) -> LoadQuestion:
    return LoadQuestion(rate=None if answer.num_users else answer.requests_per_s, length_variation=0)


def _predicted(found: CapacityAnswer, where: Machine, catalog: Catalog) -> PredictedLoad:
    if found.plan is None:
        raise ValueError("no plan")
    each = found.plan.each
    model = catalog.model(found.deployment.model)
    kind = "moe" if model.experts else "dense"

    def ranged(likely: float, phase: str) -> Estimate:
        low, high, basis = band(found.deployment.engine, where.device, phase, kind, model_family=model.family)
        return Estimate.within(likely, low, high, basis)

    return PredictedLoad(
        ttft_s=ranged(each.ttft.mean_s, "ttft"),
        tpot_s=ranged(each.tpot.mean_s, "tpot"),
        output_tokens_per_s=ranged(each.output_tokens_per_s, "throughput"),
    )
