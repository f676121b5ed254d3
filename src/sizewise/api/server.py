"""What uvicorn starts, in each of its processes."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from sizewise import advisor
from sizewise.api.app import create_app
from sizewise.api.settings import Settings
from sizewise.errors import BadInput
from sizewise.sources.reach import Reach, parse_folders, parse_hosts

if TYPE_CHECKING:
    from starlette.types import ASGIApp

TOKEN_VARIABLE = "SIZEWISE_TOKEN"  # noqa: S105 - the name of a variable, no password
HOSTS_VARIABLE = "SIZEWISE_HOSTS"
"""Names under which the server may be asked, separated by commas."""
FOLDERS_VARIABLE, ALLOWED_VARIABLE = "SIZEWISE_ALLOW_FOLDERS", "SIZEWISE_ALLOW_HOSTS"
"""Folders, separated as in PATH, and hosts, separated by commas, that may be read for callers."""
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
FIRST_QUESTION = advisor.Question(device=("RTX 4090",))
"""Answered before anybody asks, so that the tables are read and the first caller does not wait for them."""
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


def application() -> ASGIApp:
    """The application of this process, as its environment says."""
    hosts = tuple(name.lower() for name in _listed(HOSTS_VARIABLE, ","))
    reach = Reach(
        folders=parse_folders(_listed(FOLDERS_VARIABLE, os.pathsep)),
        hosts=parse_hosts(_listed(ALLOWED_VARIABLE, ",")),
    )
    advisor.recommend(FIRST_QUESTION)
    return create_app(Settings(token=os.environ.get(TOKEN_VARIABLE, ""), hosts=hosts, reach=reach))


def _listed(variable: str, separator: str) -> tuple[str, ...]:
    parts = os.environ.get(variable, "").split(separator)
    return tuple(part.strip() for part in parts if part.strip())


def name_reach(folders: tuple[str, ...], hosts: tuple[str, ...]) -> None:
    """Tell the processes of the server what they may read for callers.

    Raises: BadInput for what is no folder or no host.
    """
    for variable, listed, separator in (
        (FOLDERS_VARIABLE, [str(folder) for folder in parse_folders(folders)], os.pathsep),
        (ALLOWED_VARIABLE, parse_hosts(hosts), ","),
    ):
        if listed:
            os.environ[variable] = separator.join(listed)


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
