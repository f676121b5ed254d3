"""Tokens that the pools of vLLM and SGLang hold, as engines printed them, against the predictions.

Source: log lines quoted in issues and pull requests of vLLM (10511, 10517, 13061, 21348) and in public files, collected
2026-11-23; versions, sequences and batches are blank where the source does not say them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sizewise.catalog import load_catalog
from sizewise.predict.memory import component_estimate
from sizewise.predict.questions import QUESTION_COLUMNS

if TYPE_CHECKING:
    from sizewise.domain.estimate import Estimate

PRINTED = (
    ("vllm", "", "meta-llama/Llama-3.1-8B-Instruct", "BF16", "RTX 3090", 1, "20000", "0.90", "", "", 31232),
    ("vllm", "", "meta-llama/Llama-3.1-8B-Instruct", "BF16", "RTX 3090", 1, "29000", "0.90", "", "", 23648),
    ("vllm", "", "DeepSeek-R1-Distill-Qwen-14B", "BF16", "RTX 4090", 2, "131072", "0.98", "", "", 81536),
    ("vllm", "July 2025", "Qwen/Qwen3-235B-A22B", "FP8", "H100 SXM5 80GB", 4, "", "0.9", "", "", 178880),
    ("sglang", "July 2025", "Qwen/Qwen3-235B-A22B", "FP8", "H100 SXM5 80GB", 4, "", "0.93", "", "", 367404),
    ("vllm", "", "meta-llama/Llama-2-7b-hf", "F16", "A100 SXM4 80GB", 1, "", "0.9", "", "", 117616),
    ("vllm", "", "meta-llama/Llama-2-70b-hf", "F16", "A100 SXM4 80GB", 4, "", "0.9", "", "", 333840),
    ("vllm", "", "google/gemma-4-E2B-it", "GPTQ-4", "NVIDIA Tesla T4", 1, "16384", "0.9", "8", "", 519681),
    ("vllm", "October 2024", "meta-llama/Llama-2-7b-chat-hf", "F16", "MI300X", 1, "4096", "0.9", "", "", 322976),
    ("sglang", "ebaf86d44144", "Qwen/Qwen3-14B", "BF16", "RTX 4090", 4, "40960", "0.80", "", "2048", 298447),
    ("vllm", "", "Qwen/Qwen2.5-1.5B-Instruct", "F16", "NVIDIA Tesla T4", 1, "32768", "0.50", "", "", 88304),
)  # fmt: skip
"""Engine, version, model, format, device, ranks, context, share of the memory, sequences, batch; printed tokens."""
CELLS = (
    "engine", "engine_version", "model", "quant", "device", "tensor_parallel", "context_tokens",
    "gpu_memory_utilization", "max_num_seqs", "max_batched_tokens",
)  # fmt: skip


@cache
def _predicted() -> tuple[tuple[Estimate, int], ...]:
    found = []
    for *cells, printed in PRINTED:
        given = {name: str(cell) for name, cell in zip(CELLS, cells, strict=True)}
        question = dict.fromkeys(QUESTION_COLUMNS["memory"], "") | given | {
            "row_id": "q", "num_devices": given["tensor_parallel"], "component": "kv_tokens", "kv_dtype": "bf16",
            "placement": "per_gpu", "measure": "log", "offload": "full",
        }  # fmt: skip
        estimate = component_estimate(question, load_catalog())
        assert estimate is not None
        found.append((estimate, printed))
    return tuple(found)


def test_half_of_the_pools_hold_what_is_predicted_within_eight_percent() -> None:
    errors = np.abs([estimate.likely / printed - 1 for estimate, printed in _predicted()])
    assert np.median(errors) <= 0.08
    # no single row decides: the same with each one left out
    assert max(np.median(np.delete(errors, i)) for i in range(len(errors))) <= 0.08


def test_ranges_of_pools_hold_most_of_them() -> None:
    held = [estimate.low <= printed <= estimate.high for estimate, printed in _predicted()]
    assert 0.6 <= np.mean(held) <= 0.92
