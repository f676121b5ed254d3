"""One model in one format on one engine and machine, and its memory: what `fit` and its lifts try."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog.memory_constants import fitted_ranges
from sizewise.catalog.weights_table import as_read, weight_columns, weights_of
from sizewise.decide.candidates import can_share, drives, multiplies, reads, runs
from sizewise.domain.request import Limits
from sizewise.estimate.columns import first_value, machine_columns, model_columns
from sizewise.estimate.kv_cache import KV_TYPE_BYTES
from sizewise.estimate.memory import SINGLE_PASS, MemoryTerms, max_sequences, memory_terms, shortfall_bytes
from sizewise.estimate.memory_answers import max_context_tokens, memory_parts, memory_total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.catalog import Catalog
    from sizewise.domain.decision import MemoryPart
    from sizewise.domain.device import Machine
    from sizewise.domain.engine import Engine
    from sizewise.domain.estimate import Estimate
    from sizewise.domain.model import Model
    from sizewise.domain.number import Array
    from sizewise.domain.quantization import Quantization
    from sizewise.estimate.columns import MachineColumns, ModelColumns, WeightColumns
    from sizewise.estimate.memory_answers import FittedRange
    from sizewise.estimate.weights import Weights
    from sizewise.sources.resolved import Resolved

MOST_PARALLEL = 4096
"""Parallel requests are a setting: `fit` asks the memory, not the default of the engine. [count]"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is asked whether it fits."""

    catalog: Catalog
    model: Model
    quantization: Quantization
    engine: Engine
    machine: Machine
    context_tokens: int
    num_sequences: int
    kv_type: str
    stored: Resolved | None = None
    """Files of the model with exact weights; None for a model of the catalog."""

    @property
    def split(self) -> str:
        """How the devices share the model."""
        return self.engine.split if self.machine.num_devices > 1 else "none"

    @property
    def num_stages(self) -> int:
        """Runs of layers on devices of their own; `machine` is the devices of one."""
        return 1

    @property
    def layers_per_device(self) -> tuple[int, ...]:
        """Blocks on each of unequal devices; empty where devices are equal."""
        return ()

    @property
    def rule(self) -> str:
        """Memory rule: models that do not generate keep no cache on any engine."""
        return self.engine.memory_rule if self.model.is_generator else SINGLE_PASS

    @cached_property
    def columns(self) -> tuple[ModelColumns, WeightColumns, MachineColumns]:
        """Columns of length one."""
        weights = weight_columns([(self.model, as_read(self.quantization, self.engine))])
        if self.is_stored:
            weights = type(weights)(
                **{f.name: np.array([getattr(self.weights, f.name)]) for f in fields(weights)}
            )
        return model_columns([self.model]), weights, machine_columns([self.machine])

    @property
    def is_stored(self) -> bool:
        """Are these the model, format and engine of the files, so that their headers tell the weights?"""
        found = self.stored
        return (
            found is not None
            and found.weights is not None
            and (found.model.name, found.quantization) == (self.model.name, self.quantization.name)
            and found.container in self.engine.containers
        )

    @property
    def weights(self) -> Weights:
        """By the headers of the model's files where they are at hand, else from the table or the shape. [bytes]"""
        if self.is_stored and self.stored is not None and self.stored.weights is not None:
            return self.stored.weights
        return weights_of(self.catalog, self.model, as_read(self.quantization, self.engine))

    @cached_property
    def terms(self) -> MemoryTerms:
        """Memory terms at the asked context."""
        return self.terms_at(float(self.context_tokens))

    def terms_at(self, context_tokens: float | Array) -> MemoryTerms:
        """Memory terms at another context."""
        models, weights, machines = self.columns
        k_bytes, v_bytes = cache_bytes(self.kv_type)
        return memory_terms(
            self.rule, weights=weights, models=models, machines=machines,
            engine=replace(self.engine, max_num_seqs=self.most_parallel), context_tokens=context_tokens,
            k_bytes_per_element=k_bytes, v_bytes_per_element=v_bytes, split=self.split,
        )  # fmt: skip

    @property
    def most_parallel(self) -> int:
        """A paged engine profiles for its sequences, so they stay as set; slots cost nothing until they are there."""
        return self.engine.max_num_seqs if self.rule == "paged" else MOST_PARALLEL

    @cached_property
    def parts(self) -> tuple[MemoryPart, ...]:
        """The sum part by part."""
        return memory_parts(
            self.terms, rule=self.rule, num_sequences=self.num_sequences, weights_basis=self.weights.basis,
            fitted=self.fitted_ranges, host_bytes=self.weights.host_bytes,
        )  # fmt: skip

    @property
    def fitted_ranges(self) -> dict[str, FittedRange]:
        """Ranges of the parts that measurements tell."""
        assumed = self.catalog.engine(self.engine.name).version
        return fitted_ranges(self.rule, names_version=self.engine.version != assumed)

    @property
    def total(self) -> Estimate:
        """Sum on the fullest device. [bytes]"""
        return memory_total(self.parts)

    @property
    def usable_bytes(self) -> float:
        """What the engine may use on one device. [bytes]"""
        return first_value(self.terms.budget)

    @property
    def shortfall_bytes(self) -> float:
        """Missing memory of the likely sum; not positive where it fits. [bytes]"""
        return first_value(shortfall_bytes(self.terms, float(self.num_sequences)))

    @property
    def verdict(self) -> str:
        """yes, tight or no."""
        if self.context_tokens > self.model.max_context_tokens or self.shortfall_bytes > 0:
            return "no"
        return "yes" if self.total.high <= self.usable_bytes else "tight"

    def max_context(self) -> int:
        """Largest context at this concurrency. [tokens]"""
        native = np.array([float(self.model.max_context_tokens)])
        found = max_context_tokens(
            self.terms_at, num_sequences=float(self.num_sequences), native_tokens=native
        )
        return int(found[0])

    def max_concurrency(self, context_tokens: float) -> int:
        """Requests that hold so much at once."""
        return int(first_value(max_sequences(self.terms_at(context_tokens))))


