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


def application() -> ASGIApp:
    """The application of this process, as its environment says."""
    return create_app(Settings(token=os.environ.get(TOKEN_VARIABLE, "")))


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
