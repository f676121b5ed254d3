"""What an export target gives: the commands to run once, and the one that launches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from shlex import quote


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Shell commands; `command` starts one replica."""

    prepare: tuple[str, ...]
    command: str


def file_stem(model: str) -> str:
    """The model's own name, safe in a path: 'Qwen/Qwen3-8B' gives 'Qwen3-8B'."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model.rsplit("/", 1)[-1]) or "model"


def gguf_file(model: str, quantization: str) -> str:
    """The file that the preparation makes and the engine loads."""
    return f"{file_stem(model)}-{quantization}.gguf"


def gguf_preparation(model: str, quantization: str) -> tuple[str, ...]:
    """Download, convert and quantize with llama.cpp's own tools; no third-party upload is assumed to exist."""
    stem = file_stem(model)
    download = f"hf download {quote(model)} --local-dir {stem}"
    if quantization in {"F32", "F16", "BF16", "Q8_0"}:
        out = gguf_file(model, quantization)
        return (
            download,
            f"python convert_hf_to_gguf.py {stem} --outtype {quantization.lower()} --outfile {out}",
        )
    return (
        download,
        f"python convert_hf_to_gguf.py {stem} --outtype auto --outfile {stem}.gguf",
        f"llama-quantize {stem}.gguf {gguf_file(model, quantization)} {quantization}",
    )
