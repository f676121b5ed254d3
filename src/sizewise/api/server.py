"""What uvicorn starts, in each of its processes."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from sizewise.api.app import create_app
from sizewise.api.settings import Settings
from sizewise.errors import BadInput

if TYPE_CHECKING:
    from starlette.types import ASGIApp

TOKEN_VARIABLE = "SIZEWISE_TOKEN"  # noqa: S105 - the name of a variable, no password
HOSTS_VARIABLE = "SIZEWISE_HOSTS"
"""Names under which the server may be asked, separated by commas."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


def application() -> ASGIApp:
    """The application of this process, as its environment says."""
    hosts = tuple(
        name.strip().lower() for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()
    )
    return create_app(Settings(token=os.environ.get(TOKEN_VARIABLE, ""), hosts=hosts))


def name_hosts(host: str) -> None:
    """Tell the processes of the server under which names they may be asked: what listens everywhere has any name."""
    if host not in EVERY_ADDRESS:
        os.environ.setdefault(HOSTS_VARIABLE, ",".join((*LOOPBACK_NAMES, host)))


def check_free(host: str, port: int) -> None:
    """Say clearly that an address cannot be listened on, before anything is started.

    Raises: BadInput where another program has it, or it is no address of this computer.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise BadInput(
            "cannot listen on {host}:{port}: {reason}; another --port or --host may be free",
            host=host, port=port, reason=error.strerror or error,
        ) from None  # fmt: skip
