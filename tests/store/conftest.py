"""Every test of the store runs on a SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.store.postgres_server import MISSING, Server, programs, server

from sizewise.proof.store.place import StorePlace, store_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WRITERS = Path(__file__).parents[1] / "store_writers.py"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of a worker."""
    if programs() is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip(MISSING)
    with server() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    """An empty store."""
    if request.param == "sqlite":
        return StorePlace(path=tmp_path / "data" / "store.sqlite3")
    return store_place({"SIZEWISE_STORE": request.getfixturevalue("postgres").new_database()})


@pytest.fixture
def writers() -> Callable[..., dict[str, Any]]:
    """Run a writing program in a process of its own."""

    def run(what: str, place: StorePlace, *numbers: int, prefix: tuple[str, ...] = ()) -> dict[str, Any]:
        where = str(place.path) if place.path else place.server_url
        words = [*prefix, sys.executable, "-W", "error", str(WRITERS), what, where, *map(str, numbers)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    return run
