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
        k_type, _, v_type = deployment.kv_type.partition("/")
        parts.append(f"-ctk {k_type} -ctv {v_type or k_type}")
    if deployment.num_devices > 1:
        parts.append("-sm layer")
    if deployment.layers_per_device:  # the output matrix counts as one more layer of the last device
        *first, last = deployment.layers_per_device
        parts.append("-ts " + ",".join(str(n) for n in (*first, last + 1)))
    return Launch(prepare=gguf_preparation(deployment), command=" ".join(parts))
