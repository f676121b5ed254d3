"""Programs that write the store while things go wrong; run by the tests of the store, one JSON object out.

    python tests/store_writers.py crash PLACE ROUNDS     kill -9 at any moment, ROUNDS times
    python tests/store_writers.py crowd PLACE WRITERS ROWS BATCH
    python tests/store_writers.py fill PLACE ROWS         large rows until they are all there or none more goes in
    python tests/store_writers.py read PLACE              how many rows, by reading only

What the store said to have kept is compared with what is there afterwards.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

from sizewise.errors import SizewiseError
from sizewise.proof.store.place import StorePlace, store_place
from sizewise.proof.store.reading import damage_of, records
from sizewise.proof.store.records import Measurement
from sizewise.proof.store.writing import Store

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LIFE_S = 0.06
MOST_ROWS_OF_A_BATCH = 3
RECORD_ID_BYTES = 33
"""An id and a line end."""
LARGE_TEXT = random.Random(1).randbytes(10_000).hex()  # noqa: S311 - a text that does not shrink


def measurement(**given: Any) -> Measurement:
    """A plausible row."""
    usual: dict[str, Any] = {
        "machine_id": "0123456789ab", "machine": "a processor, 2 cores, 24 GiB", "engine": "llama.cpp",
        "engine_version": "b11549", "model": "Qwen/Qwen3-0.6B", "quantization": "Q4_K_M", "device": "a processor",
        "metric": "decode_tokens_per_s", "value": 40.0, "low": 39.0, "high": 41.5, "num_repeats": 5,
        "origin": "verify",
    }  # fmt: skip
    return Measurement(**usual | given)


def _write_for_ever(place: StorePlace, acknowledge: int, seed: int) -> NoReturn:
    """Batches of one to three rows; an id goes out only after its batch was committed."""
    draw = random.Random(seed)  # noqa: S311 - sizes of batches
    with Store(place) as store:
        while True:
            size = draw.randint(1, MOST_ROWS_OF_A_BATCH)
            batch = [measurement(settings={"batch_rows": size, "batch": f"{seed}"}) for _ in range(size)]
            store.add(batch)
            os.write(acknowledge, "".join(f"{row.record_id}\n" for row in batch).encode())


def crash(place: StorePlace, num_rounds: int) -> dict[str, Any]:
    """Start a writer, kill it, look; again and again on the same store."""
    draw, told = random.Random(5), set[str]()  # noqa: S311 - moments of death
    for number in range(num_rounds):
        reading_end, writing_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading_end)
            _write_for_ever(place, writing_end, number)
        os.close(writing_end)
        first = os.read(reading_end, RECORD_ID_BYTES * MOST_ROWS_OF_A_BATCH)
        time.sleep(draw.uniform(0.0, LONGEST_LIFE_S))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(reading_end, "rb") as pipe:
            told.update((first + pipe.read()).decode().split())
    kept = {row.record_id: row for row in records(place, "measurements")}
    by_batch: dict[str, int] = {}
    for row in kept.values():
        key = f"{row.settings['batch']}/{row.settings['batch_rows']}"
        by_batch[key] = by_batch.get(key, 0) + 1
    return {
        "told": len(told),
        "lost": len(told - set(kept)),
        "untold": len(set(kept) - told),
        "torn_batches": sum(count % int(key.split("/")[1]) != 0 for key, count in by_batch.items()),
        "damage": damage_of(place),
    }


def crowd(place: StorePlace, num_writers: int, num_rows: int, num_batch: int) -> dict[str, Any]:
    """So many programs at once on a store that does not exist yet."""
    children = []
    for _ in range(num_writers):
        pid = os.fork()
        if pid == 0:
            os._exit(_guarded(lambda: _write_rows(place, num_rows, num_batch)))
        children.append(pid)
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in children)
    kept = [row.record_id for row in records(place, "measurements")]
    return {"failed": failed, "rows": len(kept), "distinct": len(set(kept)), "damage": damage_of(place)}


def _write_rows(place: StorePlace, num_rows: int, num_batch: int) -> None:
    with Store(place) as store:
        for _ in range(num_rows // num_batch):
            store.add([measurement() for _ in range(num_batch)])


def _guarded(work: Callable[[], None]) -> int:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - a child of a fork must not return
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def fill(place: StorePlace, num_rows: int) -> dict[str, Any]:
    """Add large rows one by one until one is refused."""
    told = 0
    message = ""
    try:
        with Store(place) as store:
            while told < num_rows:
                store.add([measurement(settings={"note": LARGE_TEXT})])
                told += 1
    except SizewiseError as error:
        message = str(error)
    return {
        "told": told,
        "message": message,
        "kept": len(records(place, "measurements")),
        "damage": damage_of(place),
    }


def read(place: StorePlace) -> dict[str, Any]:
    """Count rows without writing."""
    return {"rows": len(records(place, "measurements"))}


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    actions: dict[str, Callable[..., dict[str, Any]]] = {
        "crash": crash,
        "crowd": crowd,
        "fill": fill,
        "read": read,
    }
    answer = actions[what](store_place({"SIZEWISE_STORE": where}), *map(int, numbers))
    sys.stdout.write(json.dumps(answer) + "\n")
