"""Questions about speed, resolved: which model, weights, machine and engine each row means, as columns.

Rows that share an engine, a weight format and a way of splitting form one group, because a group is what the
formulas take at once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sizewise.catalog.speed_constants import coefficients
from sizewise.catalog.weights_table import as_read, weight_columns, weights_of
from sizewise.domain.device import Machine
from sizewise.errors import SizewiseError
from sizewise.estimate.columns import (
    MachineColumns,
    ModelColumns,
    WeightColumns,
    machine_columns,
    model_columns,
)
from sizewise.estimate.kv_cache import KV_TYPE_BYTES
from sizewise.estimate.prefill import prefill
from sizewise.estimate.speed import step_terms
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sizewise.catalog import Catalog
    from sizewise.domain.device import Device
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array, Number
    from sizewise.domain.quantization import Quantization
    from sizewise.estimate.prefill import Prefill
    from sizewise.estimate.speed import SpeedCoefficients, StepTerms

SAME_MEMORY_RATIO = 0.08
"""A driver reports up to so much less than the size on the box."""
WEIGHT_SHARE_OF_MEMORY = 0.6
"""Weights take at most this share of the memory of a replica that serves many users; the cache needs the rest."""
HOST_ONLY = frozenset({"none", "cpu"})
"""Words of a question that keeps the accelerator out of it."""
SPLITS_OF_QUESTIONS = frozenset({"row", "tensor", "layer"})
FIRST_RECENT_BUILD = 3400
"""llama.cpp builds before (July 2024) launch kernels one by one and have no flash attention by default. Recalled."""
HOST_FLOP_PER_S = 0.5e12
"""Eight cores, 16 FLOP a cycle, 4 GHz: the processor of a chip whose listed rates are its accelerator's. Assumed."""
CHECKPOINT_CACHES = {"tensorrt-llm": "fp8"}
"""Cache of engines whose checkpoints bring its type along, where the weights have no more than 8-bit floats: the
quantizer of TensorRT-LLM writes "kv_cache_quant_algo": "FP8" beside them. Recalled, not re-read."""
FLOAT_FORMATS = frozenset({"fp8", "fp4"})
AMD_CLASSES = frozenset({"amd-apu", "amd-gaming", "amd-pro", "amd-dc"})


class CaseKey(NamedTuple):
    """What the rows of a group share."""

    engine: str
    speed_class: str
    split: str


@dataclass(frozen=True, kw_only=True)
class Case:
    """One question, resolved."""

    question: Mapping[str, str]
    engine: Engine
    model: Model
    quantization: Quantization
    machine: Machine
    """Its device is the processor of a chip where the question keeps the accelerator out of it."""
    split: str
    num_replicas: float = 1.0
    num_stages: float = 1.0
    """Stages of a pipeline, each with the devices of `machine`; together they hold the weights. [count]"""

    @property
    def key(self) -> CaseKey:
        """The group of this case."""
        return CaseKey(self.engine.name, self.quantization.speed_class, self.split)

    def number(self, column: str, default: float) -> float:
        """A number of the question, or what is usual."""
        return float(self.question[column]) if self.question.get(column) else default

    @property
    def cache_bytes(self) -> tuple[float, float]:
        """Bytes of one K and one V element."""
        name = self.question.get("kv_dtype") or self._usual_cache
        k, _, v = name.partition("/")
        return KV_TYPE_BYTES[k], KV_TYPE_BYTES[v or k]

    @property
    def _usual_cache(self) -> str:
        """Type of the cache where the question does not say."""
        is_float = self.quantization.speed_class in FLOAT_FORMATS
        return CHECKPOINT_CACHES.get(self.engine.name, "f16") if is_float else "f16"


