"""SGLang: `sglang.launch_server` with the length, sequences, parallelism and formats that the estimate assumed."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from sizewise.export.launch import Launch
from sizewise.export.vllm import ONLINE, checkpoint, preparation

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment


def launch(deployment: Deployment) -> Launch:
    """One replica of the OpenAI-compatible server; checkpoints are the same as for vLLM."""
    parts = [
        f"python -m sglang.launch_server --model-path {quote(checkpoint(deployment))}",
        f"--context-length {deployment.context_tokens}",
        f"--max-running-requests {deployment.num_sequences}",
        f"--mem-fraction-static {deployment.memory_utilization:g}",
    ]
    if (ranks := deployment.num_devices // deployment.pipeline_stages) > 1:
        parts.append(f"--tp {ranks}")
    if deployment.pipeline_stages > 1:
        parts.append(f"--pp-size {deployment.pipeline_stages}")
    if deployment.quantization in ONLINE and not deployment.is_native_format:
        parts.append(ONLINE[deployment.quantization])
    if deployment.kv_type == "fp8":
        parts.append("--kv-cache-dtype fp8_e5m2")
    return Launch(prepare=preparation(deployment), command=" ".join(parts))
