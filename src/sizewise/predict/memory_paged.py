"""vLLM and SGLang: what a rank holds and what is left for the cache pool."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sizewise.domain.estimate import Estimate
from sizewise.estimate.kv_cache import kv_rank_ratio
from sizewise.estimate.memory_answers import WEIGHT_BANDS
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sizewise.predict.memory_setup import MemorySetup


class Profile(NamedTuple):
    """What vLLM's profiling run finds, by version. [bytes]."""

    base_bytes: float
    """Activations beside the sampler's logits."""
    bytes_per_logit: float
    non_torch_bytes: float
    non_torch_split_bytes: float
    """Of each rank of two and more."""


PROFILES: dict[tuple[int, ...], Profile] = {
    (): Profile(0.43 * GIB, 35.4, 0.13 * GIB, 0.55 * GIB),
    (0, 19): Profile(0.23 * GIB, 14.2, 0.27 * GIB, 2.1 * GIB),
}
"""From this version on; () is every version before and an unknown one.
Source: llm-d planner profiles of 0.11 and 0.19 on H100."""
LARGE_DEVICE_BYTES = 70 * GIB
"""vLLM runs 1,024 sequences by default on devices from here on (A100 excepted), 256 below. Source:
arg_utils."""
MANY_SEQUENCES, FEW_SEQUENCES = 1024.0, 256.0
SINCE_MANY = (0, 8)
"""First version with the larger default. Assumed from release notes."""
DEFAULT_UTILIZATION = 0.9
"""Share of device memory up to vLLM 0.19. Source: vLLM engine arguments."""
SPREAD_BYTES = 1.0 * GIB
"""Half of the 80 % range of activations and of memory outside the allocator. Assumed from profiles."""
UNKNOWN_VERSION_SPREAD_BYTES = 2.0 * GIB
"""The same where the version, and with it the profile, is not known. Assumed."""
POOL_ONLY_ENGINES = frozenset({"sglang"})
"""Engines whose share holds weights and pool only."""


def weights(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Weights of one rank. [bytes]."""
    if setup.weights is None:
        return None
    low, high = WEIGHT_BANDS[setup.weights.basis]
    size = setup.weights.device_bytes / setup.num_devices
    return Estimate.within(size, min(low, 0.985), max(high, 1.015), setup.weights.basis)


def activation_peak(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Peak of activations in the profiling run: base + bytes x sequences x vocabulary. [bytes]."""
    profile = _profile(setup)
    size = profile.base_bytes + profile.bytes_per_logit * _num_sequences(setup) * setup.model.vocab_size
    return Estimate(low=max(0.0, size - SPREAD_BYTES), likely=size, high=size + SPREAD_BYTES, basis="fitted")


def non_torch(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Memory outside the allocator: context, NCCL, kernels. [bytes]."""
    profile = _profile(setup)
    size = profile.non_torch_split_bytes if setup.num_devices > 1 else profile.non_torch_bytes
    return Estimate(low=0.5 * size, likely=size, high=size + SPREAD_BYTES, basis="fitted")


def kv_pool(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """What is left for the cache on one rank: share x memory - weights - activations - the rest. [bytes]."""
    held = weights(setup, question)
    if held is None or setup.machine is None:
        return None
    memory = setup.machine.device.memory_bytes
    pool = _utilization(setup) * memory - held.likely
    if setup.engine in POOL_ONLY_ENGINES:
        return _around(pool, SPREAD_BYTES)
    other = [part.likely for part in (activation_peak(setup, question), non_torch(setup, question)) if part]
    return _around(pool - sum(other), SPREAD_BYTES if setup.version else UNKNOWN_VERSION_SPREAD_BYTES)


def kv_tokens(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Tokens that the pool of one rank holds. [tokens]."""
    pool = kv_pool(setup, question)
    if pool is None:
        return None
    cache = setup.model.cache
    elements = cache.full_elements_per_token + cache.sliding_elements_per_token
    share = kv_rank_ratio(
        num_kv_heads=cache.num_kv_heads, num_devices=setup.num_devices, is_latent=cache.is_latent
    )
    return pool.scaled(1.0 / (elements * setup.element_bytes * float(share)))


def total(setup: MemorySetup, _question: Mapping[str, str]) -> Estimate | None:
    """Memory of one device in use: the share the engine was given, and its context. [bytes]."""
    if setup.machine is None:
        return None
    size = _utilization(setup) * setup.machine.device.memory_bytes
    return Estimate(low=size - SPREAD_BYTES, likely=size, high=size + 2.0 * SPREAD_BYTES, basis="assumed")


def _around(size: float, spread: float) -> Estimate:
    low = max(0.0, size - spread)
    return Estimate(low=low, likely=max(size, low), high=max(size, low) + spread, basis="fitted")


def _utilization(setup: MemorySetup) -> float:
    return DEFAULT_UTILIZATION if math.isnan(setup.utilization) else setup.utilization


def _profile(setup: MemorySetup) -> Profile:
    return PROFILES[max(since for since in PROFILES if since <= setup.version)]


def _num_sequences(setup: MemorySetup) -> float:
    if not math.isnan(setup.num_sequences_limit):
        return setup.num_sequences_limit
    device = setup.machine.device if setup.machine else None
    is_large = device is not None and device.memory_bytes >= LARGE_DEVICE_BYTES and "A100" not in device.name
    return MANY_SEQUENCES if is_large and setup.version >= SINCE_MANY else FEW_SEQUENCES


PAGED_COMPONENTS: dict[str, Callable[[MemorySetup, Mapping[str, str]], Estimate | None]] = {
    "weights": weights,
    "activation_peak": activation_peak,
    "non_torch": non_torch,
    "kv_cache": kv_pool,
    "kv_tokens": kv_tokens,
    "total": total,
}
