"""Programs that die while they write, and many that write at once: nothing that was committed is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from tests.store.postgres_server import MISSING, programs, server
from tests.store_writers import measurement

from sizewise.errors import InvalidFile
from sizewise.proof.store.place import store_place
from sizewise.proof.store.reading import records
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from sizewise.proof.store.place import StorePlace

NUM_KILLS, NUM_SOAK_KILLS = 20, 200
NUM_WRITERS, NUM_ROWS = 8, 500


NOTHING = {"lost": 0, "torn_batches": 0, "damage": ""}


pytestmark = pytest.mark.timeout(400)
"""A database that recovers after every kill is slow on a busy machine; nothing is asked less strictly. [s]"""


def _lost(found: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in NOTHING}


@pytest.mark.slow
def test_nothing_committed_is_lost_by_kill_9(
    place: StorePlace, writers: Callable[..., dict[str, Any]]
) -> None:
    found = writers("crash", place, NUM_KILLS)
    assert found["told"] >= NUM_KILLS
    assert _lost(found) == NOTHING


@pytest.mark.soak
def test_nothing_committed_is_lost_by_kill_9_often(
    place: StorePlace, writers: Callable[..., dict[str, Any]], soak_scale: float
) -> None:
    num_kills = max(NUM_KILLS, round(NUM_SOAK_KILLS * soak_scale))
    found = writers("crash", place, num_kills)
    assert found["told"] >= num_kills
    assert _lost(found) == NOTHING


@pytest.mark.slow
def test_eight_writers_begin_a_store_together_and_all_rows_arrive(
    place: StorePlace, writers: Callable[..., dict[str, Any]]
) -> None:
    found = writers("crowd", place, NUM_WRITERS, NUM_ROWS, 5)
    assert found == {"failed": 0, "rows": 4000, "distinct": 4000, "damage": ""}


@pytest.mark.soak
def test_eight_writers_with_a_transaction_for_each_row(
    place: StorePlace, writers: Callable[..., dict[str, Any]]
) -> None:
    assert writers("crowd", place, NUM_WRITERS, NUM_ROWS, 1)["distinct"] == NUM_WRITERS * NUM_ROWS


@pytest.mark.slow
def test_nothing_committed_is_lost_when_the_server_dies_during_writing() -> None:
    if programs() is None:
        pytest.skip(MISSING)
    with server() as running:
        place = store_place({"SIZEWISE_STORE": running.new_database()})
        told: list[str] = []
        refusals: list[str] = []

        def write() -> None:
            try:
                with Store(place) as store:
                    while True:
                        row = measurement()
                        store.add([row])
                        told.append(row.record_id)
            except InvalidFile as error:
                refusals.append(str(error))

        writer = threading.Thread(target=write)
        writer.start()
        while len(told) < 20:
            writer.join(0.01)
        running.kill()
        writer.join()
        running.start()
        kept = {row.record_id for row in records(place, "measurements")}
    assert set(told) <= kept
    assert len(kept) <= len(told) + 1
    assert "cannot be" in refusals[0]
