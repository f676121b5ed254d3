"""Answers to memory questions: each component of each engine, from the functions of `estimate`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate
from sizewise.errors import BadInput
from sizewise.predict.memory_growing import GROWING_COMPONENTS
from sizewise.predict.memory_llamacpp import LLAMACPP_COMPONENTS
from sizewise.predict.memory_paged import PAGED_COMPONENTS
from sizewise.predict.memory_setup import MemorySetup, memory_setup
from sizewise.units import GIB, MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sizewise.catalog import Catalog


COMPONENTS: dict[str, dict[str, Callable[[MemorySetup, Mapping[str, str]], Estimate | None]]] = {
    "llama.cpp": LLAMACPP_COMPONENTS,
    "ik_llama.cpp": LLAMACPP_COMPONENTS,
    "ollama": LLAMACPP_COMPONENTS,
    "vllm": PAGED_COMPONENTS,
    "sglang": PAGED_COMPONENTS,
    "transformers": GROWING_COMPONENTS,
    "mlx": GROWING_COMPONENTS,
}
"""What can be asked of which engine; anything else stays blank."""
COUNTED_COMPONENTS = frozenset({"kv_tokens"})
"""Components in tokens, printed in full."""
PRINTED_BYTES = {"tensors": 0.005 * GIB, "log": 0.005 * MIB}
"""Half of the last digit: sizes of tensors come in GiB with two decimals, engine logs in MiB with two. [bytes]"""


def predict_memory(
    questions: Sequence[Mapping[str, str]], catalog: Catalog
) -> tuple[list[dict[str, str]], list[str]]:
    """Rows (row_id, low, likely, high) in bytes or tokens, and warnings; what is not known is blank."""
    rows, warnings = [], []
    for question in questions:
        estimate = None
        try:
            estimate = component_estimate(question, catalog)
        except BadInput as problem:
            warnings.append(f"{question['row_id']}: {problem}")
        rows.append({"row_id": question["row_id"], **_cells(estimate)})
    return rows, warnings


def component_estimate(question: Mapping[str, str], catalog: Catalog) -> Estimate | None:
    """The value asked for; None where the question does not say enough.

    Raises: BadInput for a name that nobody knows or a combination that cannot be sized.
    """
    component = COMPONENTS.get(question["engine"], {}).get(question["component"])
    if component is None:
        return None
    estimate = component(memory_setup(question, catalog), question)
    if estimate is None or question["component"] in COUNTED_COMPONENTS:
        return estimate
    return as_printed(estimate, question["measure"])


def as_printed(estimate: Estimate, measure: str) -> Estimate:
    """The estimate, its ends moved out by half of the last digit that this way of measuring prints."""
    rounding = PRINTED_BYTES.get(measure, 0.0)
    return Estimate(
        low=max(0.0, estimate.low - rounding),
        likely=estimate.likely,
        high=estimate.high + rounding,
        basis=estimate.basis,
    )


def _cells(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None or not math.isfinite(estimate.likely):
        return {"low": "", "likely": "", "high": ""}
    return {name: f"{getattr(estimate, name):.0f}" for name in ("low", "likely", "high")}
