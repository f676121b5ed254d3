"""Answers that were given before, given again: the same question has the same answer while the server runs.

A question that is being answered is not computed a second time: who asks meanwhile waits for the first.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES, MOST_ANSWERS = 32 * 2**20, 1_000
"""Bytes and number of kept answers; the longest unused go first."""
OK = 200
TELLS_APART = (b"accept-language", b"content-type", b"cookie", b"hx-request")
"""Headers of a request that an answer depends on."""
NEVER = ("/metrics", "/healthz", "/static/")
"""Addresses whose answers change, or are files anyway."""
PRIVATE = b"set-cookie"


@dataclass
class _Answer:
    """One answer as it was sent."""

    start: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""
    route: Any = None

    @property
    def is_kept(self) -> bool:
        """Is it for everybody who asks the same?"""
        names = {name.lower() for name, _ in self.start.get("headers", ())}
        return self.start.get("status") == OK and PRIVATE not in names


class Kept:
    """A layer that remembers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._answers: OrderedDict[Any, _Answer] = OrderedDict()
        self._num_bytes = 0
        self._running: dict[Any, asyncio.Event] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From memory, or from the application."""
        if scope["type"] != "http" or scope["path"].startswith(NEVER):
            await self._app(scope, receive, send)
            return
        try:
            body = await _whole(receive)
        except HTTPException as error:  # a body that is too large: said by the application as everything else
            await self._app(scope, _failing(error), send)
            return
        key = (scope["method"], scope["path"], scope["query_string"], body, *_told(scope["headers"]))
        while key not in self._answers and key in self._running:
            await self._running[key].wait()
        found = self._answers.get(key)
        if found is None:
            await self._answered(key, body, scope, send)
            return
        self._answers.move_to_end(key)
        scope["route"] = found.route
        await send(dict(found.start))
        await send({"type": "http.response.body", "body": found.body})

    async def _answered(self, key: Any, body: bytes, scope: Scope, send: Send) -> None:  # noqa: ANN401 - any key
        made, done = _Answer(), asyncio.Event()
        self._running[key] = done

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                made.start = dict(message)
            else:
                made.body += message.get("body", b"")
            await send(message)

        async def receiving() -> Message:
            return {"type": "http.request", "body": body}

        try:
            await self._app(scope, receiving, sending)
            made.route = scope.get("route")
            if made.is_kept:
                self._keep(key, made)
        finally:
            del self._running[key]
            done.set()

    def _keep(self, key: Any, made: _Answer) -> None:  # noqa: ANN401 - any key
        self._answers[key] = made
        self._num_bytes += len(made.body)
        while self._num_bytes > MOST_BYTES or len(self._answers) > MOST_ANSWERS:
            _, oldest = self._answers.popitem(last=False)
            self._num_bytes -= len(oldest.body)


def _failing(error: HTTPException) -> Receive:
    async def receiving() -> Message:
        raise error

    return receiving


async def _whole(receive: Receive) -> bytes:
    pieces, is_more = [], True
    while is_more:
        message = await receive()
        pieces.append(message.get("body", b""))
        is_more = bool(message.get("more_body"))
    return b"".join(pieces)


def _told(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return sorted((name.lower(), value) for name, value in headers if name.lower() in TELLS_APART)
