"""Speed predictions per second, as one JSON object. Run in a process of its own by bench.py.

    python scripts/bench_predictions.py one|many

one: each measured question of single streams in a call of its own (the scalar path); many: all of them in one call.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import sizewise.catalog
from sizewise.predict.questions import read_questions
from sizewise.predict.single import predict_single

NUM_RUNS = 3
NUM_SCALAR = 100
"""Questions that are asked one by one."""


def main() -> None:
    """Measure what is asked and print it."""
    is_many = sys.argv[1] == "many"
    catalog = sizewise.catalog.load_catalog()
    folder = Path(sizewise.catalog.__file__).parent / "measured" / "questions"
    questions = list(read_questions("single", folder / "single.csv"))
    asked = [questions] if is_many else [[question] for question in questions[:NUM_SCALAR]]
    walls = []
    for _ in range(NUM_RUNS):
        start = time.perf_counter()
        for group in asked:
            predict_single(group, catalog)
        walls.append(time.perf_counter() - start)
    print(json.dumps({"count": sum(len(group) for group in asked), "wall_s": min(walls)}))


if __name__ == "__main__":
    main()
