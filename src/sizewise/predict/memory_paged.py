"""vLLM and SGLang: what a rank holds and what is left for the cache pool."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from sizewise.catalog.engine_versions import at_version, releases, version_numbers
from sizewise.catalog.memory_constants import memory_constants
from sizewise.domain.device import Machine
from sizewise.domain.estimate import Estimate
from sizewise.estimate.columns import first_value, machine_columns
from sizewise.estimate.memory import memory_terms
from sizewise.estimate.memory_answers import weight_band
from sizewise.estimate.pool_profile import (
    HALF_BYTES,
    device_default,
    layer_peak_bytes,
    profile_tokens,
    sampler_peak_bytes,
)
from sizewise.predict.memory_setup import release_of_month
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sizewise.domain.device import Device
    from sizewise.domain.engine import Engine, PoolProfile
    from sizewise.estimate.memory import MemoryTerms
    from sizewise.predict.memory_setup import MemorySetup

USED_SPREAD_BYTES = 1.0 * GIB
"""Half of the 80 % range of a device in use. Assumed from profiles."""


def weights(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Weights of one rank. [bytes]."""
    if setup.weights is None:
        return None
    size = setup.weights.device_bytes / setup.num_devices
    return Estimate.within(size, *weight_band(setup.weights.basis, is_paged=True), setup.weights.basis)


