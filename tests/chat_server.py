"""A chat server on this computer that answers from a function, and misbehaves where it is told to.

A fault is what happens to a question before it is answered: a status such as "429", or hang, garbage, half-stream,
half-answer, huge, elsewhere, closed; with a count it ends after so many questions.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

Answerer: TypeAlias = Callable[[list[dict[str, Any]]], str]
HUGE_BYTES = 10 * 2**20


@dataclass
class ChatServer:
    """State of one server."""

    answer: Answerer
    fault: str = ""
    count: int = 10**9
    """Questions that meet the fault."""
    faulty: Callable[[str], bool] = field(default=lambda _question: True)
    """Which questions meet it."""
    retry_after: str = ""
    pause_s: float = 0.0
    """Time that each answer takes."""
    questions: list[str] = field(default_factory=list)
    """The last message of every request, in the order of arrival."""
    times_s: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    """Of the other end of each request's connection."""
    models: tuple[str, ...] = ("fake",)
    address: str = ""
    stopped: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    chat: ChatServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._send(200, json.dumps({"data": [{"id": name} for name in self.chat.models]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question, chat = body["messages"][-1]["content"], self.chat
        with chat.lock:
            chat.questions.append(question)
            chat.bodies.append(body)
            chat.ports.append(self.client_address[1])
            chat.times_s.append(time.monotonic())
            chat.keys.append(self.headers.get("Authorization", ""))
            is_faulty = bool(chat.fault) and chat.count > 0 and chat.faulty(question)
            chat.count -= is_faulty
        try:
            if is_faulty:
                self._misbehave(chat.fault)
            else:
                time.sleep(chat.pause_s)
                self._answer(chat.answer(body["messages"]), is_stream=bool(body.get("stream")))
        except OSError:
            self.close_connection = True

    def _answer(self, text: str, *, is_stream: bool) -> None:
        if not is_stream:
            message = {"role": "assistant", "content": text}
            usage = {"prompt_tokens": 10, "completion_tokens": 2}
            content = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
            self._send(200, json.dumps(content).encode())
            return
        self._stream([*text], "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def _stream(self, pieces: list[str], finish: str | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces:
            event = {"choices": [{"delta": {"content": piece}, "finish_reason": None}]}
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        if finish:
            last = {"choices": [{"delta": {}, "finish_reason": finish}]}
            self.wfile.write(b"data: " + json.dumps(last).encode() + b"\n\n")

    def _misbehave(self, fault: str) -> None:
        if fault.isdigit():
            self._send(
                int(fault), b"no", {"Retry-After": self.chat.retry_after} if self.chat.retry_after else {}
            )
        elif fault == "hang":
            self.chat.stopped.wait(30)
            self.close_connection = True
        elif fault == "garbage":
            self._send(200, b'{"choices": [{"mess')
        elif fault == "half-stream":
            self._stream(["h", "a"], None)
        elif fault == "half-answer":
            self._send(200, b'{"choices": [{"message": {"content": "ha', missing_bytes=30)
            self.close_connection = True
        elif fault == "huge":
            self._send(200, b" " * HUGE_BYTES)
        elif fault == "elsewhere":
            self._send(307, b"", {"Location": "http://127.0.0.1:9/v1/chat/completions"})
        else:
            self.close_connection = True

    def _send(
        self, status: int, content: bytes, headers: dict[str, str] | None = None, missing_bytes: int = 0
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content) + missing_bytes))
        self.end_headers()
        self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """A client that leaves is no error of the test."""


@contextmanager
def chat_server(answer: Answerer, **settings: Any) -> Iterator[ChatServer]:
    """A running server; its address is `chat.address`."""
    chat = ChatServer(answer, **settings)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"chat": chat}))
    chat.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield chat
    finally:
        chat.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
