"""Which files and servers may be read for somebody who is not the person at this computer.

A server answers strangers. Within `confined`, every file is opened and every server is asked only if it lies in what
its operator listed; the checks stand where files are opened and connections made, so no verb can go around them.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler

from sizewise.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPResponse
    from urllib.request import BaseHandler, Request

DEFAULT_PORTS = {"http": 80, "https": 443}


class OutOfReach(BadInput):
    """Not among what the operator of the server allows."""

    code = "out-of-reach"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What an operator allows."""

    folders: tuple[Path, ...] = ()
    """Files below these may be read, links followed only if they end there too."""
    hosts: tuple[str, ...] = ()
    """HOST or HOST:PORT, in small letters. A name must lead to a public address; one written as numbers may be any."""


_REACH: ContextVar[Reach | None] = ContextVar("reach", default=None)


def current_reach() -> Reach | None:
    """What may be read now; None: everything, it is the person's own computer."""
    return _REACH.get()


@contextmanager
def confined(reach: Reach) -> Iterator[None]:
    """Read nothing else meanwhile, in this thread and in those that take over its context."""
    before = _REACH.set(reach)
    try:
        yield
    finally:
        _REACH.reset(before)


def may_read(path: Path) -> bool:
    """Does the path lead, links followed, to a place that may be read? Says nothing about whether it exists."""
    reach = _REACH.get()
    if reach is None:
        return True
    try:
        real = path.resolve()
    except (OSError, ValueError, RuntimeError):
        return False
    return any(real.is_relative_to(folder.resolve()) for folder in reach.folders)


def check_file(path: Path) -> None:
    """Raises: OutOfReach for a file that may not be read; the same whether it exists or not."""
    if not may_read(path):
        raise OutOfReach(
            "this server does not read that place; its operator lists folders with --allow-folder"
        )


def check_address(url: str) -> None:
    """Raises: OutOfReach for a server that may not be asked."""
    reach = _REACH.get()
    if reach is not None and not _is_listed(url, reach):
        raise OutOfReach("this server does not ask that host; its operator lists hosts with --allow-host")


def _is_listed(url: str, reach: Reach) -> bool:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    name = f"[{host}]" if ":" in host else host
    is_usual = port == DEFAULT_PORTS.get(parts.scheme)
    return f"{name}:{port}" in reach.hosts or (is_usual and name in reach.hosts)


def handlers() -> tuple[BaseHandler, ...]:
    """How connections are made: as usual, or only to addresses that were looked at first, without a proxy between."""
    return () if _REACH.get() is None else (ProxyHandler({}), _CheckedHttp(), _CheckedHttps())


def _connect(host: str, port: int, timeout_s: float) -> socket.socket:
    """A connection to the very address that was checked: a name cannot lead elsewhere a moment later.

    Raises: OutOfReach where a name leads into a private network.
    """
    is_name = _number(host) is None
    last: OSError = OSError(f"no address of {host}")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if is_name and not _is_public(str(address[0])):
            raise OutOfReach("{host} leads into a private network; it is not asked", host=host)
        trial = socket.socket(family, kind, protocol)
        trial.settimeout(timeout_s)
        try:
            trial.connect(address)
        except OSError as error:
            trial.close()
            last = error
        else:
            return trial
    raise last


def _number(host: str) -> Any:  # noqa: ANN401 - an address of either version
    """The address that a host is written as, in its usual form only: no '2130706433', no '0x7f.1'."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _is_public(address: str) -> bool:
    """Is it an address of the open internet? One of IPv4 inside one of IPv6 is looked at itself."""
    number = ip_address(address.partition("%")[0])
    inner = getattr(number, "ipv4_mapped", None) or getattr(number, "sixtofour", None)
    return bool((inner or number).is_global and not number.is_multicast)


class _HttpConnection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = _connect(self.host, self.port, float(self.timeout or 0))


class _HttpsConnection(http.client.HTTPSConnection):
    def connect(self) -> None:
        plain = _connect(self.host, self.port, float(self.timeout or 0))
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _CheckedHttp(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _CheckedHttps(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_HttpsConnection, req)


def parse_hosts(given: tuple[str, ...]) -> tuple[str, ...]:
    """HOST or HOST:PORT as listed by an operator, in small letters.

    Raises: BadInput for an address with a scheme, a path or a name of numbers that is no usual address.
    """
    return tuple(_host(text) for text in given)


def _host(text: str) -> str:
    plain = text.strip().lower()
    try:
        parts = urlsplit(f"//{plain}")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_number_like = host.replace(".", "").isdigit() or host.startswith("0x")
    if (
        not host
        or parts.netloc != plain
        or parts.username is not None
        or (is_number_like and _number(host) is None)
    ):
        raise BadInput("--allow-host: '{given}' is no HOST or HOST:PORT, such as huggingface.co", given=text)
    return plain


def parse_folders(given: tuple[str, ...]) -> tuple[Path, ...]:
    """Folders as listed by an operator.

    Raises: BadInput for what is no folder.
    """
    folders = tuple(Path(text).expanduser().resolve() for text in given)
    for folder, text in zip(folders, given, strict=True):
        if not folder.is_dir():
            raise BadInput("--allow-folder: '{given}' is no folder", given=text)
    return folders
