"""transformers and MLX: weights, cache and one working set, as the framework or the process reports them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.catalog.memory_constants import memory_constants
from sizewise.estimate.kv_cache import kv_cache_bytes
from sizewise.predict.memory_llamacpp import measured_total

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sizewise.domain.estimate import Estimate
    from sizewise.predict.memory_setup import MemorySetup

LOGIT_BYTES = 4.0
"""Logits are kept in F32. [bytes]."""


def total_parts(setup: MemorySetup, _measure: str) -> dict[str, float]:
    """Weights; cache, state and logits of the last token. [bytes]."""
    cache = setup.model.cache
    kept = kv_cache_bytes(
        full_elements_per_token=cache.full_elements_per_token,
        sliding_elements_per_token=cache.sliding_elements_per_token,
        window_tokens=cache.window_tokens,
        tokens=setup.context_tokens,
        bytes_per_element=setup.element_bytes,
    )
    return {
        "weights": math.nan if setup.weights is None else setup.weights.device_bytes,
        "cache": float(kept) + cache.state_bytes + LOGIT_BYTES * setup.model.vocab_size,
    }


def total(setup: MemorySetup, question: Mapping[str, str]) -> Estimate | None:
    """Peak of the framework's allocator, or memory of the process. [bytes].

    factor x weights + cache + state + logits of the last token + a base.
    """
    constants = memory_constants().totals.get(f"{setup.engine} {question['measure']}")
    if setup.weights is None or constants is None:
        return None
    return measured_total(total_parts(setup, question["measure"]), constants, setup.num_devices)


GROWING_COMPONENTS: dict[str, Callable[[MemorySetup, Mapping[str, str]], Estimate | None]] = {"total": total}
