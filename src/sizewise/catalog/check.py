"""What is wrong with the facts: duplicates, missing sources, implausible figures, sums that do not add up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sizewise.catalog.table import FOLDER, Column, read_table, text
from sizewise.domain.workload import COMPLEXITIES
from sizewise.estimate.tensors import tensor_list
from sizewise.units import GIB, TIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from sizewise.catalog.loader import Catalog
    from sizewise.domain.device import Device
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model

RECOUNT_TOLERANCE = 0.01
"""Largest difference of recounted matrices and parameters that needs no reason. [ratio]"""
MOST_PARAMS = 1e13
"""No published model is larger. [count]"""
MOST_MEMORY_BYTES = 16 * TIB
MOST_BANDWIDTH_BYTES_PER_S = 2e13
MOST_WATTS = 3000.0
MOST_FLOP_PER_BYTE = 3000.0
"""Highest matrix rate for a byte of bandwidth that a device has. [FLOP/byte]"""
QUALITY_AXES = frozenset({
    "classification", "extraction", "summarization", "qa", "rag", "chat", "writing", "translation",
    "chinese", "coding",
    "math", "reasoning", "tool-use", "long-context", "multimodal",
})  # fmt: skip


def check(catalog: Catalog) -> list[str]:
    """All problems of the facts, one line each; empty when nothing is wrong."""
    return [
        *_duplicates(FOLDER / "models.csv"),
        *_duplicates(FOLDER / "devices.csv"),
        *_without_source(catalog),
        *_problems(
            "model",
            catalog.models.values(),
            (_size_problem, _shape_problem, _cache_problem, _format_problem(catalog)),
        ),
        *_problems("device", catalog.devices.values(), (_memory_problem, _rate_problem)),
        *_problems("engine", catalog.engines.values(), (_quantization_problem(catalog),)),
        *_problems("task", catalog.tasks.values(), (_task_problem,)),
    ]


def _problems(kind: str, entries: Iterable[Any], rules: Iterable[Callable[[Any], str]]) -> Iterator[str]:
    for entry in entries:
        for rule in rules:
            problem = rule(entry)
            if problem:
                yield f"{kind} {entry.name}: {problem}"


def _duplicates(path: Path) -> Iterator[str]:
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    seen: set[str] = set()
    for row in read_table(path, [Column(name, text, "") for name in header]):
        name = row["name"].lower()
        if name in seen:
            yield f"{path.name}: {row['name']} occurs twice"
        seen.add(name)


def _without_source(catalog: Catalog) -> Iterator[str]:
    tables: Mapping[str, Mapping[str, Any]] = {
        "model": catalog.models, "device": catalog.devices, "quantization": catalog.quantizations,
        "engine": catalog.engines, "task": catalog.tasks,
    }  # fmt: skip
    for kind, entries in tables.items():
        for name, entry in entries.items():
            if not (entry.source and entry.as_of):
                yield f"{kind} {name}: without source or date"


def _size_problem(model: Model) -> str:
    if not 0 < model.num_params <= MOST_PARAMS:
        return f"{model.num_params:g} parameters"
    if model.num_active_params > model.num_params:
        return "more active parameters than parameters"
    return ""


def _shape_problem(model: Model) -> str:
    """The matrices of the shape may not exceed the parameters unless the row says that it is not exact."""
    tensors = tensor_list(model)
    if model.has_exact_shape and not tensors.is_exact:
        return "said to be exact, but its matrices do not add up to its parameters"
    missing = sum(group.num_elements for group in tensors.groups if group.name == "rest") / model.num_params
    off = max(1 / tensors.scale - 1, missing)
    if off > RECOUNT_TOLERANCE and not (model.note or model.attention == "hybrid"):
        return f"its matrices miss its parameters by {off:.1%} and no note says why"
    return ""


def _cache_problem(model: Model) -> str:
    layers = model.layers
    if layers.sliding and not model.cache.window_tokens:
        return "windowed layers without a window"
    if model.is_generator and not (layers.full or layers.sliding):
        return "no layer keeps a cache"
    if (layers.linear or layers.ssm) and not model.cache.state_bytes:
        return "recurrent layers without a state"
    if layers.full + layers.sliding > model.num_layers:
        return "more caching layers than layers"
    return ""


def _format_problem(catalog: Catalog) -> Callable[[Model], str]:
    def rule(model: Model) -> str:
        known = catalog.quantizations
        return (
            "" if model.native_format in known else f"native format {model.native_format} is no quantization"
        )

    return rule


def _memory_problem(device: Device) -> str:
    if math.isnan(device.memory_bytes):
        return ""
    if not 0.5 * GIB <= device.memory_bytes <= MOST_MEMORY_BYTES:
        return f"{device.memory_bytes / GIB:g} GiB of memory"
    if not 0 < device.usable_bytes <= device.memory_bytes:
        return "more usable memory than memory"
    return ""


def _rate_problem(device: Device) -> str:
    bandwidth = device.bandwidth_bytes_per_s
    if bandwidth > MOST_BANDWIDTH_BYTES_PER_S:
        return f"bandwidth {bandwidth:g} bytes/s"
    if device.tdp_watts > MOST_WATTS:
        return f"power {device.tdp_watts:g} W"
    if device.fp16_flop_per_s > MOST_FLOP_PER_BYTE * bandwidth:
        return "matrix rate out of proportion to the bandwidth"
    return ""


def _quantization_problem(catalog: Catalog) -> Callable[[Engine], str]:
    def rule(engine: Engine) -> str:
        unknown = [name for name in engine.quantizations if name not in catalog.quantizations]
        return f"unknown quantizations {', '.join(unknown)}" if unknown else ""

    return rule


def _task_problem(task: Any) -> str:  # noqa: ANN401 - one of several entries
    if task.complexity not in COMPLEXITIES:
        return f"complexity {task.complexity}"
    if task.quality_axis not in QUALITY_AXES:
        return f"quality axis {task.quality_axis}"
    if task.input_tokens + task.output_tokens > task.context_tokens:
        return "lengths exceed the context"
    return ""
