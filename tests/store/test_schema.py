"""Older stores are read as they are and brought up to date when they are written; newer ones are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from tests.store_writers import measurement

from sizewise.errors import InvalidFile
from sizewise.proof.store import writing
from sizewise.proof.store.faults import LATEST, SCHEMAS
from sizewise.proof.store.reading import records, schema_of
from sizewise.proof.store.records import KINDS, Prediction
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from sizewise.proof.store.place import StorePlace

ROW = (
    "INSERT INTO measurements VALUES ('a1', '2026-01-02T03:04:05+00:00', 'm1', 'a machine', 'llama.cpp', 'b1', "
    "'a model', 'Q8_0', 'a device', 1, '{\"depth_tokens\": 7}', '0.0.1', 'decode_tokens_per_s', 3.5, 3.0, 4.0, 5, "
    "'verify')"
)


def _engine(place: StorePlace) -> sa.Engine:
    return writing._server(place.server_url) if place.path is None else writing._file(place.path)


def _old_store(place: StorePlace) -> None:
    """A store as the first version would have left it, with one row."""
    with _engine(place).begin() as connection:
        writing._upgrade(connection, SCHEMAS[0])
        connection.exec_driver_sql(ROW)


def test_the_list_of_schemas_is_that_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(writing.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [LATEST]
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == SCHEMAS


def test_the_columns_are_the_fields_of_the_records(place: StorePlace) -> None:
    with Store(place) as store:
        for kind, record in KINDS.items():
            assert {c.name for c in store._tables.tables[kind].columns} == set(record.__dataclass_fields__)


def test_an_older_store_is_read_as_it_is(place: StorePlace) -> None:
    _old_store(place)
    (row,) = records(place, "measurements")
    assert row.settings == {"depth_tokens": 7}
    assert records(place, "predictions") == ()
    if place.path is not None:
        assert schema_of(place) == SCHEMAS[0]


def test_an_older_store_is_brought_up_to_date_and_keeps_its_rows(place: StorePlace) -> None:
    _old_store(place)
    guess = Prediction(
        machine_id="m1", machine="a machine", engine="llama.cpp", engine_version="b1", model="a model",
        quantization="Q8_0", device="a device", metric="decode_tokens_per_s", low=1.0, likely=2.0, high=3.0,
        rung="formula",
    )  # fmt: skip
    with Store(place) as store:
        assert store.add([guess, measurement()]) == 2
    assert records(place, "measurements")[0].record_id == "a1"
    assert records(place, "predictions") == (guess,)


def test_a_newer_store_is_refused_and_left_as_it_is(place: StorePlace) -> None:
    with Store(place) as store:
        store.add([measurement()])
    with _engine(place).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0099'"))
    for attempt in (lambda: Store(place), lambda: records(place, "measurements")):
        with pytest.raises(InvalidFile, match=r"has schema 0099.*update sizewise"):
            attempt()
    with _engine(place).begin() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == "0099"
        assert connection.scalar(sa.text("SELECT count(*) FROM measurements")) == 1


def test_a_change_of_schema_that_fails_leaves_the_old_one(
    place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _old_store(place)
    upgrade = writing._upgrade

    def halfway(connection: sa.Connection) -> None:
        upgrade(connection)
        raise OSError("power cut")

    monkeypatch.setattr(writing, "_upgrade", halfway)
    with pytest.raises(InvalidFile, match="power cut"):
        Store(place)
    monkeypatch.undo()
    with _engine(place).begin() as connection:
        assert not sa.inspect(connection).has_table("predictions")
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == SCHEMAS[0]
    assert len(records(place, "measurements")) == 1
