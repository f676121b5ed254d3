"""Streamed requests to the one endpoint that was named: no redirects, no proxies.

Each request has a connection of its own, as people have: setting it up is part of the wait for the first token.
"""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from sizewise.errors import BadInput, MissingExtra
from sizewise.proof.load.outcome import Outcome

try:
    import httpx2 as http
except ImportError as missing:
    raise MissingExtra("measure", "measuring an endpoint") from missing

if TYPE_CHECKING:
    from types import TracebackType

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DATA = "data: "
DONE = "[DONE]"
TIMINGS = "timings"
"""What llama-server adds to the last piece."""
MILLISECOND_S = 1e-3


@dataclass(frozen=True, kw_only=True)
class LoadTarget:
    """The endpoint and how it is spoken to."""

    url: str
    """Root of the API, such as http://localhost:8080/v1."""
    model: str
    uses_chat: bool
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0

    @property
    def server_url(self) -> str:
        """Address without the path of the API."""
        return self.url.removesuffix("/v1")


def target_url(given: str) -> str:
    """The root of the API for an address as people type it.

    Raises: BadInput for anything but http and https.

    >>> target_url("localhost:8080")
    'http://localhost:8080/v1'
    """
    text = given.strip()
    text = (text if "://" in text else f"http://{text}").rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadInput("'{given}' is not an address such as http://localhost:8080", given=given)
    for ending in ("/chat/completions", "/completions", "/models"):
        text = text.removesuffix(ending)
    return text if text.endswith("/v1") else f"{text}/v1"


class LoadClient:
    """Streams answers and keeps their times; an async context manager."""

    def __init__(self, target: LoadTarget, *, seed: int = 0) -> None:
        headers = {"Authorization": f"Bearer {target.api_key}"} if target.api_key else {}
        self.target = target
        self._draw = random.Random(seed)  # noqa: S311 - words of a prompt
        self._http = http.AsyncClient(
            headers=headers, timeout=target.timeout_s, trust_env=False, follow_redirects=False,
            limits=http.Limits(max_connections=None, max_keepalive_connections=0),
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def text_of(self, url: str) -> str | None:
        """A page of the same server; None where there is none."""
        try:
            answer = await self._http.get(url)
        except http.HTTPError:
            return None
        return answer.text if answer.status_code == http.codes.OK else None

    async def ask(self, num_words: int, output_tokens: int) -> Outcome:
        """One request with a prompt of its own, so that nothing of it is in a cache."""
        started_s, pieces = time.perf_counter(), []
        told: dict[str, Any] = {}
        error = ""
        try:
            async with self._http.stream(
                "POST", self._path, json=self._body(num_words, output_tokens)
            ) as answer:
                if answer.status_code != http.codes.OK:
                    error = f"http-{answer.status_code}"
                async for line in answer.aiter_lines():
                    piece = _piece(line)
                    if piece is None:
                        continue
                    told |= {name: piece[name] for name in ("usage", TIMINGS, "error") if piece.get(name)}
                    if _has_text(piece):
                        pieces.append(time.perf_counter())
        except http.TimeoutException:
            error = "timeout"
        except http.ConnectError:
            error = "refused"
        except (http.HTTPError, http.StreamError):
            error = "broken"
        return _outcome(started_s, pieces, told, error)

    @property
    def _path(self) -> str:
        return f"{self.target.url}/{'chat/completions' if self.target.uses_chat else 'completions'}"

    def _body(self, num_words: int, output_tokens: int) -> dict[str, Any]:
        text = " ".join("".join(self._draw.choices(LETTERS, k=3)) for _ in range(num_words))
        prompt = (
            {"messages": [{"role": "user", "content": text}]} if self.target.uses_chat else {"prompt": text}
        )
        return {
            **prompt, "model": self.target.model, "max_tokens": output_tokens, "stream": True, "temperature": 1.0,
            "stream_options": {"include_usage": True}, "ignore_eos": True, "cache_prompt": False,
        }  # fmt: skip


def _piece(line: str) -> dict[str, Any] | None:
    if not line.startswith(DATA) or line[len(DATA) :].strip() == DONE:
        return None
    try:
        value = json.loads(line[len(DATA) :])
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _has_text(piece: dict[str, Any]) -> bool:
    """Does it carry a token? Thoughts count as output."""
    for choice in piece.get("choices") or ():
        delta = choice.get("delta") or {}
        if choice.get("text") or delta.get("content") or delta.get("reasoning_content"):
            return True
    return False


def _outcome(started_s: float, pieces: list[float], told: dict[str, Any], error: str) -> Outcome:
    usage, timings = told.get("usage") or {}, told.get(TIMINGS) or {}
    if not error and "error" in told:
        error = "server"
    if not error and not pieces:
        error = "empty"
    prompt_ms, token_ms = timings.get("prompt_ms"), timings.get("predicted_per_token_ms")
    return Outcome(
        started_s=started_s,
        token_times_s=tuple(pieces),
        ended_s=time.perf_counter(),
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or len(pieces)),
        error=error,
        server_prompt_s=None if prompt_ms is None else prompt_ms * MILLISECOND_S,
        server_token_s=None if token_ms is None else token_ms * MILLISECOND_S,
    )
