"""A PostgreSQL of the tests' own, from the system's package, run as an ordinary user in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ORDINARY_USER = "nobody"
"""PostgreSQL refuses to run as root."""
START_TIMEOUT_S = 90.0
MISSING = "PostgreSQL is not installed: apt-get install postgresql"


def programs() -> Path | None:
    """Folder of initdb and postgres; None: not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


class Server:
    """A running server."""

    def __init__(self, folder: Path, settings: tuple[str, ...], wal_segment_mb: int = 16) -> None:
        self._bin, self._data, self._sockets = programs(), folder / "data", folder / "sockets"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._user: dict[str, Any] = {"user": ORDINARY_USER, "group": "nogroup"} if os.geteuid() == 0 else {}
        self._sockets.mkdir()
        if self._user:
            for path in (folder, self._sockets):
                shutil.chown(path, **self._user)
        self._run(
            "initdb", "-D", str(self._data), "-A", "trust", "-U", "sizewise", "--no-sync", "-E", "UTF8",
            "--locale=C", f"--wal-segsize={wal_segment_mb}",
        )  # fmt: skip

    def start(self, limit: int | None = None) -> None:
        """Start it; `limit` is the largest file that it may write. [bytes]"""
        assert self._bin is not None
        words = [
            *(["prlimit", f"--fsize={limit}"] if limit else []), str(self._bin / "postgres"), "-D", str(self._data),
            "-k", str(self._sockets), "-c", "listen_addresses=", *self._settings,
        ]  # fmt: skip
        self._process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._user
        )
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            with suppress(subprocess.CalledProcessError):
                self._run("pg_isready", "-h", str(self._sockets))
                return
            time.sleep(0.05)
        raise TimeoutError("PostgreSQL does not start")

    def kill(self) -> None:
        """End it as a power cut would: every process at once, nothing is tidied up."""
        if self._process is None:
            return
        family = [*psutil.Process(self._process.pid).children(recursive=True)]
        self._process.kill()
        for one in family:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self._process.wait()
        while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family):
            time.sleep(0.01)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        self._process = None

    def new_database(self) -> str:
        """URL of an empty database."""
        name = f"store_{uuid4().hex[:12]}"
        self._run("createdb", "-h", str(self._sockets), "-U", "sizewise", name)
        return f"postgresql+psycopg://sizewise@/{name}?host={self._sockets}"

    def _run(self, program: str, *words: str) -> None:
        assert self._bin is not None
        subprocess.run(
            [str(self._bin / program), *words], check=True, capture_output=True, cwd="/", **self._user
        )


@contextmanager
def server(*settings: str, limit: int | None = None, wal_segment_mb: int = 16) -> Iterator[Server]:
    """A server, started, and gone with its files afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sizewise-pg-", dir="/tmp"))
    one = None
    try:
        one = Server(folder, settings, wal_segment_mb)
        one.start(limit)
        yield one
    finally:
        if one is not None:
            one.kill()
        shutil.rmtree(folder, ignore_errors=True)
