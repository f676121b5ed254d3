"""A hub on this computer: repositories from dicts, and the misbehaviours that real servers have.

A file is bytes, or a `Sparse` one of which only the header exists. `faults` maps a file name to what happens when it
is asked for; a fault with a count ends after so many requests.
"""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_ADDRESS = re.compile(r"^(?:/models)?/([^/]+/[^/]+)/resolve/(?:main|master)/(.+)$")
LIST_ADDRESS = re.compile(r"^/api/(?:v1/)?models/([^/]+/[^/]+)/(?:tree/main|repo/files)$")


@dataclass(frozen=True)
class Sparse:
    """A file of any size that holds nothing behind its header."""

    head: bytes
    size_bytes: int

    def __len__(self) -> int:
        return self.size_bytes

    def __getitem__(self, part: slice) -> bytes:
        begin, end, _ = part.indices(self.size_bytes)
        found = self.head[begin:end]
        return found + bytes(end - begin - len(found))


Repository: TypeAlias = "dict[str, bytes | Sparse]"


@dataclass
class Fault:
    """What goes wrong with one file."""

    kind: str
    """A status such as 429, or: slow, truncated, loop, whole, elsewhere, wrong-part, garbage, closed."""
    count: int = 10**9
    """Requests that meet it."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class FakeHub:
    """State of one server."""

    repositories: dict[str, Repository]
    faults: dict[str, Fault] = field(default_factory=dict)
    token: str = ""
    """Asked of everybody where it is set."""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, Range and Authorization of every request."""
    num_sent_bytes: int = 0
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    hub: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.requests.append((path, self.headers.get("Range", ""), self.headers.get("Authorization", "")))
        if self.hub.token and self.headers.get("Authorization") != f"Bearer {self.hub.token}":
            self._send(401, b"", {"X-Error-Code": "GatedRepo"})
        elif match := LIST_ADDRESS.match(path):
            self._list(match[1])
        elif match := FILE_ADDRESS.match(path):
            self._file(match[1], match[2])
        else:
            self._send(404, b"")

    def _list(self, name: str) -> None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
            return
        if self.path.startswith("/api/v1"):
            files = [{"Path": file, "Size": len(content)} for file, content in repository.items()]
            self._send(200, json.dumps({"Data": {"Files": files}}).encode())
        else:
            found = [{"path": file, "size": len(content)} for file, content in repository.items()]
            self._send(200, json.dumps(found).encode())

    def _file(self, name: str, file: str) -> None:
        fault = self.hub.faults.get(file)
        if fault and fault.count > 0:
            fault.count -= 1
            if self._misbehave(fault):
                return
        repository = self.hub.repositories.get(name)
        if repository is None or file not in repository:
            code = "RepoNotFound" if repository is None else "EntryNotFound"
            self._send(401 if repository is None else 404, b"", {"X-Error-Code": code})
            return
        content, asked = repository[file], re.match(r"bytes=(\d+)-(\d+)$", self.headers.get("Range", ""))
        is_whole = asked is None or (fault is not None and fault.kind == "whole")
        begin, end = (0, len(content)) if is_whole or not asked else (int(asked[1]), int(asked[2]) + 1)
        if begin >= len(content):
            self._send(416, b"")
            return
        end = min(end, len(content))
        first = begin + 1 if fault and fault.kind == "wrong-part" else begin
        headers = {} if is_whole else {"Content-Range": f"bytes {first}-{end - 1}/{len(content)}"}
        self._send(200 if is_whole else 206, content, headers, begin, end)

    def _misbehave(self, fault: Fault) -> bool:
        """Do what the fault says; False where an answer follows all the same."""
        if fault.kind.isdigit():
            self._send(int(fault.kind), b"", fault.headers)
        elif fault.kind == "loop":
            self._send(302, b"", {"Location": self.path})
        elif fault.kind == "elsewhere":
            self._send(302, b"", fault.headers)
        elif fault.kind == "garbage":
            self.wfile.write(b"this is not HTTP\r\n\r\n")
            self.close_connection = True
        elif fault.kind == "closed":
            self.close_connection = True
        elif fault.kind == "truncated":
            self._head(206, 1000, {"Content-Range": "bytes 0-999/1000"})
            self.wfile.write(b"{")
            self.close_connection = True
        elif fault.kind == "slow":
            self._head(206, 1000, {"Content-Range": "bytes 0-999/1000"})
            self._drip(1000)
        else:
            return False
        return True

    def _drip(self, num_bytes: int) -> None:
        try:
            for _ in range(num_bytes):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            self.close_connection = True

    def _head(self, status: int, num_bytes: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(num_bytes))
        self.end_headers()

    def _send(
        self, status: int, content: bytes | Sparse, headers: dict[str, str] | None = None, begin: int = 0,
        end: int | None = None,
    ) -> None:  # fmt: skip
        last = len(content) if end is None else end
        try:
            self._head(status, last - begin, headers or {})
            for at in range(begin, last, 2**16):
                piece = content[at : min(at + 2**16, last)]
                self.wfile.write(piece)
                self.hub.num_sent_bytes += len(piece)
        except OSError:  # the reader has enough
            self.close_connection = True


@contextmanager
def fake_hub(repositories: dict[str, Repository]) -> Iterator[FakeHub]:
    """A running server; its address is `hub.address`."""
    hub = FakeHub(repositories)
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
