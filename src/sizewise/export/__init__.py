"""Launch commands, one file an engine; each uses exactly what the estimate assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sizewise.export import llamacpp, mlx, ollama, sglang, vllm
from sizewise.export.launch import Launch

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.domain.decision import Deployment

TARGETS: dict[str, Callable[[Deployment], Launch]] = {
    "llama.cpp": llamacpp.launch,
    "ollama": ollama.launch,
    "vllm": vllm.launch,
    "sglang": sglang.launch,
    "mlx": mlx.launch,
}
"""Engine name to the function that writes its launch command."""


def launch(deployment: Deployment) -> Launch:
    """How to start this deployment; an engine without a target gets an empty command."""
    target = TARGETS.get(deployment.engine)
    return target(deployment) if target else Launch(prepare=(), command="")


__all__ = ["TARGETS", "Launch", "launch"]
