"""Why not the neighbours: the size above, the size below, the other formats, the API; and what would lift each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sizewise.advisor.grading import grade
from sizewise.advisor.lifts import lift
from sizewise.advisor.trial import trial
from sizewise.decide import wording
from sizewise.decide.nearest import excess
from sizewise.domain.decision import Rejection
from sizewise.domain.text import T

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.advisor.finding import Found
    from sizewise.advisor.trial import Trial
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option
    from sizewise.domain.model import Model
    from sizewise.domain.request import Request
    from sizewise.domain.text import Text

MAX_NEAREST = 5
"""Nearest options shown where nothing passes."""
MAX_RUNNING = 2
"""Of these, options that run there but are not good enough."""
LEAST_HOPE = 0.05
"""Options that are less likely to be good enough are no help. [ratio]"""
MAX_TRIED = 40
"""Smallest good enough models among which the nearest are looked for."""
SAME_SIZE_RATIO = 1.15
"""Models whose sizes differ by less are the same size. [ratio]"""
NEXT_SIZE_RATIO = 4.0
"""Beyond this it is no neighbour any more. [ratio]"""
GATE_TEXTS: dict[str, Text] = {
    "generator": T("it does not write text: it gives a score, a label or a vector"),
    "licence": T("its licence does not allow the use asked for"),
    "language": T("it does not list the language asked for"),
    "capability": T(
        "it is not made for this task (a base model, a re-upload, one that always thinks first, or without the sense "
        "that it needs)"
    ),
    "context": T("its own context is shorter than the one asked for"),
}
"""What a gate of the model alone says."""


def neighbours(catalog: Catalog, found: Found, answer: Option) -> Iterator[Rejection]:
    """The sizes around the answer and its other formats, each with the constraint that binds."""
    chosen = catalog.models[answer.deployment.model]
    sizes = {"size-above": size_above(found, chosen), "size-below": size_below(found, chosen)}
    request = replace(found.request, filters=replace(found.request.filters, quantizations=()))
    models = [chosen, *(m for m in sizes.values() if m)]
    tried = trial(catalog, request, models, found.machines)
    for role, model in sizes.items():
        if model:
            yield closest(catalog, found.request, tried, model, role=role, answer=answer)
    if tried is not None:
        yield from other_formats(catalog, request, tried, answer)


def size_above(found: Found, chosen: Model) -> Model | None:
    """The best known model one size up, of the same family if there is one."""
    return _next(found, chosen, is_larger=True)


def size_below(found: Found, chosen: Model) -> Model | None:
    """The best known one size down, likewise."""
    return _next(found, chosen, is_larger=False)


def _next(found: Found, chosen: Model, *, is_larger: bool) -> Model | None:
    graded: dict[str, float] = {}
    for i in np.flatnonzero(np.isfinite(found.grades.mean)).tolist():
        name = found.space.rows[i].model.name
        graded[name] = max(graded.get(name, 0.0), float(found.grades.mean[i]))
    near = [m for m in found.models if m.name in graded and _is_next_size(m, chosen, is_larger=is_larger)]
    family = [m for m in near if m.family == chosen.family]
    if not near:
        return None
    return max(family or near, key=lambda m: (graded[m.name], m.name))


def _is_next_size(model: Model, chosen: Model, *, is_larger: bool) -> bool:
    """Is it larger (smaller) by more than nothing, and not by so much that a size lies between?"""
    ratio = model.num_params / chosen.num_params
    return SAME_SIZE_RATIO < (ratio if is_larger else 1 / ratio) < NEXT_SIZE_RATIO


def other_formats(catalog: Catalog, request: Request, tried: Trial, answer: Option) -> Iterator[Rejection]:
    """Every other proposed format of the chosen model on its engine, one line each."""
    same = answer.deployment
    formats = tried.text_column(lambda row: row.quantization.name)
    is_here = (tried.text_column(lambda row: row.model.name) == same.model) & (
        tried.text_column(lambda row: row.engine.name) == same.engine
    )
    for name in dict.fromkeys(formats[is_here].tolist()):
        if name != same.quantization:
            index = tried.best(among=(formats == name) & is_here)
            yield _rejection(catalog, request, tried, index, role="quantization", answer=answer)


def nearest(catalog: Catalog, found: Found) -> list[Rejection]:
    """Where nothing passes: the best that does run there, then what misses its gate by the least, or the best known."""
    probability = np.nan_to_num(found.grades.probability, nan=-1.0)
    best: dict[str, float] = {}
    for i, row in enumerate(found.space.rows):
        best[row.model.name] = max(best.get(row.model.name, -1.0), float(probability[i]))
    enough = found.request.limits.min_pass_probability
    able = [m for m in found.models if best.get(m.name, -1.0) >= enough]
    able = sorted(able, key=lambda m: (m.num_params, m.name))[:MAX_TRIED]
    if not able:
        able = sorted(found.models, key=lambda m: (-best.get(m.name, -1.0), m.num_params, m.name))[
            :MAX_NEAREST
        ]
    running = [m for m in best_running(found) if m not in able]
    tried = trial(catalog, found.request, [*running, *able], found.machines)
    able = sorted(able, key=lambda m: _distance(tried, found.request, m))
    shown = [*running, *able][:MAX_NEAREST]
    return [closest(catalog, found.request, tried, model, role="nearest", answer=None) for model in shown]


def best_running(found: Found) -> list[Model]:
    """The best models that pass every gate but that of quality, best first."""
    if found.survivors is None:
        return []
    rows = found.survivors.row_ids
    rows = rows[found.grades.probability[rows] >= LEAST_HOPE]
    order = np.argsort(-np.nan_to_num(found.grades.mean[rows], nan=-1.0), kind="stable")
    models = dict.fromkeys(found.space.rows[i].model.name for i in rows[order].tolist())
    by_name = {m.name: m for m in found.models}
    return [by_name[name] for name in list(models)[:MAX_RUNNING]]


def _distance(tried: Trial | None, request: Request, model: Model) -> tuple[float, float]:
    """How far the closest good enough variant of a model is: gates still to pass, then by how much."""
    index = None if tried is None else _closest_index(tried, request, model)
    if tried is None or index is None:
        return (float("inf"), float("inf"))
    return (-float(tried.stages[index]), float(excess(tried.values, tried.stages)[index]))


def refused_by_name(catalog: Catalog, found: Found) -> Iterator[Rejection]:
    """Models that were asked for by name but fail a gate of their own."""
    for name in found.request.filters.models:
        if name in found.refused:
            gate = found.refused[name]
            yield Rejection(
                option=name,
                role="asked",
                constraint=gate,
                shortfall=GATE_TEXTS[gate],
                lift=_gate_lift(catalog, name, gate),
            )


def _gate_lift(catalog: Catalog, name: str, gate: str) -> Text:
    if gate == "context":
        return T("a context of at most {n} tokens", n=f"{catalog.models[name].max_context_tokens:,}")
    if gate == "generator":
        return T("size it with: sizewise fit {model} --device DEVICE", model=name)
    return T("another model, or the requirement dropped")


def closest(
    catalog: Catalog, request: Request, tried: Trial | None, model: Model, *, role: str, answer: Option | None
) -> Rejection:
    """The variant of a model that comes closest: never quoted in a format in which it is hopeless."""
    index = None if tried is None else _closest_index(tried, request, model)
    if tried is None or index is None:
        return Rejection(
            option=model.name, role=role, constraint="support", shortfall=T("no engine runs it on this hardware"),
            lift=T("other hardware"),
        )  # fmt: skip
    return _rejection(catalog, request, tried, index, role=role, answer=answer)


def _closest_index(tried: Trial, request: Request, model: Model) -> int | None:
    """Position of the variant of a model that comes closest, among those good enough if any is; None: none runs."""
    is_asked = tried.text_column(lambda row: row.model.name) == model.name
    formats = request.filters.quantizations
    if formats:
        is_asked &= np.isin(tried.text_column(lambda row: row.quantization.name), formats)
    if not is_asked.any():
        return None
    probability = grade(tried.space.rows, request).probability[tried.row_ids]
    is_enough = is_asked & (probability >= request.limits.min_pass_probability)
    return tried.best(among=is_enough if is_enough.any() else is_asked)


def _rejection(
    catalog: Catalog,
    request: Request,
    tried: Trial,
    index: int,
    *,
    role: str,
    answer: Option | None,
) -> Rejection:
    row, machine, values = tried.row(index), tried.machine(index), tried.values.take(slice(index, index + 1))
    grades = grade([row], request)
    mean, probability = float(grades.mean[0]), float(grades.probability[0])
    binding = tried.constraint(index)
    if not binding and not probability >= request.limits.min_pass_probability:
        binding = "quality"
    name = T(
        "{model} in {quantization} with {engine} on {machine}",
        model=row.model.name, quantization=row.quantization.name, engine=row.engine.name,
        machine=wording.machine_name(machine),
    )  # fmt: skip
    usable = machine.device.usable_bytes
    shortfall = {
        "memory": lambda: wording.memory_shortfall(float(values.shortfall_bytes[0]), usable, machine),
        "speed": lambda: wording.speed_shortfall(
            float(values.decode_s[0]), float(values.prefill_s[0]), request, machine
        ),
        "budget": lambda: wording.budget_shortfall(float(values.monthly_usd[0]), request),
        "quality": lambda: wording.quality_shortfall(mean, probability, request),
        "": lambda: wording.cost_difference(
            float(values.monthly_usd[0]),
            getattr(answer.monthly_usd, "likely", float("inf")) if answer else float("inf"),
            is_same_model=answer is not None and answer.deployment.model == row.model.name,
        ),
    }[binding]()
    return Rejection(
        option=name,
        role=role,
        constraint=binding or "cost",
        shortfall=shortfall,
        lift=lift(catalog, request, row, machine, binding, values),
    )
