"""The trust ladder's first steps: what was measured on this computer corrects what is predicted for it.

The rates of the store, alone and under load, are predicted by the formulas that `accuracy` scores, with the constants
of this computer corrected step by step until they agree as well as their prior allows (`estimate/calibration`). All
else follows from the constants: `recommend` and `capacity` know nothing of measurements.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog.speed_constants import family_of
from sizewise.domain.calibration import Calibration, OwnRate
from sizewise.errors import SizewiseError
from sizewise.estimate.calibration import calibrated, factors_of, parameters_of, posterior, shrunk
from sizewise.predict.serving import group_served
from sizewise.predict.single import group_tokens_per_s
from sizewise.predict.speed_cases import Case, case_groups, group_coefficients
from sizewise.proof.store.records import Measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Machine
    from sizewise.domain.number import Array
    from sizewise.estimate.calibration import Parameter, Posterior
    from sizewise.predict.speed_cases import CaseGroup
    from sizewise.proof.store.records import Record

PHASES = {"decode_tokens_per_s": "decode", "prefill_tokens_per_s": "prefill"}
"""Metrics of one stream alone that say something about the constants, and the phase they are of."""
LOAD_PHASES = {"output_tokens_per_s": "throughput", "ttft_s": "ttft", "tpot_s": "tpot"}
"""The same of figures under load."""
VOICES = {"throughput": 0.0, "ttft": 0.3, "tpot": 1.0}
"""Throughput follows from the two latencies in a closed loop and from the rate otherwise; the first token is noisy."""
FEWEST_RATES = 3
"""Below, nothing is corrected: one odd measurement must not bend everything. Nor has a figure under load a range of
its own."""


def calibration(records: Sequence[Record], catalog: Catalog, machine: Machine) -> Calibration | None:
    """What these records say about this machine; None where they say too little."""
    for family in dict.fromkeys(family for record in records if (family := _family(record))):
        found = _of_family(family, records, catalog, machine)
        if found is not None:
            return found
    return None


def _family(record: Record) -> str:
    try:
        return family_of(record.engine)
    except SizewiseError:
        return ""


def _of_family(
    family: str, records: Sequence[Record], catalog: Catalog, machine: Machine
) -> Calibration | None:
    plain = replace(machine, device=replace(machine.device, calibration=None))
    cases, values = [], []
    for record in records:
        if _family(record) == family and isinstance(record, Measurement) and record.value > 0:
            case = _case(record, catalog, plain)
            if case is not None:
                cases.append(case)
                values.append(record.value)
    if len(cases) < FEWEST_RATES:
        return None
    positions = {id(case): i for i, case in enumerate(cases)}
    groups = [
        (group, [positions[id(c)] for c in group.cases])
        for is_load in (False, True)
        for group in case_groups([case for case in cases if _is_load(case) == is_load])
    ]
    parameters = parameters_of(case.quantization.speed_class for case in cases)
    found = posterior(
        lambda theta: log_rates(groups, parameters, theta, len(cases)), np.log(values), parameters,
        phases=[case.question["phase"] for case in cases], voices=np.array([_voice(case) for case in cases]),
    )  # fmt: skip
    return _result(family, cases, parameters, found)


def _is_load(case: Case) -> bool:
    return case.question["phase"] in VOICES


def _voice(case: Case) -> float:
    """One stream alone is told about by its rate."""
    is_alone = case.question.get("concurrency") == "1" and case.question["phase"] == "tpot"
    return 0.0 if is_alone else VOICES.get(case.question["phase"], 1.0)


def log_rates(
    groups: Sequence[tuple[CaseGroup, list[int]]], parameters: Sequence[Parameter], theta: Array, count: int
) -> Array:
    """Logarithm of every predicted figure, with the constants corrected. [rows]"""
    values = np.empty(count)
    for group, positions in groups:
        factors = factors_of(parameters, theta, group.key.speed_class)
        constants = calibrated(group_coefficients(group), factors)
        if _is_load(group.cases[0]):
            served = group_served(group, constants)
            by_phase = {phase: getattr(served, metric) for metric, phase in LOAD_PHASES.items()}
            values[positions] = [by_phase[case.question["phase"]][i] for i, case in enumerate(group.cases)]
        else:
            values[positions] = group_tokens_per_s(group, constants)
    return np.log(values)


def _result(
    family: str, cases: Sequence[Case], parameters: Sequence[Parameter], found: Posterior
) -> Calibration:
    phases = np.array([case.question["phase"] for case in cases])
    shapes = np.array([f"{case.model.name} {case.quantization.name}" for case in cases])
    names: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for i, case in enumerate(cases):
        if _is_load(case):  # a load is never quite the one that was measured
            continue
        names[case.model.name, case.quantization.name, case.question["phase"]].append(i)
    own = []
    for (model, quantization, phase), rows in names.items():
        offset, spread = shrunk(found.residuals[rows], found.weights[rows], float(found.spread[rows[0]]))
        own.append(
            OwnRate(
                model=model,
                quantization=quantization,
                phase=phase,
                factor=float(np.exp(offset)),
                spread=spread,
            )
        )
    return Calibration(
        engine_family=family,
        factors=factors_of(parameters, found.theta, ""),
        formats=tuple(
            (name, factors_of(parameters, found.theta, name))
            for name in sorted({parameter.speed_class for parameter in parameters} - {""})
        ),
        spreads=tuple(
            (phase, found.prediction_sd(phases == phase, len(set(shapes[phases == phase].tolist()))))
            for phase in sorted(set(phases.tolist()))
            if phase not in VOICES or np.sum(phases == phase) >= FEWEST_RATES
        ),
        own=tuple(own),
        num_measurements=len(cases),
    )


def _case(record: Measurement, catalog: Catalog, machine: Machine) -> Case | None:
    """The measurement as a question; None where the catalog no longer knows its names."""
    try:
        model, quantization = catalog.model(record.model), catalog.quantization(record.quantization)
        engine = catalog.engine(record.engine)
    except SizewiseError:
        return None
    question = _load_question(record) if record.metric in LOAD_PHASES else _single_question(record)
    if question is None:
        return None
    return Case(
        question=question, engine=engine, model=model, quantization=quantization, machine=machine,
        split="none",
    )  # fmt: skip


def _single_question(record: Measurement) -> dict[str, str] | None:
    if record.metric not in PHASES:
        return None
    settings = record.settings
    return {
        "phase": PHASES[record.metric],
        "depth_tokens": str(settings.get("depth_tokens", 0)),
        "prompt_tokens": str(settings.get("prompt_tokens", "")),
        "generated_tokens": "0",
        "kv_dtype": str(settings.get("kv_type", "f16")),
    }


def _load_question(record: Measurement) -> dict[str, str] | None:
    """Under the load that it was measured under; None where that was not kept."""
    settings = record.settings
    users, rate = settings.get("num_users"), settings.get("requests_per_s")
    if not settings.get("prompt_tokens") or not settings.get("output_tokens") or not (users or rate):
        return None
    return {
        "phase": LOAD_PHASES[record.metric],
        "scenario": "closed loop" if users else "poisson",
        "concurrency": str(users or ""),
        "request_rate_per_s": str(rate or ""),
        "input_tokens": str(settings["prompt_tokens"]),
        "output_tokens": str(settings["output_tokens"]),
        "kv_dtype": str(settings.get("kv_type", "f16")),
    }
