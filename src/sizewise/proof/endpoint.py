"""One server that speaks the OpenAI chat protocol: asked plainly or as a stream, timed, and never trusted.

Only the address that the user named is called: redirects are failures, proxies and password files of the environment
are not used. The key comes from an environment variable, goes into one header and nowhere else. An answer has a hard
limit in bytes and in time; what may pass is tried again, after the pause that the server asks for or a growing one.
"""

from __future__ import annotations

import asyncio
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

    import httpx2

ENDING = "/chat/completions"
MODELS = "/models"
VERSION = "/v1"
PASSING_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same question may be answered."""
OK, FIRST_REDIRECT, FIRST_REFUSAL = 200, 300, 400
SECONDS = re.compile(r"^\d{1,9}(\.\d{1,9})?$")
MAX_LIST_BYTES = 2**20


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
    """A target from what the user typed: an address, and after # the model.

    Raises: BadInput for an address that is not http or https.

    >>> target_of("small", "http://127.0.0.1:8080#qwen").url
    'http://127.0.0.1:8080/v1'
    """
    address, _, model = given.strip().partition("#")
    try:
        parts = urlsplit(address)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable = False
    if not is_usable or parts.query:
        raise BadInput("endpoint {name}: '{given}' is no address; give one such as http://127.0.0.1:8080",
                       name=name, given=without_password(address))  # fmt: skip
    if parts.username or parts.password:
        raise BadInput("endpoint {name}: write no password into an address; give the name of an environment variable "
                       "with --key", name=name)  # fmt: skip
    base = address.rstrip("/").removesuffix(ENDING).rstrip("/")
    if not urlsplit(base).path:
        base += VERSION
    return Target(name=name, url=base, model=model, key=key)


def without_password(address: str) -> str:
    """An address that may be shown."""
    return re.sub(r"//[^/@]*@", "//***@", address)


class Endpoint:
    """A target, opened: `async with Endpoint(target) as endpoint: await endpoint.ask(...)`.

    Raises: MissingExtra without the HTTP client.
    """

    def __init__(
        self, target: Target, patience: Patience | None = None, *, num_connections: int = 64
    ) -> None:
        try:
            import httpx2
        except ImportError as missing:
            raise MissingExtra("evaluate", "asking a server") from missing
        self.target, self.patience = target, patience or Patience()
        headers = {"User-Agent": f"sizewise/{__version__}", "Accept-Encoding": "identity"}
        if target.key:
            headers["Authorization"] = f"Bearer {target.key}"
        self._http = httpx2
        self._client = httpx2.AsyncClient(
            headers=headers,
            timeout=httpx2.Timeout(self.patience.attempt_s, connect=self.patience.connect_s, pool=None),
            limits=httpx2.Limits(max_connections=num_connections, max_keepalive_connections=num_connections),
            verify=target.url.startswith(
                "https:"
            ),  # reading the certificates takes 0.1 s that http has no use for
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        is_stream: bool = False,
        **settings: Any,  # noqa: ANN401 - JSON
    ) -> Reply:
        """One question; settings go into the request as they are (max_tokens, temperature, seed ...).

        Never raises for what a server does: the reply then has a `failure`.
        """
        body: dict[str, Any] = {"messages": list(messages), "stream": is_stream, **settings}
        if self.target.model:
            body["model"] = self.target.model
        if is_stream:
            body["stream_options"] = {"include_usage": True}
        content, wait_s = json.dumps(body, ensure_ascii=False).encode(), self.patience.first_wait_s
        for attempt in range(1, self.patience.num_attempts + 1):
            started_s = perf_counter()
            try:
                return replace(await self._timed(content, is_stream), num_attempts=attempt)
            except Broken as broken:
                pause_s = max(wait_s, broken.wait_s)
                is_over = attempt == self.patience.num_attempts or pause_s > self.patience.max_wait_s
                if is_over or not broken.may_pass:
                    return Reply(failure=broken.kind, detail=broken.detail, num_attempts=attempt,
                                 started_s=started_s, ended_s=perf_counter())  # fmt: skip
            await asyncio.sleep(pause_s)
            wait_s *= 2
        raise AssertionError("the last attempt returns")

    async def _timed(self, content: bytes, is_stream: bool) -> Reply:  # noqa: FBT001 - private
        """One attempt, within its time."""
        try:
            async with asyncio.timeout(self.patience.attempt_s):
                return await self._attempt(content, is_stream)
        except (TimeoutError, self._http.TimeoutException):
            raise Broken("no-answer-in-time") from None
        except self._http.TransportError as error:
            kind = "not-reached" if isinstance(error, self._http.ConnectError) else "broken-off"
            raise Broken(kind, detail=str(error) or type(error).__name__) from None

    async def _attempt(self, content: bytes, is_stream: bool) -> Reply:  # noqa: FBT001 - private
        started_s = perf_counter()
        headers = {"Content-Type": "application/json"}
        url = self.target.url + ENDING
        async with self._client.stream("POST", url, content=content, headers=headers) as answer:
            if answer.status_code != OK:
                raise await _refusal(answer)
            is_sent_as_stream = answer.headers.get("Content-Type", "").startswith("text/event-stream")
            read = stream_reply if is_stream and is_sent_as_stream else plain_reply
            return await read(answer.aiter_raw(), self.patience.max_answer_bytes, started_s)

    async def models(self) -> tuple[str, ...]:
        """Names of the models that the server has; none where it does not say.

        Raises: NotSupported where the server cannot be reached or refuses.
        """
        url = self.target.url + MODELS
        try:
            async with asyncio.timeout(self.patience.attempt_s), self._client.stream("GET", url) as answer:
                status, content = answer.status_code, await _start(answer, MAX_LIST_BYTES)
        except (TimeoutError, self._http.HTTPError) as error:
            raise NotSupported("endpoint {name} cannot be reached at {url}: {reason}; is the server running?",
                               name=self.target.name, url=self.target.url,
                               reason=str(error) or "no answer in time") from None  # fmt: skip
        if status in {401, 403}:
            raise NotSupported("endpoint {name} asks for a key (status {status}); give the name of the environment "
                               "variable that holds it: --key {name}=VARIABLE",
                               name=self.target.name, status=status)  # fmt: skip
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
            raise BadInput("endpoint {name} has several models; write the one you mean behind the address, such as "
                           "{name}={url}#{first}; it has: {known}", name=self.target.name, url=self.target.url,
                           first=names[0], known=", ".join(names))  # fmt: skip
        self.target = replace(self.target, model=names[0] if names else "")
        return self.target


async def _refusal(answer: httpx2.Response) -> Broken:
    """A status other than 200 as a failure; its body, shortened, is the detail."""
    status = answer.status_code
    if FIRST_REDIRECT <= status < FIRST_REFUSAL:
        return Broken("sent-elsewhere", detail=f"status {status}", may_pass=False)
    detail = f"status {status}: " + " ".join((await _start(answer, 300)).decode("utf-8", "replace").split())
    asked = answer.headers.get("Retry-After", "")
    wait_s = float(asked) if SECONDS.match(asked) else 0.0
    kind = "too-busy" if status in {429, 503} else "server-error" if status in PASSING_STATUS else "refused"
    return Broken(kind, detail=detail, wait_s=wait_s, may_pass=status in PASSING_STATUS)


async def _start(answer: httpx2.Response, limit_bytes: int) -> bytes:
    found = b""
    async for piece in answer.aiter_raw():
        found += piece
        if len(found) >= limit_bytes:
            break
    return found[:limit_bytes]
