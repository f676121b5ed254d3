"""A server of our own on the loopback address: a free port for it, the wait until it is there, questions to it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any

from sizewise.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sizewise.proof.program_watch import Watched

HOST = "127.0.0.1"
ANSWER_S = 600.0
POLL_S = 0.1
FAILURES = (OSError, ValueError, http.client.HTTPException)
"""What a question to a server that is gone, or talks another language, ends in."""
EVENT = b"data: {"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_ready(running: Watched, port: int, timeout_s: float) -> None:
    """Until it says that it is well.

    Raises: NotSupported where it ends before or takes longer.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if running.child.poll() is not None:
            raise NotSupported("the engine refuses: {problem}", problem=running.last_words())
        try:
            if asked(port, "GET", "/health")[0] == http.client.OK:
                return
        except FAILURES:
            pass  # not listening yet
        time.sleep(POLL_S)
    raise NotSupported("the engine ended or took longer than {n} s over this shape", n=round(timeout_s))


def asked(port: int, method: str, path: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
    """Status and answer; an empty one is told as an empty object."""
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = json.loads(answer.read() or b"{}")
    finally:
        connection.close()
    return answer.status, content


def streamed(port: int, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Events of an answer as they come.

    Raises: NotSupported where the server refuses.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=ANSWER_S)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            problem = answer.read(300).decode(errors="replace")
            raise NotSupported("the engine refuses: {problem}", problem=problem)
        for line in answer:
            if line.startswith(EVENT):
                yield json.loads(line.removeprefix(b"data: "))
    finally:
        connection.close()
