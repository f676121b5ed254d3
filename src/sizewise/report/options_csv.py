"""The options of a decision as CSV: one row each, raw numbers, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from sizewise.domain.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.domain.decision import Decision, Option

NAMES = ("model", "quantization", "engine", "engine_version", "device", "num_devices", "replicas", "path",
         "context_tokens", "kv_type")  # fmt: skip
FIGURES = ("memory_bytes", "decode_tokens_per_s", "loaded_tokens_per_s", "ttft_s", "throughput_tokens_per_s",
           "power_watts", "joules_per_token", "quality", "monthly_usd", "upfront_usd")  # fmt: skip
ENDS = ("low", "likely", "high")


def options_csv(decision: Decision) -> str:
    """Rank, deployment, and low, likely and high of every figure; unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("rank", *NAMES, *(f"{name}_{end}" for name in FIGURES for end in ENDS), "pass_probability")
    )
    for rank, option in enumerate(decision.options, 1):
        writer.writerow((rank, *_row(option)))
    return text.getvalue()


def _row(option: Option) -> Iterator[object]:
    yield from (getattr(option.deployment, name) for name in NAMES)
    for name in FIGURES:
        figure = getattr(option, name)
        yield from (getattr(figure, end) if isinstance(figure, Estimate) else "" for end in ENDS)
    yield option.pass_probability
