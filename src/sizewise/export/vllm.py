"""vLLM: `vllm serve` with the length, sequences, parallelism and formats that the estimate assumed."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from sizewise.export.launch import Launch, file_stem

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment

ONLINE = {"FP8": "--quantization fp8"}
"""Formats that vLLM makes itself from the 16-bit checkpoint while loading."""
FROM_CHECKPOINT = {
    "INT8": "W8A8", "AWQ-4": "W4A16_ASYM", "GPTQ-4": "W4A16", "GPTQ-8": "W8A16", "NVFP4": "NVFP4A16",
}  # fmt: skip
"""Formats that need a quantized checkpoint, and the scheme of llm-compressor that makes one."""


def checkpoint(deployment: Deployment) -> str:
    """The published model, or the folder of the quantized copy that the preparation makes."""
    if deployment.quantization in FROM_CHECKPOINT and not deployment.is_native_format:
        return f"./{file_stem(deployment.model)}-{deployment.quantization}"
    return published(deployment)


def published(deployment: Deployment) -> str:
    """The model as its maker gives it: a folder here, or its Hugging Face id."""
    return deployment.checkpoint_path or deployment.model


def preparation(deployment: Deployment) -> tuple[str, ...]:
    """Nothing for published and online formats; else one command that quantizes with llm-compressor."""
    first = (deployment.download,) if deployment.download else ()
    if checkpoint(deployment) == published(deployment):
        return first
    scheme = FROM_CHECKPOINT[deployment.quantization]
    script = (
        "from llmcompressor import oneshot; "
        "from llmcompressor.modifiers.quantization import QuantizationModifier; "
        f"oneshot(model={published(deployment)!r}, output_dir={checkpoint(deployment)!r}, "
        f"recipe=QuantizationModifier(targets='Linear', scheme='{scheme}', ignore=['lm_head']))"
    )
    return (*first, "pip install llmcompressor", f"python -c {quote(script)}")


def launch(deployment: Deployment) -> Launch:
    """One replica of the OpenAI-compatible server."""
    parts = [
        f"vllm serve {quote(checkpoint(deployment))}",
        f"--max-model-len {deployment.context_tokens}",
        f"--max-num-seqs {deployment.num_sequences}",
        f"--gpu-memory-utilization {deployment.memory_utilization:g}",
    ]
    if (ranks := deployment.num_devices // deployment.pipeline_stages) > 1:
        parts.append(f"--tensor-parallel-size {ranks}")
    if deployment.pipeline_stages > 1:
        parts.append(f"--pipeline-parallel-size {deployment.pipeline_stages}")
    if deployment.quantization in ONLINE and not deployment.is_native_format:
        parts.append(ONLINE[deployment.quantization])
    if deployment.kv_type == "fp8":
        parts.append("--kv-cache-dtype fp8")
    return Launch(prepare=preparation(deployment), command=" ".join(parts))
