"""One server that speaks the OpenAI protocol: asked plainly or as a stream, timed, and never trusted.

Only the address that the user named is called: redirects are failures, proxies and password files of the environment
are not used. The key comes from an environment variable, goes into one header and nowhere else. An answer has a hard
limit in bytes and in time; what may pass is tried again, after the pause that the server asks for or a growing one.
`evaluate` and `measure` both ask through here.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from sizewise import __version__
from sizewise.errors import BadInput, MissingExtra, NotSupported
from sizewise.proof.endpoint_reply import Broken, Reply, plain_reply, stream_reply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    import aiohttp

CHAT, TEXT, MODELS = "/chat/completions", "/completions", "/models"
VERSION = "/v1"
PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same question may be answered."""
OK, FIRST_REDIRECT, FIRST_REFUSAL = 200, 300, 400
SECONDS = re.compile(r"^\d{1,9}(\.\d{1,9})?$")
MAX_PAGE_BYTES = 2**20
LARGE_BYTES = 2**20
"""A longer question is sent in pieces, so that other answers are read meanwhile. [bytes]"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A server and the model on it."""

    name: str
    """What the user calls it."""
    url: str
    """Up to and without /chat/completions."""
    model: str = ""
    """Name of the model in requests; empty: the only one that the server has."""
    key: str = ""
    """Secret; never shown, stored or logged."""

    def __repr__(self) -> str:
        return f"Target({self.name}: {self.url} {self.model})"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait and how often to try."""

    attempt_s: float = 120.0
    """Longest time of one attempt, from the first byte sent to the last received. [s]"""
    connect_s: float = 10.0
    num_attempts: int = 4
    first_wait_s: float = 0.5
    """Pause before the second attempt; doubled before each further one. [s]"""
    max_wait_s: float = 60.0
    """Longest pause that a server may ask for. [s]"""
    max_answer_bytes: int = 2**20
    """Longest answer, as sent. [bytes]"""


def target_of(name: str, given: str, *, key: str = "") -> Target:
    """A target from what the user typed: an address, http unless it says otherwise, and after # the model.

    Raises: BadInput for an address that is not http or https.

    >>> target_of("small", "http://127.0.0.1:8080#qwen").url
    'http://127.0.0.1:8080/v1'
    """
    address, _, model = given.strip().partition("#")
    address = (address if "://" in address else f"http://{address}").rstrip("/")
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.query:
        raise BadInput("'{given}' is no address of a server; give one such as http://127.0.0.1:8080",
                       given=without_password(given))  # fmt: skip
    if parts.username or parts.password:
        raise BadInput(
            "write no password into an address; give the name of an environment variable with --key"
        )
    if not key.isprintable() or not key.isascii():
        raise BadInput("the key for {address} has a line break or a letter that no key has", address=address)
    base = address
    for ending in (CHAT, TEXT, MODELS):
        base = base.removesuffix(ending).rstrip("/")
    if not urlsplit(base).path:
        base += VERSION
    return Target(name=name, url=base, model=model, key=key)


def without_password(address: str) -> str:
    """An address that may be shown."""
    return re.sub(r"//[^/@]*@", "//***@", address)


class Endpoint:
    """A target, opened: `async with Endpoint(target) as endpoint: await endpoint.chat(...)`.

    `is_fresh`: a connection for each question, as people have who come one by one; otherwise they are kept.
    Raises: MissingExtra without the HTTP client, naming the extra `part`.
    """

    _session: aiohttp.ClientSession

    def __init__(
        self, target: Target, patience: Patience | None = None, *, num_connections: int = 64, is_fresh: bool = False,
        part: str = "evaluate",
    ) -> None:  # fmt: skip
        try:
            import aiohttp
        except ImportError as missing:
            raise MissingExtra(part, "asking a server") from missing
        self.target, self.patience = target, patience or Patience()
        self._http, self._num_connections, self._is_fresh = aiohttp, num_connections, is_fresh

    async def __aenter__(self) -> Self:
        http, key = self._http, self.target.key
        headers = {"User-Agent": f"sizewise/{__version__}", "Accept-Encoding": "identity"}
        self._session = http.ClientSession(
            headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            connector=http.TCPConnector(limit=self._num_connections, force_close=self._is_fresh),
            timeout=http.ClientTimeout(total=None, sock_connect=self.patience.connect_s),
            cookie_jar=http.DummyCookieJar(), auto_decompress=False, trust_env=False,
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def chat(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        is_stream: bool = False,
        **settings: Any,  # noqa: ANN401 - JSON
    ) -> Reply:
        """One question; settings go into the request as they are (max_tokens, temperature, seed ...).

        Never raises for what a server does: the reply then has a `failure`.
        """
        return await self._asked(CHAT, {"messages": list(messages), **settings}, is_stream)

    async def complete(self, prompt: str, *, is_stream: bool = False, **settings: Any) -> Reply:  # noqa: ANN401 - JSON
        """A text to be continued; otherwise as `chat`."""
        return await self._asked(TEXT, {"prompt": prompt, **settings}, is_stream)

    async def _asked(self, path: str, body: dict[str, Any], is_stream: bool) -> Reply:  # noqa: FBT001 - private
        body["stream"] = is_stream
        if self.target.model:
            body["model"] = self.target.model
        if is_stream:
            body["stream_options"] = {"include_usage": True}
        content, wait_s = (
            json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"),
            self.patience.first_wait_s,
        )
        for attempt in range(1, self.patience.num_attempts + 1):
            started_s = perf_counter()
            try:
                reply = await self._timed(path, content, is_stream)
            except Broken as broken:
                pause_s = max(wait_s, broken.wait_s)
                is_over = attempt == self.patience.num_attempts or pause_s > self.patience.max_wait_s
                if is_over or not broken.may_pass:
                    return Reply(failure=broken.kind, detail=broken.detail, num_attempts=attempt,
                                 started_s=started_s, ended_s=perf_counter())  # fmt: skip
            else:
                return reply if attempt == 1 else replace(reply, num_attempts=attempt)
            await asyncio.sleep(pause_s)
            wait_s *= 2
        raise AssertionError("the last attempt returns")

    async def _timed(self, path: str, content: bytes, is_stream: bool) -> Reply:  # noqa: FBT001 - private
        """One attempt, within its time."""
        try:
            async with asyncio.timeout(self.patience.attempt_s):
                return await self._attempt(path, content, is_stream)
        except TimeoutError:
            raise Broken("no-answer-in-time") from None
        except (self._http.ClientConnectorError, self._http.InvalidURL) as error:
            raise Broken("not-reached", detail=str(error)) from None
        except (self._http.ClientError, OSError) as error:
            raise Broken("broken-off", detail=str(error) or type(error).__name__) from None

    async def _attempt(self, path: str, content: bytes, is_stream: bool) -> Reply:  # noqa: FBT001 - private
        started_s = perf_counter()
        data = content if len(content) < LARGE_BYTES else io.BytesIO(content)
        async with self._session.post(
            self.target.url + path,
            data=data,
            headers={"Content-Type": "application/json"},
            allow_redirects=False,
        ) as answer:
            if answer.status != OK:
                raise await _refusal(answer)
            is_sent_as_stream = answer.content_type == "text/event-stream"
            read = stream_reply if is_stream and is_sent_as_stream else plain_reply
            return await read(answer.content.iter_any(), self.patience.max_answer_bytes, started_s)

    async def page(self, url: str) -> tuple[int, bytes]:
        """Status and start of a page of this server.

        Raises: NotSupported where the server cannot be reached.
        """
        try:
            async with (
                asyncio.timeout(self.patience.attempt_s),
                self._session.get(url, allow_redirects=False) as answer,
            ):
                return answer.status, await _start(answer, MAX_PAGE_BYTES)
        except (TimeoutError, self._http.ClientError, OSError) as error:
            raise NotSupported("no server can be reached at {url}: {reason}; is it running?", url=url,
                               reason=str(error) or "no answer in time") from None  # fmt: skip

    async def models(self) -> tuple[str, ...]:
        """Names of the models that the server has; none where it does not say.

        Raises: NotSupported where the server cannot be reached or refuses.
        """
        status, content = await self.page(self.target.url + MODELS)
        if status in {401, 403}:
            raise NotSupported("the server at {url} asks for a key (status {status}); give the name of the "
                               "environment variable that holds it with --key",
                               url=self.target.url, status=status)  # fmt: skip
        try:
            return tuple(str(entry["id"]) for entry in json.loads(content)["data"])
        except (ValueError, KeyError, TypeError):
            return ()

    async def with_model(self) -> Target:
        """The target with the name of its model: the one given, or the only one there is.

        Raises: BadInput where there are several.
        """
        if self.target.model:
            return self.target
        names = await self.models()
        if len(names) > 1:
            raise BadInput("the server at {url} has several models; write the one you mean behind the address, such "
                           "as {url}#{first}; it has: {known}", url=self.target.url,
                           first=names[0], known=", ".join(names))  # fmt: skip
        self.target = replace(self.target, model=names[0] if names else "")
        return self.target


async def _refusal(answer: aiohttp.ClientResponse) -> Broken:
    """A status other than 200 as a failure; its body, shortened, is the detail."""
    status = answer.status
    if FIRST_REDIRECT <= status < FIRST_REFUSAL:
        return Broken("sent-elsewhere", detail=f"status {status}", may_pass=False)
    detail = f"status {status}: " + " ".join((await _start(answer, 300)).decode("utf-8", "replace").split())
    asked = answer.headers.get("Retry-After", "")
    wait_s = float(asked) if SECONDS.match(asked) else 0.0
    kind = "too-busy" if status in {429, 503} else "server-error" if status in PASSING_STATUS else "refused"
    return Broken(kind, detail=detail, wait_s=wait_s, may_pass=status in PASSING_STATUS)


async def _start(answer: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    found = b""
    async for piece in answer.content.iter_any():
        found += piece
        if len(found) >= limit_bytes:
            break
    return found[:limit_bytes]
