"""Writing the store, through SQLAlchemy; its schema is brought up to date by Alembic when it is opened.

SQLite: write-ahead log, every commit is on disk before it returns, one writer at a time and the others wait.
Several records are added whole or not at all.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sizewise.errors import MissingExtra
from sizewise.proof.store.faults import LATEST, check_schema, fault
from sizewise.proof.store.reading import WAIT_S
from sizewise.proof.store.records import KINDS, as_row, from_row, kind_of

try:
    import sqlalchemy as sa
    from sqlalchemy.exc import SQLAlchemyError
except ImportError as missing:
    raise MissingExtra("store", "the store") from missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from sizewise.proof.store.place import StorePlace
    from sizewise.proof.store.records import Record

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_317_203
"""Number of the lock that keeps two programs from changing the schema of a server at once; any number would do."""
NUM_LOG_TRIES, LOG_PAUSE_S = 200, 0.05
"""Switching a new file to a write-ahead log fails, without waiting, while another program does the same."""


class Store:
    """An open store; a context manager.

    Raises: MissingExtra without SQLAlchemy or the driver; InvalidFile for whatever keeps it from being used.
    """

    def __init__(self, place: StorePlace) -> None:
        self._place = place
        try:
            self._engine = _server(place.server_url) if place.path is None else _file(place.path)
            self._migrate()
        except (SQLAlchemyError, OSError) as error:
            raise fault(place, error) from None
        self._tables = sa.MetaData()
        self._tables.reflect(self._engine, only=list(KINDS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def add(self, records: Sequence[Record]) -> int:
        """Add records in one transaction; those that are there already, by their id, stay as they are.

        Returns how many are new. Secrets are left out.
        """
        try:
            with self._engine.begin() as connection:
                return sum(self._insert(connection, kind, records) for kind in KINDS)
        except (SQLAlchemyError, OSError) as error:
            raise fault(self._place, error) from None

    def records(self, kind: str, *, machine_id: str | None = None) -> tuple[Record, ...]:
        """All records of one kind, of one machine or of all, oldest first."""
        table = self._tables.tables[kind]
        question = sa.select(table).order_by(table.c.recorded_at, table.c.record_id)
        if machine_id is not None:
            question = question.where(table.c.machine_id == machine_id)
        try:
            with self._engine.connect() as connection:
                return tuple(from_row(kind, row._asdict()) for row in connection.execute(question))
        except SQLAlchemyError as error:
            raise fault(self._place, error) from None

    def forget(
        self, kinds: Iterable[str], *, model: str | None, machine_id: str | None, before: str | None
    ) -> int:
        """Delete records of these kinds; returns how many. `before` is a date in ISO 8601."""
        count = 0
        try:
            with self._engine.begin() as connection:
                for kind in kinds:
                    table = self._tables.tables[kind]
                    conditions = [
                        condition
                        for given, condition in (
                            (model, table.c.model == model),
                            (machine_id, table.c.machine_id == machine_id),
                            (before, table.c.recorded_at < (before or "")),
                        )
                        if given is not None
                    ]
                    count += connection.execute(sa.delete(table).where(*conditions)).rowcount
        except SQLAlchemyError as error:
            raise fault(self._place, error) from None
        return count

    def _insert(self, connection: sa.Connection, kind: str, records: Sequence[Record]) -> int:
        rows = {record.record_id: as_row(record) for record in records if kind_of(record) == kind}
        if not rows:
            return 0
        table = self._tables.tables[kind]
        known = set(connection.scalars(sa.select(table.c.record_id).where(table.c.record_id.in_(rows))))
        new = [row for record_id, row in rows.items() if record_id not in known]
        if new:
            connection.execute(sa.insert(table), new)
        return len(new)

    def _migrate(self) -> None:
        """Bring the schema up to date: in one transaction, and not at all if it is from a newer version."""
        with self._engine.begin() as connection:
            if self._place.path is None:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            found = _schema(connection)
            if found:
                check_schema(self._place, found)
            if found != LATEST:
                _upgrade(connection)


def _schema(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")) or "")


def _upgrade(connection: sa.Connection, to: str = LATEST) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _server(url: str) -> sa.Engine:
    try:
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": 10})
    except ImportError as missing:
        raise MissingExtra("postgres", "a store on PostgreSQL") from missing


def _file(path: Path) -> sa.Engine:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path.resolve())),
        poolclass=sa.NullPool,
        connect_args={"timeout": WAIT_S},
    )
    sa.event.listen(engine, "connect", _connected)
    sa.event.listen(engine, "begin", _begun)
    return engine


def _connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - a connection of the driver
    """Transactions are ours to begin, so that a change of schema is one of them."""
    connection.isolation_level = None
    for _ in range(NUM_LOG_TRIES):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except connection.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(LOG_PAUSE_S)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")


def _begun(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
