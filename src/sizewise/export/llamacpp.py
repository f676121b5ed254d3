"""llama.cpp: `llama-server` with the context, slots, cache type and split that the estimate assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.export.launch import Launch, gguf_file, gguf_preparation

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment


def launch(deployment: Deployment) -> Launch:
    """Slots split the context given with -c, so it is the context of one request times the slots."""
    total_context = deployment.context_tokens * deployment.num_sequences
    parts = [
        f"llama-server -m {gguf_file(deployment)}",
        f"-c {total_context} -np {deployment.num_sequences}",
        "-ngl 0" if deployment.device_is_cpu else "-ngl all",
        "-fa on",
    ]
    if deployment.kv_type != "f16":
        parts.append(f"-ctk {deployment.kv_type} -ctv {deployment.kv_type}")
    if deployment.num_devices > 1:
        parts.append("-sm layer")
    return Launch(prepare=gguf_preparation(deployment), command=" ".join(parts))
