"""Engines that are running on this computer, found on their usual ports. Only the own computer is asked."""

from __future__ import annotations

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sizewise.domain.computer import RunningEngine
from sizewise.proof.patience import within

HOST = "127.0.0.1"
PORTS = {
    8080: "llama.cpp", 8000: "vllm", 30000: "sglang", 11434: "ollama", 1234: "lm-studio", 3000: "tgi",
    10240: "mlx", 23333: "lmdeploy",
}  # fmt: skip
"""Usual ports and whose they are."""
OWNERS = {
    "llamacpp": "llama.cpp",
    "vllm": "vllm",
    "sglang": "sglang",
    "library": "ollama",
    "lmdeploy": "lmdeploy",
}
"""What engines write into `owned_by`."""
CONNECT_S, LIMIT_S = 0.3, 1.5
MOST_BYTES = 65_536


def running_engines(ports: dict[int, str] | None = None) -> tuple[RunningEngine, ...]:
    """Engines that answer in time, in the order of their ports."""
    asked = PORTS if ports is None else ports
    with ThreadPoolExecutor(max_workers=len(asked) or 1) as pool:
        found = list(pool.map(lambda item: within(LIMIT_S, lambda: _engine(*item), None), asked.items()))
    return tuple(one for one in found if one is not None)


def _engine(port: int, usual: str) -> RunningEngine | None:
    """Whoever lists models there the way all engines do."""
    models = _models(port)
    if models is None:
        return None
    first = models[0] if models else {}
    name = OWNERS.get(str(first.get("owned_by", "")), usual)
    return RunningEngine(
        engine=name, url=f"http://{HOST}:{port}", models=tuple(str(m.get("id", "")) for m in models)
    )


def _models(port: int) -> list[dict[str, Any]] | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=CONNECT_S)
    try:
        connection.request("GET", "/v1/models")
        answer = connection.getresponse()
        content = json.loads(answer.read(MOST_BYTES))
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    listed = content.get("data") if isinstance(content, dict) else None
    if answer.status != http.client.OK or not isinstance(listed, list):
        return None
    return [one for one in listed if isinstance(one, dict)]
