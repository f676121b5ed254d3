"""What every request passes: size, access, headers, counting. Plain ASGI, so that nothing is buffered twice."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException

from sizewise.api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sizewise.api.metrics import Metrics
    from sizewise.api.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content security policy: everything comes from this server, nothing runs inline."""
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OPEN_PATHS = frozenset({"/healthz"})
"""Answered without a token."""
TOO_LARGE, TOO_LONG, UNAUTHORIZED, WRONG_HOST = 413, 414, 401, 421


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, pass on, add headers, count."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._checked(scope, receive, sending)
        self.metrics.count(scope, status, time.perf_counter() - start)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await self.app(scope, self._limited(receive), send)

    def _refusal(self, scope: Scope) -> Any:  # noqa: ANN401 - a response, which is an ASGI application
        headers = {name.lower(): value for name, value in scope["headers"]}
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self.settings.max_url_bytes:
            return problem(
                TOO_LONG, "too-long", f"at most {self.settings.max_url_bytes} bytes of address are read"
            )
        named = [host_name(value) for name, value in scope["headers"] if name.lower() == b"host"]
        if self.settings.hosts and (len(named) != 1 or named[0] not in self.settings.hosts):
            return problem(
                WRONG_HOST, "wrong-host", "the server is not asked under this name; see SIZEWISE_HOSTS"
            )
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > self.settings.max_body_bytes:
            return self._too_large()
        if self.settings.token and scope["path"] not in OPEN_PATHS and not self._knows_token(headers):
            return problem(UNAUTHORIZED, "unauthorized", "send the token as 'Authorization: Bearer ...'")
        return None

    def _knows_token(self, headers: dict[bytes, bytes]) -> bool:
        given = headers.get(b"authorization", b"")
        return hmac.compare_digest(given, b"Bearer " + self.settings.token.encode())

    def _too_large(self) -> Any:  # noqa: ANN401 - same
        return problem(
            TOO_LARGE, "too-large", f"at most {self.settings.max_body_bytes} bytes of body are read"
        )

    def _limited(self, receive: Receive) -> Receive:
        left = self.settings.max_body_bytes

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(TOO_LARGE, "too large")
            return message

        return receiving


def host_name(header: bytes) -> str:
    """The name in a Host header, without the port.

    >>> host_name(b"localhost:8765"), host_name(b"[::1]:8765")
    ('localhost', '[::1]')
    """
    text = header.decode("latin-1").lower()
    name, _, port = text.rpartition(":")
    return name if name and port.isdigit() else text
