"""Parts of files from one server by HTTP: bounded in bytes, time, attempts and redirects.

The token goes to the server it was made for and to no other; a redirect may lead to a store of files, never
from https to http. Whole files are never fetched: what is asked is what is read.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sizewise import __version__
from sizewise.errors import BadInput
from sizewise.sources.reach import OutOfReach, check_address, handlers

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message
    from http.client import HTTPResponse

MAX_REDIRECTS = 5
MAX_ATTEMPTS = 3
FIRST_WAIT_S = 0.5
"""Pause before the second attempt; doubled before each further one. [s]"""
MAX_WAIT_S = 10.0
"""Longest pause that a server may ask for with Retry-After. [s]"""
TIMEOUT_S = 10.0
"""Longest silence of a server. [s]"""
MAX_SECONDS = 30.0
"""Longest time of one attempt, however slowly the bytes drip. [s]"""
PIECE_BYTES = 2**16
CONTENT_RANGE = re.compile(r"^bytes (\d{1,19})-(\d{1,19})/(\d{1,19})$")
FORBIDDEN, MISSING, TOO_MANY, WHOLE, PARTIAL, PAST_END = (401, 403), 404, 429, 200, 206, 416
SERVER_ERRORS = range(500, 600)
REDIRECTS = (301, 302, 303, 307, 308)


class HubUnreachable(BadInput):
    """The server gives no usable answer: no network, too slow, too busy, broken off."""

    code = "hub-unreachable"


class NotOnHub(BadInput):
    """The server has no such model or file."""

    code = "not-on-hub"


class GatedModel(BadInput):
    """The server has it, but not for everybody."""

    code = "gated-model"


class Part(NamedTuple):
    """Some bytes of a file, and how many it has."""

    content: bytes
    size_bytes: int


class _NoRedirect(HTTPRedirectHandler):
    """Redirects come back as answers: they are followed here, one by one."""

    def redirect_request(self, *_: object) -> None:
        """Follow nothing."""


@dataclass(frozen=True, kw_only=True)
class Web:
    """One server and the patience with it."""

    endpoint: str
    """Scheme and host, without a slash at the end."""
    token: str = ""
    timeout_s: float = TIMEOUT_S
    max_seconds: float = MAX_SECONDS
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @property
    def host(self) -> str:
        """Name of the server."""
        return urlsplit(self.endpoint).netloc

    def part(self, path: str, *, begin: int, length: int) -> Part:
        """At most so many bytes of a file from `begin` on.

        Raises: NotOnHub, GatedModel; HubUnreachable after MAX_ATTEMPTS.
        """
        wait_s = FIRST_WAIT_S
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return self._attempt(self.endpoint + path, begin, length)
            except _TryAgain as error:
                pause_s = max(wait_s, error.wait_s)
                if attempt == MAX_ATTEMPTS or pause_s > MAX_WAIT_S:
                    raise HubUnreachable(
                        "{host} cannot be used now: {reason}; try again later, or name a folder or file here",
                        host=self.host, reason=error.reason,
                    ) from error  # fmt: skip
            self.sleep(pause_s)
            wait_s *= 2
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, url: str, begin: int, length: int) -> Part:
        deadline_s = self.clock() + self.max_seconds
        for _ in range(MAX_REDIRECTS + 1):
            try:
                with self._open(url, begin, length) as answer:
                    status, headers = answer.status, answer.headers
                    if status not in REDIRECTS:
                        return self._part(answer, begin, length, deadline_s)
            except OutOfReach:
                raise
            except (OSError, HTTPException, ValueError) as error:
                raise _TryAgain(_reason(error)) from error
            url = self._next_url(url, headers)
        raise HubUnreachable("{host} sends from one address to the next without end", host=self.host)

    def _open(self, url: str, begin: int, length: int) -> HTTPResponse:
        """The answer of any status."""
        check_address(url)
        request = Request(url)  # noqa: S310 - http and https only, checked where the endpoint and redirects are read
        request.add_header("User-Agent", f"sizewise/{__version__}")
        request.add_header("Accept-Encoding", "identity")
        request.add_header("Range", f"bytes={begin}-{begin + length - 1}")
        if self.token and urlsplit(url)[:2] == urlsplit(self.endpoint)[:2]:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            answer: HTTPResponse = build_opener(_NoRedirect, *handlers()).open(
                request, timeout=self.timeout_s
            )
        except HTTPError as error:
            answer = error  # type: ignore[assignment]  # an answer as well: status, headers, body
        return answer

    def _next_url(self, url: str, headers: Message) -> str:
        following = urljoin(url, headers.get("Location", ""))
        new, old = urlsplit(following), urlsplit(url)
        if not new.netloc or new.scheme not in {"https", old.scheme}:
            raise HubUnreachable("{host} sends to an address that is not used: {given}", host=self.host,
                                 given=following)  # fmt: skip
        return following

    def _part(self, answer: HTTPResponse, begin: int, length: int, deadline_s: float) -> Part:
        status, headers = answer.status, answer.headers
        if status == TOO_MANY or status in SERVER_ERRORS:
            raise _TryAgain(f"status {status}", _retry_after_s(headers))
        if status in FORBIDDEN and headers.get("X-Error-Code") != "RepoNotFound":
            raise GatedModel("{host} gives it only to those who may: accept its terms there, then set HF_TOKEN",
                             host=self.host)  # fmt: skip
        if status in {*FORBIDDEN, MISSING, PAST_END}:
            raise NotOnHub("{host} has no such model or file", host=self.host)
        if status not in {WHOLE, PARTIAL} or (status == WHOLE and begin):
            raise HubUnreachable("{host} does not serve parts of files (status {status})",
                                 host=self.host, status=status)  # fmt: skip
        size_bytes = self._size_bytes(answer, begin)
        wanted = length if size_bytes is None else min(length, size_bytes - begin)
        content = self._body(answer, wanted, deadline_s)
        if size_bytes is None:
            size_bytes = len(content)
        elif len(content) < wanted:
            raise _TryAgain("the answer breaks off")
        return Part(content, size_bytes)

    def _size_bytes(self, answer: HTTPResponse, begin: int) -> int | None:
        """Bytes of the whole file; None where the server does not say."""
        if answer.status == WHOLE:
            size = answer.headers.get("Content-Length", "")
            return int(size) if re.fullmatch(r"\d{1,19}", size) else None
        match = CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        if not match or int(match[1]) != begin or int(match[3]) <= begin:
            raise _TryAgain("the answer is another part than asked for")
        return int(match[3])

    def _body(self, answer: HTTPResponse, wanted: int, deadline_s: float) -> bytes:
        """So many bytes, or all there are."""
        pieces, missing = [], wanted
        while missing > 0:
            if self.clock() > deadline_s:
                raise _TryAgain("the answer is too slow")
            piece = answer.read1(min(missing, PIECE_BYTES))
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)


class _TryAgain(Exception):
    """A failure that may pass."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


def _retry_after_s(headers: Message) -> float:
    """Seconds that the server asks to wait; a date counts as none."""
    value = headers.get("Retry-After", "")
    return float(value) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value) else 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, Exception) else error
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
