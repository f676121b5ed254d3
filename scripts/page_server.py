"""A real `sizewise serve` in a process of its own, for pictures and for tests in a browser."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_TRIES, PAUSE_S = 300, 0.1
"""How long a start may take."""


@contextmanager
def served_page() -> Iterator[str]:
    """The address of a server on a free port; it is stopped at the end.

    Raises: TimeoutError where it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    words = (sys.executable, "-m", "sizewise", "serve", "--port", str(port))
    environment = {**os.environ, "LANG": "C.UTF-8"}
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            _wait_for(address)
            yield address
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    for _ in range(MOST_TRIES):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(PAUSE_S)
        else:
            return
    raise TimeoutError("the server did not start")
