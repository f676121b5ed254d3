"""Ollama: a Modelfile made from the quantized file, and the server's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.export.launch import Launch, file_stem, gguf_file, gguf_preparation

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment


def launch(deployment: Deployment) -> Launch:
    """Ollama allocates context x parallel requests; both are set as environment variables of the server."""
    name = f"{file_stem(deployment.model)}-{deployment.quantization}".lower()
    settings = [
        f"OLLAMA_CONTEXT_LENGTH={deployment.context_tokens}",
        f"OLLAMA_NUM_PARALLEL={deployment.num_sequences}",
        "OLLAMA_FLASH_ATTENTION=1",
    ]
    if deployment.kv_type != "f16":
        settings.append(f"OLLAMA_KV_CACHE_TYPE={deployment.kv_type}")
    modelfile = f"FROM ./{gguf_file(deployment.model, deployment.quantization)}"
    prepare = (
        *gguf_preparation(deployment.model, deployment.quantization),
        f"printf '{modelfile}\\n' > Modelfile",
    )
    serve = " ".join([*settings, "ollama serve"])
    return Launch(
        prepare=prepare, command=f"{serve} & sleep 3; ollama create {name} -f Modelfile && ollama run {name}"
    )