def activation_peak(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Peak of activations in the profiling run. [bytes]."""
    return _over_versions(setup, question, "activation_peak")


def non_torch(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Memory outside the allocator: context, NCCL, kernels. [bytes]."""
    return _over_versions(setup, question, "non_torch")


def kv_pool(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """What is left for the cache on one rank: share x memory - weights - activations - the rest. [bytes]."""
    return _over_versions(setup, question, "kv_cache")


def kv_tokens(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Tokens that the pool of one rank holds, in requests of the whole context. [tokens]."""
    pool = _over_versions(setup, question, "kv_tokens")
    return None if pool is None else pool.scaled(1.0 / token_bytes(setup, question))


def total(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Memory of one device in use: the share the engine was given, and its context. [bytes]."""
    if setup.machine is None:
        return None
    size = _engines(setup)[0].memory_utilization * setup.machine.device.memory_bytes
    return Estimate(
        low=size - USED_SPREAD_BYTES, likely=size, high=size + 2.0 * USED_SPREAD_BYTES, basis="assumed"
    )


def token_bytes(setup: MemorySetup, question: Mapping[str, str]) -> float:
    """Bytes of a token on one rank, in a request of the whole context. [bytes]."""
    terms = next(_terms(setup, question))
    return first_value(terms.kv_constant + terms.per_sequence) / _context_tokens(setup, question)


def sizes_by_version(setup: MemorySetup, question: Mapping[str, str], component: str) -> list[float]:
    """A component at every possible version, the likely one first; empty without device or format. [bytes]."""
    if component == "non_torch":
        return [_non_torch_bytes(setup, engine) for engine in _engines(setup)]
    return [FIGURES[component](terms) for terms in _terms(setup, question)]


def _over_versions(setup: MemorySetup, question: Mapping[str, str], component: str) -> Estimate | None:
    """A component at the version asked about; where none is, at the assumed one, within those that are possible."""
    sizes = sizes_by_version(setup, question, component)
    if not sizes:
        return None
    spreads = memory_constants().spreads[component]
    spread = spreads.stated if setup.version else spreads.assumed
    return Estimate(
        low=max(0.0, min(sizes) - spread),
        likely=max(0.0, sizes[0]),
        high=max(0.0, *sizes) + spread,
        basis="fitted",
    )


def _pool_bytes(terms: MemoryTerms) -> float:
    return first_value(terms.budget - terms.weights - terms.compute - terms.runtime)


def _non_torch_bytes(setup: MemorySetup, engine: Engine) -> float:
    profile = _profile(engine)
    return profile.non_torch_split_bytes if setup.num_devices > 1 else profile.non_torch_bytes


def _activation_bytes(terms: MemoryTerms) -> float:
    return first_value(terms.compute)


FIGURES: dict[str, Callable[[MemoryTerms], float]] = {
    "activation_peak": _activation_bytes,
    "kv_cache": _pool_bytes,
    "kv_tokens": _pool_bytes,
}
"""Components that follow from the terms of one version. [bytes]."""


def _terms(setup: MemorySetup, question: Mapping[str, str]) -> Iterator[MemoryTerms]:
    """Memory terms at every possible version, the likely one first; none where device or format is not said."""
    if setup.machine is None or setup.weight_columns is None:
        return
    machine = Machine(device=setup.machine.device, num_devices=int(setup.num_devices))
    for engine in _engines(setup):
        yield memory_terms(
            engine.memory_rule, weights=setup.weight_columns, models=setup.columns,
            machines=machine_columns([machine]), engine=engine, context_tokens=_context_tokens(setup, question),
            k_bytes_per_element=setup.element_bytes, v_bytes_per_element=setup.element_bytes,
            split="tensor" if setup.num_devices > 1 else "none",
        )  # fmt: skip


class Profiled(NamedTuple):
    """What the profile run of a question consists of; for the fit of its constants."""

    version: tuple[int, ...]
    num_logits: float
    hidden_bytes: float
    """Hidden states of the batch. [bytes]"""
    layer_bytes: float
    sampler_bytes: float


def profiled(setup: MemorySetup, question: Mapping[str, str]) -> Profiled | None:
    """The parts of the profile run at the likely version; None without a device."""
    if setup.machine is None:
        return None
    engine = _engines(setup)[0]
    profile = _profile(engine)
    machines = machine_columns([setup.machine])
    tokens = profile_tokens(profile, machines=machines, context_tokens=_context_tokens(setup, question))
    return Profiled(
        version=version_numbers(engine.version),
        num_logits=engine.max_num_seqs * setup.model.vocab_size,
        hidden_bytes=HALF_BYTES * first_value(tokens) * setup.model.hidden_size,
        layer_bytes=first_value(
            layer_peak_bytes(models=setup.columns, tokens=tokens, num_ranks=setup.num_devices)
        ),
        sampler_bytes=first_value(
            sampler_peak_bytes(
                profile, models=setup.columns, num_sequences=engine.max_num_seqs, tokens=tokens
            )
        ),
    )


def _context_tokens(setup: MemorySetup, question: Mapping[str, str]) -> float:
    """Longest request; paged engines take the model's own limit where nothing is said. [tokens]."""
    return setup.context_tokens if question["context_tokens"] else float(setup.model.max_context_tokens)


def _engines(setup: MemorySetup) -> list[Engine]:
    """The engine at the version of the question.

    Where the question names none: the version of the month in which the model came out, because an engine is not older
    than the models that it runs, and after it every later one.
    """
    device = setup.machine.device if setup.machine else None
    capability = device.compute_capability if device else math.nan
    assumed = setup.version or release_of_month(setup.model.released)
    versions = [assumed]
    if not setup.version:
        versions += [r.since for r in releases(setup.engine) if r.since > assumed]
    named = [".".join(str(n) for n in version) for version in versions]
    return [_set(setup, at_version(setup.catalog_engine, name, capability), device) for name in named]


def _set(setup: MemorySetup, engine: Engine, device: Device | None) -> Engine:
    """The engine with the settings of the question, else its defaults on this device."""
    profile = _profile(engine)
    if not math.isnan(setup.batched_tokens):
        profile = replace(profile, batched_tokens=((0.0, setup.batched_tokens),), whole_prompt_tokens=0.0)
    sequences = setup.num_sequences_limit
    if math.isnan(sequences):
        sequences = profile.num_sequences[0][1]
        if device is not None:
            sequences = _default_sequences(profile, device)
    share = engine.memory_utilization if math.isnan(setup.utilization) else setup.utilization
    return replace(engine, profile=profile, max_num_seqs=int(sequences), memory_utilization=share)


def _default_sequences(profile: PoolProfile, device: Device) -> float:
    found = device_default(
        profile.num_sequences,
        machines=machine_columns([Machine(device=device)]),
        large_above_capability=profile.large_above_capability,
    )
    return first_value(found)


def _profile(engine: Engine) -> PoolProfile:
    if engine.profile is None:
        raise TypeError(engine.name)
    return engine.profile


PAGED_COMPONENTS: dict[str, Callable[[MemorySetup, Mapping[str, str]], Estimate | None]] = {
    "weights": weights,
    "activation_peak": activation_peak,
    "non_torch": non_torch,
    "kv_cache": kv_pool,
    "kv_tokens": kv_tokens,
    "total": total,
}
