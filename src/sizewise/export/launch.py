"""What an export target gives: the commands to run once, and the one that launches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment
from shlex import quote


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Shell commands; `command` starts one replica."""

    prepare: tuple[str, ...]
    command: str


def file_stem(model: str) -> str:
    """The model's own name, safe in a path: 'Qwen/Qwen3-8B' gives 'Qwen3-8B'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model.rsplit("/", 1)[-1]) or "model"


def gguf_file(deployment: Deployment) -> str:
    """The file that the engine loads: the user's own, or the one that the preparation makes."""
    if deployment.gguf_path and deployment.is_native_format:
        return quote(deployment.gguf_path)
    return f"{file_stem(deployment.model)}-{deployment.quantization}.gguf"


def gguf_preparation(deployment: Deployment) -> tuple[str, ...]:
    """Download, convert and quantize with llama.cpp's own tools; no third-party upload is assumed to exist."""
    out, wanted = gguf_file(deployment), deployment.quantization
    first = (deployment.download,) if deployment.download else ()
    if deployment.gguf_path:
        if deployment.is_native_format:
            return first
        return (*first, f"llama-quantize --allow-requantize {quote(deployment.gguf_path)} {out} {wanted}")
    stem = file_stem(deployment.model)
    folder = quote(deployment.checkpoint_path or stem)
    if not deployment.checkpoint_path:
        first = (f"hf download {quote(deployment.model)} --local-dir {stem}",)
    if wanted in {"F32", "F16", "BF16", "Q8_0"}:
        convert = f"python convert_hf_to_gguf.py {folder} --outtype {wanted.lower()} --outfile {out}"
        return (*first, convert)
    return (
        *first,
        f"python convert_hf_to_gguf.py {folder} --outtype auto --outfile {stem}.gguf",
        f"llama-quantize {stem}.gguf {out} {wanted}",
    )
