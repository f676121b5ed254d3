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
    prepare = (
        *gguf_preparation(deployment),
        f"printf 'FROM %s\\n' {_path(gguf_file(deployment))} > Modelfile",
    )
    serve = " ".join([*settings, "ollama serve"])
    return Launch(
        prepare=prepare, command=f"{serve} & sleep 3; ollama create {name} -f Modelfile && ollama run {name}"
    )


def _path(file: str) -> str:
    """Ollama takes a bare name for a model of its own, so a file here begins with a dot."""
    return file if "/" in file else f"./{file}"
