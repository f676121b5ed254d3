"""`compare`: options side by side, each evaluated as asked, none replaced."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from sizewise.advisor.asking import ask
from sizewise.advisor.finding import machines_of
from sizewise.advisor.grading import grade
from sizewise.advisor.named_machine import machine
from sizewise.advisor.options import option
from sizewise.advisor.space import owned_machines
from sizewise.advisor.trial import trial
from sizewise.catalog import load_catalog
from sizewise.decide import wording
from sizewise.decide.candidates import model_gate
from sizewise.domain.answers import CompareAnswer
from sizewise.domain.decision import Rejection
from sizewise.domain.text import T
from sizewise.errors import BadInput

if TYPE_CHECKING:
    from sizewise.advisor.asking import Asked
    from sizewise.advisor.question import Question
    from sizewise.catalog import Catalog
    from sizewise.domain.decision import Option

SPEC = re.compile(r"^\s*(?P<model>[^@\s]+)(?:@(?P<format>\S+))?(?:\s+on\s+(?P<device>.+?))?\s*$")
"""'MODEL', 'MODEL@FORMAT', 'MODEL@FORMAT on 2x DEVICE'."""
MOST_OPTIONS = 20


def compare(question: Question, options: tuple[str, ...]) -> CompareAnswer:
    """Each option under the same task and load; what passes no gate is told with its reason.

    Raises: BadInput for an option that cannot be read; UnknownName for a name nobody knows.
    """
    if not 1 <= len(options) <= MOST_OPTIONS:
        raise BadInput(
            "compare takes 1 to {most} options, {given} were given", most=MOST_OPTIONS, given=len(options)
        )
    catalog = load_catalog()
    asked = ask(catalog, question)
    shown: list[Option] = []
    refused: list[Rejection] = []
    for text in options:
        result = _evaluated(catalog, asked, text)
        if isinstance(result, Rejection):
            refused.append(result)
        else:
            shown.append(result)
    return CompareAnswer(options=tuple(shown), refused=tuple(refused))


def _evaluated(catalog: Catalog, asked: Asked, text: str) -> Option | Rejection:
    match = SPEC.match(text)
    if not match:
        raise BadInput("option '{given}' cannot be read; write MODEL@FORMAT on DEVICE, for example "
                       "Qwen3-8B@Q4_K_M on RTX 4090", given=text)  # fmt: skip
    model = catalog.model(match["model"])
    formats = (catalog.quantization(match["format"]).name,) if match["format"] else ()
    filters = replace(asked.request.filters, models=(model.name,), quantizations=formats)
    request = replace(asked.request, filters=filters)
    gate = model_gate(model, request)
    if gate:
        return Rejection(
            option=text, role="asked", constraint=gate,
            shortfall=T("does not pass the requirement on {gate}", gate=gate),
            lift=T("another model, or the requirement dropped"),
        )  # fmt: skip
    machines = (
        owned_machines([machine(catalog, match["device"])])
        if match["device"]
        else machines_of(catalog, asked)
    )
    tried = trial(catalog, request, [model], machines)
    if tried is None:
        return Rejection(
            option=text, role="asked", constraint="support", shortfall=T("no engine runs it on this hardware"),
            lift=T("other hardware or another format"),
        )  # fmt: skip
    index = tried.best()
    if tried.constraint(index) == "memory":
        hardware = tried.machine(index)
        return Rejection(
            option=text, role="asked", constraint="memory",
            shortfall=wording.memory_shortfall(
                float(tried.values.shortfall_bytes[index]), hardware.device.usable_bytes, hardware
            ),
            lift=T("see: sizewise fit {model} --device DEVICE", model=model.name),
        )  # fmt: skip
    grades = grade(tried.space.rows, request)
    return option(tried.space, grades, request, int(tried.row_ids[index]), int(tried.machine_ids[index]))
