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
    from pathlib import Path

MOST_TRIES, PAUSE_S = 600, 0.1
"""How long a start may take."""


def free_port() -> int:
    """A port of this computer that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def served_page(port: int | None = None, package: Path | None = None) -> Iterator[str]:
    """The address of a server; it is stopped at the end.

    Arguments: `port` where it listens, a free one where it is left out; `package` a folder that holds another sizewise.
    Raises: TimeoutError where it does not start.
    """
    with started_server(port or free_port(), package) as (address, _):
        yield address


@contextmanager
def started_server(
    port: int, package: Path | None = None, workers: int = 1
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a server and its process, which ends with its workers at the end.

    Raises: TimeoutError where it does not start.
    """
    address = f"http://127.0.0.1:{port}"
    words = (sys.executable, "-m", "sizewise", "serve", "--port", str(port), "--workers", str(workers))
    environment = {**os.environ, "LANG": "C.UTF-8"}
    if package is not None:
        environment["PYTHONPATH"] = str(package)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            wait_for(address)
            yield address, process
        finally:
            process.terminate()


def wait_for(address: str) -> None:
    """Until a server answers.

    Raises: TimeoutError where it does not.
    """
    for _ in range(MOST_TRIES):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(PAUSE_S)
        else:
            return
    raise TimeoutError("the server did not start")
