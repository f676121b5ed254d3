"""A full disk, a folder without permission, a damaged file, a server that is away: clear words, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.store.postgres_server import MISSING, programs, server
from tests.store_writers import measurement

from sizewise.cli.main import main
from sizewise.errors import BadInput, InvalidFile, MissingExtra
from sizewise.proof.store.place import StorePlace, store_place
from sizewise.proof.store.reading import damage_of, records, schema_of
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Writers = Callable[..., dict[str, Any]]

SMALL_DISK = "size=1200k"
LARGEST_FILE_BYTES = 2**20
"""Largest file that the small server may write: about fifty of the large rows."""


def _can_mount() -> bool:
    return (
        shutil.which("unshare") is not None
        and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
    )


def _mounted(folder: Path, options: str) -> tuple[str, ...]:
    """Words that run a program with a disk of its own at a folder."""
    if not _can_mount():
        pytest.skip("no user namespaces here: a small disk cannot be mounted")
    script = f'mount -t tmpfs -o {options} tmpfs {folder} && exec "$@"'
    return ("unshare", "-rm", "sh", "-c", script, "sh")


def _read_only(folder: Path) -> tuple[str, ...]:
    if not _can_mount():
        pytest.skip("no user namespaces here: nothing can be mounted read-only")
    script = f'mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec "$@"'
    return ("unshare", "-rm", "sh", "-c", script, "sh")


def test_a_full_disk_is_told_and_what_was_kept_stays(tmp_path: Path, writers: Writers) -> None:
    place = StorePlace(path=tmp_path / "store.sqlite3")
    found = writers("fill", place, 10_000, prefix=_mounted(tmp_path, SMALL_DISK))
    assert found["told"] == found["kept"] > 3
    assert "disk is full" in found["message"]
    assert found["damage"] == ""


@pytest.mark.slow
def test_a_server_that_cannot_write_further_is_told_and_what_was_kept_stays(writers: Writers) -> None:
    if programs() is None or shutil.which("prlimit") is None:
        pytest.skip(MISSING)
    with server("-c", "max_wal_size=2MB", "-c", "min_wal_size=2MB", wal_segment_mb=1) as running:
        database = running.new_database()
        with Store(store_place({"SIZEWISE_STORE": database})):
            pass
        running.kill()
        running.start(limit=LARGEST_FILE_BYTES)
        found = writers("fill", store_place({"SIZEWISE_STORE": database}), 100_000)
    assert found["told"] == found["kept"] > 3
    assert "disk is full" in found["message"]


def test_a_folder_that_cannot_be_written_is_told_and_can_be_read(tmp_path: Path, writers: Writers) -> None:
    place = StorePlace(path=tmp_path / "store.sqlite3")
    with Store(place) as store:
        store.add([measurement(), measurement()])
    assert writers("read", place, prefix=_read_only(tmp_path)) == {"rows": 2}
    found = writers("fill", place, 1, prefix=_read_only(tmp_path))
    assert found["told"] == 0
    assert "no permission there; name another file in SIZEWISE_STORE" in found["message"]


def test_a_new_store_in_a_folder_that_cannot_be_written_is_told(tmp_path: Path, writers: Writers) -> None:
    place = StorePlace(path=tmp_path / "further" / "store.sqlite3")
    found = writers("fill", place, 1, prefix=_read_only(tmp_path))
    assert "no permission" in found["message"]


@pytest.mark.parametrize(
    "content", [b"this is a diary, not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_a_file_that_is_no_store_is_told_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite3"
    path.write_bytes(content)
    place = StorePlace(path=path)
    with pytest.raises(InvalidFile, match=r"is damaged .*; move it away"):
        records(place, "measurements")
    with pytest.raises(InvalidFile, match="is damaged"), Store(place):
        pass
    assert path.read_bytes() == content


def test_a_page_that_was_overwritten_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.sqlite3"
    place = StorePlace(path=path)
    with Store(place) as store:
        store.add([measurement(settings={"note": "y" * 3000}) for _ in range(60)])
    content = bytearray(path.read_bytes())
    content[70_000:110_000] = b"\x07" * 40_000  # amid the rows, which begin at 62,493
    path.write_bytes(content)
    assert damage_of(place)
    with pytest.raises(InvalidFile, match="is damaged"):
        records(place, "measurements")
    monkeypatch.setenv("SIZEWISE_STORE", str(path))
    assert main(["store", "show"]) == 1


def test_a_server_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    place = store_place({"SIZEWISE_STORE": f"postgresql://me:hunter2@/db?host={tmp_path}"})
    pytest.importorskip("psycopg")
    with pytest.raises(InvalidFile, match="cannot be reached") as caught:
        records(place, "measurements")
    assert "hunter2" not in str(caught.value)
    assert "--no-store" in str(caught.value)


def test_other_databases_are_refused() -> None:
    with pytest.raises(BadInput, match="of kind 'mysql' are not supported"):
        store_place({"SIZEWISE_STORE": "mysql://me:pw@host/db"})


def test_a_missing_library_gives_the_install_line(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from sizewise.errors import MissingExtra\n"
        "try:\n    import sizewise.proof.store.writing\n"
        "except MissingExtra as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "pip install 'sizewise[store]'" in done.stdout
    assert MissingExtra.exit_code == 2


def test_no_store_is_no_error(tmp_path: Path) -> None:
    place = StorePlace(path=tmp_path / "none.sqlite3")
    assert records(place, "measurements") == ()
    assert schema_of(place) == ""
    assert not (tmp_path / "none.sqlite3").exists()
