"""Where the store is: a file in the user's data folder, another file, or a team's PostgreSQL."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sizewise.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLE = "SIZEWISE_STORE"
FILE_NAME = "store.sqlite3"
SQLITE_PREFIX = "sqlite:///"
SERVER_PREFIXES = ("postgresql+psycopg://", "postgresql://")
PASSWORD = re.compile(r"(?<=://)(?P<user>[^:/@]*):[^@/]*(?=@)")
SECRET_PARAMETER = re.compile(r"(?i)(?<=[?&])(password|sslpassword)=[^&]*")


@dataclass(frozen=True, kw_only=True)
class StorePlace:
    """A place where records are kept; nothing need be there yet."""

    path: Path | None = None
    """The SQLite file; None: a server."""
    server_url: str = ""
    """URL of a PostgreSQL server, password included; empty: a file."""

    @property
    def shown(self) -> str:
        """The place without its password."""
        if self.path is not None:
            return str(self.path)
        return SECRET_PARAMETER.sub(r"\1=***", PASSWORD.sub(r"\g<user>:***", self.server_url))


def store_place(environment: Mapping[str, str]) -> StorePlace:
    """SIZEWISE_STORE, or `store.sqlite3` in the user's data folder.

    Raises: BadInput for a database of another kind.

    >>> store_place({"SIZEWISE_STORE": "postgresql+psycopg://me:secret@db/team"}).shown
    'postgresql+psycopg://me:***@db/team'
    """
    given = environment.get(VARIABLE, "").strip()
    if not given:
        return StorePlace(path=data_folder(environment) / FILE_NAME)
    if given.startswith(SERVER_PREFIXES):
        rest = given.partition("://")[2]
        return StorePlace(server_url=SERVER_PREFIXES[0] + rest)
    if given.startswith(SQLITE_PREFIX):
        return StorePlace(path=Path(unquote(given.removeprefix(SQLITE_PREFIX))).expanduser())
    if "://" in given:
        scheme = given.partition("://")[0]
        raise BadInput(
            "SIZEWISE_STORE: databases of kind '{given}' are not supported; give a file name or "
            "postgresql+psycopg://USER@HOST/DATABASE",
            given=scheme,
        )
    return StorePlace(path=Path(given).expanduser())


def data_folder(environment: Mapping[str, str]) -> Path:
    """The folder for data of this program by the custom of the system."""
    if sys.platform == "win32":
        base = environment.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "sizewise"
