"""MLX: convert once, then the OpenAI-compatible server of mlx-lm."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from sizewise.export.launch import Launch, file_stem

if TYPE_CHECKING:
    from sizewise.domain.decision import Deployment


def launch(deployment: Deployment) -> Launch:
    """`mlx_lm.convert` quantizes 'MLX-4' to 4 bits; 16-bit checkpoints are served as they are."""
    family, _, bits = deployment.quantization.partition("-")
    if family != "MLX":
        return Launch(prepare=(), command=f"mlx_lm.server --model {quote(deployment.model)}")
    folder = f"{file_stem(deployment.model)}-mlx-{bits}bit"
    prepare = (f"mlx_lm.convert --hf-path {quote(deployment.model)} --mlx-path {folder} -q --q-bits {bits}",)
    return Launch(prepare=prepare, command=f"mlx_lm.server --model ./{folder}")