@dataclass(frozen=True, kw_only=True)
class CaseGroup:
    """Cases that one call of the formulas answers; arrays run along the cases [n]."""

    key: CaseKey
    cases: tuple[Case, ...]
    models: ModelColumns
    weights: WeightColumns
    machines: MachineColumns

    @property
    def devices(self) -> list[Device]:
        """The device of every case."""
        return [case.machine.device for case in self.cases]

    def numbers(self, column: str, default: float) -> Array:
        """One number a case."""
        return np.array([case.number(column, default) for case in self.cases])

    def per_case(self, value: Callable[[Case], Any]) -> Array:
        """Any value a case."""
        return np.array([value(case) for case in self.cases])


def resolved_cases(
    questions: Sequence[Mapping[str, str]], catalog: Catalog, check: Callable[[Case], None] | None = None
) -> tuple[list[Case], list[str]]:
    """Cases of the questions that name only known things, and one warning line for each of the others.

    `check` raises a SizewiseError for a case that cannot be answered.
    """
    cases, warnings = [], []
    for question in questions:
        try:
            case = _case(question, catalog)
            if check is not None:
                check(case)
            cases.append(case)
        except SizewiseError as error:
            warnings.append(f"{question['row_id']}: {error}")
    return cases, warnings


def _case(question: Mapping[str, str], catalog: Catalog) -> Case:
    engine = catalog.engine(question["engine"])
    device = catalog.device(question["device"])
    model, quantization = catalog.model(question["model"]), catalog.quantization(question["quant"])
    is_host_only = question.get("offload") in HOST_ONLY
    total = _whole(question, "num_devices", 1)
    num_stages = _whole(question, "pipeline_parallel", 1) if engine.split == "tensor" else 1
    num_devices = _replica_devices(
        question, total, device, weights_of(catalog, model, quantization).file_bytes
    )
    num_devices = max(num_devices // num_stages, 1)
    return Case(
        question=question,
        engine=engine,
        model=model,
        quantization=quantization,
        machine=Machine(
            device=host_of(device)
            if is_host_only
            else _of_memory(device, question.get("device_memory_gb", "")),
            num_devices=num_devices,
        ),
        split=_split(question, engine, num_devices),
        num_replicas=max(total / (num_devices * num_stages), 1.0),
        num_stages=float(num_stages),
    )


def _of_memory(device: Device, stated_gib: str) -> Device:
    """The device with the memory that the question states: chips and some cards come in several sizes."""
    ratio = float(stated_gib) * GIB / device.memory_bytes if stated_gib else 1.0
    if abs(ratio - 1.0) < SAME_MEMORY_RATIO:
        return device
    return replace(device, memory_bytes=device.memory_bytes * ratio, usable_bytes=device.usable_bytes * ratio)


def _whole(question: Mapping[str, str], column: str, default: int) -> int:
    return int(float(question[column])) if question.get(column) else default


def _replica_devices(question: Mapping[str, str], total: int, device: Device, weight_bytes: float) -> int:
    """Devices of one replica: as stated; in a serving question that leaves it open, the fewest that hold the model."""
    if question.get("tensor_parallel"):
        return _whole(question, "tensor_parallel", 1) * _whole(question, "pipeline_parallel", 1)
    if "scenario" not in question or question.get("replicas"):
        return max(total // _whole(question, "replicas", 1), 1)
    needed = weight_bytes / (WEIGHT_SHARE_OF_MEMORY * device.usable_bytes)
    return next((2**i for i in range(8) if 2**i >= needed and 2**i <= total), total)


def host_of(device: Device) -> Device:
    """The processor cores of a chip as a device of their own: its memory, without the rates of its accelerator."""
    unknown = float("nan")
    if device.kind == "cpu":
        return device
    return replace(
        device,
        device_class="cpu",
        fp32_flop_per_s=HOST_FLOP_PER_S,
        fp16_flop_per_s=HOST_FLOP_PER_S,
        fp8_flop_per_s=unknown,
        int8_op_per_s=unknown,
        fp4_flop_per_s=unknown,
    )


def _split(question: Mapping[str, str], engine: Engine, num_devices: int) -> str:
    if num_devices == 1:
        return "none"
    stated = question.get("split", "")
    return stated if stated in SPLITS_OF_QUESTIONS else engine.split


def conditions_of(case: Case) -> tuple[str, ...]:
    """Settings of the question that change the speed of kernels: keys of the table of conditions."""
    question, is_amd = case.question, case.machine.device.device_class in AMD_CLASSES
    is_old = is_old_build(case.engine.name, question.get("engine_version", ""))
    has_flash = (
        question.get("flash_attention") == "on" if is_old else question.get("flash_attention") != "off"
    )
    is_vulkan = question.get("backend") == "vulkan"
    found = {
        "old-build": is_old,
        "no-flash": not has_flash,
        "amd-flash": has_flash and is_amd and not is_vulkan,
        "vulkan": is_vulkan,
        "no-hipblaslt": question.get("hipblaslt") == "off",
    }
    return tuple(name for name, holds in found.items() if holds)


def is_old_build(engine_name: str, version: str) -> bool:
    """Is this a build of llama.cpp from before July 2024? An unknown version counts as recent."""
    if engine_name != "llama.cpp" or not version:
        return False
    if "2023" in version or "2024" in version:
        return True
    digits = version.removeprefix("b").split(" ")[0]
    return digits.isdigit() and int(digits) < FIRST_RECENT_BUILD


def group_coefficients(group: CaseGroup) -> SpeedCoefficients:
    """Speed constants of every case of a group, conditions of its question included."""
    return coefficients(
        group.key.engine,
        group.devices,
        group.key.speed_class,
        conditions=[conditions_of(case) for case in group.cases],
    )


def grouped_answers(
    questions: Sequence[Mapping[str, str]],
    catalog: Catalog,
    answers_of: Callable[[CaseGroup], Sequence[dict[str, Any]]],
    check: Callable[[Case], None] | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """What `answers_of` says about every case of a group, in the order of the questions.

    What names something unknown is blank and leaves one warning line.
    """
    cases, warnings = resolved_cases(questions, catalog, check)
    found: dict[str, dict[str, Any]] = {}
    for group in case_groups(cases):
        for case, answer in zip(group.cases, answers_of(group), strict=True):
            found[case.question["row_id"]] = answer
    return [{"row_id": q["row_id"]} | found.get(q["row_id"], {}) for q in questions], warnings


class Prompts(NamedTuple):
    """What is read before an answer."""

    input_tokens: Number
    cached_tokens: Number = 0.0
    """Tokens of it that are in the cache already."""
    together: Number = 1.0
    """Prompts that are read at once."""


def group_terms(
    group: CaseGroup, constants: SpeedCoefficients, *, context_tokens: Number, prompts: Prompts
) -> tuple[StepTerms, Prefill]:
    """Terms of a decode step at this context, and the time of reading these prompts, of every case."""
    cache_bytes = group.per_case(lambda case: case.cache_bytes)
    terms = step_terms(
        models=group.models,
        weights=group.weights,
        machines=group.machines,
        coefficients=constants,
        context_tokens=context_tokens,
        k_bytes_per_element=cache_bytes[:, 0],
        v_bytes_per_element=cache_bytes[:, 1],
        split=group.key.split,
    )
    prompt = prefill(
        models=group.models,
        weights=group.weights,
        machines=group.machines,
        coefficients=constants,
        input_tokens=prompts.input_tokens,
        cached_tokens=prompts.cached_tokens,
        num_prompts=prompts.together,
        split=group.key.split,
    )
    return terms, prompt


def case_groups(cases: Sequence[Case]) -> list[CaseGroup]:
    """The cases in groups, with their columns."""
    members: dict[CaseKey, list[Case]] = defaultdict(list)
    for case in cases:
        members[case.key].append(case)
    return [case_group(key, group) for key, group in members.items()]


def case_group(key: CaseKey, cases: Sequence[Case]) -> CaseGroup:
    """One group and its columns."""
    return CaseGroup(
        key=key,
        cases=tuple(cases),
        models=model_columns([case.model for case in cases]),
        weights=weight_columns([(case.model, as_read(case.quantization, case.engine)) for case in cases]),
        machines=machine_columns([case.machine for case in cases]),
    )
