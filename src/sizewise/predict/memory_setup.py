"""A memory question, understood: names looked up, blanks filled with the usual case."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sizewise.catalog.engine_versions import version_numbers
from sizewise.catalog.weights_table import as_read, weight_columns, weights_of
from sizewise.domain.device import Machine
from sizewise.errors import UnknownName
from sizewise.estimate.columns import ModelColumns, model_columns
from sizewise.estimate.kv_cache import KV_TYPE_BYTES, cache_element_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sizewise.catalog import Catalog
    from sizewise.domain.engine import Engine
    from sizewise.domain.model import Model
    from sizewise.estimate.columns import WeightColumns
    from sizewise.estimate.weights import Weights

USUAL_CONTEXT_TOKENS = 4096.0
"""Context where the question leaves it blank: llama.cpp's for years. [tokens]."""
USUAL_UBATCH_TOKENS = 512.0
AUTOMATIC_FLASH_BUILD = 6325
"""llama.cpp chooses flash attention by itself from here on (August 2025)."""
SINGLE_BUFFER_BUILD = 2000
"""llama.cpp builds below allocate by the rule of 2023."""
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
VLLM_RELEASES = {
    (2024, 9): (0, 6), (2025, 1): (0, 7), (2025, 3): (0, 8), (2025, 5): (0, 9), (2025, 7): (0, 10), (2025, 10): (0, 11),
    (2025, 12): (0, 12), (2026, 4): (0, 19),
}  # fmt: skip
"""First month of some versions of vLLM. Source: its release notes (the last one assumed)."""
_MONTH = re.compile(rf"({'|'.join(MONTHS)}) (\d{{4}})")
_DATE = re.compile(r"^\d{4}-\d{2}")
_BUILD = re.compile(r"^b?(\d{3,6})\b")


@dataclass(frozen=True, kw_only=True)
class MemorySetup:
    """Everything that decides a row."""

    model: Model
    columns: ModelColumns
    weights: Weights | None
    """None: the question does not say the format."""
    weight_columns: WeightColumns | None
    engine: str
    catalog_engine: Engine
    build: float
    """Build number of llama.cpp; NaN: not known."""
    version: tuple[int, ...]
    """Version of other engines; empty: not known."""
    machine: Machine | None
    num_devices: float
    split: str
    offload: str
    context_tokens: float
    ubatch_tokens: float
    uses_flash_attention: bool
    element_bytes: float
    """Mean bytes of a cached element."""
    utilization: float
    num_sequences_limit: float
    batched_tokens: float
    """NaN where the question leaves it blank."""

    @property
    def is_legacy(self) -> bool:
        """A llama.cpp of 2023 (NaN compares false)."""
        return self.build < SINGLE_BUFFER_BUILD


def memory_setup(question: Mapping[str, str], catalog: Catalog) -> MemorySetup:
    """The question with its model, weights, cache type and machine.

    Raises: UnknownName for a model, quantization, device or cache type that nobody knows.
    """
    model = catalog.model(question["model"])
    weights = columns_of_weights = None
    if question["quant"]:
        quantization = as_read(catalog.quantization(question["quant"]), catalog.engine(question["engine"]))
        weights = weights_of(catalog, model, quantization)
        columns_of_weights = weight_columns([(model, quantization)])
    columns = model_columns([model])
    context = _number(question, "context_tokens", USUAL_CONTEXT_TOKENS)
    ubatch = _number(question, "ubatch_tokens", _number(question, "batch_tokens", USUAL_UBATCH_TOKENS))
    num_devices = max(_number(question, "num_devices", 1.0), _number(question, "tensor_parallel", 1.0))
    return MemorySetup(
        model=model,
        columns=columns,
        weights=weights,
        weight_columns=columns_of_weights,
        engine=question["engine"],
        catalog_engine=catalog.engine(question["engine"]),
        build=_build(question["engine_version"]),
        version=_version(question["engine_version"]),
        machine=_machine(question, catalog),
        num_devices=num_devices,
        split=question["split"] or "none",
        offload=question["offload"] or "full",
        context_tokens=context,
        ubatch_tokens=min(ubatch, USUAL_UBATCH_TOKENS) if not question["ubatch_tokens"] else ubatch,
        uses_flash_attention=_uses_flash_attention(question),
        element_bytes=_element_bytes(question["kv_dtype"], model),
        utilization=_number(question, "gpu_memory_utilization", math.nan),
        num_sequences_limit=_number(question, "max_num_seqs", math.nan),
        batched_tokens=_number(question, "max_batched_tokens", math.nan),
    )


def _number(question: Mapping[str, str], name: str, default: float) -> float:
    return float(question[name]) if question[name] else default


def _build(version: str) -> float:
    match = _BUILD.match(version)
    return float(match.group(1)) if match else math.nan


def _version(version: str) -> tuple[int, ...]:
    """Version as numbers; a month instead of one means the vLLM of that month."""
    dated = _MONTH.search(version)
    if dated:
        return release_of_month(f"{dated.group(2)}-{MONTHS.index(dated.group(1)) + 1:02}")
    return version_numbers(version)


def release_of_month(date: str) -> tuple[int, ...]:
    """The vLLM of a date that begins with year and month, such as '2025-07-21'; empty before the first, or without."""
    if not _DATE.match(date):
        return ()
    month = (int(date[:4]), int(date[5:7]))
    return max((release for since, release in VLLM_RELEASES.items() if since <= month), default=())


def _uses_flash_attention(question: Mapping[str, str]) -> bool:
    """As asked; where blank, on by default since the builds that choose it themselves."""
    if question["flash_attention"]:
        return question["flash_attention"] == "on"
    return not _build(question["engine_version"]) < AUTOMATIC_FLASH_BUILD


def _machine(question: Mapping[str, str], catalog: Catalog) -> Machine | None:
    if not question["device"]:
        return None
    num_devices = int(_number(question, "num_devices", 1.0))
    return Machine(device=catalog.device(question["device"]), num_devices=num_devices)


def _element_bytes(kv_type: str, model: Model) -> float:
    key_type, _, value_type = (kv_type or "f16").partition("/")
    for name in (key_type, value_type or key_type):
        if name not in KV_TYPE_BYTES:
            raise UnknownName("KV-cache type", name, KV_TYPE_BYTES)
    return float(
        cache_element_bytes(
            k_bytes_per_element=KV_TYPE_BYTES[key_type],
            v_bytes_per_element=KV_TYPE_BYTES[value_type or key_type],
            is_latent=model.cache.is_latent,
        )
    )