def cache_types(kv_type: str) -> tuple[str, str]:
    """Types of K and V: 'q8_0' is both, 'q8_0/f16' one each."""
    k_type, _, v_type = kv_type.partition("/")
    return k_type, v_type or k_type


def cache_bytes(kv_type: str) -> tuple[float, float]:
    """Bytes of an element of K and of V. [bytes]"""
    k_type, v_type = cache_types(kv_type)
    return KV_TYPE_BYTES[k_type], KV_TYPE_BYTES[v_type]


def can_cache(engine: Engine, kv_type: str) -> bool:
    """Has this engine such a cache? Types of K and V apart are llama.cpp's."""
    k_type, v_type = cache_types(kv_type)
    is_apart = k_type != v_type
    return {k_type, v_type} <= set(engine.kv_types) and not (is_apart and engine.launch != "llama.cpp")


def is_possible(engine: Engine, model: Model, quantization: Quantization, machine: Machine) -> bool:
    """Does this engine run this model in this format on this machine at all?"""
    return (
        reads(engine, quantization)
        and runs(engine, model)
        and drives(engine, machine.device)
        and multiplies(machine.device, quantization)
        and bool(can_share(engine, model.num_heads, machine.num_devices))
    )


def smaller_formats(case: Case) -> Iterator[Case]:
    """The same with fewer bits, one format after another, down to the floor of 4 bits."""
    floor_bits = Limits().min_weight_bits
    formats = sorted(case.catalog.quantizations.values(), key=lambda q: -q.nominal_bits)
    for quantization in formats:
        if not (
            quantization.is_default
            and floor_bits <= quantization.nominal_bits < case.quantization.nominal_bits
        ):
            continue
        if is_possible(case.engine, case.model, quantization, case.machine):
            yield replace(case, quantization=quantization)
