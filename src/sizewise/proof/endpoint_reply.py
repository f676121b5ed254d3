"""What a server answered: the text, its tokens and when each piece came; from a plain answer or from a stream."""

from __future__ import annotations

import json
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DATA = b"data:"
DONE = b"[DONE]"
TIMINGS = "timings"
"""What llama-server adds to the last piece."""
MILLISECOND_S = 1e-3


class Broken(Exception):
    """An attempt without a usable answer."""

    def __init__(self, kind: str, *, detail: str = "", wait_s: float = 0.0, may_pass: bool = True) -> None:
        super().__init__(kind)
        self.kind, self.detail, self.wait_s, self.may_pass = kind, detail[:300], wait_s, may_pass


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer and its times on the clock of `time.perf_counter`."""

    text: str = ""
    reasoning: str = ""
    """What a thinking model wrote before its answer."""
    finish: str = ""
    """stop, length, ...: why it ended."""
    prompt_tokens: int | None = None
    """As the server counts; None: it does not say."""
    output_tokens: int | None = None
    started_s: float = 0.0
    piece_times_s: tuple[float, ...] = ()
    """When each piece of text came; one for a plain answer. A piece is about a token."""
    ended_s: float = 0.0
    num_attempts: int = 1
    server_prompt_s: float | None = None
    """Reading the prompt by the server's own clock (llama-server); None: it does not say. [s]"""
    server_token_s: float | None = None
    """Each token by the server's own clock. [s]"""
    failure: str = ""
    """A word of `domain.failures`; empty: answered."""
    detail: str = ""

    @property
    def ttft_s(self) -> float | None:
        """Time to the first piece of text. [s]"""
        return self.piece_times_s[0] - self.started_s if self.piece_times_s else None

    @property
    def e2e_s(self) -> float | None:
        """Until the last piece of text. [s]"""
        return self.piece_times_s[-1] - self.started_s if self.piece_times_s else None

    @property
    def tpot_s(self) -> float | None:
        """Mean time per further token of a stream; None: there was one token only. [s]"""
        further = (self.output_tokens or len(self.piece_times_s)) - 1
        if further < 1 or not self.piece_times_s:
            return None
        return (self.piece_times_s[-1] - self.piece_times_s[0]) / further

    @property
    def gaps_s(self) -> tuple[float, ...]:
        """Times between one piece and the next. [s]"""
        return tuple(b - a for a, b in zip(self.piece_times_s, self.piece_times_s[1:], strict=False))

    @property
    def total_s(self) -> float:
        """From the question to the end of the answer, of the last attempt. [s]"""
        return self.ended_s - self.started_s


async def plain_reply(pieces: AsyncIterator[bytes], limit_bytes: int, started_s: float) -> Reply:
    """The whole answer at once.

    Raises: Broken.
    """
    content = bytearray()
    async for piece in pieces:
        content += piece
        if len(content) > limit_bytes:
            raise Broken("too-long", detail=f"more than {limit_bytes} bytes", may_pass=False)
    ended_s = perf_counter()
    answer = _parsed(bytes(content))
    try:
        choice = answer["choices"][0]
        message = choice.get("message") or {"content": choice["text"]}
        text, reasoning = _text(message.get("content")), _text(message.get("reasoning_content"))
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Broken("not-understood", detail=_start(bytes(content))) from None
    prompt, output = _usage(answer)
    return Reply(text=text, reasoning=reasoning, finish=str(choice.get("finish_reason") or ""), prompt_tokens=prompt,
                 output_tokens=output, started_s=started_s, piece_times_s=(ended_s,), ended_s=ended_s)  # fmt: skip


async def stream_reply(pieces: AsyncIterator[bytes], limit_bytes: int, started_s: float) -> Reply:
    """A stream of server-sent events, to its end.

    Raises: Broken, also for a stream that ends before it is done.
    """
    told = _Told()
    num_bytes, rest = 0, b""
    async for piece in pieces:
        num_bytes += len(piece)
        if num_bytes > limit_bytes:
            raise Broken("too-long", detail=f"more than {limit_bytes} bytes", may_pass=False)
        *lines, rest = (rest + piece).split(b"\n")
        now_s = perf_counter()
        for line in lines:
            told.take(line.strip(), now_s)
    told.take(rest.strip(), perf_counter())
    if not told.is_done and not told.finish:
        raise Broken("broken-off", detail=f"after {len(told.times_s)} pieces")
    return Reply(text="".join(told.text), reasoning="".join(told.reasoning), finish=told.finish,
                 prompt_tokens=told.usage[0], output_tokens=told.usage[1], started_s=started_s,
                 piece_times_s=tuple(told.times_s), ended_s=perf_counter(),
                 server_prompt_s=told.server_s[0], server_token_s=told.server_s[1])  # fmt: skip


class _Told:
    """What a stream has said so far."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.times_s: list[float] = []
        self.finish, self.is_done = "", False
        self.usage: tuple[int | None, int | None] = (None, None)
        self.server_s: tuple[float | None, float | None] = (None, None)

    def take(self, line: bytes, now_s: float) -> None:
        """One line of the stream; comments and names of events are passed over."""
        if not line.startswith(DATA):
            return
        content = line[len(DATA) :].strip()
        if content == DONE:
            self.is_done = True
            return
        event = _parsed(content)
        if "error" in event:
            raise Broken("server-error", detail=_start(content))
        if event.get("usage"):
            self.usage = _usage(event)
        if TIMINGS in event:
            self.server_s = _server_s(event[TIMINGS])
        try:
            for choice in event.get("choices", ())[:1]:
                delta = choice.get("delta") or {}
                said = _text(delta.get("content")) or _text(choice.get("text"))
                thought = _text(delta.get("reasoning_content"))
                self.finish = str(choice.get("finish_reason") or self.finish)
                if said or thought:
                    self.times_s.append(now_s)
                self.text.append(said)
                self.reasoning.append(thought)
        except (AttributeError, TypeError):
            raise Broken("not-understood", detail=_start(content)) from None


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Broken("not-understood", detail=_start(content)) from None
    if not isinstance(found, dict):
        raise Broken("not-understood", detail=_start(content))
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _usage(answer: dict[str, Any]) -> tuple[int | None, int | None]:
    usage = answer.get("usage")
    if not isinstance(usage, dict):
        return None, None
    prompt, output = (usage.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return _count(prompt), _count(output)


def _server_s(timings: object) -> tuple[float | None, float | None]:
    told = timings if isinstance(timings, dict) else {}
    prompt, token = (_seconds(told.get(name)) for name in ("prompt_ms", "predicted_per_token_ms"))
    return prompt, token


def _seconds(value_ms: object) -> float | None:
    return value_ms * MILLISECOND_S if isinstance(value_ms, (int, float)) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _start(content: bytes) -> str:
    return content[:120].decode("utf-8", "replace")
