"""A user of `sizewise serve` without a network: run by the Python of an environment, prints what was seen as JSON.

    python offline_session.py FOLDER namespace|refusing

With `namespace` it was started in a network of its own, in which it switches on the loopback and there is nothing
else; with `refusing` the environment refuses sockets to anything but this computer. FOLDER may be written to.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).with_name("sizewise")
GET_FLAGS, SET_FLAGS, IS_UP = 0x8913, 0x8914, 0x1
"""SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP of Linux."""
PATIENCE_S = 60.0
OUTSIDE = ("192.0.2.1", 80)
"""An address for documentation, which leads nowhere."""
QUESTION = {"task": "summarization", "device": ["RTX 4090"], "users": 4}
PAGE = "/?task=summarization&device=RTX+4090&users=4"
GETS = {
    "page": "/", "answer": f"{PAGE}&lang=en", "answer zh": f"{PAGE}&lang=zh",
    "expert": "/expert?task=coding&device=RTX+4090", "card": "/card?device=RTX+3060+12+GB&model=Qwen3-8B",
    "compare": "/compare?pick=Qwen3-8B%40Q4_K_M+on+RTX+4090", "quality": f"/around/quality{PAGE[1:]}&way=guide",
    "cost": f"/around/cost{PAGE[1:]}&way=guide", "load": f"/around/load{PAGE[1:]}&way=guide",
    "script": "/static/htmx.min.js", "page script": "/static/page.js", "style": "/static/style.css",
    "icon": "/static/icon.svg", "health": "/healthz", "metrics": "/metrics", "schema": "/api/v1/openapi.json",
    "models": "/api/v1/catalog/model", "entry": "/api/v1/catalog/entries/Qwen/Qwen3-8B",
}  # fmt: skip
POSTS: dict[str, dict[str, Any]] = {
    "recommend": QUESTION, "fit": {"model": "Qwen3-8B", "device": ["RTX 4090"]},
    "compare": {"options": ["Qwen3-8B@Q4_K_M on RTX 4090"]},
    "capacity": {"model": "Qwen3-8B", "device": "L40S", "rate": 4},
    "cost": {"model": "Qwen3-8B", "device": "RTX 4090", "tokens": "2B"}, "tiers": {"context": "8K"},
}  # fmt: skip


def main() -> None:
    """Cut, serve, ask everything, print."""
    folder = Path(sys.argv[1])
    if sys.argv[2] == "namespace":
        switch_on_loopback()
    seen: dict[str, Any] = {"outside": reaches_outside()}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([PROGRAM, "serve", "--port", str(port)], stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            seen["gets"] = {name: asked(address + path) for name, path in GETS.items()}
            seen["posts"] = {
                name: asked(f"{address}/api/v1/{name}", json.dumps(body).encode())
                for name, body in POSTS.items()
            }
        finally:
            server.terminate()
    asked_again = ("recommend", "--task", "summarization", "--device", "RTX 4090", "--users", "4", "--json")
    seen["said"] = said(folder, *asked_again, "--save", "decision.json")
    seen["reports"] = {
        f"{kind} {language}": said(folder, "--lang", language, "report", "decision.json", "--format", kind)
        for language in ("en", "zh")
        for kind in ("html", "md", "json", "csv")
    }
    print(json.dumps(seen))  # noqa: T201 - read by the test


def switch_on_loopback() -> None:
    """In a network of one's own it is off at first."""
    with socket.socket() as any_socket:
        request = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, GET_FLAGS, request), 16)
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sh14x", b"lo", flags | IS_UP))


def reaches_outside() -> str:
    """What happens to a connection to another computer; empty: it was made."""
    try:
        socket.create_connection(OUTSIDE, timeout=2).close()
    except OSError as error:
        return error.strerror or str(error)
    return ""


def wait_for(address: str) -> None:
    """Until the server answers."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def asked(url: str, body: bytes | None = None) -> tuple[int, str, str]:
    """Status, kind and text of an answer."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - same
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310 - same
        return answer.status, answer.headers["content-type"], answer.read().decode()


def said(folder: Path, *words: str) -> str:
    """What the program prints."""
    return subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, check=True).stdout.decode()


if __name__ == "__main__":
    main()
